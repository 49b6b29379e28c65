//! `openecls serve`.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use db::MIGRATIONS;
use insight::feed::{Hub, HubOptions};
use insight::live::{Live, LiveOptions};
use registry::{Center, Figures, Registry};
use site::home::{AgeGroup, HomeFigures, OutcomeGroup, SupportType};
use site::{BoxError, DictionaryFacts, NavItem, Shell, SiteState};

use super::sample;
use crate::app::App;
use crate::cli::Serve;
use crate::pages;

/// How long open requests may take to finish when the program is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// File in the data folder that holds the columns of the figures. It can be deleted at any time.
pub(super) const COLUMNS: &str = "insight.columns";
/// How often runs whose month is over are locked.
const LOCK_EVERY: Duration = Duration::from_hours(1);

pub(super) fn run(app: &App, command: &Serve) -> anyhow::Result<ExitCode> {
    let address = command.listen.unwrap_or(app.settings.listen);
    app.settings.web.permits(address)?;
    if command.sample {
        sample::import_into_empty(app)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    // asked before: the driver of PostgreSQL must not wait within the runtime
    let centers = app.registry.centers()?;
    runtime.block_on(serve(app, address, &centers))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(app: &App, address: SocketAddr, centers: &[Center]) -> anyhow::Result<()> {
    let web = &app.settings.web;
    let exposure = web.exposure()?;
    let listener = site::bind(address, &exposure).await?;
    let snapshot = Some(app.settings.data.join(COLUMNS));
    let hub = Hub::start(app.registry.clone(), HubOptions { snapshot, ..HubOptions::default() })
        .context("starting the thread that follows the records")?;
    let live = Live::start(app.registry.clone(), LiveOptions::default());
    let state = state(app, &hub, &live)?;
    let address = listener.local_addr().context("reading the address")?;
    println!("OpenECLS is open at {}/   (stop with Ctrl-C)", web.base_url(address));
    say_invented(centers);
    let locks = tokio::spawn(lock_due(app.registry.clone()));
    let stopping = async move {
        stop().await;
        // pages that follow the counters would keep the program waiting
        live.close();
    };
    let drained = site::serve(listener, exposure, site::app(state), stopping, DRAIN).await?;
    locks.abort();
    tokio::task::spawn_blocking(move || hub.stop()).await.context("saving the columns")?;
    tracing::info!(drained, "stopped");
    Ok(())
}

/// Nobody should take made-up figures for real ones.
fn say_invented(centers: &[Center]) {
    let invented = centers.iter().filter(|center| center.invented).count();
    if invented > 0 {
        println!(
            "{invented} of {} centers are invented, with all their records; the pages say so",
            centers.len()
        );
    }
}

fn state(app: &App, hub: &Hub, live: &Live) -> anyhow::Result<SiteState> {
    let registry = app.registry.clone();
    let home =
        Arc::new(move || -> Result<HomeFigures, BoxError> { Ok(figures(&registry.figures()?)) });
    let db = app.db.clone();
    let loading = hub.clone();
    let ready = Arc::new(move || -> Result<(), BoxError> {
        match db.pending_migrations(MIGRATIONS) {
            Ok(pending) if pending.is_empty() => Ok(loading.current().map(drop)?),
            Ok(_) => Err("the schema is not current; restart the program".into()),
            Err(_) => Err("the database does not answer; see the log and `openecls doctor`".into()),
        }
    });
    let item = |label: &str, href: &str| NavItem { label: label.to_owned(), href: href.to_owned() };
    let nav = vec![
        item("Dashboard", "/registry"),
        item("Conditions", "/registry/conditions"),
        item("Summary", "/registry/summary"),
        item("Methods", "/registry/methods"),
        item("Releases", "/registry/releases"),
        item("Data dictionary", "/dictionary"),
    ];
    let shell = Shell::new(env!("CARGO_PKG_VERSION"), nav);
    let facts = DictionaryFacts {
        version: app.dictionary.version().to_owned(),
        forms: app.dictionary.forms().len(),
        fields: app.dictionary.fields().len(),
        code_lists: app.dictionary.lists().len(),
        href: Some("/dictionary".to_owned()),
    };
    let pages =
        pages::dictionary(&app.dictionary, &shell)?.merge(pages::registry(app, hub, &shell)?);
    let site = SiteState::new(Arc::clone(&app.ids), home, ready, shell);
    Ok(app
        .settings
        .web
        .over(site)
        .with_dictionary(facts)
        .with_pages(pages)
        .with_pages(insight::live::routes(live.clone()))
        .with_live())
}

/// The registry's figures in the shape of the page.
fn figures(figures: &Figures) -> HomeFigures {
    let groups = AgeGroup::ALL.iter().flat_map(|&age| {
        SupportType::ALL.iter().map(move |&support| {
            let (age_code, support_code) = codes(age, support);
            let found = figures
                .groups
                .iter()
                .find(|group| group.age_group == age_code && group.support_type == support_code);
            let empty = OutcomeGroup::empty(age, support);
            found.map_or(empty, |group| OutcomeGroup {
                runs: group.runs,
                survived_ecls: group.survived_ecls,
                ecls_known: group.ecls_known,
                survived_hospital: group.survived_hospital,
                hospital_known: group.hospital_known,
                ..empty
            })
        })
    });
    HomeFigures {
        as_of: figures.as_of,
        year: figures.year,
        total_submitted: figures.submitted,
        cases_this_year: figures.started_this_year,
        submitted_this_year: figures.submitted_this_year,
        groups: groups.collect(),
        ungrouped: figures.ungrouped,
        centers: figures.centers,
        drafts: figures.drafts,
        invented: figures.invented,
    }
}

/// Codes of lists `age_group` and `support_type`.
const fn codes(age: AgeGroup, support: SupportType) -> (&'static str, &'static str) {
    let age = match age {
        AgeGroup::Neonate => "neonate",
        AgeGroup::Pediatric => "pediatric",
        AgeGroup::Adult => "adult",
    };
    let support = match support {
        SupportType::Pulmonary => "1",
        SupportType::Cardiac => "2",
        SupportType::Ecpr => "3",
    };
    (age, support)
}

/// Writes down, every hour, which runs have become read-only; they count as locked before that too.
async fn lock_due(registry: Registry) {
    loop {
        let work = registry.clone();
        match tokio::task::spawn_blocking(move || work.lock_due()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(locked)) => tracing::info!(locked, "locked runs whose month is over"),
            Ok(Err(error)) => tracing::error!("locking runs failed: {error}"),
            Err(error) => tracing::error!("locking runs was interrupted: {error}"),
        }
        tokio::time::sleep(LOCK_EVERY).await;
    }
}

/// Done when the program is asked to stop.
async fn stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
    tracing::info!("stopping: no new requests are taken");
}
