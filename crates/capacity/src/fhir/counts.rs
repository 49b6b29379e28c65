//! The counts of a report as a `MeasureReport` after HL7 SANER's `PublicHealthMeasureReport`, and their codes, which
//! are the same in both directions.

use base::Instant;
use directory::centers::{AgeGroup, Mode};
use serde_json::{Map, Value, json};

use super::{ADX_AGE, OURS, age_range, coding, identifier, key, ours, second, unit_url};
use crate::model::{Center, Line, Report};
use crate::words::Freshness;

const MEASURE_POPULATION: &str = "http://terminology.hl7.org/CodeSystem/measure-population";
const SANER_POPULATION: &str = "http://hl7.org/fhir/uv/saner/CodeSystem/MeasurePopulationSystem";
/// Why a value is not there.
pub(super) const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

/// A count of a line.
pub(super) struct Count {
    /// Our code.
    pub(super) code: &'static str,
    /// System and code of the same in the standards, where there is one.
    pub(super) standard: Option<(&'static str, &'static str)>,
    /// Its name in a report.
    pub(super) field: &'static str,
    get: fn(&Line) -> Option<i64>,
    /// Where it is kept.
    pub(super) slot: fn(&mut Line) -> &mut Option<i64>,
    /// Told to its own network and above only.
    network: bool,
}

/// Every count.
pub(super) const COUNTS: [Count; 7] = [
    Count {
        code: "staffed-slots",
        standard: Some((MEASURE_POPULATION, "denominator")),
        field: "staffed_slots",
        get: |line| line.staffed_slots,
        slot: |line| &mut line.staffed_slots,
        network: false,
    },
    Count {
        code: "on-ecls-now",
        standard: Some((MEASURE_POPULATION, "numerator")),
        field: "on_ecls_now",
        get: |line| line.on_ecls_now,
        slot: |line| &mut line.on_ecls_now,
        network: false,
    },
    Count {
        code: "available-now",
        standard: Some((SANER_POPULATION, "numerator-complement")),
        field: "available_now",
        get: |line| line.available_now,
        slot: |line| &mut line.available_now,
        network: false,
    },
    Count {
        code: "additional-24h",
        standard: None,
        field: "additional_24h",
        get: |line| line.additional_24h,
        slot: |line| &mut line.additional_24h,
        network: false,
    },
    Count {
        code: "additional-72h",
        standard: None,
        field: "additional_72h",
        get: |line| line.additional_72h,
        slot: |line| &mut line.additional_72h,
        network: false,
    },
    Count {
        code: "committed",
        standard: None,
        field: "committed",
        get: |line| line.committed,
        slot: |line| &mut line.committed,
        network: true,
    },
    Count {
        code: "surge-7d",
        standard: None,
        field: "surge_7d",
        get: |line| line.surge_7d,
        slot: |line| &mut line.surge_7d,
        network: true,
    },
];

/// How much of a line is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tier {
    /// Why it is limited or full: professionals and above.
    pub(crate) limits: bool,
    /// Reserved places and those of a surge: own network and above.
    pub(crate) network: bool,
}

/// A line that is told, with the moment that it describes and its age.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) line: &'a Line,
    pub(super) valid_at: Instant,
    /// None in a report as it was sent: it has no age of its own.
    pub(super) freshness: Option<Freshness>,
}

/// A report as its center sent it, for those who report for it.
pub(crate) fn of_report(center: &Center, report: &Report) -> Value {
    let tier = Tier { limits: true, network: true };
    let valid_at = report.valid_at;
    let said = |line| Said { line, valid_at, freshness: None };
    let all: Vec<Said<'_>> = report.lines.iter().map(said).collect();
    let ages = AgeGroup::ALL.iter().filter(|age| all.iter().any(|it| it.line.age_group == **age));
    let groups = ages.map(|age| group(*age, &all, tier)).collect();
    let (id, times) = (report.report_id.to_string(), (report.recorded_at, valid_at));
    measure_report((center, report.unit.as_deref()), &id, times, groups)
}

