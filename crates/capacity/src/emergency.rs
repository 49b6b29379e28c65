//! Whom to ring when the platform itself cannot be reached: every center with its public telephone numbers, as files
//! that stand by themselves. There is no light in them: nobody would know when it went out.

use std::collections::BTreeMap;

use askama::Template;
use base::Instant;
use directory::centers::{AgeGroup, Mode};

use crate::cells::{self, plain};
use crate::service::{Capacity, CapacityError};
use crate::snapshot::Snapshot;
use crate::view::{contacts, ringing};
use crate::web::{country_name, moment};
use crate::words::Reader;

/// One center.
pub(crate) struct Listed {
    pub(crate) number: String,
    pub(crate) name: String,
    pub(crate) city: String,
    /// Age groups with their kinds of support.
    pub(crate) offers: Vec<String>,
    /// It says that it does not work until then.
    pub(crate) suspended: Option<String>,
    /// Numbers with what answers.
    pub(crate) phones: Vec<(String, String)>,
    pub(crate) invented: bool,
}

/// Everybody who can be rung.
pub(crate) struct Numbers {
    /// Names and numbers of networks that say so.
    pub(crate) hotlines: Vec<(String, String)>,
    /// Centers by the name of their country.
    pub(crate) lands: Vec<(String, Vec<Listed>)>,
    pub(crate) centers: usize,
    pub(crate) invented: bool,
    pub(crate) as_of: String,
}

/// The files that stand by themselves.
#[derive(Debug, Clone)]
pub struct EmergencyFiles {
    /// A page without anything beside it.
    pub html: String,
    /// The same as CSV in UTF-8.
    pub csv: String,
}

#[derive(Template)]
#[template(path = "capacity/emergency_file.html")]
struct File<'a> {
    numbers: &'a Numbers,
    address: &'a str,
}

/// Everybody who can be rung, as everybody may know it.
pub(crate) fn numbers(snapshot: &Snapshot, now: Instant) -> Numbers {
    let mut lands: BTreeMap<String, Vec<Listed>> = BTreeMap::new();
    for (center, _) in snapshot.centers().filter(|(center, _)| !center.closed) {
        let offers = AgeGroup::ALL.iter().filter_map(|age| {
            let modes: Vec<&str> = center.modes(*age).map(Mode::label).collect();
            (!modes.is_empty()).then(|| format!("{}: {}", age.label(), modes.join(", ")))
        });
        let suspended = center
            .suspended(now)
            .map(|it| it.until.map_or_else(String::new, |until| moment(until, &center.time_zone)));
        lands.entry(country_name(&center.country).to_owned()).or_default().push(Listed {
            number: center.number.clone(),
            name: center.name.clone(),
            city: center.city.clone(),
            offers: offers.collect(),
            suspended,
            phones: ringing(&contacts(center, Reader::Public)),
            invented: snapshot.is_invented(&center.number),
        });
    }
    for centers in lands.values_mut() {
        centers.sort_by(|a, b| (&a.city, &a.name).cmp(&(&b.city, &b.name)));
    }
    let lands: Vec<(String, Vec<Listed>)> = lands.into_iter().collect();
    let hotlines = snapshot.networks().iter().filter(|it| it.hotline_public);
    let hotlines = hotlines.filter(|it| !it.hotline.is_empty());
    Numbers {
        hotlines: hotlines.map(|it| (it.name.clone(), it.hotline.clone())).collect(),
        centers: lands.iter().map(|(_, centers)| centers.len()).sum(),
        invented: lands.iter().any(|(_, centers)| centers.iter().any(|it| it.invented)),
        lands,
        as_of: moment(now, ""),
    }
}

fn table(numbers: &Numbers) -> Result<String, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["country", "city", "center", "name", "offers", "phone", "answers", "as_of"])?;
    for (land, centers) in &numbers.lands {
        for it in centers {
            let offers = it.offers.join("; ");
            let none = [(String::new(), String::new())];
            let phones = if it.phones.is_empty() { &none[..] } else { &it.phones };
            for (phone, label) in phones {
                let (city, name, label) = (plain(&it.city), plain(&it.name), plain(label));
                let phone = cells::phone(phone);
                let center = it.number.as_str();
                let cells =
                    [land.as_str(), city, center, name, &offers, &phone, label, &numbers.as_of];
                out.write_record(cells)?;
            }
        }
    }
    let bytes = out.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl Capacity {
    /// Every center with its public telephone numbers, as files that stand by themselves. `address` is the site's own.
    ///
    /// # Errors
    /// Of the database; `Stage` when a file cannot be written.
    pub fn emergency_files(&self, address: &str) -> Result<EmergencyFiles, CapacityError> {
        let snapshot = self.current()?;
        let numbers = numbers(&snapshot, self.clock.now());
        let failed = |error: &dyn std::fmt::Display| {
            CapacityError::Stage(format!("The emergency list cannot be written: {error}"))
        };
        let html = File { numbers: &numbers, address }.render().map_err(|it| failed(&it))?;
        let csv = table(&numbers).map_err(|it| failed(&it))?;
        Ok(EmergencyFiles { html, csv })
    }
}
