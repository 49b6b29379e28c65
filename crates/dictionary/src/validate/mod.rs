//! Validation: all findings of a record, and its derived values.
//!
//! Everything is judged in the context of one run: the run's own forms, those of its stay and those
//! of its patient. What is not there yet is missing, and a rule about something missing is not raised.

mod check;
mod plan;

use smallvec::SmallVec;

use crate::expr::{Env, Val};
use crate::finding::{Finding, Place, What};
use crate::model::{AgeGroup, Field, FormId, Kind, On, Row, RuleId, Scope, TableId};
use crate::{Dictionary, Moment, Value};

pub(crate) use plan::Plan;

/// The forms of a run, of its stay and of its patient, as far as they exist.
#[derive(Debug, Clone)]
pub struct Forms<'a> {
    rows: Vec<Option<&'a Row>>,
}

impl<'a> Forms<'a> {
    /// No forms yet.
    pub fn none(dictionary: &Dictionary) -> Self {
        Self { rows: vec![None; dictionary.forms().len()] }
    }

    /// Adds the top row of a form.
    pub fn set(&mut self, form: FormId, row: &'a Row) {
        if let Some(slot) = self.rows.get_mut(form.ix()) {
            *slot = Some(row);
        }
    }

    /// The top row of a form.
    pub fn get(&self, form: FormId) -> Option<&'a Row> {
        self.rows.get(form.ix()).copied().flatten()
    }
}

/// What validation says.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Report {
    /// All findings, in the order of the forms.
    pub findings: Vec<Finding>,
    /// Derived values, at `Field::derived`.
    pub derived: Vec<Value>,
    /// Age group at ECLS start, when it can be known.
    pub age_group: Option<AgeGroup>,
}

impl Report {
    /// A derived value of a field.
    pub fn value(&self, field: &Field) -> &Value {
        field
            .derived
            .and_then(|place| self.derived.get(usize::from(place)))
            .unwrap_or(&Value::Missing)
    }

    /// Findings that refuse a draft.
    pub fn refuses_draft(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.refuses_draft())
    }

    /// Findings that refuse a complete record.
    pub fn refuses_submission(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.refuses_submission())
    }

    /// Findings that somebody must confirm.
    pub fn to_confirm(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.refuses_submission())
    }
}

/// Rows from the outermost group inwards.
type Chain<'a> = SmallVec<[&'a Row; 4]>;

/// One validation in progress.
struct Judge<'a, 'd> {
    dictionary: &'d Dictionary,
    forms: &'a Forms<'a>,
    derived: Vec<Value>,
    age: Option<AgeGroup>,
    /// The day codes must have been in use: start of the run, else today.
    day: i32,
    now: Moment,
    findings: Vec<Finding>,
}

impl Dictionary {
    /// Judges a run in the context of its stay and its patient.
    ///
    /// `now` is the local moment for "not in the future". Findings of every form in sight are returned;
    /// those of the patient come again with each of the patient's runs.
    pub fn validate(&self, forms: &Forms<'_>, now: Moment) -> Report {
        let mut judge = Judge {
            dictionary: self,
            forms,
            derived: Vec::new(),
            age: None,
            day: now.day_number(),
            now,
            findings: Vec::new(),
        };
        judge.derive();
        for form in self.plan.forms() {
            judge.form(form);
        }
        judge.scope_rules();
        Report { findings: judge.findings, derived: judge.derived, age_group: judge.age }
    }

    /// The derived values alone.
    pub fn derive(&self, forms: &Forms<'_>, now: Moment) -> Report {
        let mut judge = Judge {
            dictionary: self,
            forms,
            derived: Vec::new(),
            age: None,
            day: now.day_number(),
            now,
            findings: Vec::new(),
        };
        judge.derive();
        Report { findings: judge.findings, derived: judge.derived, age_group: judge.age }
    }
}

impl Judge<'_, '_> {
    fn derive(&mut self) {
        self.derived = vec![Value::Missing; self.dictionary.derived.len()];
        for id in &self.dictionary.derived {
            let field = self.dictionary.field(*id);
            let Some(expr) = &field.derive else { continue };
            let env = Env::new(self.dictionary, &self.forms.rows, &self.derived, self.now);
            let value = self.keep(field, expr.eval(&env));
            let exhausted = env.exhausted();
            if let Some(slot) =
                field.derived.and_then(|place| self.derived.get_mut(usize::from(place)))
            {
                *slot = value;
            }
            if exhausted {
                self.exhausted(Place::top(*id));
            }
        }
        let value = |field: Option<crate::FieldId>| {
            let place = field.and_then(|id| self.dictionary.field(id).derived)?;
            self.derived.get(usize::from(place))
        };
        self.age = match value(self.dictionary.plan.age_group) {
            Some(Value::Code(place)) => self
                .dictionary
                .plan
                .age_group
                .and_then(|id| self.dictionary.field(id).list)
                .and_then(|list| self.dictionary.list(list).code(*place))
                .and_then(|code| AgeGroup::from_code(&code.code)),
            _ => None,
        };
        if let Some(Value::Moment(start)) = value(self.dictionary.plan.start) {
            self.day = start.day_number();
        }
    }

