//! What the binary passes in.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use base::Ids;

use crate::client::Network;
use crate::gate::Gate;
use crate::home::{HomeFigures, HomeSource};
use crate::routes::Routes;
use crate::shell::Shell;
use crate::visitor::{VisitorSource, Visitors};

/// Any error of a closure that is passed in. It is logged once and never shown, so its text must hold
/// nothing clinical or identifying.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Says whether the database answers and its migrations are current. Runs on a thread that may block.
/// The error's text is shown to whoever asks `/health/ready`, so it says what to do and nothing else.
pub type ReadyCheck = Arc<dyn Fn() -> Result<(), BoxError> + Send + Sync>;

/// What a request may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest request body in bytes; more is answered with 413. A route for files may lift it up to `upload_bytes`.
    pub body_bytes: usize,
    /// Largest request body of any route in bytes.
    pub upload_bytes: usize,
    /// Longest time until an answer begins; later is answered with 503.
    pub request_time: Duration,
    /// How old figures may be that are shown again without asking the source.
    pub figures_max_age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // a daily record of some hundred rows fits
            body_bytes: 4 * 1024 * 1024,
            upload_bytes: 4 * 1024 * 1024,
            request_time: Duration::from_secs(20),
            figures_max_age: Duration::from_secs(1),
        }
    }
}

/// Size of the data dictionary that this program was built with or loaded.
#[derive(Debug, Clone)]
pub struct DictionaryFacts {
    /// Version as the dictionary states it.
    pub version: String,
    /// Number of forms.
    pub forms: usize,
    /// Number of fields.
    pub fields: usize,
    /// Number of code lists.
    pub code_lists: usize,
    /// Where its pages are mounted, for instance `/dictionary`; `None` when they are not.
    pub href: Option<String>,
}

/// Everything that the site needs, shared by all requests.
#[derive(Clone)]
pub struct SiteState {
    pub(crate) ids: Arc<Ids>,
    pub(crate) ready: ReadyCheck,
    pub(crate) ready_gate: Gate<Result<(), String>>,
    pub(crate) home: HomeSource,
    pub(crate) home_gate: Gate<HomeFigures>,
    pub(crate) shell: Shell,
    pub(crate) dictionary: Option<Arc<DictionaryFacts>>,
    pub(crate) pages: Routes,
    pub(crate) live: bool,
    pub(crate) limits: Limits,
    pub(crate) hosts: Arc<[String]>,
    pub(crate) proxies: Arc<[Network]>,
    pub(crate) visitors: Option<Visitors>,
}

impl SiteState {
    /// A site with the default limits and no pages besides its own.
    pub fn new(ids: Arc<Ids>, home: HomeSource, ready: ReadyCheck, shell: Shell) -> Self {
        let limits = Limits::default();
        Self {
            ids,
            ready,
            ready_gate: Gate::new(Duration::ZERO),
            home,
            home_gate: Gate::new(limits.figures_max_age),
            shell,
            dictionary: None,
            pages: Routes::new(),
            live: false,
            limits,
            hosts: Arc::default(),
            proxies: Arc::default(),
            visitors: None,
        }
    }

    /// Tells the home page how large the data dictionary is and where to read it.
    #[must_use]
    pub fn with_dictionary(mut self, facts: DictionaryFacts) -> Self {
        self.dictionary = Some(Arc::new(facts));
        self
    }

    /// Adds the routes of other crates. They get the same headers, limits and error pages.
    #[must_use]
    pub fn with_pages(mut self, pages: Routes) -> Self {
        self.pages = self.pages.merge(pages);
        self
    }

    /// Has the home page follow `/api/v1/live`, which must be among the pages.
    #[must_use]
    pub fn with_live(mut self) -> Self {
        self.live = true;
        self
    }

    /// Replaces the default limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.home_gate = Gate::new(limits.figures_max_age);
        self.limits = limits;
        self
    }

    /// Answers to this host name, too, and not only to those of the machine itself.
    #[must_use]
    pub fn with_host(mut self, host: &str) -> Self {
        self.hosts = self.hosts.iter().cloned().chain([host.to_ascii_lowercase()]).collect();
        self
    }

    /// Believes these proxies when they say from where a request comes.
    #[must_use]
    pub fn with_proxies(mut self, proxies: &[Network]) -> Self {
        self.proxies = proxies.into();
        self
    }

    /// Finds out who sends a request. `secure` says that readers come by HTTPS: the cookie has another name then.
    #[must_use]
    pub fn with_visitors(mut self, source: VisitorSource, secure: bool) -> Self {
        self.visitors = Some(Visitors { source, secure });
        self
    }
}
