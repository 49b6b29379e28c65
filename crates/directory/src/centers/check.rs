//! Whether a profile can be kept: every problem at once, each at its field.

use std::collections::BTreeSet;

use base::Instant;
use jiff::civil::Date;

use super::limits;
use super::model::{Contact, Details, Identifier};
use super::place;
use super::words::Purpose;
use super::zone;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The field, as in the form and in JSON.
    pub field: String,
    /// What to do about it, in a sentence.
    pub text: String,
}

/// Collects findings.
#[derive(Debug, Default)]
pub(super) struct Findings(pub(super) Vec<Finding>);

impl Findings {
    pub(super) fn add(&mut self, field: impl Into<String>, text: impl Into<String>) {
        self.0.push(Finding { field: field.into(), text: text.into() });
    }

    pub(super) fn text(&mut self, field: &str, text: &str, most: usize) {
        if text.chars().count() > most {
            self.add(field, format!("At most {most} characters are kept."));
        }
        if text.chars().any(char::is_control) {
            self.add(field, "Control characters and line breaks are not kept.");
        }
    }

    pub(super) fn texts(&mut self, field: &str, texts: &[String], most: usize) {
        if texts.len() > 30 {
            self.add(field, "At most 30 entries are kept.");
        }
        for text in texts {
            self.text(field, text, most);
        }
    }

    fn date(&mut self, field: &str, text: &str) {
        if text.parse::<Date>().is_err() {
            self.add(field, format!("`{text}` is no date: write it as 2026-11-22."));
        }
    }
}

/// All problems of a profile.
pub fn check(details: &Details, now: Instant) -> Vec<Finding> {
    let mut out = Findings::default();
    names(details, &mut out);
    location(details, now, &mut out);
    identifiers(&details.identifiers, &mut out);
    details.capabilities.iter().for_each(|capability| limits::offered(capability, &mut out));
    repeated(details, &mut out);
    limits::reach(details, &mut out);
    details.contacts.iter().enumerate().for_each(|(at, it)| contact(at, it, &mut out));
    program(details, now, &mut out);
    staffs(details, &mut out);
    out.0
}

/// What is missing before a center can be listed.
pub fn missing_to_list(details: &Details) -> Vec<Finding> {
    let mut out = Findings::default();
    if details.country.is_empty() {
        out.add("country", "The country is missing.");
    }
    if details.city.is_empty() {
        out.add("city", "The city is missing.");
    }
    if details.position.is_none() {
        out.add("position", "The position is missing.");
    }
    if details.time_zone.is_empty() {
        out.add("time_zone", "The time zone is missing.");
    }
    if details.capabilities.is_empty() {
        out.add("capabilities", "State at least one kind of support for one age group.");
    }
    if !details.contacts.iter().any(Contact::answers_always) {
        out.add("contacts", "State at least one contact that answers day and night.");
    }
    out.0
}

fn names(details: &Details, out: &mut Findings) {
    if details.name.trim().is_empty() {
        out.add("name", "A center has a name.");
    }
    out.text("name", &details.name, 200);
    out.text("name_local", &details.name_local, 200);
    out.texts("aliases", &details.aliases, 200);
    out.text("parent", &details.parent, 200);
    out.text("program_model", &details.program_model, 200);
    out.text("referral_hours", &details.referral_hours, 100);
    out.texts("equipment", &details.equipment, 80);
}

fn location(details: &Details, now: Instant, out: &mut Findings) {
    for (field, text) in [
        ("subdivision", &details.subdivision),
        ("city", &details.city),
        ("address", &details.address),
    ] {
        out.text(field, text, 120);
    }
    out.text("postcode", &details.postcode, 16);
    if !details.country.is_empty() && !place::is_country(&details.country) {
        out.add("country", "This is no country code of ISO 3166-1, such as DE.");
    }
    if let Some(text) =
        details.position.as_ref().and_then(|it| place::problem(&details.country, it))
    {
        out.add("position", text);
    }
    if details.position.is_some() && details.country.is_empty() {
        out.add("country", "A position needs its country.");
    }
    if !details.time_zone.is_empty()
        && let Some(text) = zone::problem(&details.time_zone, details.position.as_ref(), now)
    {
        out.add("time_zone", text);
    }
}

