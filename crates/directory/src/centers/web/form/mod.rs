//! The form of a profile: texts as they are typed, and back.

mod read;
mod sent;

use std::collections::HashMap;

use super::super::model::{Capability, Contact, Details, Relation};
use super::super::words::{AgeGroup, Bridge, EcprSource, Mode, Service};

/// Contacts that can be added at once.
const EMPTY_CONTACTS: usize = 2;

/// One pair of the grid of what is offered.
#[expect(clippy::struct_excessive_bools, reason = "boxes to tick")]
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Cell {
    pub(super) key: String,
    pub(super) mode: &'static str,
    pub(super) neonate: bool,
    pub(super) ecpr: bool,
    pub(super) offered: bool,
    pub(super) min: String,
    pub(super) max: String,
    pub(super) min_age: String,
    pub(super) max_age: String,
    pub(super) gestation: String,
    pub(super) sources: Vec<(EcprSource, bool)>,
    pub(super) bridges: Vec<(Bridge, bool)>,
    pub(super) pregnancy: bool,
    pub(super) burns: bool,
    pub(super) dialysis: bool,
    pub(super) rooms: String,
    pub(super) notes: String,
}

impl Cell {
    /// Without anything said.
    fn empty(age: AgeGroup, mode: Mode) -> Self {
        Self {
            key: format!("{age}-{mode}"),
            mode: mode.label(),
            neonate: age == AgeGroup::Neonate,
            ecpr: mode == Mode::Ecpr,
            ..Self::default()
        }
    }
}

/// One age group of the grid.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) age: AgeGroup,
    pub(super) cells: Vec<Cell>,
    pub(super) volume: String,
    pub(super) retrieved: bool,
}

impl Line {
    /// Whether anything is said of a pair besides that it is offered.
    pub(super) fn is_limited(&self) -> bool {
        self.cells.iter().any(|cell| {
            [
                &cell.min,
                &cell.max,
                &cell.min_age,
                &cell.max_age,
                &cell.gestation,
                &cell.rooms,
                &cell.notes,
            ]
            .iter()
            .any(|it| !it.is_empty())
                || cell.pregnancy
                || cell.burns
                || cell.dialysis
                || cell.sources.iter().any(|it| it.1)
                || cell.bridges.iter().any(|it| it.1)
        })
    }
}

/// One contact.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ContactSheet {
    pub(super) purpose: String,
    pub(super) label: String,
    pub(super) phone: String,
    pub(super) email: String,
    pub(super) hours: String,
    pub(super) tier: String,
    pub(super) personal: bool,
    pub(super) secure: String,
    pub(super) verified: String,
}

/// A profile as texts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sheet {
    pub(super) number: String,
    texts: HashMap<&'static str, String>,
    pub(super) lines: Vec<Line>,
    pub(super) services: Vec<(Service, bool)>,
    pub(super) contacts: Vec<ContactSheet>,
}

/// Fields of a single text.
const TEXTS: [&str; 36] = [
    "name",
    "name_local",
    "aliases",
    "parent",
    "country",
    "subdivision",
    "city",
    "address",
    "postcode",
    "lat",
    "lon",
    "quality",
    "time_zone",
    "identifiers",
    "referral_policy",
    "referral_hours",
    "range_km",
    "languages",
    "equipment",
    "program_model",
    "training_site",
    "website",
    "links",
    "helipad",
    "nearest_airport",
    "airport_transfer_min",
    "public_counts",
    "vehicles",
    "mobilization_min",
    "max_patient_weight_kg",
    "teams",
    "retrieval_countries",
    "retrieval_equipment",
    "volume_consent",
    "first_ecls_year",
    "chapter_by_board",
];
/// Set by staff.
const STAFF: [&str; 5] =
    ["recognitions", "predecessors", "successors", "first_registry_year", "last_registry_year"];

impl Sheet {
    /// The text of a field; empty when there is none.
    pub(super) fn text(&self, field: &str) -> &str {
        self.texts.get(field).map_or("", String::as_str)
    }

