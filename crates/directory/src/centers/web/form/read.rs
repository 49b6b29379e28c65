//! Texts of the form as a profile.

use super::super::super::check::Finding;
use super::super::super::model::{
    Capability, Contact, Details, Identifier, Position, Recognition, Relation, Retrieval, Vehicle,
    Volume,
};
use super::super::super::words::{
    Band, Mode, PositionQuality, Purpose, RecognitionKind, ReferralPolicy, Succession, Tier,
    VehicleKind,
};
use super::{ContactSheet, Sheet};

impl Sheet {
    /// As a profile, with what could not be read. What the form does not hold stays as in `base`; what only staff
    /// sets is read when `staff` is so.
    pub(in super::super) fn details(&self, base: &Details, staff: bool) -> (Details, Vec<Finding>) {
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
            retrieval: self.team(&mut wrong),
            referral_policy: ReferralPolicy::from_word(self.text("referral_policy")),
            referral_hours: text("referral_hours"),
            contacts: self.contacts.iter().filter_map(ContactSheet::contact).collect(),
            languages: split(self.text("languages"), ','),
            equipment: lines("equipment"),
            program_model: text("program_model"),
            training_site: !self.text("training_site").is_empty(),
            website: text("website"),
            links: lines("links"),
            helipad: match self.text("helipad") {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            nearest_airport: text("nearest_airport").to_uppercase(),
            airport_transfer_min: self.number("airport_transfer_min", &mut wrong),
            public_counts: !self.text("public_counts").is_empty(),
            volume: self
                .lines
                .iter()
                .filter_map(|it| Some(Volume { age: it.age, band: Band::from_word(&it.volume)? }))
                .collect(),
            volume_consent: !self.text("volume_consent").is_empty(),
            first_ecls_year: self.number("first_ecls_year", &mut wrong),
            first_registry_year: base.first_registry_year,
            last_registry_year: base.last_registry_year,
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
            first_registry_year: self.number("first_registry_year", wrong),
            last_registry_year: self.number("last_registry_year", wrong),
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

    fn number<T: std::str::FromStr>(
        &self,
        field: &str,
        wrong: &mut impl FnMut(&str, String),
    ) -> Option<T> {
        number(self.text(field), field, wrong)
    }

    fn team(&self, wrong: &mut impl FnMut(&str, String)) -> Retrieval {
        let vehicles = barred(self.text("vehicles"), "vehicles", wrong, |cells| {
            let cell = |at: usize| cells.get(at).cloned().unwrap_or_default();
            let range = cell(1);
            let km = range.trim_end_matches("km").trim();
            Some(Vehicle {
                kind: VehicleKind::from_word(&cell(0))?,
                max_range_km: if km.is_empty() { None } else { Some(km.parse().ok()?) },
                operator: cell(2),
                hours: cell(3),
            })
        });
        Retrieval {
            services: self.services.iter().filter(|it| it.1).map(|it| it.0).collect(),
            ages: self.lines.iter().filter(|it| it.retrieved).map(|it| it.age).collect(),
            range_km: self.number("range_km", wrong),
            vehicles,
            mobilization_min: self.number("mobilization_min", wrong),
            max_patient_weight_kg: self.number("max_patient_weight_kg", wrong),
            teams: self.number("teams", wrong),
            countries: split(&self.text("retrieval_countries").to_uppercase(), ','),
            equipment: self.text("retrieval_equipment").to_owned(),
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
                    min_age: cell.min_age.clone(),
                    max_age: cell.max_age.clone(),
                    min_gestation_weeks: number(&cell.gestation, &field, wrong),
                    ecpr_sources: cell.sources.iter().filter(|it| it.1).map(|it| it.0).collect(),
                    bridge_to: cell.bridges.iter().filter(|it| it.1).map(|it| it.0).collect(),
                    pregnancy: cell.pregnancy,
                    burns: cell.burns,
                    isolation_rooms: number(&cell.rooms, &field, wrong),
                    dialysis_on_circuit: cell.dialysis,
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
        let texts = [&self.label, &self.phone, &self.email, &self.hours, &self.secure];
        if texts.iter().all(|text| text.is_empty()) {
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
            secure_messaging: self.secure.clone(),
            verified_at: self.verified.clone(),
        })
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
