//! What validation prepares once per dictionary.

use crate::Dictionary;
use crate::model::{FieldId, FormId, On, Row, RuleId, Scope};

/// Prepared order of work.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    forms: Vec<FormId>,
    empty: Vec<Option<Row>>,
    scope_rules: Vec<RuleId>,
    row_rules: Vec<Vec<RuleId>>,
    /// The derived age group.
    pub(super) age_group: Option<FieldId>,
    /// The derived start of the run.
    pub(super) start: Option<FieldId>,
}

impl Plan {
    pub(crate) fn of(dictionary: &Dictionary) -> Self {
        let mut plan = Self {
            row_rules: vec![Vec::new(); dictionary.tables.len()],
            empty: vec![None; dictionary.forms.len()],
            ..Self::default()
        };
        for form in dictionary.forms.iter().filter(|form| form.scope != Scope::System) {
            plan.forms.push(form.id);
            if let Some(slot) = plan.empty.get_mut(form.id.ix()) {
                *slot = Some(dictionary.empty_row(form.table));
            }
        }
        for rule in &dictionary.rules {
            match rule.on {
                On::Scope(_) => plan.scope_rules.push(rule.id),
                On::Rows(table) => {
                    if let Some(rules) = plan.row_rules.get_mut(table.ix()) {
                        rules.push(rule.id);
                    }
                }
            }
        }
        let derived = |key: &str| {
            dictionary.field_named(key).filter(|field| field.derived.is_some()).map(|field| field.id)
        };
        plan.age_group = derived("dv_age_group");
        plan.start = derived("ecls_start_datetime");
        plan
    }

    pub(super) fn forms(&self) -> impl Iterator<Item = FormId> + use<'_> {
        self.forms.iter().copied()
    }

    pub(super) fn empty(&self, form: FormId) -> Option<&Row> {
        self.empty.get(form.ix()).and_then(Option::as_ref)
    }

    pub(super) fn scope_rules(&self) -> &[RuleId] {
        &self.scope_rules
    }

    pub(super) fn row_rules(&self, table: crate::TableId) -> &[RuleId] {
        self.row_rules.get(table.ix()).map_or(&[], Vec::as_slice)
    }
}
