//! What everybody may see of a center: a list of what is told, so that a new field stays hidden until it is added here.

use base::{Action, Actor, Instant};
use serde::Serialize;

use super::model::{
    Capability, Contact, Identifier, Position, Profile, Recognition, Relation, Retrieval, Volume,
};
use super::words::{AgeGroup, Purpose, ReferralPolicy, State};

/// The license of the public directory.
pub const LICENSE: &str = "CC-BY-4.0";
/// Where it is written.
pub const LICENSE_URL: &str = "https://creativecommons.org/licenses/by/4.0/";

/// A contact that everybody may see.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PublicContact<'a> {
    /// What for.
    pub purpose: Purpose,
    /// Who or what answers.
    pub label: &'a str,
    /// Telephone, E.164.
    pub phone: &'a str,
    /// Mail address.
    pub email: &'a str,
    /// When somebody answers; empty for day and night.
    pub hours: &'a str,
}

/// A center as everybody may see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PublicCenter<'a> {
    /// Its public number, which is never given again.
    pub center_id: &'a str,
    /// Name in Latin letters.
    pub name: &'a str,
    /// Name in the local language and script.
    pub name_local: &'a str,
    /// Other names.
    pub aliases: &'a [String],
    /// The organization that it belongs to.
    pub parent: &'a str,
    /// Where it stands.
    pub status: State,
    /// Until when a suspension is meant to last.
    pub suspended_until: Option<&'a str>,
    /// ISO 3166-1 alpha-2 code.
    pub country: &'a str,
    /// State or province.
    pub subdivision: &'a str,
    /// City.
    pub city: &'a str,
    /// Street and number.
    pub address: &'a str,
    /// Post code.
    pub postcode: &'a str,
    /// Where it is, WGS 84.
    pub position: Option<Position>,
    /// IANA time zone.
    pub time_zone: &'a str,
    /// Its chapter now.
    pub chapter: &'a str,
    /// Numbers in other systems.
    pub identifiers: &'a [Identifier],
    /// The age groups that it treats.
    pub categories: Vec<AgeGroup>,
    /// What is offered.
    pub capabilities: &'a [Capability],
    /// What the team does outside.
    pub retrieval: &'a Retrieval,
    /// From whom patients are taken.
    pub referral_policy: Option<ReferralPolicy>,
    /// Hours of referral.
    pub referral_hours: &'a str,
    /// Contacts of the public tier.
    pub contacts: Vec<PublicContact<'a>>,
    /// Languages of a referral call, BCP 47.
    pub languages: &'a [String],
    /// Families of devices in use.
    pub equipment: &'a [String],
    /// Who sits at the bedside.
    pub program_model: &'a str,
    /// Whether it trains others.
    pub training_site: bool,
    /// Address of its own page.
    pub website: &'a str,
    /// Further addresses.
    pub links: &'a [String],
    /// Runs a year by age group; empty without consent.
    pub volume: &'a [Volume],
    /// Year of its first run.
    pub first_ecls_year: Option<i16>,
    /// First year in the registry.
    pub first_registry_year: Option<i16>,
    /// Last year in the registry; none while it takes part.
    pub last_registry_year: Option<i16>,
    /// Recognitions.
    pub recognitions: &'a [Recognition],
    /// Centers before it.
    pub predecessors: &'a [Relation],
    /// Centers after it.
    pub successors: &'a [Relation],
    /// When the center last said that all of it is right.
    pub attested_at: Option<String>,
    /// Whether that was within 180 days.
    pub confirmed: bool,
    /// Made up, to try the program out.
    pub invented: bool,
}

impl Profile {
    /// What everybody may see.
    pub fn public(&self, now: Instant) -> PublicCenter<'_> {
        let it = &self.details;
        let shown = self.details.contacts.iter().filter(|contact| contact.is_public());
        PublicCenter {
            center_id: &self.number,
            name: &it.name,
            name_local: &it.name_local,
            aliases: &it.aliases,
            parent: &it.parent,
            status: self.state,
            suspended_until: self.state_until.as_deref(),
            country: &it.country,
            subdivision: &it.subdivision,
            city: &it.city,
            address: &it.address,
            postcode: &it.postcode,
            position: it.position,
            time_zone: &it.time_zone,
            chapter: &self.chapter,
            identifiers: &it.identifiers,
            categories: it.ages().into_iter().collect(),
            capabilities: &it.capabilities,
            retrieval: &it.retrieval,
            referral_policy: it.referral_policy,
            referral_hours: &it.referral_hours,
            contacts: shown
                .map(|contact| PublicContact {
                    purpose: contact.purpose,
                    label: &contact.label,
                    phone: &contact.phone,
                    email: &contact.email,
                    hours: &contact.hours,
                })
                .collect(),
            languages: &it.languages,
            equipment: &it.equipment,
            program_model: &it.program_model,
            training_site: it.training_site,
            website: &it.website,
            links: &it.links,
            volume: if it.volume_consent { &it.volume } else { &[] },
            first_ecls_year: it.first_ecls_year,
            first_registry_year: it.first_registry_year,
            last_registry_year: it.last_registry_year,
            recognitions: &it.recognitions,
            predecessors: &it.predecessors,
            successors: &it.successors,
            attested_at: self.attested_at.map(|at| at.date().to_string()),
            confirmed: self.is_confirmed(now),
            invented: self.invented,
        }
    }
}

/// Whether somebody counts as a verified professional: whoever an administrator has given a role that works with
/// patients' records, capacity or centers. Accounts are by invitation only, so nobody gives it to themselves.
pub fn is_professional(actor: &Actor) -> bool {
    [Action::ReadRecords, Action::ReportCapacity, Action::EditCenter, Action::ConfirmCenter]
        .into_iter()
        .any(|action| actor.may(action))
}

impl Profile {
    /// The contacts that a reader sees: everybody those of the public tier, verified professionals also those of
    /// theirs, people of the center and staff all.
    pub fn contacts_for(&self, actor: &Actor) -> Vec<&Contact> {
        let own = actor.belongs_to(self.id) || super::changes::may_confirm(actor, self).is_ok();
        let professional = is_professional(actor);
        self.details
            .contacts
            .iter()
            .filter(|it| it.is_public() || professional && it.is_professional() || own)
            .collect()
    }
}
