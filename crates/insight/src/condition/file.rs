//! Reading a condition's file.

use serde::Deserialize;
use toml::Spanned;

use crate::figure::Book;
use crate::query::{Catalog, Clause, Days, Draft, Limits, Measure, Query};

/// What is wrong with a condition's file, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct Fault {
    /// Its name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

/// One condition: which runs are its cases, and what its page shows of them.
#[derive(Debug, Clone)]
pub struct Condition {
    /// In addresses; never changed once published.
    pub key: String,
    /// Its name.
    pub title: String,
    /// What the page is for.
    pub purpose: String,
    /// Name of the wider set.
    pub cases_label: String,
    /// Name of the set that everything is counted in.
    pub confirmed_label: String,
    /// Days of follow-up before a ratio is shown.
    pub follow_up_days: u16,
    /// Fewest followed-up runs for a ratio.
    pub too_few: u64,
    /// Keys of the panels, in order.
    pub panels: Vec<String>,
    /// The narrower group whose factors stand beside those of all.
    pub cohort: Option<Cohort>,
    /// Rows of the table of factors.
    pub factors: Vec<Factor>,
    /// What an administrator should know though the file is right.
    pub advice: Vec<String>,
    pub(super) cases: Vec<Clause>,
    pub(super) confirmed: Vec<Clause>,
}

/// A group within the confirmed cases.
#[derive(Debug, Clone)]
pub struct Cohort {
    /// Its name.
    pub label: String,
    /// Who belongs to it.
    pub note: String,
    pub(super) clauses: Vec<Clause>,
}

