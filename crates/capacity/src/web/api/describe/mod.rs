//! The part of the OpenAPI document that is about capacity.

mod alerts;
mod enquiries;
mod formats;
mod reports;

use directory::centers::{AgeGroup, Mode};
use serde_json::{Map, Value, json};

use super::super::shown::Standing;
use crate::history::AreaKind;
use crate::search::Need;
use crate::sphere::Travel;
use crate::words::Freshness;

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Value {
    let all: Vec<&str> = all.iter().map(|it| word(*it)).collect();
    json!({ "type": "string", "enum": all })
}

fn text() -> Value {
    json!({ "type": "string", "maxLength": 200 })
}

fn moment() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn ages() -> Value {
    words(AgeGroup::ALL, AgeGroup::as_str)
}

fn modes() -> Value {
    words(Mode::ALL, Mode::as_str)
}

fn parameter(name: &str, text: &str, schema: impl Into<Value>) -> Value {
    let schema: Value = schema.into();
    json!({ "name": name, "in": "query", "required": false, "description": text, "schema": schema })
}

fn in_path(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
}

/// The answer of a status that is no good one.
fn trouble(status: u16) -> Value {
    let what = match status {
        400 => "The request does not follow its description",
        401 => "No token, or one that is not valid",
        403 => "Not the caller's to do, or the id of another center's report",
        404 => "Not there, or not the caller's",
        409 => "Not possible as things stand",
        413 => "More was sent than the address takes",
        429 => {
            "More requests than the interface gives in a minute; `Retry-After` says when to come again"
        }
        415 => "Another media type than the described one",
        _ => "The values follow the description and are not right",
    };
    let media = json!({ "application/problem+json": { "schema": reference("Problem") } });
    json!({ "description": what, "content": media })
}

/// Everything of an address: its name, what it is for, its parameters, its good answer, and other statuses.
struct Address {
    id: &'static str,
    summary: &'static str,
    parameters: Vec<Value>,
    body: Option<&'static str>,
    good: &'static [u16],
    schema: &'static str,
    faults: &'static [u16],
    secured: bool,
}

impl Address {
    fn operation(self) -> Value {
        let mut responses = Map::new();
        for status in self.good {
            let media = json!({ "application/json": { "schema": reference(self.schema) } });
            let told = json!({ "description": self.summary, "content": media });
            responses.insert(status.to_string(), told);
        }
        for status in self.faults.iter().chain(&[429]) {
            responses.insert(status.to_string(), trouble(*status));
        }
        let operation = json!({
            "operationId": self.id, "tags": ["capacity"], "summary": self.summary,
            "parameters": self.parameters, "responses": responses,
        });
        let mut operation = operation.as_object().cloned().unwrap_or_default();
        let mut set = |key: &str, value: Value| operation.insert(key.to_owned(), value);
        if let Some(body) = self.body {
            let media = json!({ "application/json": { "schema": reference(body) } });
            set("requestBody", json!({ "required": true, "content": media }));
        }
        if self.secured {
            set("security", json!([{ "token": [] }]));
            set("x-scope", json!(base::Action::ReportCapacity.words()));
        }
        Value::Object(operation)
    }
}

fn read(
    id: &'static str,
    summary: &'static str,
    parameters: Vec<Value>,
    schema: &'static str,
    faults: &'static [u16],
) -> Value {
    let (body, good, secured) = (None, &[200][..], false);
    Address { id, summary, parameters, body, good, schema, faults, secured }.operation()
}

fn write(
    id: &'static str,
    summary: &'static str,
    parameters: Vec<Value>,
    body: &'static str,
    (good, schema): (&'static [u16], &'static str),
) -> Value {
    let (body, faults) = (Some(body), &[400, 401, 403, 404, 409, 413, 415, 422][..]);
    Address { id, summary, parameters, body, good, schema, faults, secured: true }.operation()
}

fn reports(number: Value) -> Value {
    let when = |name: &str, told: &str| parameter(name, told, moment());
    Address {
        id: "capacityReports",
        summary: "What a center has reported, newest first, at most 500; the last 30 days unless it is said",
        parameters: vec![
            number,
            when("from", "Arrived at this moment or later."),
            when("to", "Arrived before this moment."),
        ],
        body: None,
        good: &[200],
        schema: "CapacityReports",
        faults: &[400, 401, 403, 404, 422],
        secured: true,
    }
    .operation()
}

