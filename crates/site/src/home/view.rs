//! The figures as words and positions, ready for the template.

use askama::Template;
use base::Instant;
use jiff::tz::TimeZone;

use crate::home::definitions::{DEFINITIONS, Definition};
use crate::home::figures::{HomeFigures, OutcomeTable, Outcomes, Survival};
use crate::state::DictionaryFacts;

/// Below this many known outcomes a percentage says more than the data do.
pub(crate) const LEAST_FOR_PERCENT: u64 = 10;

/// The home page's body.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct Home<'a> {
    as_of: AsOf,
    year: i16,
    total: String,
    cases: String,
    submitted: String,
    drafts: String,
    /// How many drafts wait for a signature, as the beginning of a sentence; `None` without any.
    waiting: Option<String>,
    any_cases_this_year: bool,
    /// Percentage of this year's cases that are submitted, as a width in the bar.
    submitted_width: String,
    centers: String,
    invented: Option<Invented>,
    /// Nothing submitted yet: the page shows how to begin instead of a table of zeros.
    empty: bool,
    table: Option<Outcome>,
    definitions: &'static [Definition],
    dictionary: Option<Size<'a>>,
    /// Address of the script that keeps the counters current, where the site has the stream for it.
    live: Option<&'a str>,
}

/// The table of the nine groups.
struct Outcome {
    as_of: AsOf,
    ages: Vec<AgeRows>,
    all: Row,
    ungrouped: Option<String>,
    /// Whether a value is not shown.
    hides: bool,
    /// Whether all parts of the total are shown.
    adds_up: bool,
}

struct AsOf {
    human: String,
    machine: String,
}

/// The shipped sample's part in the total.
struct Invented {
    count: String,
    all: bool,
}

struct AgeRows {
    bounds: &'static str,
    sum: Row,
    rows: Vec<Row>,
}

struct Row {
    label: &'static str,
    any: bool,
    runs: Option<String>,
    ecls: Option<Share>,
    hospital: Option<Share>,
}

/// One "n (percent) of known" cell.
struct Share {
    count: String,
    known: String,
    unknown: Option<String>,
    percent: Option<String>,
    /// Position on the scale from 0 to 100, with one decimal.
    at: Option<String>,
    none_known: bool,
}

struct Size<'a> {
    version: &'a str,
    forms: String,
    fields: String,
    code_lists: String,
    href: Option<&'a str>,
}

impl<'a> Home<'a> {
    pub(crate) fn new(
        figures: &HomeFigures,
        dictionary: Option<&'a DictionaryFacts>,
        live: Option<&'a str>,
    ) -> Self {
        let drafts = figures.cases_this_year.saturating_sub(figures.submitted_this_year);
        Self {
            as_of: AsOf::new(figures.as_of),
            year: figures.year,
            total: grouped(figures.total_submitted),
            cases: grouped(figures.cases_this_year),
            submitted: grouped(figures.submitted_this_year),
            drafts: grouped(drafts),
            waiting: (figures.drafts > 0).then(|| waiting(figures.drafts)),
            any_cases_this_year: figures.cases_this_year > 0,
            submitted_width: position(figures.submitted_this_year, figures.cases_this_year)
                .unwrap_or_else(|| "0".to_owned()),
            centers: match figures.centers {
                1 => "1 center".to_owned(),
                n => format!("{} centers", grouped(n)),
            },
            invented: (figures.invented > 0).then(|| Invented {
                count: grouped(figures.invented),
                all: figures.invented == figures.total_submitted,
            }),
            empty: figures.total_submitted == 0,
            table: figures.outcomes.as_ref().map(Outcome::new),
            definitions: &DEFINITIONS,
            dictionary: dictionary.map(Size::new),
            live,
        }
    }
}

impl Outcome {
    fn new(table: &OutcomeTable) -> Self {
        let parts = table.groups.iter().all(|group| group.shown.runs.is_some());
        Self {
            as_of: AsOf::new(table.as_of),
            ages: table
                .by_age()
                .map(|(age, sum, rows)| AgeRows {
                    bounds: age.bounds(),
                    sum: Row::new(age.label(), sum),
                    rows: rows
                        .into_iter()
                        .map(|group| Row::new(group.support.label(), &group.shown))
                        .collect(),
                })
                .collect(),
            all: Row::new("All submitted runs", &table.all),
            ungrouped: table.ungrouped.filter(|&runs| runs > 0).map(grouped),
            hides: table.hides(),
            adds_up: parts && table.ungrouped.is_some() && table.all.runs.is_some(),
        }
    }
}

impl AsOf {
    fn new(as_of: Instant) -> Self {
        let at = as_of.timestamp().to_zoned(TimeZone::UTC);
        Self {
            human: at.strftime("%-d %B %Y, %H:%M UTC").to_string(),
            // to the minute, so that the page's ETag lives as long
            machine: at.strftime("%Y-%m-%dT%H:%MZ").to_string(),
        }
    }
}

