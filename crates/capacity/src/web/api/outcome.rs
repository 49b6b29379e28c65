//! What became of a request, as FHIR clients read it: an `OperationOutcome` with the place of every issue.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use site::{Fault, Visitor};

use super::fault;
use crate::check::Finding;
use crate::fhir::{Issue, Read};
use crate::service::CapacityError;
use crate::upload::{CellFault, Judged, Verdict};

/// The media type of every FHIR answer.
pub(super) const FHIR: HeaderValue =
    HeaderValue::from_static("application/fhir+json; fhirVersion=4.0");

/// An answer to a request that writes.
pub(super) struct Outcome {
    status: StatusCode,
    issues: Vec<Value>,
}

/// A code of the list `issue-type` that fits a status.
const fn kind(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "structure",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not-found",
        StatusCode::CONFLICT => "conflict",
        StatusCode::PAYLOAD_TOO_LARGE => "too-long",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "not-supported",
        StatusCode::INTERNAL_SERVER_ERROR => "exception",
        _ => "business-rule",
    }
}

fn issue((severity, code): (&str, &str), text: &str, expression: Option<&str>) -> Value {
    let mut out = json!({ "severity": severity, "code": code, "diagnostics": text });
    if let (Some(fields), Some(expression)) = (out.as_object_mut(), expression) {
        fields.insert("expression".to_owned(), json!([expression]));
    }
    out
}

/// What is wrong in a table, with its line and column.
fn of_cell(code: &str, fault: &CellFault) -> Value {
    let place = match (fault.line, fault.column.as_str()) {
        (0, _) => "The table".to_owned(),
        (line, "") => format!("Line {line}"),
        (line, column) => format!("Line {line}, {column}"),
    };
    issue(("error", code), &format!("{place}: {}", fault.detail), None)
}

impl Outcome {
    /// It was taken; `notes` are what its sender should know of it.
    pub(super) fn taken(status: StatusCode, text: &str, notes: &[Issue]) -> Self {
        let mut issues = vec![issue(("information", "informational"), text, None)];
        let note = |it: &Issue| issue(("warning", "informational"), &it.text, Some(&it.expression));
        issues.extend(notes.iter().map(note));
        Self { status, issues }
    }

    /// It was refused with one reason.
    pub(super) fn refused(status: StatusCode, text: &str, expression: Option<&str>) -> Self {
        Self { status, issues: vec![issue(("error", kind(status)), text, expression)] }
    }

    /// What was sent cannot be read as a report.
    pub(super) fn unread(wrong: &[Issue]) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let issues = wrong.iter();
        let issues = issues.map(|it| issue(("error", "value"), &it.text, Some(&it.expression)));
        Self { status, issues: issues.collect() }
    }

    /// The same for what was no `MeasureReport`, and has no places in one.
    pub(super) fn without_places(mut self) -> Self {
        for issue in self.issues.iter_mut().filter_map(Value::as_object_mut) {
            issue.remove("expression");
        }
        self
    }

    /// What was sent is no table of reports.
    pub(super) fn unread_table(faults: &[CellFault]) -> Self {
        let issues = faults.iter().map(|it| of_cell("value", it)).collect();
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, issues }
    }

    /// What became of each center of a table: taken whole or not at all. A refusal when none was taken.
    pub(super) fn of_table(centers: &[Judged]) -> Self {
        let is_taken =
            |it: &Judged| matches!(it.verdict, Verdict::Stored | Verdict::Held | Verdict::Known);
        let mut issues = Vec::new();
        for center in centers {
            let unit = center.unit.as_deref().map(|it| format!(" {it}")).unwrap_or_default();
            let number: String = center.number.chars().take(40).collect();
            let text = format!("Center {number}{unit}: {}.", center.verdict.label());
            if is_taken(center) {
                issues.push(issue(("information", "informational"), &text, None));
                continue;
            }
            issues.push(issue(("error", "business-rule"), &text, None));
            issues.extend(center.faults.iter().map(|it| of_cell("business-rule", it)));
        }
        let taken = centers.iter().any(is_taken);
        let status = if taken { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        Self { status, issues }
    }

    /// The service did not take it.
    pub(super) fn of(error: CapacityError, read: &Read, visitor: &Visitor) -> Self {
        let found = |severity: &str, findings: &[Finding]| {
            let one = |it: &Finding| {
                let text = format!("{}: {}", it.rule, it.message);
                issue((severity, "business-rule"), &text, Some(&read.expression(&it.pointer)))
            };
            findings.iter().map(one).collect::<Vec<Value>>()
        };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        match &error {
            CapacityError::Invalid(findings) => Self { status, issues: found("error", findings) },
            CapacityError::Ask(findings) => {
                let text =
                    "The report is unusual. Send it again with `?acknowledge=true` if it is right.";
                let mut issues = vec![issue(("error", "business-rule"), text, None)];
                issues.extend(found("warning", findings));
                Self { status, issues }
            }
            _ => Self::from(fault(error, visitor)),
        }
    }
}

/// A JSON pointer as a `FHIRPath` expression.
fn expression(pointer: &str) -> String {
    pointer.split('/').skip(1).fold("MeasureReport".to_owned(), |path, part| {
        match part.parse::<usize>() {
            Ok(at) => format!("{path}[{at}]"),
            Err(_) => format!("{path}.{}", part.replace("~1", "/").replace("~0", "~")),
        }
    })
}

impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        let (problem, wrong) = fault.told();
        let (status, code) = (problem.status, kind(problem.status));
        let one = |text: &str, place: Option<&str>| issue(("error", code), text, place);
        let mut issues: Vec<Value> =
            wrong.iter().map(|it| one(&it.detail, Some(&expression(&it.at)))).collect();
        if issues.is_empty() {
            issues.push(one(&problem.detail, None));
        }
        Self { status, issues }
    }
}

impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        let body = json!({ "resourceType": "OperationOutcome", "issue": self.issues });
        let headers = [(CONTENT_TYPE, FHIR), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        (self.status, headers, body.to_string()).into_response()
    }
}
