//! The program killed at random moments of an upload, a save and a signature, on both engines.
//!
//! A worker process follows a script and says when it begins an operation and when that is acknowledged. It is
//! killed (SIGKILL) within one, and what is stored is compared with a second database on which nobody was
//! killed: it must be exactly what was acknowledged, with or without the whole of the operation that was cut off.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use db::Statement;
use dictionary::Dictionary;
use registry::incoming::IncomingPatient;
use testkit::database::TestDatabase;

use super::crash_script::{Kind, Scripted, patients};
use super::snapshot::{Snapshot, snapshot};

/// Kills on each engine.
const KILLS: usize = 100;
/// Kills of one database.
const KILLS_PER_DATABASE: usize = 10;
/// Name under which PostgreSQL sees a worker.
const WORKER: &str = "crash_worker";

#[test]
fn a_crash_at_any_moment_loses_nothing_acknowledged_on_sqlite() {
    campaign(TestDatabase::sqlite, 20_311);
}

#[test]
fn a_crash_at_any_moment_loses_nothing_acknowledged_on_postgres() {
    campaign(TestDatabase::postgres, 20_312);
}

fn campaign(make: fn() -> TestDatabase, seed: u64) {
    let dictionary = Arc::new(Dictionary::embedded().unwrap());
    let mut dice = Dice(seed);
    let mut tally = Tally::default();
    for number in 0..KILLS / KILLS_PER_DATABASE {
        let database = make();
        let seed = seed + u64::try_from(number).unwrap();
        let mut twin = Twin::new(Arc::clone(&dictionary), seed);
        let mut done = 0;
        let mut worker = Worker::start(&database, seed);
        for _ in 0..KILLS_PER_DATABASE {
            let cut = worker.run_and_kill(done, &mut dice, &mut tally);
            // the next one loads its dictionary while this one's traces are looked at
            worker = Worker::start(&database, seed);
            done = examine(&database, &mut twin, &cut);
            tally.whole += usize::from(done > cut.acknowledged);
        }
        drop(worker);
        go_on(&database, &mut twin, done);
    }
    tally.judge();
}

/// What a worker had said when it was killed.
struct Cut {
    /// Operations acknowledged since the database was new.
    acknowledged: usize,
    /// The operation that was begun and not acknowledged.
    within: Option<usize>,
}

/// Compares what is stored with what was acknowledged; gives the number of operations that are there.
fn examine(database: &TestDatabase, twin: &mut Twin, cut: &Cut) -> usize {
    wait_for_the_end_of_sessions(database);
    let opened = twin.beside(database);
    let found = snapshot(&opened.db);

    let without = twin.after(cut.acknowledged);
    let done = if found == without {
        cut.acknowledged
    } else {
        let number = cut.within.unwrap_or_else(|| {
            panic!("after {} acknowledged: {}", cut.acknowledged, found.difference(&without))
        });
        let with = twin.after(number + 1);
        assert!(
            found == with,
            "operation {number} ({}) is half there.\nto before: {}\nto after: {}",
            Scripted::kind(number).word(),
            found.difference(&without),
            found.difference(&with)
        );
        if Scripted::kind(number) == Kind::Import {
            assert!(opened.upload(number).import.is_none(), "the same upload changes something");
        }
        number + 1
    };
    let verified = opened.registry.verify(&mut |_| {}).unwrap();
    assert!(verified.faults.is_empty(), "{:#?}", verified.faults);
    if database.file().is_some() {
        assert_eq!(opened.db.integrity_check().unwrap().unwrap(), [""; 0]);
    }
    done
}

/// After all of that the work goes on as if nothing had happened.
fn go_on(database: &TestDatabase, twin: &mut Twin, done: usize) {
    let opened = twin.beside(database);
    let end = done + 14;

    (done..end).for_each(|number| opened.carry_out(number));

    let (found, wanted) = (snapshot(&opened.db), twin.after(end));
    assert!(found == wanted, "{}", found.difference(&wanted));
    assert!(opened.registry.verify(&mut |_| {}).unwrap().faults.is_empty());
}

/// PostgreSQL notices the death of its client a moment later, and may finish a commit that it had received.
fn wait_for_the_end_of_sessions(database: &TestDatabase) {
    if database.file().is_some() {
        return;
    }
    let text = "select count(*) from pg_stat_activity where application_name = $1 \
                and datname = current_database()";
    let count = Statement::dynamic("sessions", text.to_owned());
    let begin = Instant::now();
    loop {
        let open: i64 = database.read_one(|tx| tx.one(&count, (WORKER,))).unwrap();
        if open == 0 {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "a dead client's session lives on");
        sleep(Duration::from_millis(1));
    }
}

/// The database on which nobody is killed.
struct Twin {
    _database: TestDatabase,
    scripted: Scripted,
    patients: Arc<Vec<IncomingPatient>>,
    /// Operations carried out, and what is stored since.
    operations: usize,
    stored: Snapshot,
}

impl Twin {
    fn new(dictionary: Arc<Dictionary>, seed: u64) -> Self {
        let database = TestDatabase::sqlite();
        let patients = patients(&dictionary, seed);
        let scripted = Scripted::open(database.url(), dictionary, Arc::clone(&patients));
        let stored = snapshot(&scripted.db);
        Self { _database: database, scripted, patients, operations: 0, stored }
    }