/// The days of an area, or of one's own center.
fn history(id: &'static str, number: Option<Value>) -> Value {
    let secured = number.is_some();
    let day = || json!({ "type": "string", "format": "date" });
    let mut parameters: Vec<Value> = number.into_iter().collect();
    if !secured {
        let kinds = words(AreaKind::ALL, AreaKind::as_str);
        parameters.push(parameter(
            "scope",
            "What the area is; the world unless it is said.",
            kinds,
        ));
        let told = "Code of the country or chapter, key of the network; `all` for the world.";
        parameters.push(parameter("area", told, json!({ "type": "string", "maxLength": 100 })));
    }
    parameters.extend([
        parameter("age_group", "For whom; adults unless it is said.", ages()),
        parameter("mode", "Which support; any kind unless it is said.", modes()),
        parameter("from", "First day in UTC; 30 days unless it is said.", day()),
        parameter("to", "Last day in UTC; the last that is over unless it is said.", day()),
    ]);
    let summary = if secured {
        "What one's own center showed, by day, at most 92"
    } else {
        "What the centers of an area showed, by day, at most 731; no figures where they are withheld"
    };
    let faults: &[u16] = if secured { &[400, 401, 403, 404, 409, 422] } else { &[400, 404, 422] };
    let (good, schema) = (&[200][..], "CapacityHistory");
    Address { id, summary, parameters, body: None, good, schema, faults, secured }.operation()
}

/// The keys of several objects in one.
fn joined(all: impl IntoIterator<Item = Value>) -> Value {
    Value::Object(all.into_iter().filter_map(|it| it.as_object().cloned()).flatten().collect())
}

fn acknowledge() -> Value {
    let told = "`true`: what is unusual in the report is right.";
    parameter("acknowledge", told, flag_word())
}

/// A flag of an address.
fn flag_word() -> Value {
    json!({ "type": "string", "enum": ["true", "false"] })
}

/// Addresses below `/api/capacity/v1`.
pub fn paths() -> Value {
    joined([centers_and_map(), enquiries::paths(), formats::paths(), alerts::paths()])
}

fn centers_and_map() -> Value {
    let number = || in_path("number");
    let age = || parameter("age_group", "For whom; adults unless it is said.", ages());
    let mode = || parameter("mode", "Which support; any kind unless it is said.", modes());
    json!({
        "/api/capacity/v1/centers": { "get": read("capacityCenters",
            "Centers with their lights, a hundred at a time, by number", center_filters(), "CapacityCenters", &[400, 422]) },
        "/api/capacity/v1/centers/{number}": { "get": read("capacityCenter",
            "One center with its lights", vec![number()], "CapacityCenter", &[404]) },
        "/api/capacity/v1/centers/{number}/reports": {
            "get": reports(number()),
            "post": write("capacityReport", "Takes a report; the same id again changes nothing",
                vec![number(), acknowledge()], "CapacityReportSent", (&[200, 201], "CapacityTaken")),
        },
        "/api/capacity/v1/centers/{number}/reports/confirm": { "post": write("capacityConfirm",
            "Says that nothing has changed", vec![number()], "CapacityConfirmSent", (&[200, 201], "CapacityTaken")) },
        "/api/capacity/v1/centers/{number}/reports/validate": { "post": write("capacityValidate",
            "Checks a report and stores nothing", vec![number(), acknowledge()], "CapacityReportSent",
            (&[200], "CapacityValid")) },
        "/api/capacity/v1/centers/{number}/reports/{report}/correct": { "post": write("capacityCorrect",
            "Replaces a report by another, or withdraws it", vec![number(), in_path("report"), acknowledge()],
            "CapacityReportSent", (&[200, 201], "CapacityTaken")) },
        "/api/capacity/v1/centers/{number}/history": { "get": history("capacityCenterHistory", Some(number())) },
        "/api/capacity/v1/history": { "get": history("capacityHistory", None) },
        "/api/capacity/v1/search": { "get": read("capacitySearch",
            "The nearest centers that may take a patient, in four groups", search_parameters(), "CapacityAnswer",
            &[400, 422]) },
        "/api/capacity/v1/summary": { "get": read("capacitySummary",
            "Totals by area; null where fewer than three centers report", vec![
                parameter("group_by", "By what; by country unless it is said.",
                    json!({ "type": "string", "enum": ["country", "chapter", "network"] })),
                age(), mode(),
            ], "CapacitySummary", &[400]) },
        "/api/capacity/v1/map.geojson": { "get": read("capacityMap",
            "One point for each center with everybody's light and its age", vec![age(), mode()], "CapacityMap", &[400]) },
        "/api/capacity/v1/codes": { "get": read("capacityCodes", "Every code list", vec![], "CapacityCodes", &[]) },
        "/api/capacity/v1/cadences": { "get": read("capacityCadences",
            "How long a report counts, and where a stricter cadence applies now", vec![], "CapacityCadences", &[]) },
        "/api/capacity/v1/health": { "get": read("capacityHealth",
            "Whether the service answers, and how fresh it is itself", vec![], "CapacityHealth", &[]) },
    })
}

