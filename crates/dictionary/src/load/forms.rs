//! Forms and their fields.

use super::Loader;
use super::lists::basis;
use super::node::{Document, Node, Quoted};
use super::resolve::{Pending, Target};
use crate::model::{
    AgeGroup, Ages, Field, FieldId, Form, FormId, Kind, Range, Required, Scope, Table, TableId,
    Trap,
};
use crate::read::decimal;
use crate::{Name, Pattern};

/// Characters of a text field that says nothing about its length.
const TEXT_CHARS: usize = 2000;
/// Rows of a group that says nothing about its size: a daily sheet over three years.
const MAX_ROWS: u32 = 1200;

impl Loader {
    pub(super) fn form(&mut self, document: &Document<'_>) {
        let mut root = document.root();
        let Some(mut node) = root.below("form") else {
            self.problems.push(document.problem(0, "a form file starts with [form]"));
            return;
        };
        let (Ok(form), Ok(table)) = (
            u16::try_from(self.dictionary.forms.len()),
            u16::try_from(self.dictionary.tables.len()),
        ) else {
            return;
        };
        let (form, table) = (FormId(form), TableId(table));
        let key = node.needed("key", &mut self.problems);
        let scope = node.needed("scope", &mut self.problems);
        let header = Form {
            id: form,
            key: key.text.clone(),
            label: node.needed("label", &mut self.problems).text,
            help: node.text("help", &mut self.problems).unwrap_or_default(),
            scope: self.scope(&node, &scope),
            addendum: node.flag("addendum", &mut self.problems),
            ages: self.ages(&mut node),
            table,
            fields: Vec::new(),
        };
        node.finish(&mut self.problems);
        self.name(document, &key, Name::Form(form));
        let ages = header.ages;
        self.dictionary.forms.push(header);
        self.dictionary.tables.push(Table {
            id: table,
            form,
            group: None,
            parent: None,
            columns: Vec::new(),
            children: Vec::new(),
        });
        for (key, node) in root.named("field", &mut self.problems) {
            self.field(&key, node, form, ages);
        }
        root.finish(&mut self.problems);
    }

    fn name(&mut self, document: &Document<'_>, key: &Quoted, name: Name) {
        let good = key.text.starts_with(|c: char| c.is_ascii_lowercase())
            && key.text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !good {
            let text = format!("`{}`: names are small letters, digits and _", key.text);
            self.problems.push(document.problem(key.at, text));
        }
        // a form may be named like the record or group it describes; the name then means the group
        let taken = self.dictionary.names.get(&key.text).copied();
        match (taken, name) {
            (None, _) | (Some(Name::Form(_)), Name::Field(_)) => {
                self.dictionary.names.insert(key.text.clone(), name);
            }
            (Some(Name::Field(_)), Name::Form(_)) => {}
            _ => {
                let text = format!("`{}` is already the name of something else", key.text);
                self.problems.push(document.problem(key.at, text));
            }
        }
    }

    fn scope(&mut self, node: &Node<'_, '_>, scope: &Quoted) -> Scope {
        match scope.text.as_str() {
            "patient" => Scope::Patient,
            "hospitalization" => Scope::Hospitalization,
            "run" => Scope::Run,
            "system" => Scope::System,
            _ => {
                let text = "`scope` is patient, hospitalization, run or system";
                self.problems.push(node.problem(scope.at, text));
                Scope::System
            }
        }
    }

    fn ages(&mut self, node: &mut Node<'_, '_>) -> Ages {
        let Some(texts) = node.texts("ages", &mut self.problems) else { return Ages::ALL };
        let mut ages = 0;
        for text in &texts {
            match AgeGroup::from_code(&text.text) {
                Some(group) => ages |= 1 << group as u8,
                None => self
                    .problems
                    .push(node.problem(text.at, "an age group is neonate, pediatric or adult")),
            }
        }
        Ages(ages)
    }

