//! `cargo xtask test`: installs what the tests need and runs all of them.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Where Debian keeps PostgreSQL's programs.
const POSTGRES: &str = "/usr/lib/postgresql/15/bin/initdb";

/// Runs every check; the first that fails ends it.
pub(crate) fn run(root: &Path) -> Result<()> {
    install()?;
    step("formatting", cargo(root, ["fmt", "--all", "--check"]))?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    step("lints", cargo(root, clippy))?;
    let nextest = succeeds(Command::new("cargo").args(["nextest", "--version"]));
    if nextest {
        let run = ["nextest", "run", "--workspace", "--locked", "--profile", "ci"];
        step("tests on SQLite and PostgreSQL", cargo(root, run))?;
        step(
            "examples in the documentation",
            cargo(root, ["test", "--workspace", "--locked", "--doc"]),
        )?;
    } else {
        step("tests on SQLite and PostgreSQL", cargo(root, ["test", "--workspace", "--locked"]))?;
    }
    println!("\n== the shipped sample");
    crate::sample::check(root)?;
    step("rules of the dictionary", openecls(root, ["dictionary", "check"]))?;
    step("browser packages", npm(root))?;
    browser(root)?;
    schemathesis(root, &["--cases", "4"])?;
    println!("\nall checks passed");
    Ok(())
}

/// Debian packages that are missing.
fn install() -> Result<()> {
    let mut packages = Vec::new();
    if !Path::new(POSTGRES).exists() {
        packages.push("postgresql-15");
    }
    if !succeeds(Command::new("chromium").arg("--version")) {
        packages.push("chromium");
    }
    // the mail server that the outbox is tested against
    if !succeeds(Command::new("/usr/bin/python3").args(["-c", "import aiosmtpd"])) {
        packages.push("python3-aiosmtpd");
    }
    // the virtual environment of schemathesis
    if !succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"])) {
        packages.push("python3-venv");
    }
    if packages.is_empty() {
        return Ok(());
    }
    println!("== installing {}", packages.join(", "));
    let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n");
    let apt = |arguments: &[&str]| {
        let mut command = Command::new(if root { "apt-get" } else { "sudo" });
        if !root {
            command.arg("apt-get");
        }
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    step("package lists", apt(&["update", "-q"]))?;
    let mut install = apt(&["install", "-q", "-y", "--no-install-recommends"]);
    install.args(&packages);
    step("packages", install)
}

/// Calls every address for programs as its description says, and as it says not to.
pub(crate) fn schemathesis(root: &Path, arguments: &[&str]) -> Result<()> {
    step("building the program", cargo(root, ["build", "--locked", "--package", "openecls"]))?;
    let mut run = Command::new("python3");
    run.arg(root.join("e2e/schemathesis/run")).arg("--program").arg(program()?).args(arguments);
    step("the interface for programs", run)
}

/// The program, which stands beside this one in the build folder.
fn program() -> Result<PathBuf> {
    let own = std::env::current_exe().context("finding the build folder")?;
    Ok(own.with_file_name("openecls"))
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn cargo<'a>(root: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(root);
    command
}

fn openecls<S: AsRef<OsStr>>(root: &Path, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = cargo(root, ["run", "--quiet", "--locked", "--package", "openecls", "--"]);
    command.args(arguments);
    command
}

fn npm(root: &Path) -> Command {
    let mut command = Command::new("npm");
    command.args(["ci", "--no-audit", "--no-fund"]).current_dir(root.join("e2e"));
    command
}

fn step(name: &str, mut command: Command) -> Result<()> {
    println!("\n== {name}");
    let status = command.status().with_context(|| format!("{name}: starting {command:?}"))?;
    if !status.success() {
        bail!("{name}: {command:?} ended with {status}");
    }
    Ok(())
}

/// A program that is stopped when it is no longer needed.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What is opened in a real browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pages {
    /// With the shipped sample.
    Sample,
    /// Without a record.
    Empty,
    /// A small invented registry, by those who sign in.
    SignedIn,
}

/// Runs of the invented registry: every page has something to show.
const RUNS: &str = "600";

fn browser(root: &Path) -> Result<()> {
    step("building the program", cargo(root, ["build", "--locked", "--package", "openecls"]))?;
    for pages in [Pages::Sample, Pages::Empty, Pages::SignedIn] {
        let data =
            std::env::temp_dir().join(format!("openecls-e2e-{}-{pages:?}", std::process::id()));
        let checked = browse(root, &data, pages);
        let _ = std::fs::remove_dir_all(&data);
        checked?;
    }
    Ok(())
}

fn browse(root: &Path, data: &Path, pages: Pages) -> Result<()> {
    let mut command = openecls(root, ["--data"]);
    command.arg(data);
    match pages {
        Pages::Sample => command.args(["serve", "--sample"]),
        Pages::Empty => command.arg("serve"),
        Pages::SignedIn => command.args(["demo", "--runs", RUNS]),
    };
    command.args(["--listen", "127.0.0.1:0"]);
    let mut server = Server(command.stdout(Stdio::piped()).spawn().context("starting the pages")?);
    let out = server.0.stdout.take().context("reading what the program says")?;
    let mut accounts = Vec::new();
    let mut address = None;
    // borrowed, so that the program finds a reader as long as it runs
    let mut out = BufReader::new(out);
    for line in out.by_ref().lines().map_while(std::io::Result::ok) {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        if first.ends_with("@demo.example") {
            accounts.push(format!("{first}={}", words.next().unwrap_or_default()));
        }
        address =
            line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned);
        if address.is_some() {
            break;
        }
    }
    let address = address.context("the program did not say where it is open")?;
    let mut check = Command::new("node");
    check.args(["check.mjs", &address]).current_dir(root.join("e2e"));
    check.arg("--program").arg(program()?).arg("--data").arg(data);
    if pages == Pages::SignedIn {
        check.arg("--accounts").arg(accounts.join(","));
    }
    step(&format!("browser, {pages:?}"), check)
}
