//! What a reader has chosen: a population within the registry, read from the address and written into it.

use crate::query::{
    Breakdown, Catalog, Clause, Days, Draft, Holds, Limits, Query, QueryError, Unit,
};

/// The columns that the form offers as lists of codes, as questions write them.
const LISTS: [&str; 5] = ["age_group", "support_type", "mode", "chapter", "country"];
/// The form's names besides the lists.
const FROM: &str = "from";
const TO: &str = "to";
const ORDER: &str = "run";
/// The first year of the registry.
const FIRST_YEAR: i32 = 1989;

/// The chosen population.
#[derive(Debug, Clone)]
pub struct Selection {
    query: Query,
}

impl Selection {
    /// Everything.
    pub fn all(catalog: &Catalog) -> Result<Self, QueryError> {
        Ok(Self { query: Query::new(catalog, Draft::default(), &Limits::USUAL)? })
    }

    /// Whether the pairs are a form's and not an address of ours.
    pub fn is_form(pairs: &[(String, String)]) -> bool {
        pairs.iter().any(|(name, _)| name != "where" && name != "unit")
    }

    /// Reads an address, ours or the form's.
    pub fn read(catalog: &Catalog, pairs: &[(String, String)]) -> Result<Self, QueryError> {
        let mut asked: Vec<(&str, String)> = Vec::new();
        let of = |wanted: &str| -> Vec<&str> {
            let values = pairs.iter().filter(|(name, value)| name == wanted && !value.is_empty());
            values.map(|(_, value)| value.as_str()).collect()
        };
        for (name, value) in pairs {
            match name.as_str() {
                "where" | "unit" => asked.push((name, value.clone())),
                FROM | TO | ORDER => {}
                list if LISTS.contains(&list) => {}
                other => {
                    let message = format!("there is no filter `{other}`");
                    return Err(QueryError::new(other, message));
                }
            }
        }
        for list in LISTS {
            let codes = of(list);
            if !codes.is_empty() {
                asked.push(("where", format!("{list}:{}", codes.join(","))));
            }
        }
        let (from, to) = (of(FROM), of(TO));
        let ends = (from.first().copied().unwrap_or(""), to.first().copied().unwrap_or(""));
        if ends != ("", "") {
            asked.push(("where", format!("started:{}..{}", ends.0, ends.1)));
        }
        if let Some(order) = of(ORDER).first() {
            asked.push(("where", format!("{}:{order}", order_name(catalog))));
        }
        let pairs = asked.iter().map(|(name, value)| (*name, value.as_str()));
        Ok(Self { query: Query::from_pairs(catalog, pairs)? })
    }

    /// What is counted.
    pub fn unit(&self) -> Unit {
        self.query.unit()
    }

    /// The conditions.
    pub fn clauses(&self) -> &[Clause] {
        self.query.clauses()
    }

    /// The selection as a question that counts it.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Whether everything is chosen.
    pub fn is_all(&self) -> bool {
        self.query.clauses().is_empty()
    }

    /// The address of a path with this selection.
    pub fn address(&self, catalog: &Catalog, path: &str) -> String {
        let pairs = self.query.pairs(catalog).into_iter();
        let kept =
            pairs.filter(|(name, value)| *name == "where" || (*name == "unit" && value != "run"));
        let text = crate::query::address(kept);
        if text.is_empty() { path.to_owned() } else { format!("{path}?{text}") }
    }

    /// The same without one condition.
    fn without(&self, catalog: &Catalog, at: usize) -> Result<Self, QueryError> {
        let mut draft = self.query.draft();
        if at < draft.clauses.len() {
            draft.clauses.remove(at);
        }
        Ok(Self { query: Query::new(catalog, draft, &Limits::USUAL)? })
    }

    /// The same counted in another unit.
    fn counted(&self, catalog: &Catalog, unit: Unit) -> Result<Self, QueryError> {
        let draft = Draft { unit, ..self.query.draft() };
        Ok(Self { query: Query::new(catalog, draft, &Limits::USUAL)? })
    }

