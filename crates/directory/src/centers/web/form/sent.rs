//! What a browser sent.

use super::super::super::words::{AgeGroup, Bridge, EcprSource, Mode, Service};
use super::{Cell, ContactSheet, Line, STAFF, Sheet, TEXTS};

impl Sheet {
    /// What was sent.
    pub(in super::super) fn sent(pairs: &[(String, String)]) -> Self {
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
        let lines = AgeGroup::ALL.iter().map(|age| Line {
            age: *age,
            cells: Mode::ALL.iter().map(|mode| cell(&get, &has, *age, *mode)).collect(),
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
                secure: of("secure"),
                verified: of("verified"),
            }
        });
        sheet.contacts =
            contacts.take_while(|it| !it.purpose.is_empty() || !it.tier.is_empty()).collect();
        sheet
    }
}

/// One pair of the grid, from the texts of its fields and the boxes that are ticked.
fn cell(
    get: &impl Fn(&str) -> String,
    has: &impl Fn(&str, &str) -> bool,
    age: AgeGroup,
    mode: Mode,
) -> Cell {
    let empty = Cell::empty(age, mode);
    let of = |what: &str| get(&format!("{what}-{}", empty.key));
    let on = |what: &str| !of(what).is_empty();
    let ticked = |what: &str, word: &str| has(&format!("{what}-{}", empty.key), word);
    Cell {
        offered: on("offer"),
        min: of("min"),
        max: of("max"),
        min_age: of("min_age").to_uppercase(),
        max_age: of("max_age").to_uppercase(),
        gestation: of("gestation"),
        sources: EcprSource::ALL.iter().map(|it| (*it, ticked("source", it.as_str()))).collect(),
        bridges: Bridge::ALL.iter().map(|it| (*it, ticked("bridge", it.as_str()))).collect(),
        pregnancy: on("pregnancy"),
        burns: on("burns"),
        dialysis: on("dialysis"),
        rooms: of("rooms"),
        notes: of("notes"),
        key: empty.key.clone(),
        ..empty
    }
}
