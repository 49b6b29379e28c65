//! A center's capacity as FHIR R4: Organization, Location, one `HealthcareService` for each age group and mode, and a
//! `MeasureReport` of the counts after HL7 SANER's `PublicHealthMeasureReport`.
//!
//! An unknown count is a `_count` with a data-absent-reason: never left out, and never zero. The light is always there, also
//! when it is not known. Names of our own codes are `urn:openecls:fhir:…`, since SANER has none for ECLS.

mod counts;
mod read;
mod shape;

use base::Instant;
use directory::centers::AgeGroup;
use serde_json::{Value, json};

use crate::clock::Cadences;
use crate::log::{Entry, Log};
use crate::model::Center;
use crate::unit::Unit;
use crate::view::{CenterView, LineView, NOTICE};
use crate::words::Freshness;
use counts::Said;
pub(crate) use counts::{Tier, of_report};
pub(crate) use read::{Issue, MeasureReport, Read};

const OURS: &str = "urn:openecls:fhir";
const ADX_AGE: &str = "http://profiles.ihe.net/fhir/CodeSystem/IHE_ADX_agerange";
/// ECMO procedure.
const SNOMED_ECMO: &str = "233573008";

fn coding(system: &str, code: &str) -> Value {
    json!({ "system": system, "code": code })
}

fn ours(list: &str, code: &str) -> Value {
    coding(&format!("{OURS}:CodeSystem:{list}"), code)
}

/// The band of an age group in the grammar of IHE ADX.
const fn age_range(age: AgeGroup) -> &'static str {
    match age {
        AgeGroup::Neonate => "P0D--P29D",
        AgeGroup::Pediatric => "P29D--P18Y",
        AgeGroup::Adult => "P18Y--P9999Y",
    }
}

/// Code of the kind of unit (v3-RoleCode).
const fn unit(age: AgeGroup) -> &'static str {
    match age {
        AgeGroup::Neonate => "PEDNICU",
        AgeGroup::Pediatric => "PEDICU",
        AgeGroup::Adult => "ICU",
    }
}

/// To the second, as SANER asks.
pub(crate) fn second(at: Instant) -> String {
    at.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn availability_url() -> String {
    format!("{OURS}:StructureDefinition:ecls-availability")
}

/// The unit that a report is of, where the center's units report for themselves.
fn unit_url() -> String {
    format!("{OURS}:StructureDefinition:ecls-unit")
}

fn key(center: &Center) -> String {
    format!("center-{}", center.number)
}

fn identifier(center: &Center) -> Value {
    json!({ "system": format!("{OURS}:center"), "value": center.number })
}

/// What is exported, for the tier of whoever asks.
pub(crate) struct Export<'a> {
    pub(crate) center: &'a Center,
    pub(crate) log: &'a Log,
    pub(crate) cadences: &'a Cadences,
    pub(crate) view: &'a CenterView,
    pub(crate) tier: Tier,
}

