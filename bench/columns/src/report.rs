//! The table and the raw results.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use bench_common::Took;

/// All rounds of one size and scenario.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) runs: u64,
    pub(crate) scenario: String,
    pub(crate) cases: Vec<Case>,
}

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) threads: usize,
    pub(crate) rounds: Vec<Took>,
}

pub(crate) fn load() -> String {
    fs::read_to_string("/proc/loadavg").unwrap_or_default().chars().take(14).collect()
}

/// Least and middle one, in milliseconds.
fn spread(of: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut all: Vec<f64> = of.collect();
    all.sort_by(f64::total_cmp);
    let at = |at: usize| all.get(at).copied().unwrap_or_default() * 1e3;
    (at(0), at(all.len() / 2))
}

impl Case {
    fn cpu(&self) -> (f64, f64) {
        spread(self.rounds.iter().map(|it| it.cpu.as_secs_f64()))
    }

    fn wall(&self) -> (f64, f64) {
        spread(self.rounds.iter().map(|it| it.wall.as_secs_f64()))
    }
}

impl Results {
    pub(crate) fn print(&self) {
        let ours = |threads: usize| {
            self.cases.iter().find(|it| it.name == "columns" && it.threads == threads)
        };
        println!(
            "| engine | threads | CPU ms, min | median | wall ms, min | median | wall, to ours |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- |");
        for case in &self.cases {
            let (cpu, wall) = (case.cpu(), case.wall());
            let ratio = ours(case.threads).map_or(0.0, |it| wall.0 / it.wall().0);
            println!(
                "| {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {ratio:.2} |",
                case.name, case.threads, cpu.0, cpu.1, wall.0, wall.1
            );
        }
        println!();
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let mut out = "engine,threads,round,cpu_s,wall_s\n".to_owned();
        for case in &self.cases {
            for (took, round) in case.rounds.iter().zip(1..) {
                let (cpu, wall) = (took.cpu.as_secs_f64(), took.wall.as_secs_f64());
                writeln!(out, "\"{}\",{},{round},{cpu:.6},{wall:.6}", case.name, case.threads)?;
            }
        }
        fs::create_dir_all(folder)?;
        fs::write(folder.join(format!("columns-{}-{}.csv", self.runs, self.scenario)), out)?;
        Ok(())
    }
}

/// Processor and compiler.
pub(crate) fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = processors.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim()).to_owned()
    };
    let count = processors.lines().filter(|line| line.starts_with("processor")).count();
    let rust = Command::new("rustc").arg("--version").output();
    let rust = rust.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    format!("{count} x {}; {}", field("model name"), rust.unwrap_or_default())
}
