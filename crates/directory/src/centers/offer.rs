//! What a center offers: support inside, and its team outside.

use serde::{Deserialize, Serialize};

use super::words::{AgeGroup, Bridge, EcprSource, Mode, Service, VehicleKind};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_no(flag: &bool) -> bool {
    !*flag
}

/// One kind of support for one age group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capability {
    /// For whom.
    pub age: AgeGroup,
    /// What.
    pub mode: Mode,
    /// Smallest weight in kilograms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_weight_kg: Option<f64>,
    /// Largest weight in kilograms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_weight_kg: Option<f64>,
    /// Youngest age, an ISO 8601 duration such as `P5D`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub min_age: String,
    /// Oldest age, an ISO 8601 duration such as `P70Y`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub max_age: String,
    /// Fewest completed weeks of gestation, for neonates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_gestation_weeks: Option<u8>,
    /// From where patients in cardiac arrest are taken, for ECPR.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ecpr_sources: Vec<EcprSource>,
    /// What the center can lead to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bridge_to: Vec<Bridge>,
    /// In pregnancy, too.
    #[serde(default, skip_serializing_if = "is_no")]
    pub pregnancy: bool,
    /// With burns, too.
    #[serde(default, skip_serializing_if = "is_no")]
    pub burns: bool,
    /// Rooms for isolation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation_rooms: Option<u16>,
    /// Renal replacement within the circuit.
    #[serde(default, skip_serializing_if = "is_no")]
    pub dialysis_on_circuit: bool,
    /// Anything else, up to 280 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

impl Capability {
    /// Without limits.
    pub const fn new(age: AgeGroup, mode: Mode) -> Self {
        Self {
            age,
            mode,
            min_weight_kg: None,
            max_weight_kg: None,
            min_age: String::new(),
            max_age: String::new(),
            min_gestation_weeks: None,
            ecpr_sources: Vec::new(),
            bridge_to: Vec::new(),
            pregnancy: false,
            burns: false,
            isolation_rooms: None,
            dialysis_on_circuit: false,
            notes: String::new(),
        }
    }

    /// Its limits in words; empty for none.
    pub fn words(&self) -> String {
        let span = |from: Option<String>, to: Option<String>| match (from, to) {
            (Some(from), Some(to)) => Some(format!("{from} to {to}")),
            (Some(from), None) => Some(format!("from {from}")),
            (None, Some(to)) => Some(format!("up to {to}")),
            (None, None) => None,
        };
        let kg = |weight: Option<f64>| weight.map(|kg| format!("{kg} kg"));
        let aged = |text: &str| (!text.is_empty()).then(|| age_words(text));
        let mut all: Vec<String> = Vec::new();
        all.extend(span(kg(self.min_weight_kg), kg(self.max_weight_kg)));
        all.extend(span(aged(&self.min_age), aged(&self.max_age)));
        all.extend(
            self.min_gestation_weeks.map(|weeks| format!("from {weeks} weeks of gestation")),
        );
        all.extend(self.ecpr_sources.iter().map(|it| it.label().to_owned()));
        let bridges: Vec<&str> = self.bridge_to.iter().map(|it| it.label()).collect();
        if !bridges.is_empty() {
            all.push(format!("bridge to {}", bridges.join(", ").to_lowercase()));
        }
        let flags = [
            (self.pregnancy, "in pregnancy"),
            (self.burns, "with burns"),
            (self.dialysis_on_circuit, "dialysis within the circuit"),
        ];
        all.extend(flags.iter().filter(|it| it.0).map(|it| it.1.to_owned()));
        all.extend(self.isolation_rooms.map(|rooms| format!("{rooms} isolation rooms")));
        if !self.notes.is_empty() {
            all.push(self.notes.clone());
        }
        all.join("; ")
    }
}

/// An ISO 8601 duration as people read it: `P5D` is 5 days.
fn age_words(text: &str) -> String {
    let rest = text.strip_prefix('P').unwrap_or(text);
    let units = [('D', "days"), ('W', "weeks"), ('M', "months"), ('Y', "years")];
    let found = units.iter().find_map(|(letter, unit)| {
        let number = rest.strip_suffix(*letter)?.parse::<u16>().ok()?;
        Some(format!("{number} {unit}"))
    });
    found.unwrap_or_else(|| text.to_owned())
}

/// A vehicle of the team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vehicle {
    /// Its kind.
    pub kind: VehicleKind,
    /// How far it goes, in kilometers.
    pub max_range_km: Option<u32>,
    /// Who runs it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operator: String,
    /// When; empty for day and night.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hours: String,
}

/// What the team does outside.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retrieval {
    /// What it offers; empty for none.
    pub services: Vec<Service>,
    /// For whom.
    pub ages: Vec<AgeGroup>,
    /// How far it goes, in kilometers.
    pub range_km: Option<u32>,
    /// With what.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vehicles: Vec<Vehicle>,
    /// Minutes from the call until the team leaves, as a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobilization_min: Option<u16>,
    /// The heaviest patient in kilograms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_patient_weight_kg: Option<f64>,
    /// How many teams there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teams: Option<u8>,
    /// Other countries that the team goes to, ISO 3166-1 alpha-2. Empty: it crosses no border.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<String>,
    /// What the team brings.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub equipment: String,
}

impl Retrieval {
    /// The greatest distance of the team or one of its vehicles, in kilometers; none when nothing is stated.
    pub fn reach_km(&self) -> Option<u32> {
        self.vehicles.iter().filter_map(|vehicle| vehicle.max_range_km).chain(self.range_km).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_read_as_sentences_and_a_profile_of_an_earlier_version_is_still_read() {
        let old = r#"{"age":"neonate","mode":"ECPR","min_weight_kg":2.1}"#;
        let mut it: Capability = serde_json::from_str(old).unwrap();
        assert_eq!(serde_json::to_string(&it).unwrap(), old);
        it.max_age = "P28D".to_owned();
        it.min_gestation_weeks = Some(34);
        it.ecpr_sources = vec![EcprSource::InHouse];
        it.bridge_to = vec![Bridge::Recovery, Bridge::Lvad];
        it.isolation_rooms = Some(0);

        assert_eq!(
            it.words(),
            "from 2.1 kg; up to 28 days; from 34 weeks of gestation; Own hospital; bridge to recovery, lvad; 0 isolation rooms"
        );
        let none: Retrieval =
            serde_json::from_str(r#"{"services":[],"ages":[],"range_km":80}"#).unwrap();
        assert_eq!(none.reach_km(), Some(80));
    }
}