    /// What is stored after so many operations; it cannot go back.
    fn after(&mut self, operations: usize) -> Snapshot {
        assert!(operations >= self.operations, "an operation was taken back");
        if operations > self.operations {
            (self.operations..operations).for_each(|number| self.scripted.carry_out(number));
            self.operations = operations;
            self.stored = snapshot(&self.scripted.db);
        }
        self.stored.clone()
    }

    /// Follows the same script on another database.
    fn beside(&self, database: &TestDatabase) -> Scripted {
        let dictionary = Arc::clone(self.scripted.registry.dictionary());
        Scripted::open(database.url(), dictionary, Arc::clone(&self.patients))
    }
}

/// A process that follows the script until it is killed.
struct Worker {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    fn start(database: &TestDatabase, seed: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "suite::crash::follows_the_script", "--ignored", "--nocapture"])
            .env("OPENECLS_TEST_URL", database.url())
            .env("OPENECLS_TEST_SEED", seed.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Lets it work on from an operation and kills it at a random moment of a random kind of operation.
    fn run_and_kill(&mut self, first: usize, dice: &mut Dice, tally: &mut Tally) -> Cut {
        let aim = Kind::ALL[dice.below(3)];
        let mut skip = dice.below(2);
        writeln!(self.child.stdin.as_mut().unwrap(), "{first}").unwrap();
        let mut cut = Cut { acknowledged: first, within: None };
        let mut began = Instant::now();
        for line in self.lines.by_ref() {
            let Some((word, number, kind)) = heard(&line.unwrap()) else { continue };
            if word == "done" {
                assert_eq!(cut.within, Some(number), "acknowledged out of order");
                tally.took(kind, began.elapsed());
                cut = Cut { acknowledged: number + 1, within: None };
                continue;
            }
            began = Instant::now();
            cut.within = Some(number);
            if kind == aim {
                if skip == 0 {
                    break;
                }
                skip -= 1;
            }
        }
        // a little longer than usual, so that some die between the commit and its acknowledgement
        sleep(tally.usual(aim).mul_f64(1.1 * dice.share()));
        self.child.kill().unwrap();
        // what it managed to say before it died counts
        for line in self.lines.by_ref().map_while(Result::ok) {
            match heard(&line) {
                Some(("done", number, _)) => {
                    cut = Cut { acknowledged: number + 1, within: None };
                }
                Some((_, number, _)) => cut.within = Some(number),
                None => {}
            }
        }
        assert!(!self.child.wait().unwrap().success(), "the worker ended by itself");
        tally.kill(cut.within.map(Scripted::kind));
        cut
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// `begin 7 import` or `done 7 import`, as long as the line is whole.
fn heard(line: &str) -> Option<(&'static str, usize, Kind)> {
    let mut words = line.split(' ');
    let word = match words.next()? {
        "begin" => "begin",
        "done" => "done",
        _ => return None,
    };
    Some((word, words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

#[test]
#[ignore = "run by the tests above, which kill it"]
#[expect(clippy::disallowed_methods, reason = "how the tests above name the database")]
fn follows_the_script() {
    let url = std::env::var("OPENECLS_TEST_URL").unwrap();
    let seed = std::env::var("OPENECLS_TEST_SEED").unwrap().parse().unwrap();
    let dictionary = Arc::new(Dictionary::embedded().unwrap());
    let patients = patients(&dictionary, seed);
    let mut first = String::new();
    // nothing is asked for any more: the test is over
    if std::io::stdin().read_line(&mut first).unwrap() == 0 {
        return;
    }
    let url = match url.split_once("://") {
        Some(_) => format!("{url}?application_name={WORKER}"),
        None => url,
    };
    let scripted = Scripted::open(&url, dictionary, patients);
    for number in first.trim().parse::<usize>().unwrap().. {
        let kind = Scripted::kind(number).word();
        println!("begin {number} {kind}");
        scripted.carry_out(number);
        println!("done {number} {kind}");
    }
}

/// How often was killed where.
#[derive(Default)]
struct Tally {
    within: BTreeMap<Kind, usize>,
    between: usize,
    /// Operations that were cut off before they were acknowledged and are there as a whole.
    whole: usize,
    /// Time of all acknowledged operations of a kind, and their number.
    times: BTreeMap<Kind, (Duration, u32)>,
}

impl Tally {
    fn kill(&mut self, within: Option<Kind>) {
        match within {
            Some(kind) => *self.within.entry(kind).or_default() += 1,
            None => self.between += 1,
        }
    }

    fn took(&mut self, kind: Kind, time: Duration) {
        let (sum, count) = self.times.entry(kind).or_default();
        *sum += time;
        *count += 1;
    }

    /// How long an operation of a kind takes.
    fn usual(&self, kind: Kind) -> Duration {
        self.times.get(&kind).map_or(Duration::from_millis(10), |(sum, count)| *sum / *count)
    }

    fn judge(&self) {
        let within: usize = self.within.values().sum();
        println!(
            "{within} kills within an operation {:?}, {} between; {} had been saved already",
            self.within, self.between, self.whole
        );
        assert_eq!(within + self.between, KILLS);
        assert!(within * 4 >= KILLS * 3, "only {within} of {KILLS} kills hit an operation");
        for kind in Kind::ALL {
            let hits = self.within.get(&kind).copied().unwrap_or(0);
            assert!(hits * 8 >= KILLS, "{} was hit only {hits} times", kind.word());
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same moments are tried in each run, as far as clocks allow.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> usize {
        usize::try_from(self.next() % end).unwrap()
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap()) / f64::from(u32::MAX)
    }
}