    /// A computed value as the field keeps it.
    fn keep(&self, field: &Field, value: Val<'_>) -> Value {
        match (value, field.kind) {
            (Val::Bool(yes), Kind::Boolean) => Value::Bool(yes),
            // whole numbers are written without decimals, others with at most four
            (Val::Number(number), Kind::Integer) => Value::Number(number.trunc()),
            (Val::Number(number), Kind::Decimal) => {
                Value::Number(number.round_dp(field.decimals.unwrap_or(4)).normalize())
            }
            (Val::Moment(moment), Kind::Date) => Value::Moment(moment.date()),
            (Val::Moment(moment), Kind::DateTime) => Value::Moment(moment),
            (Val::Code(_, place), Kind::Code) => Value::Code(place),
            (Val::Codes(_, places), Kind::Codes) => Value::Codes(places.into()),
            (Val::Text(text), _) => match self.dictionary.read(field, &text) {
                Value::Unread(_) => Value::Missing,
                value => value,
            },
            _ => Value::Missing,
        }
    }

    fn exhausted(&mut self, place: Place) {
        self.findings.push(Finding::generic(crate::Generic::Exhausted, place, None));
    }

    fn scope_rules(&mut self) {
        let env = Env::new(self.dictionary, &self.forms.rows, &self.derived, self.now);
        let mut raised: SmallVec<[RuleId; 8]> = SmallVec::new();
        for id in self.dictionary.plan.scope_rules() {
            if self.dictionary.rule(*id).raise.is_true(&env) {
                raised.push(*id);
            }
        }
        let exhausted = env.exhausted();
        for id in raised {
            self.raise(id, &Chain::new(), &SmallVec::new());
        }
        if exhausted && let Some(first) = self.dictionary.fields.first() {
            self.exhausted(Place::top(first.id));
        }
    }

    fn raise(&mut self, id: RuleId, chain: &Chain<'_>, rows: &SmallVec<[u16; 3]>) {
        let rule = self.dictionary.rule(id);
        let Some(first) = rule.fields.first() else { return };
        let table = match rule.on {
            On::Rows(table) => Some(table),
            On::Scope(_) => None,
        };
        let own = table == Some(self.dictionary.field(*first).table);
        let place =
            Place { field: *first, rows: if own { rows.clone() } else { SmallVec::new() } };
        let text = rule.message.contains('{').then(|| self.render(&rule.message, table, chain));
        self.findings.push(Finding {
            what: What::Rule(id),
            severity: rule.severity,
            stage: rule.stage,
            place,
            text: text.map(Into::into),
        });
    }

    /// Fills `{field}` with the values at hand; a value in another row shows as an ellipsis.
    fn render(&self, message: &str, table: Option<TableId>, chain: &Chain<'_>) -> String {
        let mut out = String::with_capacity(message.len() + 16);
        let mut rest = message;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(before);
            if let Some(field) = self.dictionary.field_named(name) {
                let value = self.shown(field, table, chain);
                match value.map(|value| self.dictionary.words(field, value)) {
                    Some(text) if !text.is_empty() => out.push_str(&text.replace('T', " ")),
                    _ => out.push('…'),
                }
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn shown<'s>(
        &'s self,
        field: &Field,
        table: Option<TableId>,
        chain: &'s Chain<'_>,
    ) -> Option<&'s Value> {
        if let Some(place) = field.derived {
            return self.derived.get(usize::from(place));
        }
        let column = field.column?;
        if self.dictionary.table(field.table).group.is_none() {
            return self.forms.get(field.form).map(|row| row.value(column));
        }
        // the chain runs from the outermost group to the rule's own table
        let mut level = chain.len();
        let mut at = table;
        while let Some(id) = at {
            level = level.checked_sub(1)?;
            if id == field.table {
                return chain.get(level).map(|row| row.value(column));
            }
            at = self.dictionary.table(id).parent.map(|(parent, _)| parent);
        }
        None
    }

    fn form(&mut self, form: FormId) {
        let spec = self.dictionary.form(form);
        let row = self.forms.get(form);
        if row.is_none_or(Row::is_empty) && (spec.addendum || self.not_this_age(spec.ages)) {
            return;
        }
        let Some(row) = row.or_else(|| self.dictionary.plan.empty(form)) else { return };
        // an empty form of a stay or patient that is not in sight says nothing
        if self.forms.get(form).is_none() && spec.scope != Scope::Run {
            return;
        }
        self.table(spec.table, row, &mut Chain::new(), &mut SmallVec::new());
    }

    fn not_this_age(&self, ages: crate::Ages) -> bool {
        self.age.is_some_and(|age| !ages.contains(age))
    }
}
