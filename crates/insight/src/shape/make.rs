//! Making the shape: which fields become columns, and of which kind.

use columns::{ColumnSpec, Kind, TableSpec};
use dictionary::{CodeList, Dictionary, Field, Pattern, Scope, TableId};

use super::{Column, Extra, OTHER_CODE, Source, Table, grouped};

/// Two-letter codes of ISO 3166-1 with names, and XK for Kosovo.
const COUNTRIES: &str = include_str!("../../data/countries.tsv");

/// Tables and their columns, as far as they are made.
#[derive(Default)]
pub(super) struct Maker {
    pub(super) specs: Vec<TableSpec>,
    pub(super) tables: Vec<Table>,
}

impl Maker {
    pub(super) fn root(&mut self, dictionary: &Dictionary) {
        self.open("run", "ECLS run", None, None);
        for extra in Extra::ALL {
            let (kind, labels) = extra_kind(extra, dictionary);
            let column = Column {
                label: extra.label().to_owned(),
                source: Source::Extra(extra),
                codes: labels.into(),
                other: None,
            };
            self.add(ColumnSpec { key: extra.key().to_owned(), kind }, column);
        }
        let typed = dictionary.fields().iter().filter(|field| {
            is_kept(dictionary, field)
                && (field.derived.is_some() || dictionary.table(field.table).group.is_none())
        });
        for field in typed {
            self.field(dictionary, field);
        }
    }

    pub(super) fn groups(&mut self, dictionary: &Dictionary) {
        for table in dictionary.tables() {
            let Some(group) = table.group.map(|group| dictionary.field(group)) else { continue };
            if dictionary.form(table.form).scope == Scope::System {
                continue;
            }
            let parent = table.parent.and_then(|(parent, _)| {
                self.tables.iter().position(|made| made.rows == Some(parent))
            });
            let parent = parent.and_then(|place| u16::try_from(place).ok()).unwrap_or(0);
            self.open(&group.key, &group.label, Some(parent), Some(table.id));
            for field in table.columns.iter().map(|id| dictionary.field(*id)) {
                if is_kept(dictionary, field) {
                    self.field(dictionary, field);
                }
            }
        }
    }

    fn open(&mut self, key: &str, label: &str, parent: Option<u16>, rows: Option<TableId>) {
        self.specs.push(TableSpec { key: key.to_owned(), parent, columns: Vec::new() });
        self.tables.push(Table { label: label.to_owned(), rows, columns: Vec::new() });
    }

    fn field(&mut self, dictionary: &Dictionary, field: &Field) {
        let list = field.list.map(|list| dictionary.list(list));
        let Some(kind) = kind_of(field.kind, list) else { return };
        let source = match (field.column, field.derived) {
            (Some(column), _) => Source::Typed(field.id, column),
            (None, Some(place)) => Source::Derived(field.id, place),
            (None, None) => return,
        };
        let (codes, other) = list.map_or_else(Default::default, labels);
        let column = Column { label: field.label.clone(), source, codes: codes.into(), other };
        self.add(ColumnSpec { key: field.key.clone(), kind }, column);
    }

    /// Columns that put the codes of another one into groups.
    pub(super) fn grouped(&mut self, dictionary: &Dictionary) -> Vec<Vec<Option<u16>>> {
        let mut maps = Vec::new();
        for grouped in grouped::columns() {
            let Some(field) = dictionary.field_named(&grouped.of) else { continue };
            let (Some(list), Some(column)) = (field.list, field.column) else { continue };
            let table = self
                .specs
                .iter()
                .position(|spec| spec.columns.iter().any(|spec| spec.key == field.key));
            let Some(table) = table else { continue };
            let Ok(place) = u16::try_from(maps.len()) else { continue };
            maps.push(grouped.map(&dictionary.list(list).codes));
            let (codes, labels): (Vec<_>, Vec<_>) =
                grouped.groups.into_iter().map(|group| (group.code, group.label)).unzip();
            let made = Column {
                label: grouped.label,
                source: Source::Grouped(column, place),
                codes: labels.into(),
                other: None,
            };
            if let (Some(spec), Some(tables)) =
                (self.specs.get_mut(table), self.tables.get_mut(table))
            {
                spec.columns.push(ColumnSpec { key: grouped.key, kind: Kind::Code(codes) });
                tables.columns.push(made);
            }
        }
        maps
    }

    fn add(&mut self, spec: ColumnSpec, column: Column) {
        if let (Some(specs), Some(table)) = (self.specs.last_mut(), self.tables.last_mut()) {
            specs.columns.push(spec);
            table.columns.push(column);
        }
    }
}

/// Whether the store keeps a field.
fn is_kept(dictionary: &Dictionary, field: &Field) -> bool {
    let named_elsewhere =
        field.list.is_some_and(|list| dictionary.list(list).open == Some(Pattern::Any));
    let free_text = field.kind == dictionary::Kind::Text && field.derived.is_none();
    dictionary.form(field.form).scope != Scope::System
        && field.kind.has_value()
        && !field.computed
        && !named_elsewhere
        && !free_text
}

fn kind_of(kind: dictionary::Kind, list: Option<&CodeList>) -> Option<Kind> {
    let codes = || -> Vec<String> {
        let Some(list) = list else { return Vec::new() };
        let other = list.open.map(|_| OTHER_CODE.to_owned());
        list.codes.iter().map(|code| code.code.clone()).chain(other).collect()
    };
    Some(match kind {
        dictionary::Kind::Boolean => Kind::Bool,
        dictionary::Kind::Code => Kind::Code(codes()),
        dictionary::Kind::Codes => Kind::Codes(codes()),
        dictionary::Kind::Integer | dictionary::Kind::Decimal => Kind::Number,
        dictionary::Kind::Date => Kind::Day,
        dictionary::Kind::DateTime => Kind::Minute,
        dictionary::Kind::Text => Kind::Text,
        dictionary::Kind::Group | dictionary::Kind::Block | dictionary::Kind::Record => {
            return None;
        }
    })
}

fn labels(list: &CodeList) -> (Vec<String>, Option<u16>) {
    let mut labels: Vec<String> = list.codes.iter().map(|code| code.label.clone()).collect();
    let other = list.open.and_then(|_| u16::try_from(labels.len()).ok());
    if other.is_some() {
        labels.push("Another code".to_owned());
    }
    (labels, other)
}

fn extra_kind(extra: Extra, dictionary: &Dictionary) -> (Kind, Vec<String>) {
    match extra {
        Extra::Center | Extra::Patient | Extra::Course => (Kind::Key, Vec::new()),
        Extra::Chapter => {
            let codes = dictionary.list_named("elso_chapter").map_or(&[][..], |list| &list.codes);
            let labels = codes.iter().map(|code| code.label.clone()).collect();
            (Kind::Code(codes.iter().map(|code| code.code.clone()).collect()), labels)
        }
        Extra::Country => {
            let (codes, names) = COUNTRIES
                .lines()
                .filter_map(|line| line.split_once('\t'))
                .map(|(code, name)| (code.to_owned(), name.to_owned()))
                .unzip();
            (Kind::Code(codes), names)
        }
        Extra::RunOrder => (Kind::Number, Vec::new()),
        Extra::SubmittedOn => (Kind::Day, Vec::new()),
        Extra::LastOfPatient | Extra::LastOfCourse => (Kind::Bool, Vec::new()),
    }
}
