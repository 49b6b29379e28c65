//! The page of a form: navigation between forms, findings at the top, the form, the bar below.

use askama::Template;
use base::{RecordId, RunId, shown_name};
use dictionary::{Dictionary, Form, Forms, Kind, Report, Scope};
use registry::worklist::{FormState, FormStates};
use registry::{FormInSight, RecordInSight, RecordKind};

use super::conflict::{Difference, Whose};
use super::view::{Drawn, Said, SaidAt, Weight};

/// The kind of record that owns a form; none for the platform's own.
pub fn kind_of(scope: Scope) -> Option<RecordKind> {
    match scope {
        Scope::Patient => Some(RecordKind::Patient),
        Scope::Hospitalization => Some(RecordKind::Hospitalization),
        Scope::Run => Some(RecordKind::Run),
        Scope::System => None,
    }
}

/// Whether somebody can type anything into a form.
pub fn is_typed(dictionary: &Dictionary, form: &Form) -> bool {
    let typed = |id: &dictionary::FieldId| {
        let field = dictionary.field(*id);
        field.kind != Kind::Record && field.column.is_some() && !field.computed
    };
    form.scope != Scope::System && form.fields.iter().any(typed)
}

/// One form in the navigation.
pub(crate) struct NavForm {
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) state: FormState,
    /// Holds something that cannot be right.
    pub(crate) mend: bool,
    pub(crate) current: bool,
    /// Set apart from the one before: other record or addenda.
    pub(crate) apart: bool,
}

impl NavForm {
    fn words(&self) -> &'static str {
        match self.state {
            _ if self.mend => "to mend",
            FormState::Empty => "empty",
            FormState::Incomplete => "incomplete",
            FormState::Complete => "complete",
            FormState::NotAsked => "not asked",
        }
    }

    fn class(&self) -> &'static str {
        match self.state {
            _ if self.mend => "mend",
            FormState::Empty => "empty",
            FormState::Incomplete => "incomplete",
            FormState::Complete => "complete",
            FormState::NotAsked => "unasked",
        }
    }
}

#[derive(Template)]
#[template(path = "forms/nav.html")]
struct NavParts<'a> {
    forms: &'a [NavForm],
}

/// A record in an address.
pub(crate) fn segment(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Patient => "patients",
        RecordKind::Hospitalization => "stays",
        RecordKind::Run => "runs",
    }
}

/// The address of a form's page.
pub fn address(center: &str, kind: RecordKind, record: RecordId, form: &str) -> String {
    format!("/desk/{center}/{}/{record}/{form}", segment(kind))
}

/// The address with the run in whose light it is shown.
pub(crate) fn address_beside(
    sight: &RecordInSight,
    kind: RecordKind,
    record: RecordId,
    form: &str,
) -> String {
    let own = address(&sight.center.number, kind, record, form);
    match sight.run {
        Some(run) if kind != RecordKind::Run => format!("{own}?run={run}"),
        _ => own,
    }
}

/// All forms of a run with its stay and its patient, in order of entry.
pub(crate) fn navigation(
    dictionary: &Dictionary,
    sight: &RecordInSight,
    current: &Form,
    rows: &Forms<'_>,
    report: &Report,
) -> Vec<NavForm> {
    let states = FormStates::of(dictionary, rows, report);
    let mut forms: Vec<NavForm> = Vec::new();
    let mut before = None;
    for form in dictionary.forms().iter().filter(|form| is_typed(dictionary, form)) {
        let Some(kind) = kind_of(form.scope) else { continue };
        let Some(record) = sight.owner(kind) else { continue };
        let is_current = form.id == current.id;
        let state = states.get(form.id).unwrap_or(FormState::Empty);
        let other_age = report.age_group.is_some_and(|age| !form.ages.contains(age));
        if other_age && state == FormState::NotAsked && !is_current {
            continue;
        }
        let part = (kind, form.addendum);
        let mut refused = report.findings.iter().filter(|finding| finding.refuses_draft());
        forms.push(NavForm {
            label: form.label.clone(),
            href: address_beside(sight, kind, record, &form.key),
            state,
            mend: refused.any(|finding| dictionary.field(finding.place.field).form == form.id),
            current: is_current,
            apart: before.is_some_and(|before| before != part),
        });
        before = Some(part);
    }
    forms
}

/// The navigation's markup.
pub(crate) fn nav_markup(forms: &[NavForm]) -> Result<String, askama::Error> {
    NavParts { forms }.render()
}

/// One line of the list of findings.
pub(crate) struct Line<'a> {
    pub(crate) path: &'a str,
    pub(crate) said: &'a Said,
}

