//! The form of a profile: texts as they are typed, and back.

use std::collections::HashMap;

use super::super::check::Finding;
use super::super::model::{
    Capability, Contact, Details, Identifier, Position, Recognition, Relation, Retrieval, Volume,
};
use super::super::words::{
    AgeGroup, Band, Mode, PositionQuality, Purpose, RecognitionKind, ReferralPolicy, Service,
    Succession, Tier,
};

/// Contacts that can be added at once.
const EMPTY_CONTACTS: usize = 2;

/// One pair of the grid of what is offered.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Cell {
    pub(super) key: String,
    pub(super) mode: &'static str,
    pub(super) offered: bool,
    pub(super) min: String,
    pub(super) max: String,
    pub(super) notes: String,
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
        let texts =
            |cell: &Cell| [&cell.min, &cell.max, &cell.notes].iter().any(|it| !it.is_empty());
        self.cells.iter().any(texts)
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
const TEXTS: [&str; 25] = [
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
    "volume_consent",
    "first_ecls_year",
    "chapter_by_board",
];
/// Lines with bars, set by staff.
const STAFF: [&str; 3] = ["recognitions", "predecessors", "successors"];

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
        set("range_km", details.retrieval.range_km.map(|km| km.to_string()).unwrap_or_default());
        set(
            "first_ecls_year",
            details.first_ecls_year.map(|year| year.to_string()).unwrap_or_default(),
        );
        let flag = |on: bool| if on { "1" } else { "" }.to_owned();
        set("training_site", flag(details.training_site));
        set("volume_consent", flag(details.volume_consent));
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
        sheet.lines = AgeGroup::ALL.iter().map(|age| line(details, *age)).collect();
        let offered = &details.retrieval.services;
        sheet.services = Service::ALL.iter().map(|it| (*it, offered.contains(it))).collect();
        sheet.contacts = details.contacts.iter().map(contact_sheet).collect();
        sheet.contacts.extend((0..EMPTY_CONTACTS).map(|_| ContactSheet::default()));
        sheet
    }

    /// What was sent.
    pub(super) fn sent(pairs: &[(String, String)]) -> Self {
        let get = |key: &str| {
            let found = pairs.iter().find(|(name, _)| name == key);
            found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let has =
            |key: &str, value: &str| pairs.iter().any(|(name, text)| name == key && text == value);
        let mut sheet = Self { number: get("number"), ..Self::default() };
        for field in TEXTS.into_iter().chain(STAFF) {
            sheet.texts.insert(field, get(field).replace("\r\n", "\n"));
        }
        let cell = |age: AgeGroup, mode: Mode| {
            let key = format!("{age}-{mode}");
            Cell {
                mode: mode.label(),
                offered: !get(&format!("offer-{key}")).is_empty(),
                min: get(&format!("min-{key}")),
                max: get(&format!("max-{key}")),
                notes: get(&format!("notes-{key}")),
                key,
            }
        };
        let lines = AgeGroup::ALL.iter().map(|age| Line {
            age: *age,
            cells: Mode::ALL.iter().map(|mode| cell(*age, *mode)).collect(),
            volume: get(&format!("volume-{age}")),
            retrieved: has("retrieval_age", age.as_str()),
        });
        sheet.lines = lines.collect();
        sheet.services = Service::ALL.iter().map(|it| (*it, has("service", it.as_str()))).collect();
        let contacts = (0..40).map(|at| {
            let of = |field: &str| get(&format!("contact-{at}-{field}"));
            ContactSheet {
                purpose: of("purpose"),
                label: of("label"),
                phone: of("phone").replace([' ', '(', ')', '-', '/'], ""),
                email: of("email"),
                hours: of("hours"),
                tier: of("tier"),
                personal: !of("personal").is_empty(),
            }
        });
        sheet.contacts =
            contacts.take_while(|it| !it.purpose.is_empty() || !it.tier.is_empty()).collect();
        sheet
    }

    /// As a profile, with what could not be read. What the form does not hold stays as in `base`; what only staff
    /// sets is read when `staff` is so.
    pub(super) fn details(&self, base: &Details, staff: bool) -> (Details, Vec<Finding>) {
        let mut findings = Vec::new();
        let mut wrong = |field: &str, text: String| {
            findings.push(Finding { field: field.to_owned(), text });
        };
        let text = |field: &str| self.text(field).to_owned();
        let lines = |field: &str| split(self.text(field), '\n');
        let details = Details {
            name: text("name"),
            name_local: text("name_local"),
            aliases: lines("aliases"),
            parent: text("parent"),
            country: text("country"),
            subdivision: text("subdivision"),
            city: text("city"),
            address: text("address"),
            postcode: text("postcode"),
            position: self.position(&mut wrong),
            time_zone: text("time_zone"),
            identifiers: identifiers(&lines("identifiers"), &mut wrong),
            capabilities: self.capabilities(&mut wrong),
            retrieval: Retrieval {
                services: self.services.iter().filter(|it| it.1).map(|it| it.0).collect(),
                ages: self.lines.iter().filter(|it| it.retrieved).map(|it| it.age).collect(),
                range_km: number(self.text("range_km"), "range_km", &mut wrong),
            },
            referral_policy: ReferralPolicy::from_word(self.text("referral_policy")),
            referral_hours: text("referral_hours"),
            contacts: self.contacts.iter().filter_map(ContactSheet::contact).collect(),
            languages: split(self.text("languages"), ','),
            equipment: lines("equipment"),
            program_model: text("program_model"),
            training_site: !self.text("training_site").is_empty(),
            website: text("website"),
            volume: self
                .lines
                .iter()
                .filter_map(|it| Some(Volume { age: it.age, band: Band::from_word(&it.volume)? }))
                .collect(),
            volume_consent: !self.text("volume_consent").is_empty(),
            first_ecls_year: number(self.text("first_ecls_year"), "first_ecls_year", &mut wrong),
            recognitions: base.recognitions.clone(),
            predecessors: base.predecessors.clone(),
            successors: base.successors.clone(),
            chapter_by_board: base.chapter_by_board.clone(),
        };
        let details = if staff { self.with_staffs(details, &mut wrong) } else { details };
        (details, findings)
    }

    fn with_staffs(&self, details: Details, wrong: &mut impl FnMut(&str, String)) -> Details {
        let chapter = self.text("chapter_by_board");
        Details {
            chapter_by_board: (!chapter.is_empty()).then(|| chapter.to_owned()),
            recognitions: barred(self.text("recognitions"), "recognitions", wrong, |cells| {
                let [kind, name, from, to] = cells else { return None };
                let kind = RecognitionKind::from_word(kind)?;
                Some(Recognition { kind, name: name.clone(), from: from.clone(), to: to.clone() })
            }),
            predecessors: barred(self.text("predecessors"), "predecessors", wrong, relation),
            successors: barred(self.text("successors"), "successors", wrong, relation),
            ..details
        }
    }

    fn position(&self, wrong: &mut impl FnMut(&str, String)) -> Option<Position> {
        let (lat, lon) = (self.text("lat"), self.text("lon"));
        if lat.is_empty() && lon.is_empty() {
            return None;
        }
        let degrees = |text: &str| text.parse::<f64>().ok().filter(|degrees| degrees.is_finite());
        let (Some(lat), Some(lon)) = (degrees(lat), degrees(lon)) else {
            let text = "Write both in degrees with decimals, such as 52.5251 and 13.3769.";
            wrong("position", text.to_owned());
            return None;
        };
        let quality =
            PositionQuality::from_word(self.text("quality")).unwrap_or(PositionQuality::City);
        Some(Position { lat, lon, quality })
    }

    fn capabilities(&self, wrong: &mut impl FnMut(&str, String)) -> Vec<Capability> {
        let mut all = Vec::new();
        for line in &self.lines {
            for (cell, mode) in line.cells.iter().zip(Mode::ALL) {
                if !cell.offered {
                    continue;
                }
                let field = format!("capability-{}", cell.key);
                all.push(Capability {
                    age: line.age,
                    mode: *mode,
                    min_weight_kg: number(&cell.min, &field, wrong),
                    max_weight_kg: number(&cell.max, &field, wrong),
                    notes: cell.notes.clone(),
                });
            }
        }
        all
    }
}