    /// The codes chosen of a column.
    fn codes(&self, catalog: &Catalog, name: &str) -> Vec<u16> {
        let found = self.clauses().iter().find_map(|clause| match clause {
            Clause::Among { column, codes, .. } if is_named(catalog, *column, name) => {
                Some(codes.clone())
            }
            _ => None,
        });
        found.unwrap_or_default()
    }

    fn years(&self, catalog: &Catalog) -> (Option<i32>, Option<i32>) {
        let days = self.clauses().iter().find_map(|clause| match clause {
            Clause::Date { column, days } if *column == catalog.roles().start => Some(*days),
            _ => None,
        });
        let year = |day: Option<i32>| day.map(year_of);
        days.map_or((None, None), |days: Days| (year(days.from), year(days.to)))
    }
}

fn year_of(day: i32) -> i32 {
    // 400 years have 146,097 days; exact for every day of the calendar but the turn of a year
    let mut year = 1970 + i32::try_from((i64::from(day) * 400).div_euclid(146_097)).unwrap_or(0);
    let starts = |year: i32| {
        dictionary::Moment::day(year, 1, 1).map_or(i32::MAX, dictionary::Moment::day_number)
    };
    if starts(year) > day {
        year -= 1;
    } else if starts(year + 1) <= day {
        year += 1;
    }
    year
}

fn is_named(catalog: &Catalog, column: columns::ColumnRef, name: &str) -> bool {
    catalog.ask(column).is_some_and(|ask| ask.name == name)
}

/// One box or entry of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// As the address writes it.
    pub value: String,
    /// What it means.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// A list of choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// As the address writes it.
    pub name: String,
    /// What it is.
    pub label: String,
    /// The choices.
    pub choices: Vec<Choice>,
    /// How many are chosen.
    pub chosen: usize,
}

/// A condition that can be taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    /// In words.
    pub words: String,
    /// The address without it.
    pub without: String,
}

/// The form as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filters {
    /// Years to begin with.
    pub from: Vec<Choice>,
    /// Years to end with.
    pub to: Vec<Choice>,
    /// Few choices, shown as boxes: age group, support type.
    pub boxes: Vec<Control>,
    /// Many choices, to unfold: mode, chapter, country.
    pub lists: Vec<Control>,
    /// Runs of the patient.
    pub order: Vec<Choice>,
    /// What is counted.
    pub units: Vec<Choice>,
    /// Addresses of the units, in the same order.
    pub unit_links: Vec<String>,
    /// The conditions.
    pub chips: Vec<Chip>,
    /// Conditions that the form does not offer; it keeps them.
    pub kept: Vec<String>,
}

impl Filters {
    /// The form of a selection, with countries where there are runs (places of codes). `last_year` is this year.
    pub fn of(
        catalog: &Catalog,
        selection: &Selection,
        countries: &[u16],
        path: &str,
        last_year: i32,
    ) -> Result<Self, QueryError> {
        let (from, to) = selection.years(catalog);
        let years = |chosen: Option<i32>| -> Vec<Choice> {
            (FIRST_YEAR..=last_year)
                .rev()
                .map(|year| choice(&year.to_string(), chosen == Some(year)))
                .collect()
        };
        let control = |name: &str| control(catalog, selection, name, countries);
        let [age, support, mode, chapter, country] = LISTS.map(control);
        let orders = [("1", "First run"), ("2..", "Later runs")];
        let chosen_order = order_of(catalog, selection);
        let units = Unit::ALL;
        let links = units.map(|unit| {
            Ok::<_, QueryError>(selection.counted(catalog, unit)?.address(catalog, path))
        });
        Ok(Self {
            from: years(from),
            to: years(to),
            boxes: vec![age, support],
            lists: vec![mode, chapter, country],
            order: orders
                .map(|(value, label)| Choice {
                    value: value.to_owned(),
                    label: label.to_owned(),
                    chosen: chosen_order.as_deref() == Some(value),
                })
                .to_vec(),
            units: units
                .map(|unit| Choice {
                    value: unit.name().to_owned(),
                    label: crate::figure::first_capital(unit.plural()),
                    chosen: unit == selection.unit(),
                })
                .to_vec(),
            unit_links: links.into_iter().collect::<Result<_, _>>()?,
            chips: chips(catalog, selection, path)?,
            kept: kept(catalog, selection),
        })
    }
}

