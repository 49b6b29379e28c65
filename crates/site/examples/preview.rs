//! Shows the site with invented figures: `cargo run -p site --example preview -- 8088`.
//!
//! A second argument chooses the state: `full` (default), `empty`, `drafts`, `small` or `broken`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Ids, Instant};
use site::home::{HomeFigures, OutcomeTable, Outcomes, Survival};
use site::{DictionaryFacts, Shell, SiteState};

/// Runs, survived ECLS of known, left the hospital alive of known: the shape of a large registry,
/// invented.
const FULL: [[u64; 5]; 9] = [
    [33_412, 28_977, 33_387, 23_986, 33_290],
    [10_987, 7_611, 10_970, 4_871, 10_931],
    [2_406, 1_668, 2_401, 1_041, 2_389],
    [12_038, 8_694, 12_001, 7_402, 11_934],
    [14_721, 10_782, 14_690, 8_014, 14_611],
    [6_480, 3_827, 6_466, 2_748, 6_430],
    [52_760, 36_218, 52_304, 31_755, 51_620],
    [41_915, 25_310, 41_602, 18_843, 41_230],
    [16_303, 6_846, 16_190, 4_928, 16_077],
];

/// A young registry with cells too small for percentages.
const SMALL: [[u64; 5]; 9] = [
    [12, 9, 12, 8, 11],
    [4, 2, 4, 1, 3],
    [0, 0, 0, 0, 0],
    [7, 5, 7, 5, 7],
    [11, 8, 11, 6, 10],
    [1, 0, 0, 0, 0],
    [140, 92, 133, 80, 121],
    [98, 58, 95, 44, 88],
    [27, 12, 27, 9, 26],
];

/// A row of the table; a small registry hides what is small.
fn row([runs, survived_ecls, ecls_known, survived, known]: [u64; 5], hides: bool) -> Outcomes {
    if hides && (1..20).contains(&runs) {
        return Outcomes::default();
    }
    let share = |survived, known| Some(Survival { survived, known, unknown: runs - known });
    Outcomes {
        runs: Some(runs),
        ecls: share(survived_ecls, ecls_known),
        hospital: share(survived, known),
    }
}

fn sum(rows: &[[u64; 5]]) -> [u64; 5] {
    rows.iter().fold([0; 5], |[a, b, c, d, e], [f, g, h, i, j]| [a + f, b + g, c + h, d + i, e + j])
}

fn figures(state: &str, as_of: Instant) -> Result<HomeFigures, site::BoxError> {
    let mut figures = HomeFigures::empty(as_of, 2026);
    let rows = match state {
        "full" => FULL,
        "small" => SMALL,
        "drafts" => {
            (figures.cases_this_year, figures.drafts) = (17, 17);
            return Ok(figures);
        }
        "empty" => return Ok(figures),
        _ => return Err("preview of a source that fails".into()),
    };
    let small = state == "small";
    let mut table = OutcomeTable::empty(as_of);
    for (group, counts) in table.groups.iter_mut().zip(rows) {
        group.shown = row(counts, small);
    }
    for (age, of) in table.ages.iter_mut().zip(rows.chunks(3)) {
        *age = row(sum(of), small);
    }
    let all = sum(&rows);
    (table.all, table.ungrouped) = (row(all, false), Some(0));
    (figures.drafts, figures.centers) = if small { (41, 6) } else { (2_316, 512) };
    [figures.total_submitted, ..] = all;
    figures.outcomes = Some(table);
    (figures.cases_this_year, figures.submitted_this_year) =
        if state == "full" { (18_204, 16_391) } else { (121, 88) };
    figures.invented = figures.total_submitted;
    Ok(figures)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_env_filter("info").init();
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().map_or(Ok(8088), |port| port.parse())?;
    let state = arguments.next().unwrap_or_else(|| "full".to_owned());
    let clock = Clock::system();
    let shell = Shell::new(env!("CARGO_PKG_VERSION"), Vec::new());
    let source_clock = clock.clone();
    let site = SiteState::new(
        Arc::new(Ids::system(clock)),
        Arc::new(move || figures(&state, source_clock.now())),
        Arc::new(|| Ok(())),
        shell,
    )
    .with_dictionary(DictionaryFacts {
        version: "2026.1".to_owned(),
        forms: 29,
        fields: 628,
        code_lists: 119,
        href: None,
    });
    let listener =
        site::bind(SocketAddr::from(([127, 0, 0, 1], port)), &site::Exposure::Local).await?;
    println!("open http://{}/", listener.local_addr()?);
    let stop = async {
        // without a signal handler the preview ends as any program does
        let _ = tokio::signal::ctrl_c().await;
    };
    site::serve(listener, site::Exposure::Local, site::app(site), stop, Duration::from_secs(5))
        .await?;
    Ok(())
}
