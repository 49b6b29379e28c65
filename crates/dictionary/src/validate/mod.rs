//! Validation: all findings of a record, and its derived values.
//!
//! Everything is judged in the context of one run: the run's own forms, those of its stay and those
//! of its patient. What is not there yet is missing, and a rule about something missing is not raised.

mod check;
mod needs;
mod plan;
mod values;

use smallvec::SmallVec;

use crate::expr::{Env, Val};
use crate::finding::{Finding, Place, What};
use crate::model::{AgeGroup, Ages, Field, FormId, Kind, On, Row, RuleId, TableId};
use crate::{Dictionary, Moment, Value};

pub(crate) use plan::Plan;

use needs::Gate;
use plan::FormPlan;

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

/// Steps that the expressions of one record may take together: a record of ordinary size takes
/// some hundreds, one with a daily sheet over three years some hundred thousands.
const STEPS: u32 = 2_000_000;

/// Derived values and what follows from them.
struct Derived {
    values: Vec<Value>,
    age: Option<AgeGroup>,
    /// The day codes must have been in use: start of the run, else today.
    day: i32,
    /// Forms and derived values that are there.
    there: Gate,
    findings: Vec<Finding>,
}

/// One validation in progress.
struct Judge<'a> {
    dictionary: &'a Dictionary,
    forms: &'a Forms<'a>,
    derived: &'a [Value],
    env: &'a Env<'a>,
    age: Option<AgeGroup>,
    day: i32,
    there: Gate,
    exhausted: bool,
    findings: Vec<Finding>,
}

impl Dictionary {
    /// Judges a run in the context of its stay and its patient.
    ///
    /// `now` is the local moment for "not in the future". Findings of every form in sight are returned;
    /// those of the patient come again with each of the patient's runs.
    pub fn validate(&self, forms: &Forms<'_>, now: Moment) -> Report {
        let derived = self.derived_values(forms, now);
        let env = Env::new(self, &forms.rows, &derived.values, now).with_steps(STEPS);
        let mut judge = Judge {
            dictionary: self,
            forms,
            derived: &derived.values,
            env: &env,
            age: derived.age,
            day: derived.day,
            there: derived.there,
            exhausted: false,
            findings: derived.findings,
        };
        for form in &self.plan.forms {
            judge.form(form);
        }
        judge.scope_rules();
        let findings = judge.findings;
        Report { findings, derived: derived.values, age_group: derived.age }
    }

    /// The derived values alone.
    pub fn derive(&self, forms: &Forms<'_>, now: Moment) -> Report {
        let derived = self.derived_values(forms, now);
        Report { findings: derived.findings, derived: derived.values, age_group: derived.age }
    }

    fn derived_values(&self, forms: &Forms<'_>, now: Moment) -> Derived {
        let mut values = vec![Value::Missing; self.derived.len()];
        let mut there = Gate::default();
        for (place, row) in forms.rows.iter().enumerate() {
            if row.is_some_and(holds_anything) {
                there.add_form(place);
            }
        }
        let mut findings = Vec::new();
        for (id, gate) in &self.plan.derived {
            let field = self.field(*id);
            let (Some(expr), Some(place), true) = (&field.derive, field.derived, gate.open(there))
            else {
                continue;
            };
            let env = Env::new(self, &forms.rows, &values, now);
            let value = self.keep(field, expr.eval(&env));
            if env.exhausted() {
                findings.push(Finding::generic(crate::Generic::Exhausted, Place::top(*id), None));
            }
            if value.is_present() {
                there.add_derived(place);
            }
            if let Some(slot) = values.get_mut(usize::from(place)) {
                *slot = value;
            }
        }
        let age = self.plan.age_group.as_ref().and_then(|(place, codes)| {
            match values.get(usize::from(*place)) {
                Some(Value::Code(code)) => codes.get(usize::from(*code)).copied().flatten(),
                _ => None,
            }
        });
        let start = self.plan.start.and_then(|place| values.get(usize::from(place)));
        let day = match start {
            Some(Value::Moment(start)) => start.day_number(),
            _ => now.day_number(),
        };
        Derived { values, age, day, there, findings }
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
            (Val::Text(text), _) => match self.read(field, &text) {
                Value::Unread(_) => Value::Missing,
                value => value,
            },
            _ => Value::Missing,
        }
    }
}

/// Whether there is any value or any row, be it an empty one.
fn holds_anything(row: &Row) -> bool {
    row.values.iter().any(Value::is_present) || row.children.iter().any(|rows| !rows.is_empty())
}

impl Judge<'_> {
    /// Says once that the steps ran out, at the field at which that was noticed.
    fn notice_exhaustion(&mut self, field: crate::FieldId, rows: &SmallVec<[u16; 3]>) {
        if !self.exhausted && self.env.exhausted() {
            self.exhausted = true;
            let place = Place { field, rows: rows.clone() };
            self.findings.push(Finding::generic(crate::Generic::Exhausted, place, None));
        }
    }

    fn scope_rules(&mut self) {
        let dictionary = self.dictionary;
        for (id, gate) in &dictionary.plan.scope_rules {
            if !gate.open(self.there) {
                continue;
            }
            let rule = dictionary.rule(*id);
            if rule.raise.is_true(self.env) {
                self.raise(*id, &Chain::new(), &SmallVec::new());
            }
            if let Some(field) = rule.fields.first() {
                self.notice_exhaustion(*field, &SmallVec::new());
            }
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
        let place = Place { field: *first, rows: if own { rows.clone() } else { SmallVec::new() } };
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
                match value.map(|value| (self.dictionary.words(field, value), value)) {
                    // a moment is read more easily with a space
                    Some((text, Value::Moment(_))) => out.push_str(&text.replace('T', " ")),
                    Some((text, _)) if !text.is_empty() => out.push_str(&text),
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

    fn form(&mut self, form: &FormPlan) {
        let row = self.forms.get(form.id);
        if row.is_none_or(Row::is_empty) && (form.addendum || self.not_this_age(form.ages)) {
            return;
        }
        if let Some(row) = row.or(form.empty.as_ref()) {
            self.table(form.table, row, &mut Chain::new(), &mut SmallVec::new());
        }
    }

    fn not_this_age(&self, ages: Ages) -> bool {
        self.age.is_some_and(|age| !ages.contains(age))
    }
}
