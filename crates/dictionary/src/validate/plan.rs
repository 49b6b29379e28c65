//! What validation prepares once per dictionary: for each table a short list of what to look at, so
//! that the common case (nothing to say) touches little memory.

use super::needs::Gate;
use crate::Dictionary;
use crate::model::{
    AgeGroup, Ages, Field, FieldId, FormId, Kind, On, Required, Row, RuleId, Scope, TableId,
};

/// Prepared order of work.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(super) forms: Vec<FormPlan>,
    pub(super) tables: Vec<TablePlan>,
    pub(super) scope_rules: Vec<(RuleId, Gate)>,
    /// Derived fields in order, with what each needs to have a value.
    pub(super) derived: Vec<(FieldId, Gate)>,
    /// The derived age group, and what its codes mean by their place.
    pub(super) age_group: Option<(u16, Vec<Option<AgeGroup>>)>,
    /// Place of the derived start of the run.
    pub(super) start: Option<u16>,
}

/// A form that a person fills in.
#[derive(Debug, Clone)]
pub(super) struct FormPlan {
    pub(super) id: FormId,
    pub(super) table: TableId,
    /// Stands in for a run's form that does not exist yet.
    pub(super) empty: Option<Row>,
    pub(super) addendum: bool,
    pub(super) ages: Ages,
}

/// One table: a form's top level or a group.
#[derive(Debug, Clone, Default)]
pub(super) struct TablePlan {
    pub(super) columns: Vec<Column>,
    pub(super) blocks: Vec<Block>,
    pub(super) rules: Vec<(RuleId, Gate)>,
    /// Groups below, in the order of the table's children.
    pub(super) groups: Vec<Group>,
}

/// When an answer is needed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Need {
    No,
    Always,
    /// Not unless the gate is open.
    When(Gate),
}

/// What a present value is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Nothing but whether it could be read.
    Read,
    Number,
    Text,
    /// Some codes of its list have first or last days.
    DatedCode,
}

/// One typed field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) field: FieldId,
    pub(super) check: Check,
    pub(super) ages: Ages,
    pub(super) need: Need,
    /// Branching, with what must be there for it to be false.
    pub(super) applies: Option<Gate>,
    /// Column of the 'unknown' twin.
    pub(super) unknown: Option<u16>,
    /// The innermost block around it, in the table's blocks.
    pub(super) block: Option<u16>,
}

/// Fields that occur together; they count as there when one of them holds a value.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) field: FieldId,
    pub(super) need: Need,
    pub(super) applies: Option<Gate>,
    pub(super) ages: Ages,
    pub(super) parent: Option<u16>,
    /// Columns inside, those of inner blocks too.
    pub(super) columns: Vec<u16>,
    /// Groups inside, as places among the table's children.
    pub(super) groups: Vec<u16>,
}

/// A group below a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) field: FieldId,
    pub(super) rows: TableId,
    pub(super) ages: Ages,
    pub(super) min: u16,
    pub(super) max: u32,
    /// Needed rows depend on an expression.
    pub(super) need: Need,
    pub(super) applies: Option<Gate>,
    pub(super) block: Option<u16>,
}

impl Plan {
    pub(crate) fn of(dictionary: &Dictionary) -> Self {
        let mut plan = Self {
            tables: dictionary.tables.iter().map(|table| table_of(dictionary, table.id)).collect(),
            ..Self::default()
        };
        for form in dictionary.forms.iter().filter(|form| form.scope != Scope::System) {
            plan.forms.push(FormPlan {
                id: form.id,
                table: form.table,
                // an empty form of a stay or patient that is not in sight says nothing
                empty: (form.scope == Scope::Run).then(|| dictionary.empty_row(form.table)),
                addendum: form.addendum,
                ages: form.ages,
            });
        }
        for rule in &dictionary.rules {
            let gate = Gate::for_true(&rule.raise, dictionary);
            match rule.on {
                On::Scope(_) => plan.scope_rules.push((rule.id, gate)),
                On::Rows(table) => {
                    if let Some(table) = plan.tables.get_mut(table.ix()) {
                        table.rules.push((rule.id, gate));
                    }
                }
            }
        }
        for id in &dictionary.derived {
            if let Some(expr) = &dictionary.field(*id).derive {
                plan.derived.push((*id, Gate::for_value(expr, dictionary)));
            }
        }
        plan.age_group = dictionary.field_named("dv_age_group").and_then(|field| {
            let codes = &dictionary.list(field.list?).codes;
            Some((field.derived?, codes.iter().map(|c| AgeGroup::from_code(&c.code)).collect()))
        });
        plan.start = dictionary.field_named("ecls_start_datetime").and_then(|field| field.derived);
        plan
    }

