//! Chores of the repository: `cargo xtask COMMAND`.

mod bench;
mod sample;
mod test;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

const HELP: &str = "\
cargo xtask COMMAND

  test               install what the tests need and run all of them
  schemathesis [ARGUMENTS]  call the interface for programs as it is described, and as not (`--help`)
  sample [--check]   write the invented sample of sample/, or check that it is what would be written
  bench [ARGUMENTS]  measure imports side by side (bench/README.md); `bench --help` lists the arguments
  bench columns [ARGUMENTS]  measure a dashboard beside other engines
";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test"] => test::run(&root()?),
        ["schemathesis", rest @ ..] => test::schemathesis(&root()?, rest),
        ["sample"] => sample::write(&root()?),
        ["sample", "--check"] => sample::check(&root()?),
        ["bench", rest @ ..] => bench::run(&root()?, rest),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("unknown command `{}`\n\n{HELP}", other.join(" ")),
    }
}

/// The root of the repository.
fn root() -> Result<PathBuf> {
    // asked for at run time: one build folder can serve several checkouts
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").context("run this through cargo")?;
    let folder = PathBuf::from(folder);
    let parent = folder.parent();
    Ok(parent.context("xtask does not lie in the repository")?.to_path_buf())
}
