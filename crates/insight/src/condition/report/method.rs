//! How every condition is counted: the file `data/conditions/method.toml`.

use serde::Deserialize;
use toml::Spanned;

use crate::api::AskError;
use crate::condition::file::{self, Fault};
use crate::query::{Breakdown, Catalog, Clause, Measure, Query};

/// How every condition is counted.
#[derive(Debug, Clone)]
pub(in crate::condition) struct Method {
    pub(super) ended: Vec<Clause>,
    died: Vec<String>,
    curve: String,
    pub(super) by: Breakdown,
    pub(super) by_label: String,
    pub(super) states: Vec<State>,
}

/// One of the states in which a run can stand; together they are all.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) label: String,
    /// Whether support has ended: these states make set B.
    pub(super) ended: bool,
    pub(super) clauses: Vec<Clause>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MethodFile {
    ended: Vec<Spanned<String>>,
    died: Vec<String>,
    curve: String,
    by: Spanned<String>,
    state: Vec<StateFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
    label: String,
    #[serde(default = "yes")]
    ended: bool,
    #[serde(rename = "where")]
    clauses: Vec<Spanned<String>>,
}

const fn yes() -> bool {
    true
}

impl Method {
    pub(in crate::condition) fn shipped(catalog: &Catalog) -> Result<Self, Fault> {
        let text = include_str!("../../../data/conditions/method.toml");
        let wrong = |(at, problem): (usize, String)| Fault {
            file: "method.toml".to_owned(),
            line: text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1,
            problem,
        };
        let read: MethodFile = toml::from_str(text).map_err(|error| {
            wrong((error.span().map_or(0, |span| span.start), error.message().to_owned()))
        })?;
        let at = read.by.span().start;
        let by = Query::parse(catalog, &format!("by={}", read.by.get_ref()))
            .map_err(|error| wrong((at, error.to_string())))?;
        let [by] = by.by() else { return Err(wrong((at, "one breakdown is needed".to_owned()))) };
        let state = |state: &StateFile| {
            let clauses = file::clauses(catalog, &state.clauses)?;
            Ok(State { label: state.label.clone(), ended: state.ended, clauses })
        };
        let states = read.state.iter().map(state);
        let method = Self {
            ended: file::clauses(catalog, &read.ended).map_err(wrong)?,
            died: read.died,
            curve: read.curve,
            by: by.clone(),
            by_label: catalog.ask(by.column()).map_or(String::new(), |ask| ask.label.clone()),
            states: states.collect::<Result<_, _>>().map_err(wrong)?,
        };
        // what holds {days} is read for each condition; here it shows whether it can be
        method
            .died(catalog, 90)
            .and_then(|_| method.curve(catalog, 90))
            .map_err(|error| wrong((0, error.to_string())))?;
        Ok(method)
    }

    pub(super) fn died(&self, catalog: &Catalog, days: u16) -> Result<Vec<Clause>, AskError> {
        let texts = self.died.iter().map(|text| text.replace("{days}", &days.to_string()));
        texts.map(|text| Clause::parse(catalog, &text).map_err(AskError::Query)).collect()
    }

    pub(super) fn curve(&self, catalog: &Catalog, days: u16) -> Result<Vec<Measure>, AskError> {
        let text = self.curve.replace("{days}", &days.to_string());
        let query = Query::parse(catalog, &format!("measure={text}"))?;
        Ok(query.measures().to_vec())
    }
}
