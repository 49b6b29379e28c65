//! Labels, definitions and the citation of an answer.

use columns::{ColumnRef, Slot};

use crate::answer::outcome::{Dimension, Measured, Outcome};
use crate::query::{Ask, Breakdown, Catalog, Clause, Curve, Holds, Measure, Query, Unit};

/// The dimensions of a question.
pub(crate) fn dimensions(catalog: &Catalog, query: &Query) -> Vec<Dimension> {
    let keys = query.pairs(catalog).into_iter().filter(|(name, _)| *name == "by");
    let each = |((_, key), by): ((&str, String), &Breakdown)| {
        let ask = catalog.ask(by.column());
        let label = ask.map_or(String::new(), |ask| match by {
            Breakdown::Year(column) if *column == catalog.roles().start => {
                "Year of ECLS start".to_owned()
            }
            Breakdown::Year(_) => format!("Year of: {}", ask.label),
            Breakdown::Month(column) if *column == catalog.roles().start => {
                "Month of ECLS start".to_owned()
            }
            Breakdown::Month(_) => format!("Month of: {}", ask.label),
            Breakdown::Codes(_) | Breakdown::Bands { .. } => with_unit(ask),
        });
        let several = ask.is_some_and(|ask| ask.holds == Holds::Codes || ask.at.table != 0);
        Dimension { key, label, overlapping: several }
    };
    keys.zip(query.by()).map(each).collect()
}