fn center_filters() -> Vec<Value> {
    vec![
        parameter(
            "q",
            "Words of name, city, country or number; spelling and accents are forgiven.",
            text(),
        ),
        parameter("country", "ISO 3166-1 alpha-2 code.", text()),
        parameter("chapter", "Code of the chapter.", text()),
        parameter("age_group", "Treats this age group.", ages()),
        parameter("mode", "Offers this support, to the age group if one is named.", modes()),
        parameter(
            "status",
            "Stands like this for the age group, which must be named.",
            words(Standing::ALL, Standing::as_str),
        ),
        parameter("network", "Key of a network.", text()),
        parameter(
            "bbox",
            "Degrees: west,south,east,north; west may be the larger one, across the 180th meridian.",
            json!({ "type": "string", "maxLength": 200, "examples": ["5.9,47.2,15.1,55.1"] }),
        ),
        parameter("updated_since", "Has reported at this moment or later.", moment()),
        parameter("after", "The answer begins after the center of this number.", text()),
    ]
}

fn search_parameters() -> Vec<Value> {
    let degrees = |most: i32| json!({ "type": "number", "minimum": -most, "maximum": most });
    let typed = || json!({ "type": "string", "maxLength": 100 });
    vec![
        parameter("lat", "Latitude of the place; with `lon`.", degrees(90)),
        parameter("lon", "Longitude of the place; with `lat`.", degrees(180)),
        parameter("place", "Name of a town, as `Springfield, IL`.", typed()),
        parameter("from_center", "Number of a center.", typed()),
        parameter("age_group", "For whom; adults unless it is said.", ages()),
        parameter("age", "The exact age, as P5D or 5 days; decides the age group.", typed()),
        parameter("mode", "Which support; any kind unless it is said.", modes()),
        parameter("weight_kg", "Kilograms from 0.2 to 300.", typed()),
        parameter("gestation_weeks", "Completed weeks from 20 to 45.", typed()),
        parameter("max_km", "Kilometers from 1 to 5000; 500 unless it is said.", typed()),
        parameter(
            "max_minutes",
            "Minutes on the way from 1 to 2880, by a rough estimate.",
            typed(),
        ),
        parameter(
            "vehicle",
            "By which way that is; road unless it is said.",
            words(Travel::ALL, Travel::as_str),
        ),
        parameter("need", "Who travels.", words(Need::ALL, Need::as_str)),
        parameter("min_available", "Places needed, from 1 to 9.", typed()),
        parameter(
            "freshness",
            "The oldest report that counts.",
            words(&[Freshness::Fresh, Freshness::Aging, Freshness::Stale], Freshness::as_str),
        ),
        parameter(
            "limit",
            "Centers of each group.",
            json!({ "type": "integer", "minimum": 1, "maximum": 100 }),
        ),
    ]
}

/// An object with these properties; all of them are there.
fn whole(properties: &Value) -> Value {
    let names: Vec<&String> = properties.as_object().into_iter().flat_map(Map::keys).collect();
    json!({ "type": "object", "required": names, "properties": properties })
}

