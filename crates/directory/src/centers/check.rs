//! Whether a profile can be kept: every problem at once, each at its field.

use std::collections::BTreeSet;

use base::Instant;
use jiff::civil::Date;

use super::model::{Capability, Contact, Details, Identifier};
use super::place;
use super::words::{AgeGroup, Purpose, ReferralPolicy};
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

    fn text(&mut self, field: &str, text: &str, most: usize) {
        if text.chars().count() > most {
            self.add(field, format!("At most {most} characters are kept."));
        }
        if text.chars().any(char::is_control) {
            self.add(field, "Control characters and line breaks are not kept.");
        }
    }

    fn texts(&mut self, field: &str, texts: &[String], most: usize) {
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
    details.capabilities.iter().for_each(|capability| offered(capability, &mut out));
    repeated(details, &mut out);
    reach(details, &mut out);
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
    if details.contacts.is_empty() {
        out.add("contacts", "State at least one contact.");
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

fn offered(capability: &Capability, out: &mut Findings) {
    let Capability { age, mode, min_weight_kg, max_weight_kg, notes } = capability;
    let field = format!("capability-{age}-{mode}");
    // far beyond what is treated: a slip of the decimal point
    let most = if *age == AgeGroup::Neonate { 10.0 } else { 400.0 };
    for weight in [min_weight_kg, max_weight_kg].into_iter().flatten() {
        if !(0.3..=most).contains(weight) {
            let label = age.label();
            out.add(&field, format!("{label}: a weight is from 0.3 to {most:.0} kg."));
        }
    }
    if let (Some(min), Some(max)) = (min_weight_kg, max_weight_kg)
        && min > max
    {
        out.add(&field, "The smallest weight is above the largest.");
    }
    out.text(&field, notes, 280);
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

fn reach(details: &Details, out: &mut Findings) {
    if details.referral_policy == Some(ReferralPolicy::OpenHours)
        && details.referral_hours.is_empty()
    {
        out.add("referral_hours", "State the hours.");
    }
    if details.retrieval.range_km.is_some_and(|range| range == 0 || range > 20_000) {
        out.add("range_km", "A range is from 1 to 20000 km.");
    }
    if !details.retrieval.services.is_empty() && details.retrieval.ages.is_empty() {
        out.add("retrieval", "State for which age groups the team goes out.");
    }
    for language in &details.languages {
        let plain = |part: &str| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let first = language.split('-').next().unwrap_or_default();
        if !language.split('-').all(plain) || !(2..=3).contains(&first.len()) {
            out.add("languages", format!("`{language}` is no language tag, such as en or pt-BR."));
        }
    }
    out.texts("languages", &details.languages, 35);
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
}

fn program(details: &Details, now: Instant, out: &mut Findings) {
    // bypass surgery brought the first long support of a patient in the early 1970s
    let years = 1970..=now.date().year();
    if details.first_ecls_year.is_some_and(|year| !years.contains(&year)) {
        let (first, last) = (years.start(), years.end());
        out.add("first_ecls_year", format!("The year is from {first} to {last}."));
    }
    if !details.website.is_empty() && !details.website.starts_with("https://") {
        out.add("website", "An address begins with https://.");
    }
    out.text("website", &details.website, 200);
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
