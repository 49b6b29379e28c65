//! The form of a subscription as it was typed.

use directory::centers::{AgeGroup, Mode};
use uuid::Uuid;

use super::super::country_name;
use super::super::filters::Choice;
use super::super::search::asked::{Asked, spot_words};
use crate::alerts::{Around, Trigger, Way, Wish};
use crate::service::CapacityError;
use crate::snapshot::Snapshot;
use crate::sphere::Point;
use crate::words::Limit;

/// Longest value that is read, in bytes.
const LONGEST: usize = 600;

/// What cannot be taken, by field.
type Problems = Vec<(&'static str, String)>;

/// Every field as text, to be shown again when it cannot be taken.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) area: String,
    pub(super) country: String,
    pub(super) network: String,
    pub(super) centers: String,
    pub(super) place: String,
    pub(super) km: String,
    pub(super) age: String,
    pub(super) mode: String,
    pub(super) trigger: String,
    pub(super) count: String,
    pub(super) limit: String,
    pub(super) way: String,
    pub(super) url: String,
    pub(super) quiet_from: String,
    pub(super) quiet_to: String,
    pub(super) zone: String,
    pub(super) digest: bool,
}

/// What the form offers to choose from.
pub(super) struct Lists {
    pub(super) areas: Vec<Choice>,
    pub(super) countries: Vec<Choice>,
    pub(super) networks: Vec<Choice>,
    pub(super) ages: Vec<Choice>,
    pub(super) modes: Vec<Choice>,
    pub(super) triggers: Vec<Choice>,
    pub(super) limits: Vec<Choice>,
    pub(super) ways: Vec<Choice>,
    pub(super) from_hours: Vec<Choice>,
    pub(super) to_hours: Vec<Choice>,
}

/// What a subscription tells, in words.
pub(super) fn what(wish: &Wish) -> String {
    let count = wish.count.unwrap_or(1);
    match wish.trigger {
        Trigger::Below => format!("Fewer centers can accept than {count}, or enough again"),
        Trigger::Shortage => {
            let limit = wish.limit.map_or("", Limit::label);
            format!("{count} centers or more name within a day: {limit}")
        }
        trigger => trigger.label().to_owned(),
    }
}

impl Typed {
    /// An empty form, for one center or country if the address names it.
    pub(super) fn begin(center: Option<&str>, country: Option<&str>) -> Self {
        let short = |it: Option<&str>| {
            it.filter(|it| it.len() <= 20 && !it.contains('\0')).unwrap_or_default().to_owned()
        };
        let (centers, country) = (short(center), short(country));
        let area = match () {
            () if !centers.is_empty() => Around::Centers,
            () if !country.is_empty() => Around::Country,
            () => Around::Point,
        };
        Self {
            area: area.as_str().to_owned(),
            centers,
            country,
            km: "300".to_owned(),
            age: AgeGroup::Adult.as_str().to_owned(),
            trigger: Trigger::Change.as_str().to_owned(),
            count: "1".to_owned(),
            way: Way::Mail.as_str().to_owned(),
            ..Self::default()
        }
    }

    /// Reads the form.
    pub(super) fn read(pairs: &[(String, String)]) -> Result<Self, CapacityError> {
        let strange =
            || CapacityError::Stage("The form did not arrive whole. Open it again.".to_owned());
        if pairs.iter().any(|(_, it)| it.len() > LONGEST || it.contains('\0')) {
            return Err(strange());
        }
        let value = |key: &str| {
            let found = pairs.iter().find(|(name, _)| name == key);
            found.map(|(_, it)| it.trim().to_owned()).unwrap_or_default()
        };
        Ok(Self {
            id: value("id").parse().map_err(|_| strange())?,
            name: value("name"),
            area: value("area"),
            country: value("country"),
            network: value("network"),
            centers: value("centers"),
            place: value("place"),
            km: value("km"),
            age: value("age"),
            mode: value("mode"),
            trigger: value("trigger"),
            count: value("count"),
            limit: value("limit"),
            way: value("way"),
            url: value("url"),
            quiet_from: value("quiet_from"),
            quiet_to: value("quiet_to"),
            zone: value("zone"),
            digest: value("digest") == "1",
        })
    }

