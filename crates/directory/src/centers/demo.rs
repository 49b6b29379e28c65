//! Profiles of invented centers, worked out from their records: for the demo, and to see the pages full.

use std::collections::BTreeMap;

use base::{Action, Actor, CenterId, Instant, permit_platform};
use serde_json::json;

use super::model::{
    Capability, Contact, Details, Position, Profile, Recognition, Retrieval, Vehicle, Volume,
};
use super::service::{CenterError, Centers};
use super::words::{
    AgeGroup, Band, Mode, PositionQuality, Purpose, RecognitionKind, ReferralPolicy, Service,
    State, Tier, VehicleKind,
};
use super::{store, zone};
use crate::audit::{Event, Trail};

const DAY: i64 = 86_400_000_000;

db::statements! {
    /// The statements of invented profiles.
    pub STATEMENTS;

    RUNS = "select center_id, age_group, support_type, count(*) as runs,
            count(case when started_at >= $1 then 1 end) as lately
        from run where age_group is not null and support_type is not null
        group by center_id, age_group, support_type",
        scan_ok = "every run counts, once, when a demo is made";
}

db::row! {
    struct Count {
        center: CenterId,
        age: String,
        support: String,
        runs: i64,
        lately: i64,
    }
}

/// What is known of an invented center besides its records.
#[derive(Debug, Clone, Copy)]
pub struct Invented<'a> {
    /// Its number.
    pub number: &'a str,
    /// Its city.
    pub city: &'a str,
    /// Latitude of the city in degrees.
    pub lat: f64,
    /// Longitude of the city in degrees.
    pub lon: f64,
    /// Year of its first run.
    pub from: i16,
    /// Year of its last run; none while it is active.
    pub to: Option<i16>,
}

/// Runs of one center.
#[derive(Debug, Default)]
struct Work {
    offered: BTreeMap<(AgeGroup, Mode), i64>,
    lately: BTreeMap<AgeGroup, i64>,
}