fn identifiers(all: &[Identifier], out: &mut Findings) {
    let mut systems = BTreeSet::new();
    for Identifier { system, value } in all {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if system.is_empty() || system.len() > 40 || !system.chars().all(plain) {
            let text =
                "A system is named by small letters, digits, '-', '_' or '.', such as `elso`.";
            out.add("identifiers", text);
        }
        if value.is_empty() {
            out.add("identifiers", "A number is missing.");
        }
        out.text("identifiers", value, 60);
        if !systems.insert(system) {
            out.add("identifiers", format!("System `{system}` stands there twice."));
        }
    }
}

fn repeated(details: &Details, out: &mut Findings) {
    let mut pairs = BTreeSet::new();
    if details.capabilities.iter().any(|it| !pairs.insert((it.age, it.mode))) {
        out.add("capabilities", "An age group and mode stand there twice.");
    }
    let mut ages = BTreeSet::new();
    if details.volume.iter().any(|it| !ages.insert(it.age)) {
        out.add("volume", "An age group stands there twice.");
    }
}

fn contact(at: usize, contact: &Contact, out: &mut Findings) {
    let field = format!("contact-{at}");
    if contact.phone.is_empty() && contact.email.is_empty() {
        out.add(&field, "A contact has a telephone number or a mail address.");
    }
    let digits = contact.phone.strip_prefix('+').unwrap_or_default();
    let is_number =
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !contact.phone.is_empty() && !is_number {
        out.add(&field, "Write the number with country code and digits only, such as +4930123456.");
    }
    let parts = contact.email.split_once('@');
    let is_mail = parts.is_some_and(|(user, host)| {
        !user.is_empty()
            && host.contains('.')
            && !host.contains('@')
            && !contact.email.contains(' ')
    });
    if !contact.email.is_empty() && !is_mail {
        out.add(&field, "This is no mail address.");
    }
    if contact.personal && contact.tier == super::words::Tier::Public {
        out.add(&field, "A person's own number or address is never shown to everybody.");
    }
    if contact.purpose == Purpose::ReferralHours && contact.hours.is_empty() {
        out.add(&field, "State the hours.");
    }
    out.text(&field, &contact.label, 80);
    out.text(&field, &contact.email, 120);
    out.text(&field, &contact.hours, 80);
    out.text(&field, &contact.secure_messaging, 120);
    if !contact.verified_at.is_empty() {
        out.date(&field, &contact.verified_at);
    }
}

fn program(details: &Details, now: Instant, out: &mut Findings) {
    // bypass surgery brought the first long support of a patient in the early 1970s
    let years = 1970..=now.date().year();
    if details.first_ecls_year.is_some_and(|year| !years.contains(&year)) {
        let (first, last) = (years.start(), years.end());
        out.add("first_ecls_year", format!("The year is from {first} to {last}."));
    }
    for (field, year) in [
        ("first_registry_year", details.first_registry_year),
        ("last_registry_year", details.last_registry_year),
    ] {
        if year.is_some_and(|year| !(1989..=now.date().year()).contains(&year)) {
            out.add(field, "The registry began in 1989.");
        }
    }
    if let (Some(first), Some(last)) = (details.first_registry_year, details.last_registry_year)
        && first > last
    {
        out.add("last_registry_year", "The last year comes before the first.");
    }
    for (field, address) in std::iter::once(("website", &details.website))
        .chain(details.links.iter().map(|link| ("links", link)))
    {
        if !address.is_empty() && !address.starts_with("https://") {
            out.add(field, "An address begins with https://.");
        }
        out.text(field, address, 200);
    }
    out.texts("links", &details.links, 200);
    let code = &details.nearest_airport;
    let four =
        code.len() == 4 && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if !code.is_empty() && !four {
        out.add(
            "nearest_airport",
            "The ICAO code of an airport has four characters, such as EDDB.",
        );
    }
}

fn staffs(details: &Details, out: &mut Findings) {
    for recognition in &details.recognitions {
        out.text("recognitions", &recognition.name, 80);
        out.date("recognitions", &recognition.from);
        if !recognition.to.is_empty() {
            out.date("recognitions", &recognition.to);
        }
    }
    for relation in &details.predecessors {
        out.date("predecessors", &relation.on);
    }
    for relation in &details.successors {
        out.date("successors", &relation.on);
    }
}
