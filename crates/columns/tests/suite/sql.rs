//! The same questions as SQL, for both engines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use columns::{
    Answer, By, ColumnRef, Counts, Filter, Kind, Measure, Panel, Record, Schema, Select, Test,
    Unit, Value,
};

/// Rows of an answer: dimensions, then what a measure adds; and its counts.
pub(crate) type Rows = BTreeMap<Vec<Option<i64>>, Vec<i64>>;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// Decimals of numbers in SQL: they are whole numbers there.
const SCALE: u32 = 3;

fn kind(schema: &Schema, column: ColumnRef) -> &Kind {
    &schema.tables[usize::from(column.table)].columns[usize::from(column.column)].kind
}

fn is_set(schema: &Schema, column: ColumnRef) -> bool {
    matches!(kind(schema, column), Kind::Codes(_))
}

/// Statements that make and fill the tables. `t{n}` has `id`, `seq` (order of entry), one `a{m}` for the row in each
/// table above, and `c{k}`; `s{n}_{k}` has the codes of a column with several.
pub(crate) fn fill(schema: &Schema, records: &[Record]) -> String {
    let mut sql = String::new();
    for (table, spec) in schema.tables.iter().enumerate() {
        write!(sql, "create table t{table} (id bigint primary key").unwrap();
        (0..schema.tables.len()).for_each(|above| write!(sql, ", a{above} bigint").unwrap());
        for (column, spec) in spec.columns.iter().enumerate() {
            let of = if spec.kind == Kind::Text { "text" } else { "bigint" };
            write!(sql, ", c{column} {of}").unwrap();
        }
        sql.push_str(");\n");
        for column in 0..spec.columns.len() {
            writeln!(sql, "create table s{table}_{column} (row_id bigint, code bigint);").unwrap();
        }
    }
    let mut next = vec![0_usize; schema.tables.len()];
    for record in records {
        let firsts = next.clone();
        let mut above: BTreeMap<(u16, usize), Vec<Option<usize>>> = BTreeMap::new();
        let root = std::iter::once((0, 0, &record.values));
        for (table, up, values) in root.chain(record.parts.iter().map(|it| (it.0, it.1, &it.2))) {
            let id = next[usize::from(table)];
            next[usize::from(table)] += 1;
            let mut links = vec![None; schema.tables.len()];
            if let Some(parent) = schema.tables[usize::from(table)].parent {
                let up = firsts[usize::from(parent)] + up as usize;
                links.clone_from(&above[&(parent, up)]);
            }
            links[usize::from(table)] = Some(id);
            above.insert((table, id), links.clone());
            insert(&mut sql, table, id, &links, values);
        }
    }
    sql
}

fn insert(sql: &mut String, table: u16, id: usize, links: &[Option<usize>], values: &[Value]) {
    write!(sql, "insert into t{table} values ({id}").unwrap();
    for link in links {
        let link = link.map_or("null".to_owned(), |it| it.to_string());
        write!(sql, ", {link}").unwrap();
    }
    for value in values {
        let text = match value {
            Value::Missing => "null".to_owned(),
            Value::Bool(it) => i64::from(*it).to_string(),
            Value::Code(it) => it.to_string(),
            Value::Codes(set) if set.is_empty() => "null".to_owned(),
            Value::Codes(set) => set.len().to_string(),
            Value::Number { digits, scale } => {
                (digits * 10_i64.pow(SCALE - u32::from(*scale))).to_string()
            }
            Value::Day(it) | Value::Minute(it) => it.to_string(),
            Value::Key(it) => it.to_string(),
            Value::Text(it) => format!("'{it}'"),
        };
        write!(sql, ", {text}").unwrap();
    }
    sql.push_str(");\n");
    for (column, value) in values.iter().enumerate() {
        if let Value::Codes(set) = value {
            for code in set {
                writeln!(sql, "insert into s{table}_{column} values ({id}, {code});").unwrap();
            }
        }
    }
}

fn name(column: ColumnRef) -> String {
    format!("t{}.c{}", column.table, column.column)
}

/// Tables from `table` up to, but without, `above`, joined.
fn chain(schema: &Schema, table: u16, above: Option<u16>) -> String {
    let mut sql = format!("t{table}");
    let mut at = schema.tables[usize::from(table)].parent;
    while let Some(parent) = at.filter(|parent| Some(*parent) != above) {
        write!(sql, " join t{parent} on t{parent}.id = t{table}.a{parent}").unwrap();
        at = schema.tables[usize::from(parent)].parent;
    }
    sql
}

