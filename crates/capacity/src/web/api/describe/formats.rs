//! Addresses that speak another format than our JSON.

use serde_json::{Value, json};

use super::{
    Address, acknowledge, center_filters, flag_word, in_path, parameter, read, reference, text,
    whole, write,
};
use crate::upload::Verdict;

/// Addresses below `/api/capacity/v1`.
pub(super) fn paths() -> Value {
    json!({
        "/api/capacity/v1/have.xml": { "get": have("capacityHave", "Centers with their lights as EDXL-HAVE 2.0, after its working draft") },
        "/api/capacity/v1/have-1.0.xml": { "get": have("capacityHaveFirst", "Centers with what they can take as EDXL-HAVE 1.0") },
        "/api/capacity/v1/reports.csv": { "post": in_csv(write("capacityReportsCsv",
            "Takes reports of several centers, each whole or not at all; only looks unless `dry_run=false`", vec![
                parameter("dry_run", "`true`, unless it is said: nothing is stored.", flag_word()), acknowledge(),
            ], "CapacityReportsSent", (&[200], "CapacityReportsJudged"))) },
        "/api/capacity/v1/centers/{number}/fhir": { "get": fhir("capacityFhir",
            "One center as a FHIR R4 Bundle: services with their lights, counts as a MeasureReport", vec![in_path("number")], &[404]) },
        "/api/capacity/v1/fhir/Measure": { "get": fhir("capacityMeasure",
            "The definition of the counts as a FHIR R4 Measure", vec![], &[]) },
        "/api/capacity/v1/fhir/Measure/$report-csv": { "post": report_csv() },
        "/api/capacity/v1/fhir/MeasureReport": { "post": in_fhir(write("capacityMeasureReport",
            "Takes the counts of the center that `subject.identifier` names", vec![acknowledge()],
            "CapacityMeasureReport", (&[200, 201], "CapacityOutcome"))) },
        "/api/capacity/v1/fhir/MeasureReport/{report}": {
            "get": stored_fhir(),
            "put": in_fhir(write("capacityMeasureReportPut",
                "Takes the counts of a center under an id that their sender has made",
                vec![in_path("report"), acknowledge()], "CapacityMeasureReport", (&[200, 201], "CapacityOutcome"))),
        },
    })
}

/// The schemas that these paths refer to.
pub(super) fn schemas() -> Value {
    let free = json!({ "type": "object" });
    json!({
        "CapacityFhir": whole(&json!({ "resourceType": text() })),
        "CapacityOutcome": whole(&json!({
            "resourceType": { "const": "OperationOutcome" }, "issue": { "type": "array", "items": free },
        })),
        "CapacityReportsSent": {
            "type": "string", "maxLength": 1_048_576,
            "description": "CSV in UTF-8, one row for each center, age group and mode; the columns stand in the user guide.",
            "example": "center,age_group,mode,declared_status,available_now,on_ecls_now,limits,valid_at\n\
                DEMO-001,adult,,limited,1,3,nursing,2026-11-22T07:35:00+01:00\n",
        },
        "CapacityReportsJudged": judged(),
        "CapacityMeasureReport": measure_report(),
    })
}

/// Lights as XML.
fn have(id: &'static str, summary: &'static str) -> Value {
    let filters = center_filters().into_iter().filter(|it| it.get("name") != Some(&json!("after")));
    let mut operation = read(id, summary, filters.collect(), "CapacityFhir", &[400, 404, 422]);
    if let Some(content) = operation.pointer_mut("/responses/200/content") {
        *content = json!({ "application/xml": { "schema": { "type": "string" } } });
    }
    operation
}

/// An operation whose body is a table.
fn in_csv(operation: Value) -> Value {
    let Value::Object(mut operation) = operation else { return operation };
    let media = json!({ "text/csv": { "schema": reference("CapacityReportsSent") } });
    operation.insert("requestBody".to_owned(), json!({ "required": true, "content": media }));
    Value::Object(operation)
}

/// A table with what is said beside it; the answer is an `OperationOutcome`.
fn report_csv() -> Value {
    let one = |name: &str, told: &str| parameter(name, told, text());
    let flag = json!({ "type": "string", "enum": ["true", "false"] });
    let parameters = vec![
        acknowledge(),
        one("subject", "The center of all rows, where the table has no column `center`"),
        one("period-end", "The moment of all rows, where the table has no column `valid_at`"),
        parameter(
            "map",
            "A column of ours, a comma, and its heading in the table; as often as needed",
            json!({ "type": "string", "pattern": "^[a-z0-9_]{1,40},[A-Za-z0-9 ]{1,40}$" }),
        ),
        parameter(
            "automatic",
            "Whether a program has filled it in: true unless it says false",
            flag,
        ),
    ];
    let summary = "Takes a table of counts, after SANER's $report-csv";
    let body = "CapacityMeasureReport";
    let operation =
        in_fhir(write("capacityReportCsv", summary, parameters, body, (&[200], "CapacityOutcome")));
    let Value::Object(mut operation) = operation else { return operation };
    let media = json!({
        "text/csv": { "schema": reference("CapacityReportsSent") },
        "application/fhir+json": { "schema": {
            "type": "object", "required": ["resourceType", "parameter"],
            "properties": { "resourceType": { "const": "Parameters" }, "parameter": list(&object(&["name"], &json!({
                "name": text(), "valueString": text(), "resource": { "type": "object" },
            }))) },
        } },
    });
    operation.insert("requestBody".to_owned(), json!({ "required": true, "content": media }));
    Value::Object(operation)
}