/// The resource around its groups.
pub(super) fn measure_report(
    (center, unit): (&Center, Option<&str>),
    id: &str,
    (recorded_at, valid_at): (Instant, Instant),
    groups: Vec<Value>,
) -> Value {
    let mut out = json!({
        "resourceType": "MeasureReport", "id": id, "status": "complete", "type": "summary",
        "measure": format!("{OURS}:Measure:ecls-capacity|1.0.0"),
        "subject": {
            "reference": format!("Location/{}", key(center)), "identifier": identifier(center),
        },
        "date": second(recorded_at),
        "reporter": { "reference": format!("Organization/{}", key(center)) },
        "period": { "start": second(valid_at), "end": second(valid_at) },
    });
    if let (Some(unit), Some(fields)) = (unit, out.as_object_mut()) {
        let unit = json!({ "url": unit_url(), "valueCode": unit });
        fields.insert("extension".to_owned(), json!([unit]));
    }
    // an empty list is no FHIR
    if let Some(fields) = out.as_object_mut().filter(|_| !groups.is_empty()) {
        fields.insert("group".to_owned(), Value::Array(groups));
    }
    out
}

/// The pool of an age group, and each kind of support with a line of its own as a stratum.
pub(super) fn group(age: AgeGroup, all: &[Said<'_>], tier: Tier) -> Value {
    let of = |mode: Option<Mode>| {
        all.iter().find(|it| it.line.age_group == age && it.line.mode == mode).copied()
    };
    let pool = of(None);
    let strata: Vec<Value> = Mode::ALL
        .iter()
        .filter_map(|mode| {
            let mut out = json!({
                "component": [{
                    "code": { "text": "ECLS mode" },
                    "value": { "coding": [ours("ecls-mode", mode.as_str())] },
                }],
            });
            fill(&mut out, Some(of(Some(*mode))?), tier);
            Some(out)
        })
        .collect();
    let mut out = json!({
        "code": { "coding": [
            ours("ecls-capacity-group", age.as_str()), coding(ADX_AGE, age_range(age)),
        ] },
    });
    fill(&mut out, pool, tier);
    if let Some(fields) = out.as_object_mut().filter(|_| !strata.is_empty()) {
        let stratifier = json!([{ "code": [{ "text": "ECLS mode" }], "stratum": strata }]);
        fields.insert("stratifier".to_owned(), stratifier);
    }
    out
}

fn fill(out: &mut Value, said: Option<Said<'_>>, tier: Tier) {
    let Some(fields) = out.as_object_mut() else { return };
    if let Some(said) = said {
        fields.insert("extension".to_owned(), json!([availability(said, tier)]));
    }
    let counts = COUNTS.iter().filter(|it| tier.network || !it.network);
    let populations =
        counts.map(|count| population(count, said.and_then(|it| (count.get)(it.line))));
    fields.insert("population".to_owned(), populations.collect());
}

/// What was declared beside the counts: a `MeasureReport` has no place for a light.
fn availability(said: Said<'_>, tier: Tier) -> Value {
    let mut light = vec![
        json!({ "url": "declaredStatus", "valueCode": said.line.declared_status }),
        json!({ "url": "validAt", "valueDateTime": second(said.valid_at) }),
    ];
    light.extend(said.freshness.map(|it| json!({ "url": "freshness", "valueCode": it })));
    if tier.limits {
        let limits = said.line.limits.iter();
        light.extend(limits.map(|it| json!({ "url": "limit", "valueCode": it })));
        if said.line.limits_withheld {
            light.push(json!({ "url": "limitsWithheld", "valueBoolean": true }));
        }
    }
    json!({ "url": super::availability_url(), "extension": light })
}

fn population(count: &Count, value: Option<i64>) -> Value {
    let mut codings = vec![ours("ecls-capacity-value", count.code)];
    codings.extend(count.standard.map(|(system, code)| coding(system, code)));
    let mut out = Map::new();
    out.insert("code".to_owned(), json!({ "coding": codings }));
    match value {
        Some(value) => out.insert("count".to_owned(), json!(value)),
        None => out.insert(
            "_count".to_owned(),
            json!({ "extension": [{ "url": ABSENT, "valueCode": "unknown" }] }),
        ),
    };
    Value::Object(out)
}
