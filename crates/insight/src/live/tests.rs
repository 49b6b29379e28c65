use base::{Clock, Ids};
use site::home::HomeFigures;
use site::{BoxError, Shell, SiteState};
use testkit::database::TestDatabase;
use testkit::records::TestRegistry;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::*;

/// Long enough for a loaded machine; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(20);

/// A site that serves the stream on a real port.
struct Served {
    t: Arc<TestRegistry>,
    live: Live,
    address: std::net::SocketAddr,
}

/// Runs a test against a site on a database. The database is made and dropped outside of the runtime.
fn on(make: fn() -> TestDatabase, options: LiveOptions, test: impl AsyncFnOnce(Served)) {
    let t = Arc::new(TestRegistry::over(make()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { test(served(Arc::clone(&t), options).await).await });
    drop(runtime);
    drop(t);
}

async fn served(t: Arc<TestRegistry>, options: LiveOptions) -> Served {
    let live = Live::start(t.registry.clone(), options);
    let none = || Err::<HomeFigures, BoxError>("not asked for".into());
    let ids = Arc::new(Ids::seeded(Clock::system(), 1));
    let state = SiteState::new(ids, Arc::new(none), Arc::new(|| Ok(())), Shell::new("0", vec![]))
        .with_pages(routes(live.clone()));
    let listener = site::bind(([127, 0, 0, 1], 0).into(), &site::Exposure::Local).await.unwrap();
    let address = listener.local_addr().unwrap();
    let forever = std::future::pending();
    drop(tokio::spawn(site::serve(
        listener,
        site::Exposure::Local,
        site::app(state),
        forever,
        Duration::ZERO,
    )));
    Served { t, live, address }
}

/// One page that follows the stream.
struct Follower {
    stream: TcpStream,
    text: String,
    taken: usize,
}

impl Follower {
    async fn open(served: &Served, host: &str, extra: &str) -> Self {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        let request = format!(
            "GET /api/v1/live HTTP/1.1\r\nhost: {host}\r\naccept-encoding: gzip\r\n{extra}\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut page = Self { stream, text: String::new(), taken: 0 };
        page.until("\r\n\r\n").await;
        page
    }

    /// Reads until the wanted text stands in what was not looked at yet; gives what stands before it.
    async fn until(&mut self, wanted: &str) -> String {
        let reading = async {
            loop {
                if let Some(at) = self.text[self.taken..].find(wanted) {
                    let part = self.text[self.taken..self.taken + at].to_owned();
                    self.taken += at + wanted.len();
                    return part;
                }
                let mut bytes = [0; 4096];
                let read = self.stream.read(&mut bytes).await.unwrap();
                assert!(read > 0, "the stream ended: {}", self.text);
                // the body of a problem comes compressed, and is not looked at
                self.text.push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
        };
        timeout(PATIENCE, reading).await.unwrap_or_else(|_| panic!("no {wanted:?} came"))
    }

    /// The total of the next event with counters, and its id.
    async fn figures(&mut self) -> (u64, String) {
        self.until("id: ").await;
        let id = self.until("\nevent: figures\ndata: ").await;
        let data: serde_json::Value = serde_json::from_str(&self.until("\n\n").await).unwrap();
        assert!(
            data["this_year"]["cases"].as_u64() >= data["this_year"]["submitted_cases"].as_u64()
        );
        (data["total_submitted_cases"].as_u64().unwrap(), id)
    }

    /// Waits for the last chunk of the body.
    async fn end(mut self) {
        self.until("\r\n0\r\n\r\n").await;
    }
}

async fn submit(served: &Served, seed: u64, count: usize) -> u64 {
    let t = Arc::clone(&served.t);
    let work = move || {
        t.apply(&t.patients(seed, count, true), None).unwrap();
        t.registry.figures().unwrap().submitted
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[test]
fn a_submission_reaches_an_open_page_within_two_seconds_on_both_engines() {
    for make in [TestDatabase::sqlite, TestDatabase::postgres] {
        on(make, LiveOptions::default(), async |served| {
            let mut page = Follower::open(&served, "localhost", "").await;
            let headers = page.text.to_lowercase();
            assert!(headers.starts_with("http/1.1 200"), "{headers}");
            assert!(
                headers.contains("text/event-stream") && headers.contains("no-store"),
                "{headers}"
            );
            assert!(
                !headers.contains("content-encoding"),
                "a compressed stream would be held back"
            );
            page.until("retry: 3000\n").await;
            assert_eq!(page.figures().await.0, 0);

            let total = submit(&served, 5, 3).await;
            let saved = Instant::now();
            let (told, id) = page.figures().await;

            assert!(saved.elapsed() < Duration::from_secs(2), "{:?}", saved.elapsed());
            assert!(total >= 3);
            assert_eq!(told, total);
            let version = served.t.registry.data_version_async().await.unwrap();
            assert_eq!(id, format!("{version}-2026"));
        });
    }
}

#[test]
fn who_comes_back_with_the_last_id_is_told_only_what_is_new() {
    let options = LiveOptions { poll: Duration::from_millis(20), ..LiveOptions::default() };
    on(TestDatabase::sqlite, options, async |served| {
        let first = submit(&served, 5, 2).await;
        let mut page = Follower::open(&served, "127.0.0.1", "").await;
        let (mut told, mut id) = page.figures().await;
        while told != first {
            (told, id) = page.figures().await;
        }

        let seen = format!("last-event-id: {id}\r\n");
        let mut back = Follower::open(&served, "127.0.0.1", &seen).await;
        let total = submit(&served, 6, 2).await;

        assert!(total > first);
        assert_eq!(back.figures().await.0, total);
    });
}

#[test]
fn a_foreign_host_name_is_refused_and_too_many_pages_are_told_to_wait() {
    let options = LiveOptions { streams: 2, ..LiveOptions::default() };
    on(TestDatabase::sqlite, options, async |served| {
        let foreign = Follower::open(&served, "evil.example", "").await;
        assert!(foreign.text.starts_with("HTTP/1.1 421"), "{}", foreign.text);

        let mut one = Follower::open(&served, "localhost", "").await;
        one.figures().await;
        let two = Follower::open(&served, "localhost", "").await;
        let three = Follower::open(&served, "localhost", "").await;

        assert!(two.text.starts_with("HTTP/1.1 200"), "{}", two.text);
        assert!(three.text.starts_with("HTTP/1.1 503"), "{}", three.text);
        assert!(three.text.to_lowercase().contains("retry-after"));
        assert_eq!(served.live.open(), 2);
        drop(one);
        let gone = async {
            while served.live.open() > 1 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, gone).await.expect("a page that left is still counted");
    });
}

#[test]
fn open_pages_cost_no_statement_and_end_when_the_stream_is_closed() {
    let options = LiveOptions { poll: Duration::from_hours(1), ..LiveOptions::default() };
    on(TestDatabase::sqlite, options, async |served| {
        Follower::open(&served, "localhost", "").await.figures().await;
        let before = served.t.registry.db().statements();

        let mut pages = Vec::new();
        for _ in 0..50 {
            let mut page = Follower::open(&served, "localhost", "").await;
            page.figures().await;
            pages.push(page);
        }

        assert_eq!(served.t.registry.db().statements(), before);
        served.live.close();
        for page in pages {
            page.end().await;
        }
        let late = Follower::open(&served, "localhost", "").await;
        assert!(late.text.starts_with("HTTP/1.1 503"), "{}", late.text);
    });
}

#[test]
fn pages_are_told_when_the_counters_may_be_old_and_when_they_are_right_again() {
    let options = LiveOptions {
        poll: Duration::from_millis(20),
        beat: Duration::from_millis(100),
        ..LiveOptions::default()
    };
    on(TestDatabase::sqlite, options, async |served| {
        let mut page = Follower::open(&served, "localhost", "").await;
        page.until("event: beat\ndata: ").await;
        assert!(page.until("\n\n").await.contains("\"current\":true"));

        let file = served.t.database.file().unwrap();
        let rename = |from: &str, to: &str| {
            let connection = rusqlite::Connection::open(&file).unwrap();
            connection.execute_batch(&format!("alter table {from} rename to {to}")).unwrap();
        };
        rename("audit_head", "audit_head_away");
        page.until("\"current\":false").await;
        rename("audit_head_away", "audit_head");
        page.until("\"current\":true").await;
    });
}