/// One row of the table of factors.
#[derive(Debug, Clone)]
pub struct Factor {
    /// What it is.
    pub label: String,
    pub(super) measure: Measure,
    pub(super) among: Vec<Clause>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    key: Spanned<String>,
    title: String,
    purpose: String,
    cases: Vec<Spanned<String>>,
    #[serde(default = "cases_label")]
    cases_label: String,
    confirmed: Vec<Spanned<String>>,
    #[serde(default = "confirmed_label")]
    confirmed_label: String,
    from: Option<Spanned<i32>>,
    to: Option<Spanned<i32>>,
    follow_up_days: Option<Spanned<u16>>,
    #[serde(default = "too_few")]
    too_few: u64,
    #[serde(default)]
    panels: Vec<Spanned<String>>,
    cohort: Option<CohortFile>,
    #[serde(default)]
    factor: Vec<FactorFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CohortFile {
    label: String,
    #[serde(default)]
    note: String,
    #[serde(rename = "where")]
    clauses: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactorFile {
    label: String,
    measure: Spanned<String>,
    #[serde(default)]
    among: Vec<Spanned<String>>,
}

fn cases_label() -> String {
    "Suspected or confirmed".to_owned()
}

fn confirmed_label() -> String {
    "Confirmed".to_owned()
}

const fn too_few() -> u64 {
    20
}

/// A problem and the byte where it stands.
type Wrong = (usize, String);

impl Condition {
    /// Reads the text of a file. `panels` are the known ones.
    pub fn read(catalog: &Catalog, panels: &Book, file: &str, text: &str) -> Result<Self, Fault> {
        let read: Result<File, Wrong> = toml::from_str(text).map_err(|error| {
            (error.span().map_or(0, |span| span.start), error.message().trim().replace('\n', "; "))
        });
        read.and_then(|read| condition(catalog, panels, read)).map_err(|(at, problem)| Fault {
            file: file.to_owned(),
            line: text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1,
            problem,
        })
    }

    /// The conditions of the cases, suspected ones too.
    pub fn cases(&self) -> &[Clause] {
        &self.cases
    }

    /// The conditions of the confirmed cases; those of the cases are among them, so that the sets are nested.
    pub fn confirmed(&self) -> &[Clause] {
        &self.confirmed
    }
}

fn condition(catalog: &Catalog, panels: &Book, file: File) -> Result<Condition, Wrong> {
    let key = file.key.get_ref();
    let sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if key.is_empty() || key.len() > 60 || !key.bytes().all(sign) {
        let text = "the key stands in the address: write small letters, digits and `-` only";
        return Err((file.key.span().start, text.to_owned()));
    }
    let mut cases = clauses(catalog, &file.cases)?;
    if cases.is_empty() {
        let text =
            "`cases` is empty: write at least one condition, such as [\"cv_status:confirmed\"]";
        return Err((file.key.span().start, text.to_owned()));
    }
    cases.extend(included(catalog, &file)?);
    let mut confirmed = cases.clone();
    confirmed.extend(clauses(catalog, &file.confirmed)?);
    let at = file.confirmed.first().map_or(file.key.span().start, |it| it.span().start);
    let confirmed = possible(catalog, confirmed).map_err(|why| {
        (at, format!("no case can be confirmed ({why}); mend `cases` or `confirmed`"))
    })?;
    for panel in &file.panels {
        if panels.figure(panel.get_ref()).is_none() {
            let known: Vec<&str> = panels.figures.iter().map(|figure| &*figure.key).collect();
            let text =
                format!("there is no panel `{}`; possible: {}", panel.get_ref(), known.join(", "));
            return Err((panel.span().start, text));
        }
    }
    let cohort = file.cohort.map(|cohort| {
        let clauses = clauses(catalog, &cohort.clauses)?;
        Ok::<_, Wrong>(Cohort { label: cohort.label, note: cohort.note, clauses })
    });
    let usual = catalog.roles().follow_up_days;
    let (follow_up_days, advice) = follow_up(usual, file.follow_up_days.as_ref())?;
    Ok(Condition {
        key: file.key.into_inner(),
        title: file.title,
        purpose: file.purpose,
        cases_label: file.cases_label,
        confirmed_label: file.confirmed_label,
        follow_up_days,
        too_few: file.too_few,
        panels: file.panels.into_iter().map(Spanned::into_inner).collect(),
        cohort: cohort.transpose()?,
        factors: file.factor.into_iter().map(|it| factor(catalog, it)).collect::<Result<_, _>>()?,
        advice,
        cases,
        confirmed,
    })
}

fn follow_up(usual: u16, given: Option<&Spanned<u16>>) -> Result<(u16, Vec<String>), Wrong> {
    let Some(given) = given else { return Ok((usual, Vec::new())) };
    let days = *given.get_ref();
    if days == 0 || days > 3_650 {
        let text = format!("a follow-up of {days} days is not possible; write 1 to 3650");
        return Err((given.span().start, text));
    }
    let mut advice = Vec::new();
    if days != usual {
        advice.push(format!(
            "the registry's public follow-up is {usual} days; with {days} days the page shows the curve and no ratio, \
             because what lies between two follow-ups would be a small group of its own. Leave `follow_up_days` out."
        ));
    }
    Ok((days, advice))
}

/// The dates of inclusion as conditions.
fn included(catalog: &Catalog, file: &File) -> Result<Option<Clause>, Wrong> {
    let at = file.from.as_ref().or(file.to.as_ref()).map_or(0, |it| it.span().start);
    let (from, to) =
        (file.from.as_ref().map(|it| *it.get_ref()), file.to.as_ref().map(|it| *it.get_ref()));
    if from.is_none() && to.is_none() {
        return Ok(None);
    }
    let wrong = || (at, "`from` and `to` are years, the first not after the last".to_owned());
    let days = Days::years(from.unwrap_or(1800), to.unwrap_or(2199)).ok_or_else(wrong)?;
    let days = Days { from: from.and(days.from), to: to.and(days.to) };
    Ok(Some(Clause::Date { column: catalog.roles().start, days }))
}

pub(super) fn clauses(catalog: &Catalog, texts: &[Spanned<String>]) -> Result<Vec<Clause>, Wrong> {
    let each = texts.iter().map(|text| {
        Clause::parse(catalog, text.get_ref())
            .map_err(|error| (text.span().start, error.to_string()))
    });
    each.collect()
}

/// The conditions in normal form, or why nothing can fulfill them.
fn possible(catalog: &Catalog, clauses: Vec<Clause>) -> Result<Vec<Clause>, String> {
    let draft = Draft { clauses, ..Draft::default() };
    let query = Query::new(catalog, draft, &Limits::USUAL).map_err(|error| error.to_string())?;
    Ok(query.clauses().to_vec())
}

fn factor(catalog: &Catalog, file: FactorFile) -> Result<Factor, Wrong> {
    let at = file.measure.span().start;
    let text = format!("measure={}", file.measure.get_ref());
    let query = Query::parse(catalog, &text).map_err(|error| (at, error.to_string()))?;
    let among = clauses(catalog, &file.among)?;
    match query.measures() {
        [measure @ (Measure::Quantiles(_) | Measure::Mean(_) | Measure::Share { .. })] => {
            Ok(Factor { label: file.label, measure: measure.clone(), among })
        }
        _ => Err((
            at,
            "a factor is measured by `quantiles(number)`, `mean(number)` or `share(field:code)`"
                .to_owned(),
        )),
    }
}