fn choice(value: &str, chosen: bool) -> Choice {
    Choice { value: value.to_owned(), label: value.to_owned(), chosen }
}

fn control(catalog: &Catalog, selection: &Selection, name: &str, countries: &[u16]) -> Control {
    let Some(ask) = catalog.find(name, name).ok().filter(|ask| ask.holds == Holds::Code) else {
        return Control {
            name: name.to_owned(),
            label: String::new(),
            choices: Vec::new(),
            chosen: 0,
        };
    };
    let chosen = selection.codes(catalog, name);
    let offered = (0_u16..).zip(&ask.codes).filter(|(place, _)| {
        name != "country" || countries.contains(place) || chosen.contains(place)
    });
    let mut choices: Vec<Choice> = offered
        .map(|(place, code)| Choice {
            value: code.name.clone(),
            label: code.label.clone(),
            chosen: chosen.contains(&place),
        })
        .collect();
    if name == "country" {
        choices.sort_by(|one, other| one.label.cmp(&other.label));
    }
    Control { name: name.to_owned(), label: ask.label.clone(), chosen: chosen.len(), choices }
}

/// `1` or `2..` when that is what stands there.
fn order_of(catalog: &Catalog, selection: &Selection) -> Option<String> {
    let orders = clause_texts(catalog, selection);
    orders.iter().find_map(|text| order_in(catalog, text)).map(ToOwned::to_owned)
}

/// What a condition wants of the order, if the form can say it.
fn order_in<'t>(catalog: &Catalog, text: &'t str) -> Option<&'t str> {
    let (name, value) = text.split_once(':')?;
    (name == order_name(catalog) && matches!(value, "1" | "2..")).then_some(value)
}

/// The name of the column that numbers a patient's runs.
fn order_name(catalog: &Catalog) -> &str {
    catalog.ask(catalog.roles().run_order).map_or("", |ask| &ask.name)
}

fn clause_texts(catalog: &Catalog, selection: &Selection) -> Vec<String> {
    let pairs = selection.query.pairs(catalog).into_iter();
    pairs.filter(|(name, _)| *name == "where").map(|(_, value)| value).collect()
}

/// Conditions that the form has no control for, as the address writes them.
fn kept(catalog: &Catalog, selection: &Selection) -> Vec<String> {
    let has_control = |text: &str| {
        let name = text.split_once(':').map_or(text, |(name, _)| name);
        LISTS.contains(&name) && !text.contains("missing")
            || name == "started"
            || order_in(catalog, text).is_some()
    };
    clause_texts(catalog, selection).into_iter().filter(|text| !has_control(text)).collect()
}

fn chips(catalog: &Catalog, selection: &Selection, path: &str) -> Result<Vec<Chip>, QueryError> {
    (0..selection.clauses().len())
        .map(|at| {
            let clause = selection.clauses().get(at).cloned();
            let alone = Draft { clauses: clause.into_iter().collect(), ..Draft::default() };
            let told = Query::new(catalog, alone, &Limits::USUAL)?.population(catalog);
            let words = told.split_once(": ").map_or(told.as_str(), |(_, words)| words);
            Ok(Chip {
                words: crate::figure::first_capital(words),
                without: selection.without(catalog, at)?.address(catalog, path),
            })
        })
        .collect()
}

/// Whether a question's dimension is the country.
pub(super) fn is_country(catalog: &Catalog, by: &Breakdown) -> bool {
    matches!(by, Breakdown::Codes(column) if is_named(catalog, *column, "country"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_of_a_day_is_right_at_every_turn_of_a_year() {
        for year in 1800..2199 {
            let first = dictionary::Moment::day(year, 1, 1).unwrap().day_number();
            let last = dictionary::Moment::day(year, 12, 31).unwrap().day_number();
            assert_eq!((year_of(first), year_of(last)), (year, year));
        }
    }
}
