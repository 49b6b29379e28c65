//! A `MeasureReport` as it is sent to us: what it says of each age group and mode, and where each word of it stands.
//!
//! The counts alone are no light. It is declared in our extension `ecls-availability`; where that is missing it follows
//! from the number of free places as the form would propose it, and without that number the line is refused: unknown
//! is neither green nor zero.

use base::Instant;
use directory::centers::{AgeGroup, Mode};
use serde_json::Value;
use uuid::Uuid;

use super::counts::{ABSENT, COUNTS, Count};
pub(crate) use super::shape::MeasureReport;
use super::shape::{Coding, Concept, Extension, Group, Identifier, Population};
use super::{ADX_AGE, OURS, age_range, availability_url, unit_url};
use crate::model::{Line, whole};
use crate::words::{Declared, Limit};

/// Most groups, populations, strata and codings of one list.
const MOST: usize = 50;

/// Something to be said about a place of the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issue {
    /// The place as a `FHIRPath` expression.
    pub(crate) expression: String,
    /// What, in a sentence.
    pub(crate) text: String,
}

/// Where the words of a line stand.
struct Place {
    line: String,
    fields: Vec<(&'static str, String)>,
}

/// What a `MeasureReport` says.
pub(crate) struct Read {
    /// The number of the center.
    pub(crate) number: String,
    /// The key of the unit that it is of; none for the center as a whole.
    pub(crate) unit: Option<String>,
    /// Its id, if the resource has one that is a UUID, as `id` or as identifier.
    pub(crate) id: Option<String>,
    pub(crate) report: Option<Uuid>,
    /// Whether no person stands behind it; none when it does not say.
    pub(crate) automatic: Option<bool>,
    pub(crate) valid_at: Instant,
    pub(crate) lines: Vec<Line>,
    /// What the sender should know of what was taken.
    pub(crate) notes: Vec<Issue>,
    places: Vec<Place>,
}

impl Read {
    /// A place of the report that was made of it, as an expression.
    pub(crate) fn expression(&self, pointer: &str) -> String {
        let mut parts = pointer.split('/').skip(1);
        match (parts.next(), parts.next(), parts.next()) {
            (Some("lines"), Some(at), field) => {
                let place = at.parse().ok().and_then(|at: usize| self.places.get(at));
                let Some(place) = place else { return "MeasureReport.group".to_owned() };
                let own = place.fields.iter().find(|(name, _)| Some(*name) == field);
                own.map_or(&place.line, |(_, expression)| expression).clone()
            }
            (Some("unit_id"), ..) => "MeasureReport.extension".to_owned(),
            (Some("valid_at"), ..) => "MeasureReport.period.end".to_owned(),
            (Some("lines"), ..) => "MeasureReport.group".to_owned(),
            _ => "MeasureReport".to_owned(),
        }
    }
}

/// Reads lines and keeps what is wrong with them.
#[derive(Default)]
struct Reader {
    valid_at: Option<Instant>,
    lines: Vec<Line>,
    places: Vec<Place>,
    notes: Vec<Issue>,
    wrong: Vec<Issue>,
}

impl MeasureReport {
    /// What would change the meaning of the whole and is not understood here: the place of the first.
    pub(crate) fn strange(value: &Value, place: &str) -> Option<String> {
        match value {
            Value::Object(fields) => fields.iter().find_map(|(key, inner)| {
                let place = format!("{place}.{key}");
                let known = !matches!(key.as_str(), "modifierExtension" | "implicitRules");
                if known { Self::strange(inner, &place) } else { Some(place) }
            }),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .find_map(|(at, inner)| Self::strange(inner, &format!("{place}[{at}]"))),
            _ => None,
        }
    }