fn filter(schema: &Schema, table: u16, it: &Filter) -> String {
    let some = |all: &[Filter], word: &str, none: &str| {
        if all.is_empty() {
            return none.to_owned();
        }
        let all: Vec<String> =
            all.iter().map(|it| format!("({})", filter(schema, table, it))).collect();
        all.join(word)
    };
    match it {
        Filter::All(all) => some(all, " and ", "1 = 1"),
        Filter::Any(any) => some(any, " or ", "1 = 0"),
        Filter::Not(not) => format!("not ({})", filter(schema, table, not)),
        Filter::Has(child, inner) => format!(
            "exists (select 1 from {} where t{child}.a{table} = t{table}.id and ({}))",
            chain(schema, *child, Some(table)),
            filter(schema, *child, inner)
        ),
        Filter::Test(column, test) => self::test(schema, *column, test),
    }
}

fn test(schema: &Schema, column: ColumnRef, test: &Test) -> String {
    let name = name(column);
    match test {
        Test::Known => format!("{name} is not null"),
        Test::Missing => format!("{name} is null"),
        Test::Is(wanted) => format!("{name} = {}", i64::from(*wanted)),
        Test::In(codes) => {
            let codes: Vec<String> = codes.iter().map(u16::to_string).collect();
            // an empty list is no SQL
            let codes = if codes.is_empty() { "-1".to_owned() } else { codes.join(", ") };
            if is_set(schema, column) {
                let (table, at) = (column.table, column.column);
                format!(
                    "case when {name} is null then null else exists (select 1 from s{table}_{at} \
                     where row_id = t{table}.id and code in ({codes})) end"
                )
            } else {
                format!("{name} in ({codes})")
            }
        }
        Test::Between { low, below, scale } => {
            let own = if *kind(schema, column) == Kind::Number { SCALE } else { 0 };
            let factor = 10_i64.pow(u32::from(*scale));
            let scaled = 10_i64.pow(own);
            let mut all = vec![format!("{name} = {name}")];
            all.extend(low.map(|low| format!("{name} * {factor} >= {}", low * scaled)));
            all.extend(below.map(|below| format!("{name} * {factor} < {}", below * scaled)));
            all.join(" and ")
        }
    }
}

fn dimension(schema: &Schema, by: &By, at: usize, dialect: Dialect) -> String {
    match by {
        By::Column(column) if is_set(schema, *column) => format!("d{at}.code"),
        By::Column(column) => name(*column),
        By::Year(column) | By::Month(column) => {
            let months = matches!(by, By::Month(_));
            let name = name(*column);
            let minutes = *kind(schema, *column) == Kind::Minute;
            match dialect {
                Dialect::Sqlite => {
                    let seconds = if minutes { 60 } else { 86_400 };
                    let part = |part: &str| {
                        format!(
                            "cast(strftime('%{part}', {name} * {seconds}, 'unixepoch') as integer)"
                        )
                    };
                    if months {
                        format!("{} * 12 + {} - 1", part("Y"), part("m"))
                    } else {
                        part("Y")
                    }
                }
                Dialect::Postgres => {
                    let unit = if minutes { "minute" } else { "day" };
                    let part = |part: &str| {
                        format!(
                            "cast(extract({part} from timestamp '1970-01-01' + {name} * \
                             interval '1 {unit}') as bigint)"
                        )
                    };
                    if months {
                        format!("{} * 12 + {} - 1", part("year"), part("month"))
                    } else {
                        part("year")
                    }
                }
            }
        }
        By::Bins { column, edges, scale } => {
            let own = if *kind(schema, *column) == Kind::Number { SCALE } else { 0 };
            let (name, factor) = (name(*column), 10_i64.pow(u32::from(*scale)));
            let scaled = 10_i64.pow(own);
            let mut sql = "case when 1 = 0 then 0".to_owned();
            for (bin, pair) in edges.windows(2).enumerate() {
                let (low, below) = (pair[0] * scaled, pair[1] * scaled);
                let value = format!("{name} * {factor}");
                write!(sql, " when {value} >= {low} and {value} < {below} then {bin}").unwrap();
            }
            sql + " end"
        }
    }
}