impl Centers {
    /// Gives invented centers without a profile one that fits their records. Real centers are left alone. Gives the
    /// number of new profiles.
    ///
    /// # Errors
    /// `Refused` unless the actor manages centers.
    pub fn add_demo_profiles(
        &self,
        actor: &Actor,
        known: &[Invented<'_>],
    ) -> Result<u64, CenterError> {
        permit_platform(actor, Action::ManageCenters)?;
        let now = self.clock.now();
        let year_ago = now.plus_micros(-365 * DAY).date().to_string();
        let known: BTreeMap<&str, &Invented<'_>> = known.iter().map(|it| (it.number, it)).collect();
        self.db.write(|tx| {
            let work = sorted(tx.all(&RUNS, (year_ago.as_str(),))?);
            let none = Work::default();
            let mut made = Vec::new();
            for profile in store::profiles(tx)? {
                let Some(it) = known.get(profile.number.as_str()) else { continue };
                if profile.revision == 0 && profile.invented {
                    made.push(invented(&profile, it, work.get(&profile.id).unwrap_or(&none), now));
                }
            }
            let name = actor.name();
            let rows = made.iter().map(|(profile, body)| {
                let attester = profile.attested_at.map(|_| name);
                let (since, state) = (profile.state_since, profile.state.as_str());
                (
                    profile.id,
                    1_i64,
                    state,
                    since,
                    profile.attested_at,
                    attester,
                    now,
                    name,
                    body.as_str(),
                )
            });
            let count = tx.insert_many(&store::ADD_PROFILES, rows)?;
            let numbers = made.iter().map(|(it, _)| ("demo", it.number.as_str(), it.id));
            tx.insert_many(&store::ADD_IDENTIFIERS, numbers)?;
            if count > 0 {
                let event = Event {
                    action: "invent-profiles",
                    subject_kind: "directory",
                    subject: "demo".to_owned(),
                    center: None,
                    reason: None,
                    body: json!({ "centers": count }),
                };
                Trail::new(actor, now).write(tx, &event)?;
                tx.execute(&store::RAISE_STAMP, ())?;
            }
            Ok(count)
        })
    }
}

fn sorted(counts: Vec<Count>) -> BTreeMap<CenterId, Work> {
    let mut all: BTreeMap<CenterId, Work> = BTreeMap::new();
    for count in counts {
        let Some(age) = AgeGroup::from_word(&count.age) else { continue };
        let modes: &[Mode] = match count.support.as_str() {
            "1" => &[Mode::Vv],
            "2" => &[Mode::Va],
            "3" => &[Mode::Ecpr, Mode::Va],
            _ => &[],
        };
        let work = all.entry(count.center).or_default();
        for mode in modes {
            *work.offered.entry((age, *mode)).or_default() += count.runs;
        }
        *work.lately.entry(age).or_default() += count.lately;
    }
    all
}

/// Draws that depend on the center's number only, so that a demo is the same each time.
fn draw(number: &str, what: &str, of: u64) -> u64 {
    // FNV-1a over both texts
    let hash = number
        .bytes()
        .chain([0])
        .chain(what.bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    (hash >> 17) % of.max(1)
}

fn invented(profile: &Profile, it: &Invented<'_>, work: &Work, now: Instant) -> (Profile, String) {
    let number = it.number;
    let closed = it.to.is_some();
    let details = details(&profile.details, it, work);
    let attested = i64::try_from(draw(number, "attested", 215)).unwrap_or(0);
    let state = if closed { State::Closed } else { State::Listed };
    let made = Profile {
        state,
        // listed for a while: what a center said before it was listed does not count
        state_since: Some(now.plus_micros(-400 * DAY)),
        attested_at: (!closed).then(|| now.plus_micros(-attested * DAY)),
        updated_at: Some(now),
        ..profile.clone()
    };
    (made, store::body(&details))
}

fn details(known: &Details, it: &Invented<'_>, work: &Work) -> Details {
    let number = it.number;
    let lately: i64 = work.lately.values().sum();
    let capabilities = capabilities(number, work);
    let ages: Vec<AgeGroup> = work.lately.keys().copied().collect();
    let retrieves = lately >= 15 && draw(number, "retrieval", 10) < 7;
    let models = ["ECLS specialists", "ICU nurses with ECLS training", "Perfusionists on call"];
    let model = usize::try_from(draw(number, "model", 3)).unwrap_or(0);
    let policies = [
        ReferralPolicy::OpenDay,
        ReferralPolicy::OpenDay,
        ReferralPolicy::Network,
        ReferralPolicy::Internal,
    ];
    let policy = usize::try_from(draw(number, "policy", 4)).unwrap_or(0);
    Details {
        city: it.city.to_owned(),
        position: Some(Position { lat: it.lat, lon: it.lon, quality: PositionQuality::City }),
        time_zone: zone::likely(&known.country, it.lat, it.lon).unwrap_or_default().to_owned(),
        identifiers: vec![super::model::Identifier {
            system: "demo".to_owned(),
            value: number.to_owned(),
        }],
        capabilities,
        retrieval: if retrieves {
            let services = [Service::Advice, Service::Secondary, Service::Primary];
            let offered = if lately >= 40 { 3 } else { 2 };
            let range = u32::try_from(100 + 50 * draw(number, "range", 9)).ok();
            Retrieval {
                services: services.into_iter().take(offered).collect(),
                ages: ages.clone(),
                range_km: range,
                vehicles: vehicles(number, range),
                ..Retrieval::default()
            }
        } else {
            Retrieval::default()
        },
        referral_policy: policies.get(policy).copied(),
        contacts: contacts(number),
        languages: languages(&known.country).iter().map(|&tag| tag.to_owned()).collect(),
        equipment: equipment(number),
        program_model: models.get(model).copied().unwrap_or_default().to_owned(),
        training_site: lately >= 60,
        volume: ages.iter().map(|age| Volume { age: *age, band: band(work, *age) }).collect(),
        volume_consent: draw(number, "consent", 10) < 6,
        first_ecls_year: Some(it.from),
        first_registry_year: Some(it.from),
        last_registry_year: it.to,
        recognitions: recognitions(number, lately),
        ..known.clone()
    }
}

fn band(work: &Work, age: AgeGroup) -> Band {
    Band::of(u64::try_from(work.lately.get(&age).copied().unwrap_or(0)).unwrap_or(0))
}

fn capabilities(number: &str, work: &Work) -> Vec<Capability> {
    let mut offered: Vec<(AgeGroup, Mode)> = work.offered.keys().copied().collect();
    // centers with much of both kinds combine them; a few adult ones remove carbon dioxide only
    for age in AgeGroup::ALL {
        let runs = |mode| work.offered.get(&(*age, mode)).copied().unwrap_or(0);
        if runs(Mode::Vv) >= 40 && runs(Mode::Va) >= 40 {
            offered.push((*age, Mode::Hybrid));
        }
        if *age == AgeGroup::Adult && runs(Mode::Vv) >= 60 && draw(number, "co2", 3) == 0 {
            offered.push((*age, Mode::Ecco2r));
        }
    }
    offered.sort_unstable();
    let one = |(age, mode)| Capability {
        min_weight_kg: (age == AgeGroup::Neonate).then_some(2.0),
        ..Capability::new(age, mode)
    };
    offered.into_iter().map(one).collect()
}

/// Addresses below `example`, which never belong to anybody (RFC 2606), and numbers of the range that the British
/// regulator keeps free for invented things (Ofcom, 01632 960000 to 960999).
fn contacts(number: &str) -> Vec<Contact> {
    let phone = |user: &str| format!("+441632960{:03}", draw(number, user, 1000));
    let contact = |purpose: Purpose, label: &str, user: &str, tier| Contact {
        purpose,
        label: label.to_owned(),
        phone: phone(user),
        email: format!("{user}@center-{number}.example"),
        hours: String::new(),
        tier,
        personal: false,
        secure_messaging: String::new(),
        verified_at: String::new(),
    };
    vec![
        contact(Purpose::Switchboard, "Switchboard", "switchboard", Tier::Public),
        contact(Purpose::Administration, "ECLS office", "ecls", Tier::Public),
        contact(Purpose::ReferralDay, "Referral line", "referral", Tier::Professional),
    ]
}

/// An ambulance, and in some places a helicopter.
fn vehicles(number: &str, range_km: Option<u32>) -> Vec<Vehicle> {
    let vehicle = |kind, max_range_km| Vehicle {
        kind,
        max_range_km,
        operator: String::new(),
        hours: String::new(),
    };
    let road = vehicle(VehicleKind::Road, range_km);
    let flies = draw(number, "helicopter", 3) == 0;
    std::iter::once(road)
        .chain(flies.then(|| vehicle(VehicleKind::Helicopter, Some(250))))
        .collect()
}

fn equipment(number: &str) -> Vec<String> {
    let families =
        ["Centrifugal pump console", "Transport console", "Hollow-fiber oxygenator", "Roller pump"];
    let some = families
        .iter()
        .enumerate()
        .filter(|(place, _)| draw(number, families.get(*place).unwrap_or(&""), 4) < 3);
    some.map(|(_, family)| (*family).to_owned()).collect()
}

fn recognitions(number: &str, lately: i64) -> Vec<Recognition> {
    if lately < 20 || draw(number, "award", 5) > 0 {
        return Vec::new();
    }
    let level = ["Silver", "Gold", "Platinum"];
    let place = usize::try_from(draw(number, "level", 3)).unwrap_or(0);
    let name = level.get(place).copied().unwrap_or_default().to_owned();
    let (from, to) = ("2025-01-01".to_owned(), "2027-12-31".to_owned());
    vec![Recognition { kind: RecognitionKind::Award, name, from, to }]
}

/// Languages of a call, by country.
fn languages(country: &str) -> &'static [&'static str] {
    match country {
        "US" => &["en", "es"],
        "CA" => &["en", "fr"],
        "DE" | "AT" => &["de", "en"],
        "CH" => &["de", "fr", "en"],
        "FR" => &["fr"],
        "BE" => &["nl", "fr", "en"],
        "NL" => &["nl", "en"],
        "IT" => &["it"],
        "ES" | "MX" | "CO" | "AR" | "CL" | "PE" | "EC" | "UY" | "PA" | "CR" | "DO" => &["es"],
        "BR" | "PT" => &["pt"],
        "CN" | "TW" => &["zh"],
        "HK" | "SG" => &["en", "zh"],
        "JP" => &["ja"],
        "KR" => &["ko"],
        "IN" | "PK" => &["en", "hi"],
        "PL" => &["pl", "en"],
        "RU" => &["ru"],
        "TR" => &["tr"],
        "SE" => &["sv", "en"],
        "NO" => &["nb", "en"],
        "DK" => &["da", "en"],
        "FI" => &["fi", "en"],
        "SA" | "AE" | "EG" | "KW" | "QA" | "OM" | "JO" | "LB" => &["ar", "en"],
        _ => &["en"],
    }
}