    fn field(&mut self, key: &str, mut node: Node<'_, '_>, form: FormId, form_ages: Ages) {
        let Ok(place) = u16::try_from(self.dictionary.fields.len()) else { return };
        let id = FieldId(place);
        let text = Quoted { text: key.to_owned(), at: node.at, inside: node.at };
        self.name(node.document(), &text, Name::Field(id));
        let kind = self.kind(&mut node);
        let (table, block) = self.container(&mut node, form);
        let unit = self.unit(&mut node);
        let list = self.list_of(&mut node, kind);
        let required = self.required(&mut node, id);
        let derived = self.pend(&mut node, id);
        let (hard, soft) = self.ranges(&mut node);
        let problems = &mut self.problems;
        let computed = node.text("computed", problems).is_some();
        let mut field = Field {
            id,
            key: key.to_owned(),
            label: node.needed("label", problems).text,
            help: node.text("help", problems).unwrap_or_default(),
            section: node.text("section", problems).unwrap_or_default(),
            form,
            table,
            column: None,
            derived: None,
            kind,
            rows: None,
            block,
            members: Vec::new(),
            unit,
            substance: node.text("substance", problems),
            list,
            required,
            unknown: None,
            twin_of: None,
            applies: None,
            hard,
            soft,
            decimals: node.number("decimals", problems),
            ages: Ages(form_ages.0),
            traps: Vec::new(),
            derive: None,
            computed,
            max_chars: fitting(node.number("max_chars", problems)).unwrap_or(TEXT_CHARS),
            min_rows: fitting(node.number("min", problems)).unwrap_or(0),
            min_when: None,
            max_rows: node.number("max", problems).unwrap_or(MAX_ROWS),
            xml: node.text("xml", problems),
            source: node.needed("source", problems).text,
            basis: basis(&mut node, problems),
            was: node.text("was", problems),
        };
        field.ages = Ages(self.ages(&mut node).0 & form_ages.0);
        field.traps = self.traps(&mut node);
        if let Some(was) = node.text("note", &mut self.problems) {
            field.was.get_or_insert(was);
        }
        node.finish(&mut self.problems);
        self.enter(field, derived);
    }

    fn enter(&mut self, mut field: Field, derived: bool) {
        self.place(&mut field, derived);
        if let Some(form) = self.dictionary.forms.get_mut(field.form.ix()) {
            form.fields.push(field.id);
        }
        self.dictionary.fields.push(field);
    }

    /// Keeps what needs every name for later; says whether the field is derived.
    fn pend(&mut self, node: &mut Node<'_, '_>, id: FieldId) -> bool {
        let mut derived = false;
        for (key, target) in [
            ("applies", Target::Applies(id)),
            ("derive", Target::Derive(id)),
            ("min_when", Target::MinWhen(id)),
            ("unknown", Target::Unknown(id)),
            ("twin_of", Target::TwinOf(id)),
        ] {
            if let Some(text) = node.located(key, &mut self.problems) {
                derived |= key == "derive";
                self.pending.push(Pending::new(node, target, &text));
            }
        }
        derived
    }

    /// Gives a field its column, its place among the derived values, or its table of rows.
    fn place(&mut self, field: &mut Field, derived: bool) {
        if let Some(block) =
            field.block.and_then(|block| self.dictionary.fields.get_mut(block.ix()))
        {
            block.members.push(field.id);
        }
        if field.kind == Kind::Group {
            let Ok(place) = u16::try_from(self.dictionary.tables.len()) else { return };
            let id = TableId(place);
            field.rows = Some(id);
            let Some(parent) = self.dictionary.tables.get_mut(field.table.ix()) else { return };
            let Ok(child) = u16::try_from(parent.children.len()) else { return };
            parent.children.push(id);
            self.dictionary.tables.push(Table {
                id,
                form: field.form,
                group: Some(field.id),
                parent: Some((field.table, child)),
                columns: Vec::new(),
                children: Vec::new(),
            });
        } else if field.kind.has_value() && derived {
            field.derived = u16::try_from(self.dictionary.derived.len()).ok();
            self.dictionary.derived.push(field.id);
        } else if field.kind.has_value() && !field.computed {
            let Some(table) = self.dictionary.tables.get_mut(field.table.ix()) else { return };
            field.column = u16::try_from(table.columns.len()).ok();
            table.columns.push(field.id);
        }
    }

    fn kind(&mut self, node: &mut Node<'_, '_>) -> Kind {
        let text = node.needed("type", &mut self.problems);
        let kinds = [
            Kind::Text,
            Kind::Integer,
            Kind::Decimal,
            Kind::Date,
            Kind::DateTime,
            Kind::Boolean,
            Kind::Code,
            Kind::Codes,
            Kind::Group,
            Kind::Block,
            Kind::Record,
        ];
        kinds.into_iter().find(|kind| kind.word() == text.text).unwrap_or_else(|| {
            let words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
            self.problems
                .push(node.problem(text.at, format!("`type` is one of {}", words.join(", "))));
            Kind::Text
        })
    }

    /// The table and the block that `in` names.
    fn container(&mut self, node: &mut Node<'_, '_>, form: FormId) -> (TableId, Option<FieldId>) {
        let top = self.dictionary.form(form).table;
        let Some(text) = node.located("in", &mut self.problems) else { return (top, None) };
        let holder = self.dictionary.field_named(&text.text).filter(|field| field.form == form);
        match holder.map(|field| (field.id, field.kind, field.rows, field.table)) {
            Some((_, Kind::Group, Some(rows), _)) => (rows, None),
            Some((id, Kind::Block, _, table)) => (table, Some(id)),
            _ => {
                let message = format!("`{}` is no group or block above on this form", text.text);
                self.problems.push(node.problem(text.at, message));
                (top, None)
            }
        }
    }

