//! The parts of a `MeasureReport` that are read; others are left alone.

use serde::{Deserialize, Deserializer};
use serde_json::Number;

/// Something that is there; FHIR knows no null.
fn there<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

#[derive(Deserialize)]
pub(super) enum Resource {
    MeasureReport,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Complete,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Summary,
}

/// The parts of the resource that are read; others are left alone.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MeasureReport {
    #[serde(rename = "resourceType")]
    _resource: Resource,
    #[serde(rename = "status")]
    _status: Status,
    #[serde(rename = "type")]
    _kind: Kind,
    #[serde(default, deserialize_with = "there")]
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) identifier: Vec<Identifier>,
    pub(super) measure: String,
    pub(super) subject: Subject,
    pub(super) period: Period,
    #[serde(default)]
    pub(super) extension: Vec<Extension>,
    pub(super) group: Vec<Group>,
}

#[derive(Deserialize)]
pub(super) struct Identifier {
    #[serde(default, deserialize_with = "there")]
    pub(super) system: Option<String>,
    #[serde(default, deserialize_with = "there")]
    pub(super) value: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Subject {
    pub(super) identifier: Identifier,
}

#[derive(Deserialize)]
pub(super) struct Period {
    pub(super) end: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extension {
    pub(super) url: String,
    #[serde(default, deserialize_with = "there")]
    pub(super) value_code: Option<String>,
    #[serde(default, deserialize_with = "there")]
    pub(super) value_boolean: Option<bool>,
    #[serde(default, deserialize_with = "there")]
    pub(super) value_date_time: Option<String>,
    #[serde(default, rename = "extension")]
    pub(super) parts: Vec<Extension>,
}

#[derive(Deserialize)]
pub(super) struct Concept {
    #[serde(default)]
    pub(super) coding: Vec<Coding>,
}

#[derive(Deserialize)]
pub(super) struct Coding {
    #[serde(default, deserialize_with = "there")]
    pub(super) system: Option<String>,
    #[serde(default, deserialize_with = "there")]
    pub(super) code: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Group {
    pub(super) code: Concept,
    #[serde(default)]
    pub(super) extension: Vec<Extension>,
    #[serde(default)]
    pub(super) population: Vec<Population>,
    #[serde(default)]
    pub(super) stratifier: Vec<Stratifier>,
}

#[derive(Deserialize)]
pub(super) struct Population {
    pub(super) code: Concept,
    #[serde(default, deserialize_with = "there")]
    pub(super) count: Option<Number>,
    #[serde(default, rename = "_count", deserialize_with = "there")]
    pub(super) absent: Option<Element>,
}

#[derive(Deserialize)]
pub(super) struct Element {
    #[serde(default)]
    pub(super) extension: Vec<Extension>,
}

#[derive(Deserialize)]
pub(super) struct Stratifier {
    #[serde(default)]
    pub(super) stratum: Vec<Stratum>,
}

#[derive(Deserialize)]
pub(super) struct Stratum {
    #[serde(default)]
    pub(super) component: Vec<Component>,
    #[serde(default)]
    pub(super) extension: Vec<Extension>,
    #[serde(default)]
    pub(super) population: Vec<Population>,
}

#[derive(Deserialize)]
pub(super) struct Component {
    pub(super) value: Concept,
}
