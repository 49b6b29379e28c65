//! The table and the raw results.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use bench_common::Took;

/// All rounds.
pub(crate) struct Results {
    runs: u64,
    bytes: u64,
    load: String,
    names: Vec<String>,
    rounds: BTreeMap<String, Vec<Took>>,
}

fn load() -> String {
    fs::read_to_string("/proc/loadavg").unwrap_or_default().chars().take(14).collect()
}

/// Least and middle one.
fn spread(mut of: Vec<Duration>) -> (f64, f64) {
    of.sort();
    let seconds = |at: usize| of.get(at).copied().unwrap_or_default().as_secs_f64();
    (seconds(0), seconds(of.len() / 2))
}

impl Results {
    pub(crate) fn new(runs: u64, bytes: u64) -> Self {
        Self { runs, bytes, load: load(), names: Vec::new(), rounds: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, case: &str, took: Took) {
        if !self.rounds.contains_key(case) {
            self.names.push(case.to_owned());
        }
        self.rounds.entry(case.to_owned()).or_default().push(took);
    }

    fn spreads(&self, case: &str) -> ((f64, f64), (f64, f64)) {
        let rounds = self.rounds.get(case).map(Vec::as_slice).unwrap_or_default();
        let cpu = spread(rounds.iter().map(|took| took.cpu).collect());
        (cpu, spread(rounds.iter().map(|took| took.wall).collect()))
    }

    /// Prints the table and writes the raw results.
    pub(crate) fn print(&self, folder: &Path) -> Result<()> {
        let runs = f64::from(u32::try_from(self.runs)?);
        let megabytes = f64::from(u32::try_from(self.bytes)?) / 1e6;
        let rounds = self.rounds.values().map(Vec::len).max().unwrap_or_default();
        println!("{}", machine());
        println!(
            "{} runs, {megabytes:.1} MB of XML, {rounds} rounds, load {} before, {} after\n",
            self.runs,
            self.load,
            load()
        );
        println!(
            "| case | CPU s, min | median | wall s, min | median | runs per CPU-s | CPU, to raw | wall, to raw |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
        let (raw_cpu, raw_wall) = self.spreads("raw insert, SQLite");
        for name in &self.names {
            let (cpu, wall) = self.spreads(name);
            println!(
                "| {name} | {:.3} | {:.3} | {:.3} | {:.3} | {:.0} | {:.2} | {:.2} |",
                cpu.0,
                cpu.1,
                wall.0,
                wall.1,
                runs / cpu.0,
                cpu.0 / raw_cpu.0,
                wall.0 / raw_wall.0
            );
        }
        println!(
            "\nTimes of PostgreSQL on the processor leave the server out; compare its wall times."
        );
        self.write(folder)
    }

    fn write(&self, folder: &Path) -> Result<()> {
        let mut out = "case,round,runs,cpu_s,wall_s\n".to_owned();
        for name in &self.names {
            for (took, round) in self.rounds.get(name).into_iter().flatten().zip(1..) {
                let (cpu, wall) = (took.cpu.as_secs_f64(), took.wall.as_secs_f64());
                writeln!(out, "\"{name}\",{round},{},{cpu:.6},{wall:.6}", self.runs)?;
            }
        }
        fs::create_dir_all(folder)?;
        fs::write(folder.join("import.csv"), out)?;
        Ok(())
    }
}

/// Processor and versions, as the table needs them.
fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = processors.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim()).to_owned()
    };
    let count = processors.lines().filter(|line| line.starts_with("processor")).count();
    let version = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        text.unwrap_or_default().lines().next().unwrap_or_default().to_owned()
    };
    let rust = version("rustc", "--version");
    let postgres = version("/usr/lib/postgresql/15/bin/postgres", "--version");
    format!("{count} x {} {} MHz; {rust}; {postgres}", field("model name"), field("cpu MHz"))
}
