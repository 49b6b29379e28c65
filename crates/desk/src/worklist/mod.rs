//! The worklist of a center, as a list and as a grid of runs and forms.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /desk` | the only center of the reader, or a choice |
//! | `GET /desk/{center}?list=…&key=…&view=grid` | a page of a worklist |

mod page;
mod tasks;

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use base::Action;
use registry::worklist::{WorkFilter, WorkKey, WorkList};
use serde::Deserialize;
use site::{Access, Routes, SignedIn};

use crate::{Desk, answer};

pub(crate) use page::state_words;

/// Rows of a page: what one statement reads the forms of.
const ROWS: u32 = 25;

/// The pages of this module.
pub(crate) fn routes() -> Routes<Arc<Desk>> {
    Routes::new().get("/desk", Access::SignedIn, choose).get(
        "/desk/{center}",
        Access::May(Action::ReadRecords),
        show,
    )
}

/// What the address asks for. What cannot be understood is left out.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    list: String,
    #[serde(default)]
    view: String,
    #[serde(default)]
    support: String,
    #[serde(default)]
    age: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    after: String,
}

/// The address in parts.
struct Wanted {
    list: WorkList,
    filter: WorkFilter,
    after: Option<WorkKey>,
    grid: bool,
}

impl Asked {
    fn wanted(self) -> Wanted {
        let key: String = self.key.trim().chars().take(20).collect();
        Wanted {
            list: WorkList::from_word(&self.list).unwrap_or(WorkList::Open),
            filter: WorkFilter { support_type: self.support, age_group: self.age, key },
            after: self.after.parse().ok(),
            grid: self.view == "grid",
        }
    }
}

async fn show(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(center): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let wanted = asked.map(|Query(asked)| asked).unwrap_or_default().wanted();
    let work = move || {
        let told = |error| answer::problem(error, &visitor);
        let list = (wanted.list, &wanted.filter);
        let after = wanted.after.as_ref();
        let found =
            desk.registry.worklist(&visitor.actor, &center, list, after, ROWS).map_err(told)?;
        let grid = if wanted.grid {
            let told = |error| answer::problem(error, &visitor);
            let states = desk.registry.form_states(&visitor.actor, found.center.id, &found.rows);
            Some(states.map_err(told)?)
        } else {
            None
        };
        let title = format!("Worklist of {}", found.center.name);
        let body = page::Page::new(&desk, &visitor, &wanted, &found, grid.as_deref());
        answer::page(&desk, &visitor, &title, &body)
    };
    answer::blocking(work).await
}

/// Leads to the only center that the reader reaches, if nothing else is theirs to do; offers the choice otherwise.
async fn choose(State(desk): State<Arc<Desk>>, SignedIn(visitor): SignedIn) -> Response {
    let work = move || {
        let centers = desk.registry.centers().map_err(|error| answer::problem(error, &visitor))?;
        let reach = visitor.actor.reach(Action::ReadRecords);
        let centers: Vec<_> = centers.into_iter().filter(|center| reach.holds(center.id)).collect();
        let tasks = tasks::of(&visitor.actor);
        if let [only] = centers.as_slice()
            && tasks.iter().all(|task| task.on_desk)
        {
            return Ok(answer::led_to(&format!("/desk/{}", only.number)));
        }
        let body = page::Choice { centers, tasks };
        answer::page(&desk, &visitor, "My desk", &body)
    };
    answer::blocking(work).await
}