/// "Weight (kg)"; labels that name the unit already stay.
fn with_unit(ask: &Ask) -> String {
    match ask.unit.as_deref() {
        Some(unit) if !ask.label.contains(unit) => format!("{} ({unit})", ask.label),
        _ => ask.label.clone(),
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A slot as questions write it, and in words.
pub(crate) fn slot(catalog: &Catalog, by: &Breakdown, slot: Slot) -> (Option<String>, String) {
    let Some(place) = slot else { return (None, "Missing".to_owned()) };
    let index = u16::try_from(place).ok();
    match by {
        Breakdown::Year(_) => (Some(place.to_string()), place.to_string()),
        Breakdown::Month(_) => {
            let (year, month) = (place.div_euclid(12), place.rem_euclid(12));
            let name = usize::try_from(month).ok().and_then(|month| MONTHS.get(month));
            let text = format!("{} {year}", name.copied().unwrap_or_default());
            (Some(format!("{year:04}-{:02}", month + 1)), text)
        }
        Breakdown::Codes(column) => {
            let code = index.and_then(|place| catalog.ask(*column)?.code_at(place));
            let name = code.map(|code| code.name.clone());
            (name, code.map_or_else(|| place.to_string(), |code| code.label.clone()))
        }
        Breakdown::Bands { column, edges } => {
            let place = index.map_or(usize::MAX, usize::from);
            let edge = |at: Option<usize>| at.and_then(|at| edges.get(at)).map(ToString::to_string);
            let whole = catalog.ask(*column).is_some_and(|ask| ask.holds == Holds::Integer);
            let (low, high) = (edge(place.checked_sub(1)), edge(Some(place)));
            let words = match (&low, &high) {
                (Some(low), Some(high)) if whole => {
                    let last = edges.get(place).map(|edge| *edge - dictionary::Decimal::ONE);
                    let last = last.map_or_else(|| high.clone(), |last| last.to_string());
                    if last == *low { last } else { format!("{low} to {last}") }
                }
                (Some(low), Some(high)) => format!("{low} to under {high}"),
                (Some(low), None) => format!("{low} and over"),
                (None, Some(high)) => format!("under {high}"),
                (None, None) => String::new(),
            };
            let name = match (low, high) {
                (low, Some(high)) => format!("{}..<{high}", low.unwrap_or_default()),
                (low, None) => format!("{}..", low.unwrap_or_default()),
            };
            (Some(name), words)
        }
    }
}

/// The measures of a question, each with how it is counted.
pub(crate) fn measures(catalog: &Catalog, query: &Query) -> Vec<Measured> {
    let keys = query.pairs(catalog).into_iter().filter(|(name, _)| *name == "measure");
    let each = |((_, key), measure): ((&str, String), &Measure)| {
        let (label, unit, definition) = told(catalog, query, measure);
        Measured { key, label, unit, definition }
    };
    keys.zip(query.measures()).map(each).collect()
}

fn told(catalog: &Catalog, query: &Query, measure: &Measure) -> (String, Option<String>, String) {
    let units = query.unit().plural();
    let label = |column: ColumnRef| catalog.ask(column).map_or("", |ask| &ask.label);
    let how = |column: ColumnRef| catalog.ask(column).map_or(String::new(), meaning);
    let unit = |column: ColumnRef| catalog.ask(column).and_then(|ask| ask.unit.clone());
    match measure {
        Measure::Count => {
            let text = format!("Number of {units}. {}", unit_words(query));
            (format!("Number of {units}"), None, text)
        }
        Measure::Share { column, codes } => {
            let (name, of) = (label(*column), code_list(catalog, *column, codes));
            let words = if of.is_empty() { name.to_owned() } else { format!("{name}: {of}") };
            let text = format!(
                "Share of the {units} for which this is known. Unknown ones are counted beside it and stand \
                 neither above nor below the line. Interval: Wilson, 95 %. {}",
                how(*column)
            );
            (words, None, text)
        }
        Measure::Quantiles(column) => {
            let text = format!(
                "Median, quartiles and 99th centile (type 7) of the {units} with a value; the number observed \
                 stands beside them. {}",
                how(*column)
            );
            (format!("{}, median (quartiles)", label(*column)), unit(*column), text)
        }
        Measure::Mean(column) => {
            let text = format!("Mean of the {units} with a value. {}", how(*column));
            (format!("{}, mean", label(*column)), unit(*column), text)
        }
        Measure::Rate { table, clauses } => {
            let rows = catalog.table(*table).map_or("", |table| &table.label);
            let which = if clauses.is_empty() { "" } else { " of the kind asked for" };
            let text = format!(
                "Entries{which} under \"{rows}\" per 1,000 hours on support. The hours are those of all {units} \
                 of the cell, also of those without such an entry; {units} whose hours are not known give \
                 neither entries nor hours. Interval: exact Poisson (Garwood), 95 %. {}",
                how(catalog.roles().hours)
            );
            (
                format!("{rows}{} per 1,000 hours", of_rows(catalog, clauses)),
                Some("per 1,000 h".to_owned()),
                text,
            )
        }
        Measure::Survival(curve) => curve_told(catalog, curve, true),
        Measure::Incidence(curve) => curve_told(catalog, curve, false),
        Measure::Missing(column) => {
            let text = format!("Share of the {units} without a value. {}", how(*column));
            (format!("{}, missing", label(*column)), None, text)
        }
        Measure::Distinct(column) => {
            (label(*column).to_owned(), None, format!("How many different ones. {}", how(*column)))
        }
    }
}

fn unit_words(query: &Query) -> &'static str {
    match query.unit() {
        Unit::Run => "A patient who needs support again has a second run.",
        Unit::Course => {
            "Each by its last submitted run in the registry; it counts if that run is in the population."
        }
        Unit::Patient => {
            "Patients, each by the last submitted run in the registry; a patient counts if that run is in the \
             population."
        }
    }
}

fn of_rows(catalog: &Catalog, clauses: &[Clause]) -> String {
    let told = clauses.iter().filter_map(|clause| match clause {
        Clause::Among { column, codes, missing: false } => Some(code_list(catalog, *column, codes)),
        _ => None,
    });
    let told: Vec<String> = told.filter(|words| !words.is_empty()).collect();
    if told.is_empty() { String::new() } else { format!(" ({})", told.join("; ")) }
}

fn curve_told(
    catalog: &Catalog,
    curve: &Curve,
    survival: bool,
) -> (String, Option<String>, String) {
    let time = catalog.ask(curve.time);
    let event = catalog.ask(curve.event);
    let events = code_list(catalog, curve.event, &curve.codes);
    let event_label = event.map_or("", |ask| &ask.label);
    let events = if events.is_empty() { event_label.to_owned() } else { events };
    let (label, method) = if survival {
        (format!("Free of: {events}"), "Kaplan-Meier estimate with Greenwood's variance")
    } else {
        (
            format!("Cumulative incidence: {events}"),
            "Aalen-Johansen estimate; the events compete with each other, none of them is censored",
        )
    };
    let text = format!(
        "{method}; interval on the log-log scale, 95 %. Time: {} Event: {} Whoever had none of the events and is \
         still observed counts until the as-of time; whoever has no known end is missing.",
        time.map_or(String::new(), meaning),
        event.map_or(String::new(), meaning),
    );
    (label, time.and_then(|ask| ask.unit.clone()), text)
}

/// Labels of codes; nothing for a Boolean's yes.
fn code_list(catalog: &Catalog, column: ColumnRef, codes: &[u16]) -> String {
    let Some(ask) = catalog.ask(column) else { return String::new() };
    if ask.holds == Holds::Bool && codes == [1] {
        return String::new();
    }
    let told: Vec<&str> =
        codes.iter().filter_map(|code| ask.code_at(*code)).map(|code| &*code.label).collect();
    told.join(", ")
}

/// What a column means: its label, help and derivation, and the key to look it up.
pub(crate) fn meaning(ask: &Ask) -> String {
    let help = if ask.help.is_empty() { String::new() } else { format!(" {}", ask.help) };
    let derive =
        ask.derive.as_ref().map_or(String::new(), |expr| format!(" Worked out as: {expr}."));
    format!("{} ({}).{help}{derive}", ask.label, ask.key)
}

impl Outcome {
    /// One line to cite the answer by; `link` is the full address of the figure.
    pub fn citation(&self, registry: &str, title: &str, link: &str) -> String {
        format!(
            "{registry}. {title} ({}). Data as of {} (version {}). {link}",
            self.population,
            self.as_of.date(),
            self.version
        )
    }

    /// How everything on the answer is counted, as sentences: population, measures, breakdowns.
    pub fn how(&self, catalog: &Catalog) -> Vec<String> {
        let mut out = vec![format!("Population: {}.", self.population)];
        out.extend(self.measures.iter().map(|it| format!("{}: {}", it.label, it.definition)));
        for (dimension, by) in self.dimensions.iter().zip(self.query.by()) {
            let meaning = catalog.ask(by.column()).map_or(String::new(), meaning);
            let sums = if dimension.overlapping {
                " One of them can stand in several cells, so the cells add up to more than the total."
            } else {
                ""
            };
            out.push(format!("Broken down by {}: {meaning}{sums}", dimension.label));
        }
        out
    }
}