    pub(super) fn table(&self, table: TableId) -> Option<&TablePlan> {
        self.tables.get(table.ix())
    }
}

fn table_of(dictionary: &Dictionary, id: TableId) -> TablePlan {
    let table = dictionary.table(id);
    let mut plan = TablePlan::default();
    let fields = dictionary.fields.iter().filter(|field| field.table == id);
    for field in fields.filter(|field| field.kind == Kind::Block) {
        plan.blocks.push(Block {
            field: field.id,
            need: need(dictionary, field),
            applies: applies(dictionary, field),
            ages: field.ages,
            parent: place(&plan.blocks, field.block),
            columns: Vec::new(),
            groups: Vec::new(),
        });
    }
    for (column, id) in table.columns.iter().enumerate() {
        let field = dictionary.field(*id);
        let block = place(&plan.blocks, field.block);
        join(&mut plan.blocks, block, |block| &mut block.columns, column);
        plan.columns.push(Column {
            field: *id,
            check: check(dictionary, field),
            ages: field.ages,
            need: need(dictionary, field),
            applies: applies(dictionary, field),
            unknown: field.unknown.and_then(|twin| dictionary.field(twin).column),
            block,
        });
    }
    for (child, id) in table.children.iter().enumerate() {
        let Some(group) = dictionary.table(*id).group else { continue };
        let field = dictionary.field(group);
        let block = place(&plan.blocks, field.block);
        join(&mut plan.blocks, block, |block| &mut block.groups, child);
        let need = match &field.min_when {
            _ if field.min_rows == 0 => Need::No,
            None => Need::Always,
            Some(expr) => Need::When(Gate::for_true(expr, dictionary)),
        };
        plan.groups.push(Group {
            field: group,
            rows: *id,
            ages: field.ages,
            min: field.min_rows,
            max: field.max_rows,
            need,
            applies: applies(dictionary, field),
            block,
        });
    }
    plan
}

fn place(blocks: &[Block], block: Option<FieldId>) -> Option<u16> {
    let place = blocks.iter().position(|other| Some(other.field) == block)?;
    u16::try_from(place).ok()
}

/// Enters a column or group into its block and those around it.
fn join(
    blocks: &mut [Block],
    block: Option<u16>,
    part: fn(&mut Block) -> &mut Vec<u16>,
    place: usize,
) {
    let mut next = block;
    while let Some(block) = next.and_then(|next| blocks.get_mut(usize::from(next))) {
        part(block).extend(u16::try_from(place));
        next = block.parent;
    }
}

fn need(dictionary: &Dictionary, field: &Field) -> Need {
    match &field.required {
        Required::No => Need::No,
        Required::Always => Need::Always,
        Required::When(expr) => Need::When(Gate::for_true(expr, dictionary)),
    }
}

fn applies(dictionary: &Dictionary, field: &Field) -> Option<Gate> {
    field.applies.as_ref().map(|expr| Gate::for_false(expr, dictionary))
}

fn check(dictionary: &Dictionary, field: &Field) -> Check {
    match field.kind {
        Kind::Integer | Kind::Decimal => Check::Number,
        Kind::Text => Check::Text,
        Kind::Code | Kind::Codes => {
            let list = field.list.map(|list| dictionary.list(list));
            let dated = list.is_some_and(|list| {
                list.codes.iter().any(|code| code.from.is_some() || code.to.is_some())
            });
            // a code outside an open list is kept as a text
            let open = list.is_some_and(|list| list.open.is_some());
            match (dated, open) {
                (true, _) => Check::DatedCode,
                (false, true) => Check::Text,
                (false, false) => Check::Read,
            }
        }
        _ => Check::Read,
    }
}
