//! A dashboard of 24 panels on invented runs, beside other engines. See bench/README.md.

mod data;
mod floor;
mod panels;
mod peers;
mod report;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use columns::{Panel, Select, Store};
use serde_json::Value;

use peers::Peer;
use report::{Case, Results};

// the allocator of the program itself
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures a dashboard of 24 panels.
#[derive(Debug, Parser)]
#[command(name = "bench-columns")]
struct Arguments {
    /// Runs; may be given several times.
    #[arg(long, default_values_t = [100_000, 1_000_000])]
    runs: Vec<u64>,
    /// Rounds that count; two more go before them.
    #[arg(long, default_value_t = 10)]
    rounds: usize,
    /// The Python that has bench/columns/requirements.txt; without it only this program is measured.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Engines beside this program.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "duckdb,duckdb-file,polars,chdb,postgres,sqlite"
    )]
    engines: Vec<String>,
    /// Threads of each engine; may be given several times.
    #[arg(long, default_values_t = [1, 2])]
    threads: Vec<usize>,
    /// `some` runs (about half) or `all`.
    #[arg(long, default_values_t = ["some".to_owned()])]
    scenario: Vec<String>,
    /// Also the time of each panel alone.
    #[arg(long)]
    each: bool,
    /// Folder for the data that others load.
    #[arg(long, default_value = "/tmp/bench-columns")]
    folder: PathBuf,
    /// Folder for the raw results.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../results"))]
    results: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    println!("{}\nload {} before", report::machine(), report::load());
    for runs in &arguments.runs {
        measure(&arguments, *runs)?;
    }
    println!("load {} after", report::load());
    Ok(())
}

fn measure(arguments: &Arguments, runs: u64) -> Result<()> {
    let mut store = None;
    let built = bench_common::took(|| {
        store = Some(data::store(runs)?);
        Ok(())
    })?;
    let store = store.context("a store")?;
    describe(&store, runs, built.cpu.as_secs_f64());
    let folder = arguments.folder.join(runs.to_string());
    if arguments.python.is_some() {
        hand_over(&store, &folder)?;
    }
    let mut peers = start(arguments, &folder)?;
    for scenario in &arguments.scenario {
        let select = if scenario == "all" { panels::everyone() } else { panels::some() };
        let panels = panels::panels()?;
        check(&store, &select, &panels, scenario, &mut peers, &folder)?;
        if arguments.each {
            each(&store, &select, &panels)?;
        }
        let results = time(arguments, &store, runs, (scenario, &select, &panels), &mut peers)?;
        println!("\n{runs} runs, {scenario}, load {}\n", report::load());
        results.print();
        results.write(&arguments.results)?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn describe(store: &Store, runs: u64, seconds: f64) {
    let memory = store.memory();
    println!(
        "{runs} runs: {:.1} bytes a run ({:.1} of values, {:.1} of keys), {} segments, built in {seconds:.2} s",
        memory.total() as f64 / runs as f64,
        memory.values as f64 / runs as f64,
        memory.keys as f64 / runs as f64,
        memory.segments,
    );
}

fn hand_over(store: &Store, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for (table, name) in [(0, "run"), (1, "complication")] {
        let out = BufWriter::new(File::create(folder.join(format!("{name}.parquet")))?);
        store.write_parquet(table, out)?;
    }
    fs::write(folder.join("panels.json"), panels::sketches().to_string())?;
    Ok(())
}

fn start(arguments: &Arguments, folder: &Path) -> Result<Vec<Peer>> {
    let mut peers = Vec::new();
    for engine in &arguments.engines {
        let Some(python) = &arguments.python else { break };
        for threads in &arguments.threads {
            // one connection of SQLite has one thread
            if engine != "sqlite" || *threads == 1 {
                let peer = Peer::start(python, engine, folder, *threads)?;
                println!("{} with {threads} threads is loaded", peer.version);
                peers.push(peer);
            }
        }
    }
    Ok(peers)
}

/// All engines must say the same before anything is timed.
fn check(
    store: &Store,
    select: &Select,
    panels: &[Panel],
    scenario: &str,
    peers: &mut [Peer],
    folder: &Path,
) -> Result<()> {
    let (answers, work) = store.answer_with(select, panels, 1)?;
    ensure!(store.answer_with(select, panels, 2)?.0 == answers, "two threads say something else");
    println!("{scenario}: {work:?}");
    let ours: Vec<Value> = answers.iter().map(panels::rows).collect();
    for peer in peers {
        let theirs = peer.show(scenario, folder)?;
        peers::compare(&peer.engine, &ours, &theirs, &panels::sketches())?;
    }
    Ok(())
}

fn time(
    arguments: &Arguments,
    store: &Store,
    runs: u64,
    (scenario, select, panels): (&str, &Select, &[Panel]),
    peers: &mut [Peer],
) -> Result<Results> {
    let case = |name: &str, threads| Case { name: name.to_owned(), threads, rounds: Vec::new() };
    let mut cases = Vec::new();
    for threads in &arguments.threads {
        cases.push(case("columns", *threads));
        cases.push(case("reading the values once", *threads));
    }
    let own = cases.len();
    cases.extend(peers.iter().map(|it| case(&it.engine, it.threads)));
    let words = floor::bytes(usize::try_from(store.memory().values)?);
    for round in 0..arguments.rounds + 2 {
        for (at, case) in cases.iter_mut().enumerate() {
            let took = match at.checked_sub(own).and_then(|at| peers.get_mut(at)) {
                Some(peer) => peer.ask(scenario)?,
                None if case.name == "columns" => bench_common::took(|| {
                    let answers = store.answer_with(select, panels, case.threads)?.0;
                    finish(&answers);
                    Ok(())
                })?,
                None => bench_common::took(|| {
                    floor::read(&words, case.threads);
                    Ok(())
                })?,
            };
            if round > 1 {
                case.rounds.push(took);
            }
        }
    }
    Ok(Results { runs, scenario: scenario.to_owned(), cases })
}

/// Takes the quartiles from the counts, as the other engines do.
fn finish(answers: &[columns::Answer]) {
    for cell in answers.iter().flat_map(|it| &it.cells) {
        for counts in &cell.measures {
            if let columns::Counts::Values { values, .. } = counts {
                std::hint::black_box(panels::quartiles(values));
            }
        }
    }
}

fn each(store: &Store, select: &Select, panels: &[Panel]) -> Result<()> {
    for (at, panel) in panels.iter().enumerate() {
        let mut least = f64::INFINITY;
        for _ in 0..10 {
            let took = bench_common::took(|| {
                store.answer_with(select, std::slice::from_ref(panel), 1)?;
                Ok(())
            })?;
            least = least.min(took.cpu.as_secs_f64());
        }
        println!("panel {at}: {:.3} ms CPU; {:?} {:?}", least * 1e3, panel.by, panel.measures);
    }
    Ok(())
}
