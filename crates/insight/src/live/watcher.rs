//! The one task that asks the registry.

use std::sync::{Arc, Weak};
use std::time::Instant as Timer;

use base::Instant;
use bytes::Bytes;
use registry::{DataVersion, Figures, Registry, RegistryError};
use serde_json::json;
use tokio::sync::watch;

use super::{LiveOptions, Pulse, Told};

/// The counters, as the home page defines them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counters {
    year: i16,
    total: u64,
    cases: u64,
    submitted: u64,
    invented: u64,
}

impl Counters {
    const fn of(figures: &Figures) -> Self {
        Self {
            year: figures.year,
            total: figures.submitted,
            cases: figures.started_this_year,
            submitted: figures.submitted_this_year,
            invented: figures.invented,
        }
    }

    /// The event and its id.
    fn event(self, version: DataVersion, as_of: Instant) -> (Arc<str>, Bytes) {
        let data = json!({
            "as_of": as_of.timestamp().to_string(),
            "total_submitted_cases": self.total,
            "this_year": {
                "year": self.year,
                "cases": self.cases,
                "submitted_cases": self.submitted,
                "drafts": self.cases.saturating_sub(self.submitted),
            },
            "invented_runs": self.invented,
        });
        // a new year changes the counters of an unchanged registry
        let id: Arc<str> = format!("{version}-{}", self.year).into();
        let event = Bytes::from(format!("id: {id}\nevent: figures\ndata: {data}\n\n"));
        (id, event)
    }
}

fn beat(as_of: Instant, current: bool) -> Bytes {
    let data = json!({ "as_of": as_of.timestamp().to_string(), "current": current });
    Bytes::from(format!("event: beat\ndata: {data}\n\n"))
}

/// What is known, and from when.
struct Known {
    counters: Counters,
    version: DataVersion,
    read: Timer,
}

/// Runs until nobody holds the sender any more.
pub(super) async fn follow(
    registry: Registry,
    pulse: Pulse,
    told: Weak<watch::Sender<Told>>,
    options: LiveOptions,
) {
    let mut known: Option<Known> = None;
    let mut as_of = registry.clock().now();
    let mut failing = false;
    loop {
        let asked = registry.clock().now();
        let began = Timer::now();
        let looked = look(&registry, known.as_ref(), &options).await;
        let beats = Arc::clone(&pulse);
        // nothing is told of it while it cannot be read: a page that hears nothing says so itself
        let stamp = tokio::task::spawn_blocking(move || beats()).await.ok().flatten();
        let Some(told) = told.upgrade() else { return };
        if stamp.is_some() {
            told.send_if_modified(|told| std::mem::replace(&mut told.capacity, stamp) != stamp);
        }
        match looked {
            Ok(news) => {
                (as_of, failing) = (asked, false);
                publish(&told, news.as_ref(), known.as_ref(), as_of);
                known = news.or(known);
            }
            Err(error) => {
                if !failing {
                    tracing::error!("reading the live figures failed; pages are told so: {error}");
                }
                failing = true;
                tell(&told, |told| told.beat = beat(as_of, false), false);
            }
        }
        drop(told);
        // counting a large registry takes a while; under many saves it must not take all the time there is
        tokio::time::sleep(options.poll.max(began.elapsed())).await;
    }
}

/// The counters, if they may have changed.
async fn look(
    registry: &Registry,
    known: Option<&Known>,
    options: &LiveOptions,
) -> Result<Option<Known>, RegistryError> {
    let version = registry.data_version_async().await?;
    let fresh =
        known.is_some_and(|it| it.version == version && it.read.elapsed() < options.at_least);
    if fresh {
        return Ok(None);
    }
    let (version, figures) = registry.versioned_figures_async().await?;
    Ok(Some(Known { counters: Counters::of(&figures), version, read: Timer::now() }))
}

fn publish(
    told: &watch::Sender<Told>,
    news: Option<&Known>,
    known: Option<&Known>,
    as_of: Instant,
) {
    let changed = news.filter(|news| known.is_none_or(|known| known.counters != news.counters));
    let set = |told: &mut Told| {
        told.beat = beat(as_of, true);
        if let Some(news) = changed {
            let (id, event) = news.counters.event(news.version, as_of);
            (told.id, told.figures) = (Some(id), event);
        }
    };
    tell(told, set, true);
}

/// Wakes the pages only for other counters, or when they stop or begin to be right.
fn tell(told: &watch::Sender<Told>, set: impl FnOnce(&mut Told), current: bool) {
    told.send_if_modified(|told| {
        let before = (told.id.clone(), told.current);
        set(told);
        told.current = current;
        before != (told.id.clone(), told.current)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(version: u64, year: i16, total: u64) -> Known {
        let counters = Counters { year, total, cases: 0, submitted: 0, invented: 0 };
        Known { counters, version: DataVersion(version), read: Timer::now() }
    }

    #[test]
    fn pages_are_woken_by_other_counters_and_by_a_new_year_but_not_by_the_same_once_more() {
        let told = watch::Sender::new(Told::default());
        let mut page = told.subscribe();
        let mut woken = Vec::new();
        let mut last: Option<Known> = None;
        let states = [(7, 2026, 5), (7, 2026, 5), (8, 2026, 5), (8, 2027, 5), (9, 2027, 6)];
        for (version, year, total) in states {
            let news = known(version, year, total);
            publish(&told, Some(&news), last.as_ref(), Instant::from_micros(0));
            woken.push(page.has_changed().unwrap());
            page.mark_unchanged();
            last = Some(news);
        }

        assert_eq!(woken, [true, false, false, true, true]);
    }
}