#[derive(Template)]
#[template(path = "forms/problems.html")]
struct Problems<'a> {
    refused: Vec<Line<'a>>,
    ask: Vec<Line<'a>>,
}

#[derive(Template)]
#[template(path = "forms/tally.html")]
struct TallyParts {
    refused: usize,
    ask: usize,
    needed: usize,
    first: Option<String>,
    /// Where the run is signed, once it can be.
    sign: Option<String>,
}

/// How many findings of each weight a form has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Tally {
    pub(crate) refused: usize,
    pub(crate) ask: usize,
    pub(crate) needed: usize,
}

/// The findings at the top, the count in the bar, and the numbers.
pub(crate) fn findings(
    drawn: &Drawn,
    said: &SaidAt,
    sign: Option<String>,
) -> Result<(String, String, Tally), askama::Error> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (place, path) in &drawn.places {
        lines
            .extend(said.at(place.field, Some(&place.rows)).iter().map(|said| Line { path, said }));
    }
    let count = |weight| lines.iter().filter(|line| line.said.weight == weight).count();
    let tally = Tally {
        refused: count(Weight::Refused),
        ask: count(Weight::Ask),
        needed: count(Weight::Needed),
    };
    let first = lines
        .iter()
        .filter(|line| line.said.weight != Weight::Confirmed)
        .min_by_key(|line| line.said.weight)
        .map(|line| line.path.to_owned());
    let Tally { refused, ask, needed } = tally;
    let bar = TallyParts { refused, ask, needed, first, sign }.render()?;
    let of = |weight| {
        let fit = lines.iter().filter(|line| line.said.weight == weight);
        fit.map(|line| Line { path: line.path, said: line.said }).collect::<Vec<_>>()
    };
    let top = Problems { refused: of(Weight::Refused), ask: of(Weight::Ask) }.render()?;
    Ok((top, bar, tally))
}

/// The whole page.
#[derive(Template)]
#[template(path = "forms/page.html")]
pub(crate) struct PageView<'a> {
    pub(crate) center: &'a str,
    pub(crate) center_name: &'a str,
    pub(crate) unique_id: &'a str,
    pub(crate) run: Option<(RunId, i64, &'a str)>,
    pub(crate) label: &'a str,
    pub(crate) help: &'a str,
    pub(crate) nav: &'a str,
    pub(crate) problems: &'a str,
    pub(crate) tally: &'a str,
    pub(crate) picture: &'a str,
    pub(crate) inner: &'a str,
    pub(crate) action: &'a str,
    pub(crate) preview: &'a str,
    /// Start and end of the run.
    pub(crate) begin: &'a str,
    pub(crate) end: &'a str,
    pub(crate) version: i64,
    /// Who saved last, and when.
    pub(crate) saved: Option<Saver<'a>>,
    pub(crate) just_saved: bool,
    pub(crate) unsaved: bool,
    pub(crate) notice: Option<&'a str>,
    pub(crate) editable: bool,
    pub(crate) previous: Option<&'a NavForm>,
    pub(crate) next: Option<&'a NavForm>,
    pub(crate) script: &'a str,
}

/// One line of a conflict.
pub(crate) struct Choose<'a> {
    pub(crate) difference: &'a Difference,
    /// The choice that stands, if there is one.
    pub(crate) chosen: Option<&'a str>,
}

impl Choose<'_> {
    fn told(&self) -> &'static str {
        match self.difference.whose {
            Whose::Mine => "You changed it",
            Whose::Theirs => "They changed it",
            Whose::Both => "Both changed it",
        }
    }

    fn is(&self, word: &str) -> bool {
        self.chosen == Some(word)
    }
}

/// Two versions beside one another.
#[derive(Template)]
#[template(path = "forms/conflict.html")]
pub(crate) struct ConflictView<'a> {
    pub(crate) label: &'a str,
    pub(crate) saved: Option<Saver<'a>>,
    pub(crate) action: &'a str,
    pub(crate) version: i64,
    pub(crate) began: i64,
    pub(crate) kept: Vec<(&'a str, &'a str)>,
    pub(crate) lines: Vec<Choose<'a>>,
    pub(crate) missing: bool,
}

/// Who saved a form, and when.
pub(crate) struct Saver<'a> {
    pub(crate) by: &'a str,
    /// For programs.
    pub(crate) at: String,
    /// For people.
    pub(crate) words: String,
}

impl<'a> Saver<'a> {
    pub(crate) fn of(stored: &'a FormInSight) -> Self {
        let words = format!("{} UTC", crate::answer::minute(stored.saved_at));
        Self { by: shown_name(&stored.saved_by), at: stored.saved_at.to_string(), words }
    }
}
