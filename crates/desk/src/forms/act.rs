//! What becomes of a posted form: saved, shown anew with other rows, compared with what somebody else saved.

use std::sync::Arc;

use askama::Template as _;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::RunId;
use dictionary::{FormId, Row, Severity};
use registry::worklist::FormState;
use registry::{Confirm, FormSaved, RecordInSight, RegistryError};
use serde_json::json;
use site::{PageMeta, Problem, Visitor};

use super::conflict::{self, Difference, Versions, Whose};
use super::draw::{Around, Picture};
use super::page::{self, Choose, ConflictView, PageView, Saver};
use super::sheet::{Asked, Entry, Posted, change_rows};
use super::{Pairs, json as json_answer};
use crate::{Desk, answer};

/// A form of a record that the visitor may see.
pub(crate) struct Request<'v> {
    pub(crate) desk: Arc<Desk>,
    pub(crate) visitor: &'v Visitor,
    pub(crate) sight: RecordInSight,
    pub(crate) form: FormId,
}

/// What a page says besides the form.
#[derive(Default)]
struct Told<'t> {
    version: Option<i64>,
    just_saved: bool,
    unsaved: bool,
    notice: Option<&'t str>,
}

impl Request<'_> {
    /// The page of the form as it is stored.
    pub(crate) fn show(&self, just_saved: bool) -> Result<Response, Problem> {
        let dictionary = self.dictionary();
        let stored = self.sight.form(self.form).map(|stored| &stored.row);
        let table = self.spec().table;
        let entry = stored.map_or_else(
            || Entry::blank(dictionary, table),
            |row| Entry::stored(dictionary, table, row),
        );
        let picture = self.draw(&entry, Around::default())?;
        self.page(&picture, StatusCode::OK, &Told { just_saved, ..Told::default() })
    }

    /// Judges a posted form without saving it.
    pub(crate) fn look(&self, pairs: &Pairs) -> Result<Response, Problem> {
        let fixed = self.fixed();
        let posted = Posted::new(pairs, &fixed);
        let asked = Asked::from_button(posted.first("do")).unwrap_or(Asked::Look);
        let mut entry = self.entry(&posted);
        let fresh = self.change(&mut entry, &asked);
        let around = Around { posted: Some(&posted), fresh, group: asked.group() };
        let picture = self.draw(&entry, around)?;
        Ok(json_answer(StatusCode::OK, &picture.live().into()))
    }

    /// Does what a button asks for.
    pub(crate) fn act(&self, pairs: &Pairs, live: bool) -> Result<Response, Problem> {
        let fixed = self.fixed();
        let posted = Posted::new(pairs, &fixed);
        let asked = Asked::from_button(posted.first("do"))
            .ok_or_else(|| Problem::of(StatusCode::BAD_REQUEST))?;
        let mut entry = self.entry(&posted);
        if asked.group().is_some() || asked == Asked::Look {
            let fresh = self.change(&mut entry, &asked);
            let around = Around { posted: Some(&posted), fresh, group: None };
            let picture = self.draw(&entry, around)?;
            let version = Some(version(&posted)?);
            let told = Told { version, unsaved: true, ..Told::default() };
            return self.page(&picture, StatusCode::OK, &told);
        }
        let row = if asked == Asked::Merge {
            if self.stored_version() != version(&posted)? {
                // saved once more: the choice was between other versions
                return self.conflict(pairs, &posted, &entry.row(), live);
            }
            match self.merged(&entry.row(), &posted)? {
                Ok(row) => row,
                Err(differences) => return self.compare(pairs, &posted, &differences, true),
            }
        } else {
            entry.row()
        };
        let registry = &self.desk.registry;
        let record = (self.sight.kind, self.sight.record);
        let (actor, center) = (&self.visitor.actor, self.sight.center.id);
        match registry.save_form(actor, center, record, self.form, version(&posted)?, &row) {
            Ok(saved) => {
                self.confirm(&posted, &saved)?;
                self.saved(&posted, &entry, &asked, &saved, live)
            }
            Err(RegistryError::Conflict { .. }) => {
                self.conflict(pairs, &posted, &entry.row(), live)
            }
            Err(RegistryError::State { state, .. }) => {
                let notice = format!(
                    "Nothing was saved: the run is {state}. What you typed is still here; ask the registry to unlock it."
                );
                if live {
                    let told = json!({ "closed": notice });
                    return Ok(json_answer(StatusCode::CONFLICT, &told));
                }
                let around = Around { posted: Some(&posted), ..Around::default() };
                let picture = self.draw(&entry, around)?;
                let told = Told { notice: Some(&notice), unsaved: true, ..Told::default() };
                self.page(&picture, StatusCode::CONFLICT, &told)
            }
            Err(error) => Err(answer::problem(error, self.visitor)),
        }
    }

    fn stored_version(&self) -> i64 {
        self.sight.form(self.form).map_or(0, |stored| stored.version)
    }

    fn entry(&self, posted: &Posted<'_>) -> Entry {
        let stored = self.sight.form(self.form).map(|stored| &stored.row);
        posted.entry(self.dictionary(), self.spec().table, stored, "")
    }

    /// Changes rows; the path of the row that it is about.
    fn change(&self, entry: &mut Entry, asked: &Asked) -> Option<String> {
        let row = change_rows(self.dictionary(), self.spec().table, entry, asked)?;
        Some(format!("{}.{row}", asked.group()?))
    }

    /// Keeps the soft findings that were ticked and still say the same.
    fn confirm(&self, posted: &Posted<'_>, saved: &FormSaved) -> Result<(), Problem> {
        let dictionary = self.dictionary();
        let run: Option<RunId> = self.sight.run;
        let report = saved.reports.iter().find(|(id, _)| Some(*id) == run);
        let Some((_, report)) = report else { return Ok(()) };
        let own = report.findings.iter().filter(|finding| {
            finding.severity == Severity::Soft
                && dictionary.field(finding.place.field).form == self.form
        });
        let ticked: Vec<Confirm> = own
            .filter_map(|finding| {
                let code = finding.code(dictionary).to_owned();
                let (place, said) = (finding.place.path(dictionary), finding.message(dictionary));
                let typed = |what: &str| posted.first(&format!("{what}:{code}:{place}"));
                typed("right")?;
                // the value was changed after the tick was set
                if typed("said") != Some(said.as_str()) {
                    return None;
                }
                let reason = typed("reason").map(str::trim).filter(|reason| !reason.is_empty());
                let reason = reason.map(|reason| reason.chars().take(500).collect());
                Some(Confirm { code, place, said, reason })
            })
            .collect();
        let record = (self.sight.kind, self.sight.record);
        self.desk
            .registry
            .confirm(&self.visitor.actor, self.sight.center.id, record, &ticked)
            .map_err(|error| answer::problem(error, self.visitor))
    }

    /// The answer to a form that was saved.
    fn saved(
        &self,
        posted: &Posted<'_>,
        entry: &Entry,
        asked: &Asked,
        saved: &FormSaved,
        live: bool,
    ) -> Result<Response, Problem> {
        if live {
            let again = self.again()?;
            let around = Around { posted: Some(posted), ..Around::default() };
            let mut live = again.draw(entry, around)?.live();
            live.insert("version".to_owned(), saved.version.into());
            let at = again.sight.form(self.form).map(|stored| stored.saved_at.to_string());
            live.insert("at".to_owned(), at.into());
            return Ok(json_answer(StatusCode::OK, &live.into()));
        }
        if *asked == Asked::Next {
            let picture = self.draw(entry, Around::default())?;
            if let Some(next) = beside(&picture, 1) {
                return Ok(answer::led_to(&next.href));
            }
        }
        let own = self.address();
        let mark = if own.contains('?') { '&' } else { '?' };
        Ok(answer::led_to(&format!("{own}{mark}saved=1")))
    }

    /// The same record, read again.
    fn again(&self) -> Result<Request<'_>, Problem> {
        let record = (self.sight.kind, self.sight.record);
        let (actor, center) = (&self.visitor.actor, &self.sight.center.number);
        let sight = self
            .desk
            .registry
            .read_record(actor, center, record, self.sight.run)
            .map_err(|error| answer::problem(error, self.visitor))?;
        let desk = Arc::clone(&self.desk);
        Ok(Request { desk, visitor: self.visitor, sight, form: self.form })
    }

    /// Somebody else saved first: what differs, for the person to choose.
    fn conflict(
        &self,
        pairs: &Pairs,
        posted: &Posted<'_>,
        row: &Row,
        live: bool,
    ) -> Result<Response, Problem> {
        let again = self.again()?;
        let differences = again.differences(row, version(posted)?)?;
        if live {
            let by = again.sight.form(self.form).map(|stored| Saver::of(stored).by.to_owned());
            let told = json!({ "conflict": true, "by": by, "differences": differences.len() });
            return Ok(json_answer(StatusCode::CONFLICT, &told));
        }
        if differences.is_empty() {
            // both typed the same
            return Ok(answer::led_to(&self.address()));
        }
        again.compare(pairs, posted, &differences, false)
    }

    /// What differs between a row and the stored one, knowing the version that both began with.
    fn differences(&self, row: &Row, began: i64) -> Result<Vec<Difference>, Problem> {
        let (dictionary, form) = (self.dictionary(), self.spec());
        let empty = dictionary.empty_row(form.table);
        let stored = self.sight.form(form.id).map_or(&empty, |stored| &stored.row);
        let registry = &self.desk.registry;
        let (actor, center) = (&self.visitor.actor, self.sight.center.id);
        let base = if began == 0 {
            Some(empty.clone())
        } else {
            registry
                .form_versions(actor, center, self.sight.record, form.id)
                .map_err(|error| answer::problem(error, self.visitor))?
                .into_iter()
                .find(|known| known.version == began)
                .map(|known| known.row)
        };
        let versions = Versions { mine: row, theirs: stored, base: base.as_ref() };
        Ok(conflict::differences(dictionary, form.table, versions))
    }

    /// The row that was chosen, or the differences when a choice is missing.
    fn merged(
        &self,
        row: &Row,
        posted: &Posted<'_>,
    ) -> Result<Result<Row, Vec<Difference>>, Problem> {
        let differences = self.differences(row, began(posted))?;
        let chosen = |path: &str| posted.first(&format!("choose:{path}"));
        if differences.iter().any(|one| chosen(&one.path).is_none()) {
            return Ok(Err(differences));
        }
        let (dictionary, table) = (self.dictionary(), self.spec().table);
        let empty = dictionary.empty_row(table);
        let stored = self.sight.form(self.form).map_or(&empty, |stored| &stored.row);
        let theirs = |path: &str| chosen(path) == Some("theirs");
        Ok(Ok(conflict::merge(dictionary, table, (row, stored), "", &theirs)))
    }

    fn compare(
        &self,
        pairs: &Pairs,
        posted: &Posted<'_>,
        differences: &[Difference],
        missing: bool,
    ) -> Result<Response, Problem> {
        let lines = differences.iter().map(|difference| {
            let chosen = posted.first(&format!("choose:{}", difference.path)).filter(|_| missing);
            let own = match difference.whose {
                Whose::Mine => Some("mine"),
                Whose::Theirs => Some("theirs"),
                Whose::Both => None,
            };
            Choose { difference, chosen: chosen.or(own) }
        });
        let own =
            |name: &str| matches!(name, "version" | "do" | "began") || name.starts_with("choose:");
        let kept = pairs.iter().filter(|(name, _)| !own(name));
        let stored = self.sight.form(self.form);
        let action = self.address();
        let view = ConflictView {
            label: &self.spec().label,
            saved: stored.map(Saver::of),
            action: &action,
            version: stored.map_or(0, |stored| stored.version),
            began: began(posted),
            kept: kept.map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            lines: lines.collect(),
            missing,
        };
        answer::page_with(
            &self.desk,
            self.visitor,
            StatusCode::CONFLICT,
            "Saved by somebody else",
            &view,
        )
    }

    /// The address of this form.
    fn address(&self) -> String {
        page::address_beside(&self.sight, self.sight.kind, self.sight.record, &self.spec().key)
    }

    fn page(
        &self,
        picture: &Picture,
        status: StatusCode,
        told: &Told<'_>,
    ) -> Result<Response, Problem> {
        let (spec, sight) = (self.spec(), &self.sight);
        let action = self.address();
        let preview = action.replacen('?', "/preview?", 1);
        let preview = if preview == action { format!("{action}/preview") } else { preview };
        let stored = sight.form(self.form);
        let closed = sight
            .closed
            .map(|state| format!("The run is {state}: its values can be read, not changed."));
        let run = sight.runs.iter().map(|(run, _)| run).find(|run| Some(run.id) == sight.run);
        let [begin, end] = &picture.span;
        let view = PageView {
            center: &sight.center.number,
            center_name: &sight.center.name,
            unique_id: &sight.unique_id,
            run: run.map(|run| (run.id, run.run_no, run.state.as_str())),
            label: &spec.label,
            help: &spec.help,
            nav: &picture.nav_html,
            problems: &picture.problems,
            tally: &picture.tally_html,
            picture: &picture.course,
            inner: &picture.drawn.html,
            action: &action,
            preview: &preview,
            begin,
            end,
            version: told.version.unwrap_or(stored.map_or(0, |stored| stored.version)),
            saved: stored.map(Saver::of),
            just_saved: told.just_saved,
            unsaved: told.unsaved,
            notice: told.notice.or(closed.as_deref()),
            editable: self.editable(),
            previous: beside(picture, -1),
            next: beside(picture, 1),
            script: site::desk_script(),
        };
        let title = format!("{} \u{b7} {}", spec.label, sight.unique_id);
        let meta = PageMeta { title: &title, description: None, path: None };
        let made =
            view.render().and_then(|body| self.desk.shell.render_for(self.visitor, &meta, &body));
        let html = made.map_err(|error| Problem::internal("drawing a form", &error))?;
        let mut response = site::private_page(html).into_response();
        *response.status_mut() = status;
        Ok(response)
    }
}

/// The form before or after this one that is asked of the run.
fn beside(picture: &Picture, step: isize) -> Option<&page::NavForm> {
    let asked = |form: &&page::NavForm| form.current || form.state != FormState::NotAsked;
    let asked: Vec<&page::NavForm> = picture.nav.iter().filter(asked).collect();
    let at = asked.iter().position(|form| form.current)?;
    asked.get(at.checked_add_signed(step)?).copied()
}

/// The version that the form was shown with.
fn version(posted: &Posted<'_>) -> Result<i64, Problem> {
    let version = posted.first("version").and_then(|version| version.parse().ok());
    version.ok_or_else(|| Problem::of(StatusCode::BAD_REQUEST))
}

/// The version that a conflict began with; before the first one, the version of the form.
fn began(posted: &Posted<'_>) -> i64 {
    let text = posted.first("began").or_else(|| posted.first("version"));
    text.and_then(|version| version.parse().ok()).unwrap_or(0)
}