    /// What it says.
    ///
    /// # Errors
    /// Everything in it that cannot be read as a report.
    pub(crate) fn read(self) -> Result<Read, Vec<Issue>> {
        let mut reader = Reader::default();
        let root = "MeasureReport";
        let ours = format!("{OURS}:Measure:ecls-capacity");
        let measure = self.measure.split('|').next().unwrap_or_default();
        let version = self.measure.split('|').nth(1).is_none_or(|it| it == "1.0.0");
        if measure != ours || !version {
            reader.refuse(format!("{root}.measure"), format!("The measure is `{ours}|1.0.0`."));
        }
        let at = format!("{root}.subject.identifier");
        if self.subject.identifier.system.as_deref() != Some(&format!("{OURS}:center")) {
            let text = format!("The system of a center's number is `{OURS}:center`.");
            reader.refuse(format!("{at}.system"), text);
        }
        let number = self.subject.identifier.value.clone().unwrap_or_default();
        reader.valid_at = moment(&self.period.end);
        if reader.valid_at.is_none() {
            let text =
                "The moment that the counts describe, to the second and with its offset from UTC.";
            reader.refuse(format!("{root}.period.end"), text);
        }
        if self.group.is_empty() || self.group.len() > MOST {
            reader.refuse(format!("{root}.group"), format!("From 1 to {MOST} groups."));
        }
        for (at, group) in self.group.iter().take(MOST).enumerate() {
            reader.group(group, &format!("{root}.group[{at}]"));
        }
        let automatic = format!("{OURS}:StructureDefinition:ecls-automatic");
        let automatic = self.extension.iter().find(|it| it.url == automatic);
        let unit = self.extension.iter().find(|it| it.url == unit_url());
        let of_urn = |it: &Identifier| it.value.as_deref()?.strip_prefix("urn:uuid:")?.parse().ok();
        match (reader.valid_at, reader.wrong.is_empty()) {
            (Some(valid_at), true) => Ok(Read {
                number,
                unit: unit.and_then(|it| it.value_code.clone()),
                report: self.identifier.iter().find_map(of_urn),
                id: self.id,
                automatic: automatic.and_then(|it| it.value_boolean),
                valid_at,
                lines: reader.lines,
                notes: reader.notes,
                places: reader.places,
            }),
            _ => Err(reader.wrong),
        }
    }
}

fn moment(text: &str) -> Option<Instant> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Instant::from_micros(at.as_microsecond()))
}

/// The codes of a list of codes.
fn codes<'a>(concept: &'a Concept, system: &str) -> impl Iterator<Item = &'a str> {
    let own = move |it: &&Coding| it.system.as_deref() == Some(system);
    let codings: Vec<&Coding> = concept.coding.iter().take(MOST).filter(own).collect();
    codings.into_iter().filter_map(|it| it.code.as_deref())
}

/// A code of one of our own lists.
fn own<'a>(concept: &'a Concept, list: &str) -> Option<&'a str> {
    codes(concept, &format!("{OURS}:CodeSystem:{list}")).next()
}

/// The age group of a group: by our code or by its range, and never two of them.
fn age(concept: &Concept) -> Option<AgeGroup> {
    let code = own(concept, "ecls-capacity-group").map(AgeGroup::from_word);
    let of_range =
        |range: &str| AgeGroup::ALL.iter().find(|age| age_range(**age) == range).copied();
    let range = codes(concept, ADX_AGE).next().map(of_range);
    match (code, range) {
        (Some(code), Some(range)) => code.filter(|_| code == range),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => None,
    }
}

/// Which count a population is.
///
/// # Errors
/// The code of ours that is not known, or none where the population is none of ours.
fn count(concept: &Concept) -> Result<&'static Count, Option<&str>> {
    if let Some(code) = own(concept, "ecls-capacity-value") {
        return COUNTS.iter().find(|it| it.code == code).ok_or(Some(code));
    }
    let standard = |it: &&Count| {
        it.standard.is_some_and(|(system, code)| codes(concept, system).any(|own| own == code))
    };
    COUNTS.iter().find(standard).ok_or(None)
}

impl Reader {
    fn refuse(&mut self, expression: impl Into<String>, text: impl Into<String>) {
        self.wrong.push(Issue { expression: expression.into(), text: text.into() });
    }

    fn note(&mut self, expression: impl Into<String>, text: impl Into<String>) {
        self.notes.push(Issue { expression: expression.into(), text: text.into() });
    }

    fn group(&mut self, group: &Group, at: &str) {
        let Some(age) = age(&group.code) else {
            let text = "One age group: its code in our list, its range after IHE ADX, or both of the same.";
            return self.refuse(format!("{at}.code"), text);
        };
        self.line((age, None), (&group.extension, &group.population), at);
        for (outer, stratifier) in group.stratifier.iter().take(MOST).enumerate() {
            for (inner, stratum) in stratifier.stratum.iter().take(MOST).enumerate() {
                let at = format!("{at}.stratifier[{outer}].stratum[{inner}]");
                let modes = stratum.component.iter().filter_map(|it| own(&it.value, "ecls-mode"));
                let modes: Vec<&str> = modes.take(2).collect();
                match modes.as_slice() {
                    [mode] if let Some(mode) = Mode::from_word(mode) => {
                        let said = (stratum.extension.as_slice(), stratum.population.as_slice());
                        self.line((age, Some(mode)), said, &at);
                    }
                    _ => self.refuse(
                        format!("{at}.component"),
                        "One component with a code of our list of modes; `stratum.value` is not read.",
                    ),
                }
            }
        }
    }