/// The answer to a table.
fn judged() -> Value {
    let fault = whole(&json!({
        "line": { "type": "integer", "minimum": 0 }, "column": text(), "rule": text(), "detail": { "type": "string" },
    }));
    let verdicts: Vec<&str> = Verdict::ALL.iter().map(|it| it.as_str()).collect();
    let center = whole(&json!({
        "center_id": text(), "unit_id": { "type": ["string", "null"] }, "verdict": { "type": "string", "enum": verdicts },
        "report_id": { "type": ["string", "null"], "format": "uuid" },
        "rows": { "type": "integer", "minimum": 0 }, "errors": { "type": "array", "items": fault },
    }));
    whole(&json!({
        "dry_run": { "type": "boolean" }, "centers": { "type": "array", "items": center },
    }))
}

/// An operation whose bodies and good answers are FHIR; a refusal by the address itself is an `OperationOutcome`.
fn in_fhir(operation: Value) -> Value {
    let Value::Object(mut operation) = operation else { return operation };
    let media = |schema: &str| json!({ "application/fhir+json": { "schema": reference(schema) } });
    if let Some(body) = operation.get_mut("requestBody") {
        let mut content = media("CapacityMeasureReport");
        let media_type = content.get_mut("application/fhir+json").and_then(Value::as_object_mut);
        media_type.map(|it| it.insert("example".to_owned(), example()));
        *body = json!({ "required": true, "content": content });
        for (status, response) in
            operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten()
        {
            let content = response.get_mut("content").and_then(Value::as_object_mut);
            let Some(content) = content else { continue };
            if status.starts_with('2') {
                content.clear();
            }
            content.extend(media("CapacityOutcome").as_object().cloned().unwrap_or_default());
        }
    }
    Value::Object(operation)
}

/// An address that answers with a FHIR resource.
fn fhir(
    id: &'static str,
    summary: &'static str,
    parameters: Vec<Value>,
    faults: &'static [u16],
) -> Value {
    let text = read(id, summary, parameters, "CapacityFhir", faults).to_string();
    let text = text.replacen("application/json", "application/fhir+json", 1);
    serde_json::from_str(&text).unwrap_or_default()
}

/// A report as it was sent, in FHIR.
fn stored_fhir() -> Value {
    let address = Address {
        id: "capacityMeasureReportStored",
        summary: "A report of one's own center as a FHIR R4 MeasureReport",
        parameters: vec![in_path("report")],
        body: None,
        good: &[200],
        schema: "CapacityFhir",
        faults: &[401, 403, 404],
        secured: true,
    };
    let text =
        address.operation().to_string().replacen("application/json", "application/fhir+json", 1);
    serde_json::from_str(&text).unwrap_or_default()
}

fn list(items: &Value) -> Value {
    json!({ "type": "array", "maxItems": 50, "items": items })
}

fn object(required: &[&str], properties: &Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}

fn measure_report() -> Value {
    let identifier = object(&[], &json!({ "system": text(), "value": text() }));
    let coding = object(&[], &json!({ "system": text(), "code": text() }));
    let concept = object(&[], &json!({ "coding": list(&coding) }));
    let part = object(
        &["url"],
        &json!({
            "url": text(), "valueCode": text(), "valueBoolean": { "type": "boolean" }, "valueDateTime": text(),
        }),
    );
    let extension = object(
        &["url"],
        &json!({
            "url": text(), "valueCode": text(), "valueBoolean": { "type": "boolean" }, "valueDateTime": text(),
            "extension": list(&part),
        }),
    );
    let population = object(
        &["code"],
        &json!({
            "code": concept, "count": { "type": "integer", "minimum": 0, "maximum": 99 },
            "_count": object(&[], &json!({ "extension": list(&extension) })),
        }),
    );
    let component = object(&["value"], &json!({ "value": concept }));
    let stratum = object(
        &[],
        &json!({
            "component": list(&component), "extension": list(&extension), "population": list(&population),
        }),
    );
    let group = object(
        &["code"],
        &json!({
            "code": concept, "extension": list(&extension), "population": list(&population),
            "stratifier": list(&object(&[], &json!({ "stratum": list(&stratum) }))),
        }),
    );
    object(
        &["resourceType", "status", "type", "measure", "subject", "period", "group"],
        &json!({
            "resourceType": { "const": "MeasureReport" }, "id": text(), "identifier": list(&identifier),
            "status": { "const": "complete" }, "type": { "const": "summary" }, "measure": text(),
            "subject": object(&["identifier"], &json!({ "identifier": identifier })),
            "period": object(&["end"], &json!({ "end": { "type": "string", "format": "date-time" } })),
            "extension": list(&extension), "group": list(&group),
        }),
    )
}

fn example() -> Value {
    let value = |code: &str| json!({ "coding": [{ "system": "urn:openecls:fhir:CodeSystem:ecls-capacity-value", "code": code }] });
    json!({
        "resourceType": "MeasureReport", "status": "complete", "type": "summary",
        "measure": "urn:openecls:fhir:Measure:ecls-capacity|1.0.0",
        "subject": { "identifier": { "system": "urn:openecls:fhir:center", "value": "DEMO-001" } },
        "period": { "start": "2026-11-22T07:35:00+01:00", "end": "2026-11-22T07:35:00+01:00" },
        "group": [{
            "code": { "coding": [{ "system": "urn:openecls:fhir:CodeSystem:ecls-capacity-group", "code": "adult" }] },
            "extension": [{ "url": "urn:openecls:fhir:StructureDefinition:ecls-availability",
                "extension": [{ "url": "declaredStatus", "valueCode": "limited" }, { "url": "limit", "valueCode": "nursing" }] }],
            "population": [
                { "code": value("available-now"), "count": 1 },
                { "code": value("staffed-slots"), "_count": { "extension": [{
                    "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown" }] } },
            ],
        }],
    })
}
