//! Other engines, each in a Python process of its own that is asked over its standard input.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use bench_common::Took;

/// One engine with its data loaded.
pub(crate) struct Peer {
    pub(crate) engine: String,
    pub(crate) version: String,
    pub(crate) threads: usize,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts it and waits until it has loaded.
    pub(crate) fn start(
        python: &Path,
        engine: &str,
        folder: &Path,
        threads: usize,
    ) -> Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers.py");
        let mut process = Command::new(python)
            .arg(script)
            .arg(engine)
            .arg(folder)
            .arg(threads.to_string())
            .env("POLARS_MAX_THREADS", threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("Python cannot be started")?;
        let input = process.stdin.take().context("an input")?;
        let output = BufReader::new(process.stdout.take().context("an output")?);
        let engine = engine.to_owned();
        let mut peer = Self { engine, version: String::new(), threads, process, input, output };
        let ready = peer.line()?;
        let version = ready.strip_prefix("ready ").context("the engine did not start")?;
        version.clone_into(&mut peer.version);
        Ok(peer)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            bail!("{} ended: {}", self.engine, self.process.wait()?);
        }
        Ok(line.trim().to_owned())
    }

    /// Asks all panels once.
    pub(crate) fn ask(&mut self, scenario: &str) -> Result<Took> {
        writeln!(self.input, "ask {scenario}")?;
        let line = self.line()?;
        let (cpu, wall) = line.split_once(' ').context("two times")?;
        let seconds = |text: &str| Ok::<_, anyhow::Error>(Duration::from_secs_f64(text.parse()?));
        Ok(Took { cpu: seconds(cpu)?, wall: seconds(wall)? })
    }

    /// All its answers.
    pub(crate) fn show(&mut self, scenario: &str, folder: &Path) -> Result<Value> {
        let path = folder.join(format!("{}.json", self.engine));
        writeln!(self.input, "show {scenario} {}", path.display())?;
        self.line()?;
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // it ends when its input does; servers of its own are stopped by itself
        drop(writeln!(self.input, "end"));
        drop(self.process.wait());
    }
}

/// Whether another engine's answers are ours: counts exactly, sums and quartiles to 1e-9.
pub(crate) fn compare(engine: &str, ours: &[Value], theirs: &Value, names: &Value) -> Result<()> {
    let down = engine == "chdb";
    let theirs = theirs.as_array().context("answers")?;
    for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let name = names.pointer(&format!("/panels/{at}/name")).and_then(Value::as_str);
        let name = name.unwrap_or_default();
        let sorted = |rows: &Value| {
            let mut rows: Vec<(String, Value)> = rows
                .as_array()
                .into_iter()
                .flatten()
                .map(|row| {
                    let part = |at: usize| row.get(at).cloned().unwrap_or_default();
                    (part(0).to_string(), part(1))
                })
                .collect();
            rows.sort_by(|one, other| one.0.cmp(&other.0));
            rows
        };
        let (ours, theirs) = (sorted(ours), sorted(theirs));
        if ours.len() != theirs.len() {
            bail!("{engine}, {name}: {} rows, not {}", theirs.len(), ours.len());
        }
        for (mine, other) in ours.iter().zip(&theirs) {
            if mine.0 != other.0 || !same(&mine.1, &other.1, down) {
                bail!("{engine}, {name}: {other:?}, not {mine:?}");
            }
        }
    }
    Ok(())
}

fn same(ours: &Value, theirs: &Value, down: bool) -> bool {
    match (ours, theirs) {
        (Value::Object(both), theirs) => {
            both.get(if down { "down" } else { "up" }).is_some_and(|it| same(it, theirs, down))
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(one, other)| same(one, other, down))
        }
        (Value::Number(one), Value::Number(other)) => match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => (one - other).abs() <= 1e-9 * one.abs().max(1.0),
            _ => false,
        },
        (one, other) => one == other,
    }
}
