//! What the public page of all figures costs, and how much of it is hidden, on a snapshot. See bench/README.md.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use bench_common::took;
use clap::Parser;
use columns::Store;
use dictionary::Dictionary;
use insight::Shape;
use insight::answer::{Audience, Outcome, Shown};
use insight::api::{Current, Insight};
use insight::figure::Book;
use insight::query::{Catalog, Clause, Query, Unit};

// the allocator of the program itself
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Asks every figure of the registry's dashboard of a snapshot, each page with nothing in the cache.
#[derive(Debug, Parser)]
#[command(name = "bench-disclosure")]
struct Arguments {
    /// The snapshot, as `insight.columns` or `insight.public` in a data folder.
    snapshot: PathBuf,
    /// A page's conditions, as in its address, with `;` between them; may be given several times.
    #[arg(long = "where", default_values_t = [String::new()])]
    filters: Vec<String>,
    /// Pages one after another keep what was worked out for those before.
    #[arg(long)]
    keep: bool,
    /// A line for each figure, asked one by one.
    #[arg(long)]
    figures: bool,
    /// The day that the data stand for.
    #[arg(long, default_value = "2026-11-22T12:00:00Z")]
    as_of: jiff::Timestamp,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let dictionary = Arc::new(Dictionary::embedded().context("the dictionary")?);
    let shape = Shape::of(&dictionary);
    let (store, _) = Store::open(&arguments.snapshot, Arc::clone(shape.schema()))?;
    let current = Current {
        store,
        as_of: base::Instant::from_micros(arguments.as_of.as_microsecond()),
        version: "measured".to_owned(),
        invented: true,
    };
    let catalog = || Catalog::new(&shape, Arc::clone(&dictionary)).context("the catalog");
    let insight = || {
        let held = current.clone();
        Ok::<_, anyhow::Error>(Insight::new(
            catalog()?,
            Arc::new(move || Some(held.clone())),
            64 << 20,
        ))
    };
    println!("{} runs", current.store.rows());
    let book = Book::registry(&catalog()?)?;
    let mut asked = insight()?;
    for filters in &arguments.filters {
        if !arguments.keep {
            asked = insight()?;
        }
        let clauses = filters.split(';').filter(|text| !text.is_empty());
        let clauses: Vec<Clause> =
            clauses.map(|text| Clause::parse(asked.catalog(), text)).collect::<Result<_, _>>()?;
        let queries = book.figures.iter().filter_map(|figure| {
            let query = figure.within_unit(asked.catalog(), Unit::Run, &clauses).ok()?;
            Some((figure.key.as_str(), query))
        });
        let queries: Vec<(&str, Query)> = queries.collect();
        page(&asked, &current, filters, &queries, arguments.figures)?;
    }
    Ok(())
}

/// One page.
fn page(
    insight: &Insight,
    current: &Current,
    filters: &str,
    queries: &[(&str, Query)],
    each: bool,
) -> Result<()> {
    let mut all = Hidden::default();
    let together = took(|| {
        if !each {
            all.ask(insight, current, &queries.iter().map(|it| &it.1).collect::<Vec<_>>());
            return Ok(());
        }
        for (key, query) in queries {
            let mut hidden = Hidden::default();
            let one = took(|| {
                hidden.ask(insight, current, &[query]);
                Ok(())
            })?;
            println!("  {key:<24} {:>7} ms  {hidden}", one.cpu.as_millis());
            all.add(&hidden);
        }
        Ok(())
    })?;
    let (cpu, wall) = (together.cpu.as_millis(), together.wall.as_millis());
    println!("{filters:<40} cpu {cpu:>6} ms, wall {wall:>6} ms  {all}");
    Ok(())
}

/// Cells and what of them is hidden.
#[derive(Default)]
struct Hidden {
    figures: u64,
    refused: u64,
    counts: [u64; 2],
    values: [u64; 2],
    /// Values by the reason given.
    why: BTreeMap<String, u64>,
}

impl Hidden {
    fn ask(&mut self, insight: &Insight, current: &Current, queries: &[&Query]) {
        for answer in insight.ask_each(current, queries, Audience::Public) {
            self.figures += 1;
            match answer {
                Ok(outcome) => self.look(&outcome),
                Err(_) => self.refused += 1,
            }
        }
    }

    fn look(&mut self, outcome: &Outcome) {
        for row in std::iter::once(&outcome.total).chain(&outcome.cells) {
            self.counts[0] += u64::from(matches!(row.count, Shown::Suppressed(_)));
            self.counts[1] += 1;
            for value in &row.values {
                self.values[1] += 1;
                if let Shown::Suppressed(why) = value {
                    self.values[0] += 1;
                    *self.why.entry(why.to_string()).or_default() += 1;
                }
            }
        }
    }

    fn add(&mut self, other: &Self) {
        self.figures += other.figures;
        self.refused += other.refused;
        let own = self.counts.iter_mut().chain(&mut self.values);
        for (sum, more) in own.zip(other.counts.iter().chain(&other.values)) {
            *sum += more;
        }
        for (why, many) in &other.why {
            *self.why.entry(why.clone()).or_default() += many;
        }
    }
}

impl std::fmt::Display for Hidden {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let share =
            |[hidden, all]: [u64; 2]| format!("{hidden}/{all} ({} %)", 100 * hidden / all.max(1));
        write!(
            to,
            "hidden: counts {}, values {}; figures refused {}/{}",
            share(self.counts),
            share(self.values),
            self.refused,
            self.figures
        )?;
        self.why.iter().try_for_each(|(why, many)| write!(to, "; {many} {why}"))
    }
}