    fn unit(&mut self, node: &mut Node<'_, '_>) -> Option<crate::units::UnitId> {
        let text = node.located("unit", &mut self.problems)?;
        let unit = self.dictionary.units.find(&text.text);
        if unit.is_none() {
            let message = format!("unit `{}` is not in units.toml", text.text);
            self.problems.push(node.problem(text.at, message));
        }
        unit
    }

    fn list_of(&mut self, node: &mut Node<'_, '_>, kind: Kind) -> Option<crate::ListId> {
        let Some(text) = node.located("list", &mut self.problems) else {
            if matches!(kind, Kind::Code | Kind::Codes) {
                self.problems.push(node.problem(node.at, "a code field needs a `list`"));
            }
            return None;
        };
        let list = self.dictionary.lists.iter().find(|list| list.key == text.text);
        let Some(list) = list else {
            let message = format!("list `{}` is not in lists/", text.text);
            self.problems.push(node.problem(text.at, message));
            return None;
        };
        if kind == Kind::Codes && list.open == Some(Pattern::Any) {
            let message = "several codes of an external list cannot be kept in one field";
            self.problems.push(node.problem(text.at, message));
        }
        matches!(kind, Kind::Code | Kind::Codes).then_some(list.id)
    }

    fn required(&mut self, node: &mut Node<'_, '_>, id: FieldId) -> Required {
        match node.located("required", &mut self.problems) {
            None => Required::No,
            Some(text) if text.text == "always" => Required::Always,
            Some(text) => {
                self.pending.push(Pending::new(node, Target::Required(id), &text));
                Required::No
            }
        }
    }

    fn ranges(&mut self, node: &mut Node<'_, '_>) -> (Range, [Range; 3]) {
        let hard = self.range(node, "hard").map_or(Range::default(), |(range, _)| range);
        let mut within = |loader: &mut Self, key| {
            let (soft, at) = loader.range(node, key)?;
            let beyond = hard.low.is_some_and(|low| soft.low.is_some_and(|soft| soft < low))
                || hard.high.is_some_and(|high| soft.high.is_some_and(|soft| soft > high));
            if beyond {
                let message = format!("`{key}` reaches beyond `hard`");
                loader.problems.push(node.problem(at, message));
            }
            Some(soft)
        };
        let soft = within(self, "soft").unwrap_or_default();
        let by_age = ["soft_neonate", "soft_pediatric", "soft_adult"]
            .map(|key| within(self, key).unwrap_or(soft));
        (hard, by_age)
    }

    /// The limits and where they stand.
    fn range(&mut self, node: &mut Node<'_, '_>, key: &'static str) -> Option<(Range, usize)> {
        let text = node.located(key, &mut self.problems)?;
        let range = text.text.split_once("..").and_then(|(low, high)| {
            let side = |side: &str| match side.trim() {
                "" => Some(None),
                number => decimal(number).map(Some),
            };
            Some(Range { low: side(low)?, high: side(high)? })
        });
        match range {
            Some(Range { low: Some(low), high: Some(high) }) if low > high => {
                self.problems
                    .push(node.problem(text.at, format!("`{key}`: {low} is above {high}")));
                None
            }
            Some(range) => Some((range, text.at)),
            None => {
                let message =
                    format!("`{key}` must look like \"6.0 .. 8.0\", \"0 ..\" or \".. 100\"");
                self.problems.push(node.problem(text.at, message));
                None
            }
        }
    }

    fn traps(&mut self, node: &mut Node<'_, '_>) -> Vec<Trap> {
        let mut traps = Vec::new();
        for mut row in node.rows("traps", &mut self.problems) {
            let unit = row.needed("unit", &mut self.problems);
            let when = row.needed("when", &mut self.problems);
            let text = when.text.trim();
            let (below, inclusive, limit) = if let Some(limit) = text.strip_prefix("<=") {
                (true, true, limit)
            } else if let Some(limit) = text.strip_prefix(">=") {
                (false, true, limit)
            } else if let Some(limit) = text.strip_prefix('<') {
                (true, false, limit)
            } else if let Some(limit) = text.strip_prefix('>') {
                (false, false, limit)
            } else {
                (false, false, "")
            };
            match (self.dictionary.units.find(&unit.text), decimal(limit.trim())) {
                (None, _) => {
                    let message = format!("unit `{}` is not in units.toml", unit.text);
                    self.problems.push(row.problem(unit.at, message));
                }
                (_, None) => {
                    self.problems.push(row.problem(when.at, "`when` must look like \"< 15\""));
                }
                (Some(unit), Some(limit)) => traps.push(Trap { unit, limit, below, inclusive }),
            }
            row.finish(&mut self.problems);
        }
        traps
    }
}

fn fitting<T: TryFrom<u32>>(number: Option<u32>) -> Option<T> {
    number.and_then(|number| T::try_from(number).ok())
}
