//! Data quality of a center beside all centers: `GET /desk/{center}/quality`.

use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use base::{Action, Instant};
use registry::quality::{AllCenters, Completeness, Share, Timeliness};
use registry::worklist::{WorkFilter, WorkList};
use registry::{Registry, RegistryError};
use site::{Access, Routes, SignedIn};

use crate::Desk;
use crate::answer::{self, Head};

/// Pairs of likely duplicates on the page.
const PAIRS: u32 = 50;
/// Fields with gaps on the page.
const GAPS: usize = 25;
/// How long the numbers of all centers are kept, in microseconds: an hour.
const KEPT_MICROS: i64 = 3_600_000_000;

/// The pages.
pub(crate) fn routes() -> Routes<Arc<Desk>> {
    Routes::new().get("/desk/{center}/quality", Access::May(Action::ReadRecords), show)
}

/// The numbers of all centers, read once an hour.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept(Arc<Mutex<Option<Read>>>);

/// The numbers, and when they were read.
type Read = (Instant, Arc<AllCenters>);

impl Kept {
    pub(crate) fn get(
        &self,
        registry: &Registry,
        now: Instant,
    ) -> Result<Arc<AllCenters>, RegistryError> {
        // whoever comes while they are read waits for them
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, all)) = kept.as_ref()
            && (0..KEPT_MICROS).contains(&(now.as_micros() - at.as_micros()))
        {
            return Ok(Arc::clone(all));
        }
        let all = Arc::new(registry.all_centers()?);
        *kept = Some((now, Arc::clone(&all)));
        Ok(all)
    }
}

/// One number beside that of all centers.
struct Tile {
    label: &'static str,
    own: String,
    all: Option<String>,
}

/// A bar with its number.
struct Bar {
    label: String,
    own: String,
    /// Of 100.
    length: String,
    all: Option<String>,
}

#[derive(Template)]
#[template(path = "quality/page.html")]
struct Page {
    head: Head,
    tiles: Vec<Tile>,
    centers: usize,
    compared: bool,
    latest: u64,
    forms: Vec<Bar>,
    gaps: Vec<Bar>,
    pairs: Vec<(String, String)>,
    work: Vec<(String, &'static str, String)>,
}

async fn show(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
) -> Response {
    let work = move || {
        let center = answer::center(&desk, &visitor, &number, Action::ReadRecords)?;
        let told = |error| answer::problem(error, &visitor);
        let (registry, actor) = (&desk.registry, &visitor.actor);
        let own = registry.timeliness(actor, center.id).map_err(told)?;
        let complete = registry.completeness(actor, center.id).map_err(told)?;
        let pairs = registry.likely_duplicates(actor, center.id, PAIRS).map_err(told)?;
        let all = desk.all_centers.get(registry, desk.clock.now()).map_err(told)?;
        let none = WorkFilter::default();
        let list = (WorkList::Late, &none);
        let counts = registry.worklist(actor, &number, list, None, 1).map_err(told)?;
        let lists = [WorkList::Late, WorkList::Findings, WorkList::Queries, WorkList::Waiting];
        let work = lists.iter().map(|list| {
            let count = counts.count(*list);
            let href = format!("/desk/{number}?list={}", list.as_str());
            (href, list.label(), format!("{}{}", count.runs, if count.more { "+" } else { "" }))
        });
        let other = all.completeness.as_ref();
        let page = Page {
            head: Head::new(&center, &visitor, "/quality"),
            tiles: tiles(&own, all.timeliness.as_ref()),
            centers: all.centers,
            compared: all.timeliness.is_some(),
            latest: complete.runs,
            forms: forms(registry, &complete, other),
            gaps: gaps(registry, &complete, other),
            pairs,
            work: work.collect(),
        };
        answer::page(&desk, &visitor, "Data quality", &page)
    };
    answer::blocking(work).await
}

fn percent(rate: f64) -> String {
    format!("{:.0} %", rate * 100.0)
}

fn tiles(own: &Timeliness, all: Option<&Timeliness>) -> Vec<Tile> {
    let days =
        |of: &Timeliness| of.median_days.map_or("–".to_owned(), |days| format!("{days:.0} days"));
    let in_time = |of: &Timeliness| of.in_time.map_or("–".to_owned(), percent);
    vec![
        Tile {
            label: "Signed runs",
            own: own.runs.to_string(),
            all: all.map(|all| all.runs.to_string()),
        },
        Tile {
            label: "Days from end of run to signature, median",
            own: days(own),
            all: all.map(days),
        },
        Tile { label: "Signed within 60 days", own: in_time(own), all: all.map(in_time) },
        Tile {
            label: "Runs with unusual values",
            own: percent(own.soft_share),
            all: all.map(|all| percent(all.soft_share)),
        },
    ]
}

fn bar(label: String, own: Share, all: Option<Share>) -> Option<Bar> {
    let rate = own.rate()?;
    Some(Bar {
        label,
        own: percent(rate),
        length: format!("{:.1}", rate * 100.0),
        all: all.and_then(Share::rate).map(percent),
    })
}

fn forms(registry: &Registry, own: &Completeness, all: Option<&Completeness>) -> Vec<Bar> {
    let of = |form: &dictionary::Form| {
        let other = all.map(|all| all.form(registry, form.id));
        bar(form.label.clone(), own.form(registry, form.id), other)
    };
    registry.dictionary().forms().iter().filter_map(of).collect()
}

/// The fields that are answered least often.
fn gaps(registry: &Registry, own: &Completeness, all: Option<&Completeness>) -> Vec<Bar> {
    let dictionary = registry.dictionary();
    let mut lacking: Vec<_> =
        own.fields.iter().filter(|(_, share)| share.answered < share.asked).collect();
    lacking.sort_by(|(_, a), (_, b)| {
        let (a, b) = (a.rate().unwrap_or(1.0), b.rate().unwrap_or(1.0));
        a.total_cmp(&b)
    });
    let of = |(id, share): (&dictionary::FieldId, &Share)| {
        let field = dictionary.field(*id);
        let form = &dictionary.form(field.form).label;
        let other = all.and_then(|all| all.fields.get(id)).copied();
        bar(format!("{} ({form})", field.label), *share, other)
    };
    lacking.into_iter().take(GAPS).filter_map(of).collect()
}
