//! What a reader asks for, as it stands in an address.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::Actor;
use directory::centers::{AgeGroup, Mode, Selection, VehicleKind, is_professional};

use site::Problem;

use super::shown::Standing;

/// Longest value that is looked at, in bytes.
const LONGEST: usize = 200;

/// Filters that few readers need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct More {
    /// Reported within the first half of the time in which a report is expected.
    pub(super) fresh: bool,
    /// A vehicle of the team.
    pub(super) vehicle: Option<VehicleKind>,
    /// A language in which a call can be taken, such as `pt`.
    pub(super) language: Option<String>,
    /// A team is ready; for clinicians.
    pub(super) team: bool,
    /// Patients from elsewhere are taken, perhaps case by case; for clinicians.
    pub(super) accepts: bool,
}

impl More {
    /// Whether any of them narrows.
    pub(super) fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// The filters of the map and the list. There is no light without an age group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) words: String,
    pub(super) age: AgeGroup,
    pub(super) mode: Option<Mode>,
    pub(super) standing: Option<Standing>,
    pub(super) country: Option<String>,
    pub(super) chapter: Option<String>,
    /// Key of a network.
    pub(super) network: Option<String>,
    pub(super) retrieval: bool,
    pub(super) more: More,
    /// The part of the world that the map shows: left, top and width in tenths. None for all that was found.
    pub(super) view: Option<[i32; 3]>,
    /// Number of the center around which distances are drawn.
    pub(super) around: Option<String>,
    /// Which page of the list, from 1.
    pub(super) page: usize,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            words: String::new(),
            age: AgeGroup::Adult,
            mode: None,
            standing: None,
            country: None,
            chapter: None,
            network: None,
            retrieval: false,
            more: More::default(),
            view: None,
            around: None,
            page: 1,
        }
    }
}

impl Asked {
    /// Reads the pairs of an address. The error says which one is not known.
    pub(super) fn read(pairs: &[(String, String)]) -> Result<Self, String> {
        let mut asked = Self::default();
        for (key, value) in pairs {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            if value.len() > LONGEST || value.contains('\0') {
                return Err(format!(
                    "The value of `{key}` is too long or holds what no name holds."
                ));
            }
            let unknown = || format!("`{value}` is not known as a value of `{key}`.");
            match key.as_str() {
                "q" => value.clone_into(&mut asked.words),
                "age" => asked.age = AgeGroup::from_word(value).ok_or_else(unknown)?,
                "mode" => asked.mode = Some(Mode::from_word(value).ok_or_else(unknown)?),
                "status" => {
                    asked.standing = Some(Standing::from_word(value).ok_or_else(unknown)?);
                }
                "country" => asked.country = Some(value.to_uppercase()),
                "chapter" => asked.chapter = Some(value.to_owned()),
                "network" => asked.network = Some(value.to_owned()),
                "retrieval" => asked.retrieval = value == "1",
                "at" => asked.view = Some(view(value).ok_or_else(unknown)?),
                "fresh" => asked.more.fresh = value == "1",
                "vehicle" => {
                    asked.more.vehicle = Some(VehicleKind::from_word(value).ok_or_else(unknown)?);
                }
                "language" => asked.more.language = Some(value.to_lowercase()),
                "team" => asked.more.team = value == "ready",
                "accepts" => asked.more.accepts = value == "1",
                "around" => asked.around = Some(value.to_owned()),
                "page" => {
                    let page = value.parse().ok().filter(|page| (1..=100_000).contains(page));
                    asked.page = page.ok_or_else(unknown)?;
                }
                _ => return Err(format!("`{key}` is no filter of the capacity map.")),
            }
        }
        Ok(asked)
    }

    /// The same, with the page that says what is not known.
    #[expect(clippy::result_large_err, reason = "the page that is answered")]
    pub(super) fn of_address(pairs: &[(String, String)]) -> Result<Self, Response> {
        Self::read(pairs).map_err(|why| not_understood(why).into_response())
    }

    /// As this reader may ask: what only clinicians see narrows no list of others, or its rows would tell it.
    pub(super) fn of(mut self, actor: &Actor) -> Self {
        if !is_professional(actor) && !actor.is_operator() {
            (self.more.team, self.more.accepts) = (false, false);
        }
        self
    }