    /// One age group, or one age group and mode; nothing is added where nothing is said.
    fn line(
        &mut self,
        (age, mode): (AgeGroup, Option<Mode>),
        (extensions, populations): (&[Extension], &[Population]),
        at: &str,
    ) {
        let mut line = Line::new(age, mode, Declared::Unknown);
        let mut place = Place { line: at.to_owned(), fields: Vec::new() };
        if populations.len() > MOST {
            self.refuse(format!("{at}.population"), format!("At most {MOST}."));
        }
        for (number, population) in populations.iter().take(MOST).enumerate() {
            let at = format!("{at}.population[{number}]");
            self.population(population, &mut line, &mut place, &at);
        }
        let light = extensions.iter().position(|it| it.url == availability_url());
        let declared = match light.and_then(|at| extensions.get(at).map(|it| (at, it))) {
            Some((number, light)) => {
                let inside = format!("{at}.extension[{number}]");
                self.light(light, &mut line, &inside)
            }
            None => None,
        };
        let says = line.counts().iter().any(|(_, count)| count.is_some());
        if declared.is_none() && says {
            let Some(proposed) = line.proposed() else {
                let text = "Without `declaredStatus` in the extension `ecls-availability` the number of free places \
                            is needed: nobody guesses a light.";
                return self.refuse(at, text);
            };
            line.declared_status = proposed;
            // a list of reasons has no place without the extension
            line.limits_withheld = matches!(proposed, Declared::Limited | Declared::Full);
            let text = format!(
                "Taken as {} by the number of free places. Say `declaredStatus` in the extension \
                 `ecls-availability` if it is otherwise.",
                proposed.as_str()
            );
            self.note(at, text);
        }
        if declared.is_some() || says {
            self.lines.push(line);
            self.places.push(place);
        }
    }

    fn population(
        &mut self,
        population: &Population,
        line: &mut Line,
        place: &mut Place,
        at: &str,
    ) {
        let count = match count(&population.code) {
            Ok(count) => count,
            Err(Some(_)) => {
                return self.refuse(format!("{at}.code"), "There is no such value in our list.");
            }
            Err(None) => return self.note(format!("{at}.code"), "Not known here, and left out."),
        };
        if place.fields.iter().any(|(name, _)| *name == count.field) {
            return self.refuse(at, format!("`{}` stands there twice.", count.code));
        }
        place.fields.push((count.field, format!("{at}.count")));
        let reason = population.absent.as_ref();
        let reason = reason.is_some_and(|it| it.extension.iter().any(|it| it.url == ABSENT));
        match (&population.count, reason) {
            (Some(number), false) => match whole(number) {
                Some(number) => *(count.slot)(line) = Some(number),
                None => self.refuse(format!("{at}.count"), "A count is a whole number."),
            },
            (None, true) => {}
            _ => self.refuse(at, "Either a count, or `_count` with a data-absent-reason."),
        }
    }

    /// What is declared beside the counts.
    fn light(&mut self, light: &Extension, line: &mut Line, at: &str) -> Option<Declared> {
        let mut declared = None;
        for (number, part) in light.parts.iter().enumerate() {
            let at = format!("{at}.extension[{number}]");
            let code = part.value_code.as_deref().unwrap_or_default();
            match part.url.as_str() {
                "declaredStatus" => match Declared::from_word(code) {
                    Some(status) if declared.is_none() => declared = Some(status),
                    _ => self.refuse(at, "One word of our list of declared states."),
                },
                "limit" => match Limit::from_word(code) {
                    Some(limit) => drop(line.limits.insert(limit)),
                    None => self.refuse(at, "There is no such reason in our list."),
                },
                "limitsWithheld" => line.limits_withheld = part.value_boolean == Some(true),
                "validAt" => self.same_moment(part, at),
                _ => {}
            }
        }
        line.declared_status = declared.unwrap_or(Declared::Unknown);
        declared
    }

    /// A line of another moment would be made younger by the period of the whole.
    fn same_moment(&mut self, part: &Extension, at: String) {
        let own = part.value_date_time.as_deref().and_then(moment);
        if own.is_none() || own != self.valid_at {
            let text = "This part describes another moment than the period: send it in a MeasureReport of its own.";
            self.refuse(at, text);
        }
    }
}
