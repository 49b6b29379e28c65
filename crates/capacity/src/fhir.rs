//! A center's capacity as FHIR R4: Organization, Location, one `HealthcareService` for each age group and mode, and a
//! `MeasureReport` of the counts after HL7 SANER's `PublicHealthMeasureReport`.
//!
//! An unknown count is a `_count` with a data-absent-reason: never left out, and never zero. The light is always there, also
//! when it is not known. Names of our own codes are `urn:openecls:fhir:…`, since SANER has none for ECLS.

use base::Instant;
use directory::centers::{AgeGroup, Mode};
use serde_json::{Map, Value, json};

use crate::clock::Cadences;
use crate::log::{Entry, Log};
use crate::model::{Center, Line};
use crate::view::{CenterView, LineView, NOTICE};
use crate::words::Freshness;

const OURS: &str = "urn:openecls:fhir";
const MEASURE_POPULATION: &str = "http://terminology.hl7.org/CodeSystem/measure-population";
const SANER_POPULATION: &str = "http://hl7.org/fhir/uv/saner/CodeSystem/MeasurePopulationSystem";
const ADX_AGE: &str = "http://profiles.ihe.net/fhir/CodeSystem/IHE_ADX_agerange";
const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
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
fn second(at: Instant) -> String {
    at.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// What is exported, for the tier of whoever asks.
pub(crate) struct Export<'a> {
    pub(crate) center: &'a Center,
    pub(crate) log: &'a Log,
    pub(crate) cadences: &'a Cadences,
    pub(crate) view: &'a CenterView,
    /// Whether the caller sees committed places: own network and above.
    pub(crate) sees_committed: bool,
}

impl Export<'_> {
    /// A Bundle of everything, as a collection.
    pub(crate) fn bundle(&self) -> Value {
        let mut all = vec![self.organization(), self.location()];
        all.extend(self.view.lines.iter().map(|line| self.service(line)));
        all.extend(self.report());
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
        format!("center-{}", self.center.number)
    }

    /// A resource of the same server.
    fn link(&self, kind: &str) -> String {
        format!("{kind}/{}", self.key())
    }

    fn identifier(&self) -> Value {
        json!({ "system": format!("{OURS}:center"), "value": self.center.number })
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
                "url": format!("{OURS}:StructureDefinition:ecls-availability"), "extension": light,
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

    /// The counts of the newest report; none when the caller may not see them, or when nothing was reported.
    fn report(&self) -> Option<Value> {
        if self.view.lines.iter().any(|line| line.counts_withheld) {
            return None;
        }
        let entries = self.log.lines_in_force(None, self.cadences);
        let newest = entries.iter().map(|entry| entry.valid_at).max()?;
        let recorded = entries.iter().map(|entry| entry.recorded_at).max()?;
        let groups: Vec<Value> =
            AgeGroup::ALL.iter().filter_map(|age| self.group(*age, &entries)).collect();
        Some(json!({
            "resourceType": "MeasureReport", "id": format!("{}-capacity", self.key()),
            "status": "complete", "type": "summary",
            "measure": format!("{OURS}:Measure:ecls-capacity|1.0.0"),
            "subject": {
                "reference": self.link("Location"), "identifier": self.identifier(),
            },
            "date": second(recorded),
            "reporter": { "reference": self.link("Organization") },
            "period": { "start": second(newest), "end": second(newest) },
            "group": groups,
        }))
    }

    /// The pool of an age group, and each kind of support with a line of its own as a stratum.
    fn group(&self, age: AgeGroup, entries: &[&Entry]) -> Option<Value> {
        let own: Vec<&&Entry> = entries.iter().filter(|it| it.line.age_group == age).collect();
        if own.is_empty() {
            return None;
        }
        let of = |mode: Option<Mode>| own.iter().find(|it| it.line.mode == mode);
        let known = |entry: &&&&Entry| {
            let now = self.view.generated_at;
            entry.freshness(self.cadences, &self.center.periods, now) != Freshness::Expired
        };
        let pool = of(None).filter(known).map(|entry| &entry.line);
        let strata: Vec<Value> = Mode::ALL
            .iter()
            .filter_map(|mode| {
                let line = of(Some(*mode)).filter(known).map(|entry| &entry.line)?;
                Some(json!({
                    "component": [{
                        "code": { "text": "ECLS mode" },
                        "value": { "coding": [ours("ecls-mode", mode.as_str())] },
                    }],
                    "population": self.populations(Some(line)),
                }))
            })
            .collect();
        let mut out = json!({
            "code": { "coding": [
                ours("ecls-capacity-group", age.as_str()), coding(ADX_AGE, age_range(age)),
            ] },
            "population": self.populations(pool),
        });
        if let Some(fields) = out.as_object_mut().filter(|_| !strata.is_empty()) {
            let stratifier = json!([{ "code": [{ "text": "ECLS mode" }], "stratum": strata }]);
            fields.insert("stratifier".to_owned(), stratifier);
        }
        Some(out)
    }

    fn populations(&self, line: Option<&Line>) -> Vec<Value> {
        let standard = |system: &str, code: &str| vec![coding(system, code)];
        let count = |of: fn(&Line) -> Option<i64>| line.and_then(of);
        let mut all = vec![
            (
                "staffed-slots",
                standard(MEASURE_POPULATION, "denominator"),
                count(|line| line.staffed_slots),
            ),
            (
                "on-ecls-now",
                standard(MEASURE_POPULATION, "numerator"),
                count(|line| line.on_ecls_now),
            ),
            (
                "available-now",
                standard(SANER_POPULATION, "numerator-complement"),
                count(|line| line.available_now),
            ),
            ("additional-24h", Vec::new(), count(|line| line.additional_24h)),
            ("additional-72h", Vec::new(), count(|line| line.additional_72h)),
        ];
        if self.sees_committed {
            all.push(("committed", Vec::new(), count(|line| line.committed)));
        }
        all.into_iter()
            .map(|(code, standard, count)| {
                let mut codings = vec![ours("ecls-capacity-value", code)];
                codings.extend(standard);
                let mut out = Map::new();
                out.insert("code".to_owned(), json!({ "coding": codings }));
                match count {
                    Some(count) => out.insert("count".to_owned(), json!(count)),
                    None => out.insert(
                        "_count".to_owned(),
                        json!({ "extension": [{ "url": ABSENT, "valueCode": "unknown" }] }),
                    ),
                };
                Value::Object(out)
            })
            .collect()
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