    /// What of it the directory selects.
    pub(super) fn selection(&self) -> Selection {
        Selection {
            words: self.words.clone(),
            country: self.country.clone(),
            chapter: self.chapter.clone(),
            ..Selection::default()
        }
    }

    /// The same filters at another address, with all pages and wherever the map stands.
    pub(super) fn whole_at(&self, path: &str) -> String {
        let all = Self { view: None, around: None, page: 1, ..self.clone() }.address();
        all.replacen("/capacity", path, 1)
    }

    /// What another site writes as attributes of the element that shows the same.
    pub(super) fn attributes(&self) -> Vec<(&'static str, String)> {
        let word = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let mut all = vec![
            ("age", self.age.as_str().to_owned()),
            ("mode", word(self.mode.map(Mode::as_str))),
            ("status", word(self.standing.map(Standing::as_str))),
            ("country", word(self.country.as_deref())),
            ("chapter", word(self.chapter.as_deref())),
            ("network", word(self.network.as_deref())),
        ];
        all.retain(|(_, value)| !value.is_empty());
        all
    }

    /// Its address. The age group is always there: a shared view keeps its meaning.
    pub(super) fn address(&self) -> String {
        let mut out = format!("/capacity?age={}", self.age.as_str());
        let mut add = |key: &str, value: &str| {
            if !value.is_empty() {
                out.push_str(&format!("&{key}={}", encoded(value)));
            }
        };
        add("mode", self.mode.map(Mode::as_str).unwrap_or_default());
        add("status", self.standing.map(Standing::as_str).unwrap_or_default());
        add("country", self.country.as_deref().unwrap_or_default());
        add("chapter", self.chapter.as_deref().unwrap_or_default());
        add("network", self.network.as_deref().unwrap_or_default());
        add("retrieval", if self.retrieval { "1" } else { "" });
        let More { fresh, vehicle, language, team, accepts } = &self.more;
        add("fresh", if *fresh { "1" } else { "" });
        add("vehicle", vehicle.map(VehicleKind::as_str).unwrap_or_default());
        add("language", language.as_deref().unwrap_or_default());
        add("team", if *team { "ready" } else { "" });
        add("accepts", if *accepts { "1" } else { "" });
        add("q", &self.words);
        add("around", self.around.as_deref().unwrap_or_default());
        if self.page > 1 {
            add("page", &self.page.to_string());
        }
        if let Some([left, top, width]) = self.view {
            out.push_str(&format!("&at={left},{top},{width}"));
        }
        out
    }
}

/// What whoever asks for something unknown is told.
pub(super) fn not_understood(why: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "Filter not understood", why)
}

/// Three whole numbers.
fn view(text: &str) -> Option<[i32; 3]> {
    let numbers: Vec<i32> = text.split(',').map(|it| it.parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

/// Percent-encodes all that is not unreserved (RFC 3986, section 2.3).
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Asked, String> {
        let pairs: Vec<(String, String)> =
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Asked::read(&pairs)
    }

    #[test]
    fn a_view_that_is_shared_comes_back_as_it_was_and_names_its_age_group() {
        let asked = read(&[
            ("age", "neonate"),
            ("mode", "VV"),
            ("status", "can_accept"),
            ("country", "ch"),
            ("retrieval", "1"),
            ("q", "Zürich & co"),
            ("at", "9800,1200,1600"),
            ("page", "2"),
        ])
        .unwrap();

        assert_eq!(
            asked.address(),
            "/capacity?age=neonate&mode=VV&status=can_accept&country=CH&retrieval=1&q=Z%C3%BCrich%20%26%20co&page=2&at=9800,1200,1600"
        );
        assert_eq!(read(&[]).unwrap().address(), "/capacity?age=adult");
    }

    #[test]
    fn there_is_no_light_for_all_ages_and_what_is_not_known_is_said() {
        assert!(read(&[("age", "any")]).unwrap_err().contains("`any`"));
        assert!(read(&[("colour", "green")]).unwrap_err().contains("`colour`"));
        assert!(read(&[("page", "0")]).is_err());
        assert!(read(&[("at", "1,2")]).is_err() && read(&[("at", "1,2,x")]).is_err());
        assert!(read(&[("q", "a\0b")]).is_err());
    }
}
