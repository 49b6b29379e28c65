//! What a digest says: numbers and links.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use base::{Action, Actor, CenterId};
use registry::{Center, Due, DueDays};

use super::Cadence;

pub(super) const SUBJECT: &str = "OpenECLS: what waits for you";

/// One thing that waits, and where.
struct Item {
    text: String,
    path: String,
}

/// What waits for one person: by center, and then of all centers.
pub(super) struct Digest {
    parts: Vec<(String, Vec<Item>)>,
}

impl Digest {
    /// What waits for an actor within their reach.
    pub(super) fn of(
        actor: &Actor,
        due: &Due,
        reviews: &BTreeSet<CenterId>,
        centers: &HashMap<CenterId, Center>,
        days: &DueDays,
    ) -> Self {
        let mut parts = Vec::new();
        let mut own: Vec<&Center> =
            centers.values().filter(|center| actor.belongs_to(center.id)).collect();
        own.sort_by(|a, b| a.number.cmp(&b.number));
        for center in own {
            let items = of_center(actor, (center, days), due, reviews.contains(&center.id));
            if !items.is_empty() {
                parts.push((format!("{} (center {})", center.name, center.number), items));
            }
        }
        let mut everywhere = Vec::new();
        let answered: i64 = due.centers.values().map(|line| line.answered).sum();
        let mut add = |action: Action, number: i64, words: &str, path: &str| {
            if number > 0 && actor.reach(action).everything {
                everywhere.push(Item { text: format!("{words}: {number}"), path: path.to_owned() });
            }
        };
        let words = "Queries that centers have answered";
        add(Action::RaiseQueries, answered, words, "/desk/queries?state=answered");
        let words = "Requests to re-open or withdraw a run";
        add(Action::UnlockRuns, due.requests, words, "/desk/requests");
        if !everywhere.is_empty() {
            parts.push(("All centers".to_owned(), everywhere));
        }
        Self { parts }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The mail.
    pub(super) fn text(&self, name: &str, cadence: Cadence, base_url: &str) -> String {
        let mut out = format!("Dear {name},\n\nthis waits for you in OpenECLS.\n");
        // writing into a string does not fail
        for (title, items) in &self.parts {
            let _ = write!(out, "\n{title}\n");
            for item in items {
                let _ = write!(out, "- {}\n  {base_url}{}\n", item.text, item.path);
            }
        }
        let often = if cadence == Cadence::Daily { "once a day" } else { "once a week" };
        let _ = write!(
            out,
            "\nYou get this mail at most {often}, and only when something waits. To change that:\n{base_url}/desk/notices\n"
        );
        out
    }
}

fn of_center(
    actor: &Actor,
    (center, days): (&Center, &DueDays),
    due: &Due,
    review: bool,
) -> Vec<Item> {
    // a steward or operator reaches every center, and is told of all of them together
    let may = |action: Action| actor.reach(action).centers.contains(&center.id);
    let line = due.centers.get(&center.id).copied().unwrap_or_default();
    let desk = format!("/desk/{}", center.number);
    let mut items = Vec::new();
    let mut add = |action: Action, number: i64, words: &str, path: &str| {
        if number > 0 && may(action) {
            items.push(Item { text: format!("{words}: {number}"), path: format!("{desk}{path}") });
        }
    };
    let words = format!("Runs that ended more than {} days ago without outcome", days.outcome);
    add(Action::WriteRecords, line.outcomes, &words, "?list=waiting");
    let words = format!("Runs that ended more than {} days ago without signature", days.signature);
    add(Action::SubmitRuns, line.signatures, &words, "?list=late");
    let words = format!("Queries without an answer for more than {} days", days.answer);
    add(Action::AnswerQueries, line.answers, &words, "/queries?state=open");
    let words = "Transfers to confirm or to refuse";
    add(Action::LinkTransfers, line.transfers, words, "/transfers");
    if review && may(Action::ReviewAccess) {
        let text = "The yearly review of who has access is due".to_owned();
        items.push(Item { text, path: format!("/people/{}/review", center.number) });
    }
    items
}