/// What a measure groups by besides, what it counts, and the column with several codes that it needs.
fn measured(
    schema: &Schema,
    measure: &Measure,
    once: bool,
) -> (Vec<String>, Vec<String>, Option<ColumnRef>) {
    let words = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    match measure {
        Measure::Count if once => (vec![], words(&["count(distinct t0.id)"]), None),
        Measure::Count => (vec![], words(&["count(*)"]), None),
        Measure::Known(column) => (vec![], vec![format!("count({})", name(*column))], None),
        Measure::True(column) | Measure::Sum(column) => {
            let name = name(*column);
            let sum = format!("cast(coalesce(sum({name}), 0) as bigint)");
            (vec![], vec![sum, format!("count({name})")], None)
        }
        Measure::Values(column) => (vec![name(*column)], words(&["count(*)"]), None),
        Measure::Pairs(column, with) => {
            (vec![name(*column), name(*with)], words(&["count(*)"]), None)
        }
        Measure::Distinct(column) if is_set(schema, *column) => {
            (vec![], words(&["count(distinct m.code)"]), Some(*column))
        }
        Measure::Distinct(column) => {
            (vec![], vec![format!("count(distinct {})", name(*column))], None)
        }
    }
}

/// One measure of one panel as a statement, and how many of its columns are keys.
pub(crate) fn query(
    schema: &Schema,
    select: &Select,
    panel: &Panel,
    measure: &Measure,
    dialect: Dialect,
) -> (String, usize) {
    let population = filter(schema, 0, &select.filter);
    let rows = match select.unit {
        Unit::Row => format!("select t0.id from t0 where {population}"),
        Unit::Last { key, order } => {
            let (key, order) = (name(key), name(order));
            format!(
                "select id from (select t0.id as id, {key} as k, row_number() over (partition by \
                 {key} order by {order} desc nulls last, t0.id desc) as n from t0 where \
                 {population}) as o where n = 1 or k is null"
            )
        }
    };
    let (inner, counts, set) = measured(schema, measure, panel.once);
    let mut from = chain(schema, panel.table, None);
    for (at, by) in panel.by.iter().enumerate() {
        if let By::Column(column) = by
            && is_set(schema, *column)
        {
            let (table, column) = (column.table, column.column);
            write!(from, " left join s{table}_{column} as d{at} on d{at}.row_id = t{table}.id")
                .unwrap();
        }
    }
    if let Some(column) = set {
        let (table, column) = (column.table, column.column);
        write!(from, " left join s{table}_{column} as m on m.row_id = t{table}.id").unwrap();
    }
    let dims = (0..).zip(&panel.by).map(|(at, by)| dimension(schema, by, at, dialect));
    let keys: Vec<String> = dims.chain(inner.iter().cloned()).collect();
    let mut sql = format!(
        "select {} from {from} where t0.id in ({rows})",
        keys.iter().chain(&counts).cloned().collect::<Vec<_>>().join(", ")
    );
    if let Some(it) = &panel.filter {
        write!(sql, " and ({})", filter(schema, panel.table, it)).unwrap();
    }
    if let Some(value) = inner.first() {
        write!(sql, " and {value} is not null").unwrap();
    }
    if !keys.is_empty() {
        let places: Vec<String> = (1..=keys.len()).map(|at| at.to_string()).collect();
        write!(sql, " group by {}", places.join(", ")).unwrap();
    }
    sql.push_str(" having count(*) > 0");
    (sql, keys.len())
}

/// The store's answer in the form of the statement's rows.
pub(crate) fn rows(schema: &Schema, answer: &Answer, at: usize, measure: &Measure) -> Rows {
    let fine = |digits: i64, scale: u8, column: &ColumnRef| {
        let own = if *kind(schema, *column) == Kind::Number { SCALE } else { 0 };
        digits * 10_i64.pow(own - u32::from(scale))
    };
    let whole = |it: u64| it.cast_signed();
    let mut rows = Rows::new();
    for cell in &answer.cells {
        let key: Vec<Option<i64>> = cell.key.iter().map(|it| it.map(i64::from)).collect();
        match (&cell.measures[at], measure) {
            (Counts::Number(it), _) => drop(rows.insert(key, vec![whole(*it)])),
            (Counts::True { yes, known }, _) => {
                rows.insert(key, vec![whole(*yes), whole(*known)]);
            }
            (Counts::Sum { digits, scale, known }, Measure::Sum(column)) => {
                let digits = fine(i64::try_from(*digits).unwrap(), *scale, column);
                rows.insert(key, vec![digits, whole(*known)]);
            }
            (Counts::Values { scale, values }, Measure::Values(column)) => {
                for (value, count) in values {
                    let mut key = key.clone();
                    key.push(Some(fine(*value, *scale, column)));
                    rows.insert(key, vec![whole(*count)]);
                }
            }
            (Counts::Pairs { scale, values }, Measure::Pairs(column, _)) => {
                for (value, code, count) in values {
                    let mut key = key.clone();
                    key.extend([Some(fine(*value, *scale, column)), code.map(i64::from)]);
                    rows.insert(key, vec![whole(*count)]);
                }
            }
            other => panic!("{other:?}"),
        }
    }
    rows
}
