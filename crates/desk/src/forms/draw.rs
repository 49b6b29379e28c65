//! What stands in the inputs, judged and drawn.

use std::sync::Arc;

use base::{Action, permit};
use dictionary::{Dictionary, FieldId, Form, Report};
use registry::RunState;
use serde_json::{Map, Value as Json, json};
use site::Problem;

use super::act::Request;
use super::page::{self, NavForm, Tally};
use super::sheet::{Entry, Posted};
use super::typed::shown;
use super::view::{Drawn, Pen, SaidAt, Scene, empty_rows, rows_of};
use crate::timeline;

/// A form with its markup and what surrounds it.
pub(crate) struct Picture {
    pub(crate) drawn: Drawn,
    pub(crate) nav: Vec<NavForm>,
    pub(crate) nav_html: String,
    pub(crate) problems: String,
    pub(crate) tally_html: String,
    pub(crate) tally: Tally,
    /// The course of the run, on forms that tell of it.
    pub(crate) course: String,
    /// Start and end of the run as inputs show them; empty as long as they are not known.
    pub(crate) span: [String; 2],
}

/// What is drawn besides the values.
#[derive(Default)]
pub(crate) struct Around<'p> {
    /// What is being typed, for reasons and ticks.
    pub(crate) posted: Option<&'p Posted<'p>>,
    /// The row that was added last.
    pub(crate) fresh: Option<String>,
    /// A group whose markup is wanted by itself.
    pub(crate) group: Option<&'p str>,
}

impl Request<'_> {
    pub(crate) fn dictionary(&self) -> &Arc<Dictionary> {
        self.desk.registry.dictionary()
    }

    pub(crate) fn spec(&self) -> &Form {
        self.desk.registry.dictionary().form(self.form)
    }

    /// Whether the visitor may change the form as it stands.
    pub(crate) fn editable(&self) -> bool {
        let actor = &self.visitor.actor;
        self.sight.closed.is_none()
            && permit(actor, Action::WriteRecords, self.sight.center.id).is_ok()
    }

    /// Fields of the form that are given when a record is opened or signed. One that is not given yet can be typed,
    /// but for the signature.
    pub(crate) fn fixed(&self) -> Vec<FieldId> {
        let (registry, spec) = (&self.desk.registry, self.spec());
        let stored = self.sight.form(self.form).map(|stored| &stored.row);
        let given = |id: &FieldId| {
            let column = self.dictionary().field(*id).column;
            column.zip(stored).is_some_and(|(column, row)| row.value(column).is_present())
        };
        let assigned = spec.fields.iter().filter(|id| registry.is_assigned(**id));
        assigned.filter(|id| given(id) || registry.is_signature(**id)).copied().collect()
    }

    /// Judges and draws what stands in the inputs.
    pub(crate) fn draw(&self, entry: &Entry, around: Around<'_>) -> Result<Picture, Problem> {
        let registry = &self.desk.registry;
        let (dictionary, form) = (registry.dictionary(), self.spec());
        let row = entry.row();
        let forms = self.sight.rows(dictionary, Some((form.id, &row)));
        let report = registry.judge_forms(&forms);
        let owner = (self.sight.record, around.posted);
        let said = SaidAt::new(dictionary, form, &report, &self.sight.confirmed, owner);
        let fixed = self.fixed();
        let scene = Scene {
            fixed: &fixed,
            dictionary,
            form,
            entry,
            row: &row,
            report: &report,
            said: &said,
            editable: self.editable(),
            now: registry.latest_moment(),
            fresh: around.fresh,
            group: around.group,
        };
        let (rows, empty) = (rows_of(dictionary, &forms), empty_rows(dictionary, form));
        let made = Pen::new(&scene, &rows, &empty).draw().and_then(|drawn| {
            let sign = self.sign_address(&report);
            let (problems, tally_html, tally) = page::findings(&drawn, &said, sign)?;
            let nav = page::navigation(dictionary, &self.sight, form, &forms, &report);
            let nav_html = page::nav_markup(&nav)?;
            Ok((drawn, problems, tally_html, tally, nav, nav_html))
        });
        let (drawn, problems, tally_html, tally, nav, nav_html) =
            made.map_err(|error| Problem::internal("drawing a form", &error))?;
        let course = timeline::picture_of(dictionary, &forms, form).unwrap_or_default();
        let span = timeline::SPAN.map(|key| {
            let field = dictionary.field_named(key);
            field.map_or(String::new(), |field| shown(dictionary, field, report.value(field)))
        });
        Ok(Picture { drawn, nav, nav_html, problems, tally_html, tally, course, span })
    }

    /// Where the run is signed, once nothing is missing and as long as it is a draft.
    fn sign_address(&self, report: &Report) -> Option<String> {
        let sight = &self.sight;
        let run = sight.runs.iter().map(|(run, _)| run).find(|run| Some(run.id) == sight.run)?;
        let draft = matches!(run.state, RunState::Draft | RunState::Unlocked);
        let may = permit(&self.visitor.actor, Action::SubmitRuns, sight.center.id).is_ok();
        let whole = report.refuses_submission().next().is_none();
        (draft && may && whole)
            .then(|| format!("/desk/{}/runs/{}/submit", sight.center.number, run.id))
    }
}

impl Picture {
    /// What a script puts in place.
    pub(crate) fn live(&self) -> Map<String, Json> {
        let mut parts: Map<String, Json> =
            self.drawn.parts.iter().map(|(id, html)| (id.clone(), html.as_str().into())).collect();
        let more = [
            ("problems", &self.problems),
            ("tally", &self.tally_html),
            ("form-nav", &self.nav_html),
            ("course", &self.course),
        ];
        parts.extend(more.map(|(id, html)| (id.to_owned(), html.as_str().into())));
        let mut live = Map::new();
        live.insert("parts".to_owned(), parts.into());
        live.insert("unasked".to_owned(), json!(self.drawn.unasked));
        let states = self.drawn.states.iter();
        let states: Map<String, Json> =
            states.map(|(path, word)| (path.clone(), (*word).into())).collect();
        live.insert("states".to_owned(), states.into());
        live.insert("tally".to_owned(), json!(self.tally));
        let [begin, end] = &self.span;
        live.insert("span".to_owned(), json!({ "begin": begin, "end": end }));
        if let Some((path, html)) = &self.drawn.group {
            live.insert("group".to_owned(), json!({ "id": format!("g-{path}"), "html": html }));
        }
        live
    }
}