impl ContactSheet {
    /// The contact; none when nothing but the choices was filled in.
    fn contact(&self) -> Option<Contact> {
        if [&self.label, &self.phone, &self.email, &self.hours].iter().all(|text| text.is_empty()) {
            return None;
        }
        let purpose = Purpose::from_word(&self.purpose).unwrap_or(Purpose::Administration);
        Some(Contact {
            purpose,
            label: self.label.clone(),
            phone: self.phone.clone(),
            email: self.email.clone(),
            hours: self.hours.clone(),
            tier: Tier::from_word(&self.tier).unwrap_or(purpose.usual_tier()),
            personal: self.personal,
        })
    }
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
    }
}

fn line(details: &Details, age: AgeGroup) -> Line {
    let weight = |kg: Option<f64>| kg.map(|kg| kg.to_string()).unwrap_or_default();
    let cell = |mode: &Mode| {
        let found = details.capabilities.iter().find(|it| it.age == age && it.mode == *mode);
        Cell {
            key: format!("{age}-{mode}"),
            mode: mode.label(),
            offered: found.is_some(),
            min: weight(found.and_then(|it| it.min_weight_kg)),
            max: weight(found.and_then(|it| it.max_weight_kg)),
            notes: found.map(|it| it.notes.clone()).unwrap_or_default(),
        }
    };
    let band = details.volume.iter().find(|it| it.age == age).map(|it| it.band.as_str());
    Line {
        age,
        cells: Mode::ALL.iter().map(cell).collect(),
        volume: band.unwrap_or_default().to_owned(),
        retrieved: details.retrieval.ages.contains(&age),
    }
}

fn split(text: &str, at: char) -> Vec<String> {
    text.split(at).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn number<T: std::str::FromStr>(
    text: &str,
    field: &str,
    wrong: &mut impl FnMut(&str, String),
) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    let number = text.parse().ok();
    if number.is_none() {
        wrong(field, format!("`{text}` is no number that fits here."));
    }
    number
}

fn identifiers(lines: &[String], wrong: &mut impl FnMut(&str, String)) -> Vec<Identifier> {
    let mut all = Vec::new();
    for line in lines {
        match line.split_once(':') {
            Some((system, value)) => all.push(Identifier {
                system: system.trim().to_ascii_lowercase(),
                value: value.trim().to_owned(),
            }),
            None => wrong(
                "identifiers",
                format!("Write `{line}` as system: number, such as elso: 123."),
            ),
        }
    }
    all
}

fn barred<T>(
    text: &str,
    field: &str,
    wrong: &mut impl FnMut(&str, String),
    read: impl Fn(&[String]) -> Option<T>,
) -> Vec<T> {
    let mut all = Vec::new();
    for line in split(text, '\n') {
        let cells: Vec<String> = line.split('|').map(|cell| cell.trim().to_owned()).collect();
        match read(&cells) {
            Some(value) => all.push(value),
            None => wrong(field, format!("`{line}` is not written as the hint says.")),
        }
    }
    all
}

fn relation(cells: &[String]) -> Option<Relation> {
    let [number, kind, on] = cells else { return None };
    let kind = Succession::from_word(kind)?;
    Some(Relation { number: number.clone(), kind, on: on.clone() })
}