impl Row {
    fn new(label: &'static str, of: &Outcomes) -> Self {
        Self {
            label,
            any: of.runs != Some(0),
            runs: of.runs.map(grouped),
            ecls: of.ecls.as_ref().map(Share::new),
            hospital: of.hospital.as_ref().map(Share::new),
        }
    }

    fn at(share: Option<&Share>) -> Option<&String> {
        share.and_then(|share| share.at.as_ref())
    }

    fn ecls_at(&self) -> Option<&String> {
        Self::at(self.ecls.as_ref())
    }

    fn hospital_at(&self) -> Option<&String> {
        Self::at(self.hospital.as_ref())
    }

    /// What the picture says, in words.
    fn told(&self) -> String {
        let told = |share: Option<&Share>, what: &str| {
            let percent = share.and_then(|share| share.percent.as_ref());
            percent.map(|percent| format!("{what} {percent}"))
        };
        let parts = [
            told(self.ecls.as_ref(), "survived ECLS"),
            told(self.hospital.as_ref(), "survived to discharge or transfer"),
        ];
        format!("{}: {}", self.label, parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }

    /// Whether there is anything to draw.
    fn drawn(&self) -> bool {
        self.ecls_at().is_some() || self.hospital_at().is_some()
    }
}

impl Share {
    fn new(of: &Survival) -> Self {
        let enough = of.known >= LEAST_FOR_PERCENT;
        Self {
            count: grouped(of.survived),
            known: grouped(of.known),
            unknown: (of.unknown > 0).then(|| grouped(of.unknown)),
            percent: enough.then(|| percent(of.survived, of.known)),
            at: if enough { position(of.survived, of.known) } else { None },
            none_known: of.known == 0,
        }
    }
}

impl<'a> Size<'a> {
    fn new(facts: &'a DictionaryFacts) -> Self {
        let count = |n: usize| grouped(u64::try_from(n).unwrap_or(u64::MAX));
        Self {
            version: &facts.version,
            forms: count(facts.forms),
            fields: count(facts.fields),
            code_lists: count(facts.code_lists),
            href: facts.href.as_deref(),
        }
    }
}

fn waiting(drafts: u64) -> String {
    match drafts {
        1 => "1 run is a draft. When it is signed,".to_owned(),
        n => format!("{} runs are drafts. When the first of them is signed,", grouped(n)),
    }
}

/// 1234567 as "1,234,567".
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A whole percentage, rounded half up; 0 and 100 only when they are exact. `whole` is not zero.
fn percent(part: u64, whole: u64) -> String {
    let (part, whole) = (u128::from(part), u128::from(whole).max(1));
    let rounded = (200 * part + whole) / (2 * whole);
    match rounded {
        0 if part > 0 => "<1%".to_owned(),
        100 if part < whole => ">99%".to_owned(),
        n => format!("{n}%"),
    }
}

/// Where `part` of `whole` lies between 0 and 100, with one decimal, rounded half up; nothing of nothing
/// is nowhere.
pub(crate) fn position(part: u64, whole: u64) -> Option<String> {
    let (part, whole) = (u128::from(part), u128::from(whole));
    let tenths = (2000 * part + whole).checked_div(2 * whole)?;
    Some(format!("{}.{}", tenths / 10, tenths % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let seen = [0, 7, 999, 1000, 12_345, 123_456, 1_234_567].map(grouped);

        assert_eq!(seen, ["0", "7", "999", "1,000", "12,345", "123,456", "1,234,567"]);
    }

    #[test]
    fn percentages_round_half_up_and_never_claim_all_or_none() {
        let seen = [
            (0, 10),
            (1, 8),
            (1, 3),
            (2, 3),
            (1, 1000),
            (999, 1000),
            (10, 10),
            (u64::MAX, u64::MAX),
        ]
        .map(|(part, whole)| percent(part, whole));

        assert_eq!(seen, ["0%", "13%", "33%", "67%", "<1%", ">99%", "100%", "100%"]);
    }

    #[test]
    fn nine_known_outcomes_are_too_few_for_a_percentage_and_ten_are_enough() {
        let share = |unknown, known| Share::new(&Survival { survived: 5, known, unknown });
        assert!(share(3, 9).percent.is_none());
        assert_eq!(share(2, 10).percent.as_deref(), Some("50%"));
        assert_eq!(share(2, 10).unknown.as_deref(), Some("2"));
        assert!(share(0, 10).unknown.is_none());
    }

    #[test]
    fn positions_stay_on_the_scale() {
        assert_eq!(position(0, 0), None);
        assert_eq!(position(1, 3).as_deref(), Some("33.3"));
        assert_eq!(position(u64::MAX, u64::MAX).as_deref(), Some("100.0"));
    }
}