/// The schemas that these paths refer to.
pub fn schemas() -> Value {
    joined([
        of_centers_and_map(),
        reports::schemas(),
        enquiries::schemas(),
        formats::schemas(),
        alerts::schemas(),
    ])
}

fn of_centers_and_map() -> Value {
    let free = json!({ "type": "object" });
    let list = |of: Value| json!({ "type": "array", "items": of });
    let count = json!({ "type": "integer", "minimum": 0 });
    let flag = json!({ "type": "boolean" });
    let maybe = or_null(&moment());
    json!({
        "CapacityLine": line(),
        "CapacityCenter": whole(&json!({
            "center_id": text(), "name": text(), "country": text(), "city": { "type": "string" },
            "time_zone": text(), "generated_at": moment(), "suspended": or_null(&free),
            "units": list(whole(&json!({ "unit_id": text(), "name": text(), "age_groups": list(ages()) }))),
            "lines": list(reference("CapacityLine")), "retrieval_offered": flag,
            "teams": or_null(&list(free.clone())), "contacts": list(free.clone()), "notice": { "type": "string" },
            "position": or_null(&free), "chapter": text(), "networks": list(text()),
            "center_categories": list(ages()), "invented": flag,
        })),
        "CapacityCenters": whole(&json!({
            "generated_at": moment(), "notice": { "type": "string" }, "total": count,
            "next": { "type": ["string", "null"] }, "centers": list(reference("CapacityCenter")),
        })),
        "CapacityAnswer": whole(&json!({
            "generated_at": moment(), "notice": { "type": "string" }, "source": { "type": ["string", "null"] },
            "from": free, "age_group": ages(), "mode": or_null(&modes()), "max_km": { "type": "number" },
            "groups": free, "excluded": { "type": "object", "additionalProperties": count }, "hotlines": list(free.clone()),
        })),
        "CapacitySummary": whole(&json!({
            "generated_at": moment(), "notice": { "type": "string" }, "group_by": text(), "age_group": ages(),
            "mode": or_null(&modes()),
            "groups": { "type": "object", "additionalProperties": { "type": ["object", "null"] } },
        })),
        "CapacityMap": whole(&json!({
            "type": { "const": "FeatureCollection" }, "generated_at": moment(), "notice": { "type": "string" },
            "age_group": ages(), "mode": or_null(&modes()), "features": list(free.clone()),
        })),
        "CapacityHistory": whole(&json!({
            "notice": { "type": "string" }, "age_group": ages(), "mode": or_null(&modes()),
            "from": { "type": "string", "format": "date" }, "to": { "type": "string", "format": "date" },
            "days": list(whole(&json!({
                "day": { "type": "string", "format": "date" }, "figures": or_null(&free),
            }))),
        })),
        "CapacityCodes": { "type": "object", "additionalProperties": list(free.clone()) },
        "CapacityCadences": whole(&json!({
            "generated_at": moment(), "cadences": free, "stricter": list(free.clone()),
        })),
        "CapacityHealth": whole(&json!({
            "status": text(), "generated_at": moment(), "centers": count, "newest_report_at": maybe,
        })),
    })
}

fn line() -> Value {
    whole(&json!({
        "age_group": ages(), "mode": modes(), "effective_status": text(),
        "effective_reason": { "type": ["string", "null"] }, "declared_status": { "type": ["string", "null"] },
        "last_known_status": { "type": ["string", "null"] }, "freshness": text(), "stale": { "type": "boolean" },
        "valid_at": or_null(&moment()), "age_minutes": { "type": ["integer", "null"] },
        "due_at": or_null(&moment()), "goes_stale_at": or_null(&moment()), "expires_at": or_null(&moment()),
        "by_hand_until": or_null(&moment()), "counts": { "type": ["object", "null"] },
        "counts_withheld": { "type": "boolean" },
        "units": { "type": "array", "items": whole(&json!({
            "unit_id": text(), "name": text(), "effective_status": text(),
            "effective_reason": { "type": ["string", "null"] }, "freshness": text(),
            "valid_at": or_null(&moment()),
        })) },
    }))
}