    /// A stored profile.
    pub(super) fn of(details: &Details) -> Self {
        let mut sheet = Self::default();
        let fields = details.fields();
        for field in TEXTS {
            let text = fields.get(field).and_then(|value| value.as_str()).unwrap_or_default();
            sheet.texts.insert(field, text.to_owned());
        }
        let mut set = |field, text: String| drop(sheet.texts.insert(field, text));
        set("aliases", details.aliases.join("\n"));
        set("equipment", details.equipment.join("\n"));
        set("languages", details.languages.join(", "));
        let numbers = details.identifiers.iter().map(|it| format!("{}: {}", it.system, it.value));
        set("identifiers", numbers.collect::<Vec<_>>().join("\n"));
        if let Some(at) = details.position {
            set("lat", at.lat.to_string());
            set("lon", at.lon.to_string());
            set("quality", at.quality.as_str().to_owned());
        }
        let year = |year: Option<i16>| year.map(|it| it.to_string()).unwrap_or_default();
        set("first_ecls_year", year(details.first_ecls_year));
        set("first_registry_year", year(details.first_registry_year));
        set("last_registry_year", year(details.last_registry_year));
        set("links", details.links.join("\n"));
        set(
            "helipad",
            details.helipad.map(|it| if it { "yes" } else { "no" }.to_owned()).unwrap_or_default(),
        );
        set("airport_transfer_min", text(details.airport_transfer_min));
        let flag = |on: bool| if on { "1" } else { "" }.to_owned();
        set("training_site", flag(details.training_site));
        set("volume_consent", flag(details.volume_consent));
        set("public_counts", flag(details.public_counts));
        let honors = details.recognitions.iter();
        let honors =
            honors.map(|it| format!("{} | {} | {} | {}", it.kind, it.name, it.from, it.to));
        set("recognitions", honors.collect::<Vec<_>>().join("\n"));
        let related = |all: &[Relation]| {
            let lines = all.iter().map(|it| format!("{} | {} | {}", it.number, it.kind, it.on));
            lines.collect::<Vec<_>>().join("\n")
        };
        set("predecessors", related(&details.predecessors));
        set("successors", related(&details.successors));
        sheet.retrieval(details);
        sheet.lines = AgeGroup::ALL.iter().map(|age| line(details, *age)).collect();
        let offered = &details.retrieval.services;
        sheet.services = Service::ALL.iter().map(|it| (*it, offered.contains(it))).collect();
        sheet.contacts = details.contacts.iter().map(contact_sheet).collect();
        sheet.contacts.extend((0..EMPTY_CONTACTS).map(|_| ContactSheet::default()));
        sheet
    }

    fn retrieval(&mut self, details: &Details) {
        let it = &details.retrieval;
        let mut set = |field, text: String| drop(self.texts.insert(field, text));
        set("range_km", text(it.range_km));
        set("mobilization_min", text(it.mobilization_min));
        set("max_patient_weight_kg", text(it.max_patient_weight_kg));
        set("teams", text(it.teams));
        set("retrieval_countries", it.countries.join(", "));
        set("retrieval_equipment", it.equipment.clone());
        let vehicles = it.vehicles.iter().map(|it| {
            format!("{} | {} | {} | {}", it.kind, text(it.max_range_km), it.operator, it.hours)
        });
        set("vehicles", vehicles.collect::<Vec<_>>().join("\n"));
    }
}

/// A value as text; empty when there is none.
fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn contact_sheet(contact: &Contact) -> ContactSheet {
    ContactSheet {
        purpose: contact.purpose.as_str().to_owned(),
        label: contact.label.clone(),
        phone: contact.phone.clone(),
        email: contact.email.clone(),
        hours: contact.hours.clone(),
        tier: contact.tier.as_str().to_owned(),
        personal: contact.personal,
        secure: contact.secure_messaging.clone(),
        verified: contact.verified_at.clone(),
    }
}

fn cell(found: Option<&Capability>, age: AgeGroup, mode: Mode) -> Cell {
    let empty = Cell::empty(age, mode);
    let sources =
        |all: &[EcprSource]| EcprSource::ALL.iter().map(|it| (*it, all.contains(it))).collect();
    let bridges = |all: &[Bridge]| Bridge::ALL.iter().map(|it| (*it, all.contains(it))).collect();
    let Some(it) = found else {
        return Cell { sources: sources(&[]), bridges: bridges(&[]), ..empty };
    };
    Cell {
        offered: true,
        min: text(it.min_weight_kg),
        max: text(it.max_weight_kg),
        min_age: it.min_age.clone(),
        max_age: it.max_age.clone(),
        gestation: text(it.min_gestation_weeks),
        sources: sources(&it.ecpr_sources),
        bridges: bridges(&it.bridge_to),
        pregnancy: it.pregnancy,
        burns: it.burns,
        dialysis: it.dialysis_on_circuit,
        rooms: text(it.isolation_rooms),
        notes: it.notes.clone(),
        ..empty
    }
}

fn line(details: &Details, age: AgeGroup) -> Line {
    let cell = |mode: &Mode| {
        let found = details.capabilities.iter().find(|it| it.age == age && it.mode == *mode);
        cell(found, age, *mode)
    };
    let band = details.volume.iter().find(|it| it.age == age).map(|it| it.band.as_str());
    Line {
        age,
        cells: Mode::ALL.iter().map(cell).collect(),
        volume: band.unwrap_or_default().to_owned(),
        retrieved: details.retrieval.ages.contains(&age),
    }
}
