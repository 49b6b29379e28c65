//! What a page of trends is asked for.

use axum::http::StatusCode;
use directory::centers::{AgeGroup, Mode};
use jiff::civil::Date;
use site::Problem;

use super::super::filters::{Choice, Control};
use crate::history::Pair;

/// Spans to choose from, in days, the first one unless another is asked for.
const SPANS: [(u16, &str); 4] =
    [(42, "6 weeks"), (92, "3 months"), (366, "1 year"), (3660, "10 years")];

/// Age group, kind of support, span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) age: AgeGroup,
    pub(super) mode: Option<Mode>,
    pub(super) days: u16,
}

impl Asked {
    /// Reads the pairs behind the question mark.
    pub(super) fn read(pairs: &[(String, String)]) -> Result<Self, Problem> {
        let mut asked = Self { age: AgeGroup::Adult, mode: None, days: 42 };
        for (key, value) in pairs {
            let unknown = || {
                let why = format!(
                    "`{key}={value}` is not known here. Choose from the lists above the chart."
                );
                Problem::new(StatusCode::BAD_REQUEST, "Not understood", why)
            };
            match (key.as_str(), value.as_str()) {
                ("mode", "") => asked.mode = None,
                ("age", word) => asked.age = AgeGroup::from_word(word).ok_or_else(unknown)?,
                ("mode", word) => asked.mode = Some(Mode::from_word(word).ok_or_else(unknown)?),
                ("days", word) => {
                    let days = word.parse().ok();
                    let known = |days: &u16| SPANS.iter().any(|(span, _)| span == days);
                    asked.days = days.filter(known).ok_or_else(unknown)?;
                }
                _ => return Err(unknown()),
            }
        }
        Ok(asked)
    }

    pub(super) const fn pair(self) -> Pair {
        (self.age, self.mode)
    }

    /// The days up to the last one that is over.
    pub(super) fn span(self, last: Date) -> (Date, Date) {
        let back = jiff::Span::new().days(i64::from(self.days) - 1);
        (last.checked_sub(back).unwrap_or(last), last)
    }

    /// The same as a query, without what is the rule.
    pub(super) fn query(self) -> String {
        let mut out = format!("?age={}", self.age);
        if let Some(mode) = self.mode {
            out.push_str("&mode=");
            out.push_str(mode.as_str());
        }
        if self.days != 42 {
            out.push_str("&days=");
            out.push_str(&self.days.to_string());
        }
        out
    }

    /// What is asked for in words: `adults, VV`.
    pub(super) fn words(self) -> String {
        let mode = self.mode.map_or("any kind of support", Mode::label);
        format!("{}, {mode}", self.age.label())
    }

    /// The lists to choose from; spans only where there is a chart.
    pub(super) fn controls(self, most_days: Option<u16>) -> Vec<Control> {
        let age = |it: &AgeGroup| Choice::new(it.as_str(), it.label(), *it == self.age);
        let mode = |it: &Mode| Choice::new(it.as_str(), it.label(), Some(*it) == self.mode);
        let mut controls = vec![
            Control {
                name: "age",
                label: "Age group",
                any: None,
                choices: AgeGroup::ALL.iter().map(age).collect(),
            },
            Control {
                name: "mode",
                label: "Support",
                any: Some("any kind"),
                choices: Mode::ALL.iter().map(mode).collect(),
            },
        ];
        if let Some(most) = most_days {
            let spans = SPANS.iter().filter(|(days, _)| *days <= most);
            let span = |(days, label): &(u16, &str)| {
                Choice::new(&days.to_string(), *label, *days == self.days)
            };
            let choices = spans.map(span).collect();
            controls.push(Control { name: "days", label: "Span", any: None, choices });
        }
        controls
    }
}