    /// What is wanted; otherwise what is wrong, by field.
    pub(super) fn wish(&self, snapshot: &Snapshot) -> Result<Wish, Problems> {
        let strange = |field: &'static str| vec![(field, "Choose one of the list.".to_owned())];
        let area = Around::from_word(&self.area).ok_or_else(|| strange("area"))?;
        let trigger = Trigger::from_word(&self.trigger).ok_or_else(|| strange("trigger"))?;
        let way = Way::from_word(&self.way).ok_or_else(|| strange("way"))?;
        let age_group = AgeGroup::from_word(&self.age).ok_or_else(|| strange("age"))?;
        let (mut key, mut at) = (String::new(), None);
        match area {
            Around::Country => self.country.clone_into(&mut key),
            Around::Network => self.network.clone_into(&mut key),
            Around::Centers => key = self.centers.replace([',', ';'], " "),
            Around::Point => {
                let (words, from) = self.start(snapshot)?;
                (key, at) = (words, Some(from));
            }
        }
        let quiet = match (self.quiet_from.parse().ok(), self.quiet_to.parse().ok()) {
            (None, None) => None,
            // half a span is not silence for ever: its fault is told
            (from, to) => Some((from.unwrap_or(u8::MAX), to.unwrap_or(u8::MAX))),
        };
        let counts = matches!(trigger, Trigger::Below | Trigger::Shortage);
        let mails = way == Way::Mail;
        Ok(Wish {
            name: self.name.clone(),
            area,
            key,
            at,
            km: if at.is_some() { self.km.replace(',', ".").parse().ok() } else { None },
            age_group,
            mode: Mode::from_word(&self.mode),
            trigger,
            count: if counts { self.count.parse().ok() } else { None },
            limit: if trigger == Trigger::Shortage { Limit::from_word(&self.limit) } else { None },
            way,
            url: if mails { String::new() } else { self.url.clone() },
            quiet: quiet.filter(|_| mails),
            time_zone: self.zone.clone(),
            digest: self.digest && mails,
        })
    }

    /// The place around which, as in a search: a town, coordinates or a center.
    fn start(&self, snapshot: &Snapshot) -> Result<(String, Point), Problems> {
        let mut asked = Asked { from: self.place.clone(), given: true, ..Asked::default() };
        match asked.start(snapshot) {
            Ok(start) => Ok((start.words, start.at)),
            Err(choices) => {
                let told = asked.wrong.first().map(|(_, why)| why.clone()).unwrap_or_default();
                let names: Vec<String> = choices.iter().take(5).map(spot_words).collect();
                let more = if names.is_empty() { String::new() } else { names.join("; ") };
                Err(vec![("at", format!("{told} {more}").trim().to_owned())])
            }
        }
    }

    /// The lists to choose from; triggers that only professionals may have are left out for others.
    pub(super) fn lists(&self, snapshot: &Snapshot, professional: bool) -> Lists {
        let mut lands: Vec<(&str, &str)> = snapshot
            .centers()
            .map(|(center, _)| (country_name(&center.country), center.country.as_str()))
            .collect();
        lands.sort_unstable();
        lands.dedup();
        let networks = snapshot.networks().iter();
        let triggers = Trigger::ALL.iter().filter(|it| professional || !it.is_professional());
        let hours = |typed: &str| {
            let hour = |hour: u8| {
                let text = hour.to_string();
                let chosen = text == typed;
                Choice::new(&text, format!("{hour}:00"), chosen)
            };
            (0..24).map(hour).collect::<Vec<_>>()
        };
        Lists {
            areas: Around::ALL
                .iter()
                .map(|it| Choice::new(it.as_str(), it.label(), it.as_str() == self.area))
                .collect(),
            countries: lands
                .into_iter()
                .map(|(name, code)| Choice::new(code, name, code == self.country))
                .collect(),
            networks: networks
                .map(|it| Choice::new(&it.key, it.name.clone(), it.key == self.network))
                .collect(),
            ages: AgeGroup::ALL
                .iter()
                .map(|it| Choice::new(it.as_str(), it.label(), it.as_str() == self.age))
                .collect(),
            modes: Mode::ALL
                .iter()
                .map(|it| Choice::new(it.as_str(), it.label(), it.as_str() == self.mode))
                .collect(),
            triggers: triggers
                .map(|it| Choice::new(it.as_str(), it.label(), it.as_str() == self.trigger))
                .collect(),
            limits: Limit::ALL
                .iter()
                .map(|it| Choice::new(it.as_str(), it.label(), it.as_str() == self.limit))
                .collect(),
            ways: Way::ALL
                .iter()
                .map(|it| Choice::new(it.as_str(), it.label(), it.as_str() == self.way))
                .collect(),
            from_hours: hours(&self.quiet_from),
            to_hours: hours(&self.quiet_to),
        }
    }
}