impl Export<'_> {
    /// A Bundle of everything, as a collection.
    pub(crate) fn bundle(&self) -> Value {
        let mut all = vec![self.organization(), self.location()];
        all.extend(self.view.lines.iter().map(|line| self.service(line)));
        let speakers = self.center.speakers(self.view.generated_at);
        all.extend(speakers.into_iter().filter_map(|unit| self.report(unit)));
        let entries: Vec<Value> = all
            .into_iter()
            .map(|resource| {
                let kind = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
                let id = resource.get("id").and_then(Value::as_str).unwrap_or_default();
                json!({ "fullUrl": format!("{OURS}:{kind}:{id}"), "resource": resource })
            })
            .collect();
        json!({
            "resourceType": "Bundle", "type": "collection",
            "timestamp": second(self.view.generated_at), "entry": entries,
        })
    }

    fn key(&self) -> String {
        key(self.center)
    }

    /// A resource of the same server.
    fn link(&self, kind: &str) -> String {
        format!("{kind}/{}", self.key())
    }

    fn identifier(&self) -> Value {
        identifier(self.center)
    }

    fn telecom(&self) -> Vec<Value> {
        let contacts = self.view.contacts.iter().filter(|contact| !contact.phone.is_empty());
        contacts.map(|contact| json!({ "system": "phone", "value": contact.phone })).collect()
    }

    fn organization(&self) -> Value {
        let mut out = json!({
            "resourceType": "Organization", "id": self.key(), "active": true,
            "identifier": [self.identifier()], "name": self.center.name,
        });
        let telecom = self.telecom();
        if let Some(fields) = out.as_object_mut().filter(|_| !telecom.is_empty()) {
            fields.insert("telecom".to_owned(), json!(telecom));
        }
        out
    }

    fn location(&self) -> Value {
        let kinds: Vec<Value> = AgeGroup::ALL
            .iter()
            .filter(|age| self.center.modes(**age).next().is_some())
            .map(|age| {
                let role = coding("http://terminology.hl7.org/CodeSystem/v3-RoleCode", unit(*age));
                json!({ "coding": [role] })
            })
            .collect();
        let mut out = json!({
            "resourceType": "Location", "id": self.key(), "status": "active", "mode": "instance",
            "identifier": [self.identifier()], "name": self.center.name,
            "address": { "country": self.center.country },
            "managingOrganization": { "reference": self.link("Organization") },
        });
        if let Some(fields) = out.as_object_mut() {
            if !kinds.is_empty() {
                fields.insert("type".to_owned(), json!(kinds));
            }
            if !self.center.city.is_empty() {
                let address = json!({ "city": self.center.city, "country": self.center.country });
                fields.insert("address".to_owned(), address);
            }
            if let Some((lat, lon)) = self.center.position {
                let position = json!({ "latitude": lat, "longitude": lon });
                fields.insert("position".to_owned(), position);
            }
        }
        out
    }

    /// What the center offers to an age group with a mode, with its light.
    fn service(&self, line: &LineView) -> Value {
        let (age, mode) = (line.age_group, line.mode);
        let mut light = vec![
            json!({ "url": "effectiveStatus", "valueCode": line.effective_status }),
            json!({ "url": "freshness", "valueCode": line.freshness }),
        ];
        if let Some(declared) = line.declared_status {
            light.push(json!({ "url": "declaredStatus", "valueCode": declared }));
        }
        let moments = [("validAt", line.valid_at), ("goesStaleAt", line.goes_stale_at)];
        for (name, at) in moments {
            light.extend(at.map(|at| json!({ "url": name, "valueDateTime": second(at) })));
        }
        let ecmo = json!({
            "system": "http://snomed.info/sct", "code": SNOMED_ECMO,
        });
        let mut out = json!({
            "resourceType": "HealthcareService",
            "id": format!("{}-{}-{}", self.key(), age.as_str(), mode.as_str().to_lowercase()),
            "extension": [{
                "url": availability_url(), "extension": light,
            }],
            "active": true,
            "providedBy": { "reference": self.link("Organization") },
            "location": [{ "reference": self.link("Location") }],
            "type": [{ "coding": [ecmo] }],
            "characteristic": [
                { "coding": [ours("ecls-age-group", age.as_str()), coding(ADX_AGE, age_range(age))] },
                { "coding": [ours("ecls-mode", mode.as_str())] },
            ],
            "comment": NOTICE,
        });
        let telecom = self.telecom();
        if let Some(fields) = out.as_object_mut().filter(|_| !telecom.is_empty()) {
            fields.insert("telecom".to_owned(), json!(telecom));
        }
        out
    }

    /// The counts of a unit's newest report, or of that of the center as a whole; none when the caller may not see them, or when nothing was reported.
    fn report(&self, unit: Option<&Unit>) -> Option<Value> {
        if self.view.lines.iter().any(|line| line.counts_withheld) {
            return None;
        }
        let unit = unit.map(|unit| unit.key.as_str());
        let (log, now) = (self.log, self.view.generated_at);
        let entries = self.center.lines_of(log, unit, self.cadences, now);
        let newest = entries.iter().map(|entry| entry.valid_at).max()?;
        let recorded = entries.iter().map(|entry| entry.recorded_at).max()?;
        let said: Vec<Said<'_>> = entries.iter().filter_map(|entry| self.said(entry)).collect();
        let groups = AgeGroup::ALL.iter().filter_map(|age| {
            // an age group of which nothing is known any more stays, with counts that are absent
            let own = entries.iter().any(|entry| entry.line.age_group == *age);
            own.then(|| counts::group(*age, &said, self.tier))
        });
        let id = match unit {
            Some(unit) => format!("{}-capacity-{unit}", self.key()),
            None => format!("{}-capacity", self.key()),
        };
        let times = (recorded, newest);
        Some(counts::measure_report((self.center, unit), &id, times, groups.collect()))
    }

    /// A line that still counts for something.
    fn said<'b>(&self, entry: &'b Entry) -> Option<Said<'b>> {
        let now = self.view.generated_at;
        let freshness = entry.freshness(self.cadences, &self.center.periods, now);
        let before = self.center.resumed(now).is_some_and(|resumed| entry.valid_at < resumed);
        let known = freshness != Freshness::Expired && !before;
        known.then_some(Said {
            line: &entry.line,
            valid_at: entry.valid_at,
            freshness: Some(freshness),
        })
    }
}

/// The definition of the counts.
pub(crate) fn measure() -> Value {
    json!({
        "resourceType": "Measure", "id": "ecls-capacity",
        "url": format!("{OURS}:Measure:ecls-capacity"), "version": "1.0.0", "name": "EclsCapacity",
        "title": "ECLS capacity", "status": "active", "experimental": false,
        "description": "Places for extracorporeal life support by age group: staffed, in use, free now, and those that can be opened. Self-reported; show the time of report wherever the numbers are shown.",
        "scoring": { "coding": [{
            "system": "http://hl7.org/fhir/uv/saner/CodeSystem/PublicHealthMeasureScoring", "code": "capacity",
        }] },
        "type": [{ "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/measure-type", "code": "structure",
        }] }],
        "improvementNotation": { "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/measure-improvement-notation", "code": "decrease",
        }] },
        "rateAggregation": "point-in-time",
    })
}
