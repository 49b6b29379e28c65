//! Chapters, and the countries that belong to them from a day on.

use jiff::civil::Date;
use serde_json::json;

use base::{Action, Actor, permit_platform};
use db::{DbError, Tx};

use super::place;
use super::service::{CenterError, Centers};
use crate::audit::{Event, Trail};

db::statements! {
    /// The statements of chapters.
    pub STATEMENTS;

    CHAPTERS = "select code, name, founded from chapter order by name", scan_ok = "five rows";
    TERMS = "select country, valid_from, valid_to, chapter from chapter_country order by country, valid_from",
        scan_ok = "a few hundred rows, read with the directory";
    TERMS_OF = "select country, valid_from, valid_to, chapter from chapter_country where country = $1
        order by valid_from";
    END_TERM = "update chapter_country set valid_to = $3 where country = $1 and valid_from = $2";
    ADD_TERM => chapter_country(country, valid_from, chapter);
    SET_CHAPTER = "update center set chapter = $2 where center_id = $1";
}

db::row! {
    /// A regional chapter.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Chapter {
        /// Its code in list `elso_chapter`.
        pub code: String,
        /// Its name.
        pub name: String,
        /// The year of its founding, where it is known.
        pub founded: Option<i64>,
    }
}

db::row! {
    /// The time for which a country belongs to a chapter.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Term {
        /// ISO 3166-1 alpha-2 code.
        pub country: String,
        /// First day, `YYYY-MM-DD`.
        pub valid_from: String,
        /// Last day; none while it lasts.
        pub valid_to: Option<String>,
        /// The chapter.
        pub chapter: String,
    }
}

/// All chapters and the countries of each.
#[derive(Debug, Clone, Default)]
pub struct Atlas {
    /// The chapters by name.
    pub chapters: Vec<Chapter>,
    /// By country and day.
    pub terms: Vec<Term>,
}

impl Atlas {
    /// Reads them: two statements.
    pub(super) fn read(tx: &mut Tx<'_>) -> Result<Self, DbError> {
        Ok(Self { chapters: tx.all(&CHAPTERS, ())?, terms: tx.all(&TERMS, ())? })
    }

    /// The chapter of a code.
    pub fn chapter(&self, code: &str) -> Option<&Chapter> {
        self.chapters.iter().find(|chapter| chapter.code == code)
    }

    /// The chapter that a country belonged to on a day: cases count for the chapter of their time.
    pub fn chapter_at(&self, country: &str, on: Date) -> Option<&str> {
        // civil dates sort as their texts do
        let on = on.to_string();
        let first = self.terms.partition_point(|term| term.country.as_str() < country);
        let own = self.terms.get(first..).unwrap_or_default();
        own.iter()
            .take_while(|term| term.country == country)
            .find(|term| {
                term.valid_from <= on && term.valid_to.as_ref().is_none_or(|last| *last >= on)
            })
            .map(|term| term.chapter.as_str())
    }

    /// The countries of a chapter on a day, with their terms.
    pub fn countries<'a>(&'a self, chapter: &'a str, on: Date) -> impl Iterator<Item = &'a Term> {
        let on = on.to_string();
        self.terms.iter().filter(move |term| {
            term.chapter == chapter
                && term.valid_from <= on
                && term.valid_to.as_ref().is_none_or(|last| *last >= on)
        })
    }
}

impl Centers {
    /// Moves a country to another chapter from a day on. Centers follow at once when that day has come, otherwise
    /// with [`Centers::follow_chapters`].
    ///
    /// # Errors
    /// `Refused` unless the actor manages centers; `Stage` when the day is not after the beginning of the present term.
    pub fn move_country(
        &self,
        actor: &Actor,
        country: &str,
        chapter: &str,
        from: Date,
    ) -> Result<usize, CenterError> {
        permit_platform(actor, Action::ManageCenters)?;
        if !place::is_country(country) {
            return Err(CenterError::Stage("This is no country code of ISO 3166-1.".to_owned()));
        }
        let now = self.clock.now();
        let day = from.to_string();
        let before = from.yesterday().map_err(|_| CenterError::Stage("Too early.".to_owned()))?;
        let moved = self.db.write(|tx| {
            let atlas = Atlas::read(tx)?;
            if atlas.chapter(chapter).is_none() {
                return Err(CenterError::Stage(format!("There is no chapter `{chapter}`.")));
            }
            let terms: Vec<Term> = tx.all(&TERMS_OF, (country,))?;
            if let Some(last) = terms.last() {
                if last.chapter == chapter {
                    return Err(CenterError::Stage(
                        "The country belongs to it already.".to_owned(),
                    ));
                }
                if last.valid_from >= day {
                    let text = format!(
                        "The present term begins on {}: choose a later day.",
                        last.valid_from
                    );
                    return Err(CenterError::Stage(text));
                }
                if last.valid_to.is_none() {
                    let end = before.to_string();
                    tx.execute(&END_TERM, (country, last.valid_from.as_str(), end))?;
                }
            }
            tx.insert_many(&ADD_TERM, [(country, day.as_str(), chapter)])?;
            let event = Event {
                action: "move-country",
                subject_kind: "chapter",
                subject: chapter.to_owned(),
                center: None,
                reason: None,
                body: json!({ "country": country, "from": day }),
            };
            Trail::new(actor, now).write(tx, &event)?;
            tx.execute(&super::store::RAISE_STAMP, ())?;
            Self::follow(tx, now.date())
        })?;
        Ok(moved)
    }

    /// Gives every center the chapter of its country today, unless the board decided otherwise; tells how many had
    /// another. To be called once a day.
    pub fn follow_chapters(&self) -> Result<usize, CenterError> {
        let today = self.clock.now().date();
        self.db.write(|tx| Self::follow(tx, today))
    }

    fn follow(tx: &mut Tx<'_>, today: Date) -> Result<usize, CenterError> {
        let atlas = Atlas::read(tx)?;
        let mut moved = 0;
        for profile in super::store::profiles(tx)? {
            // what came with records only keeps the chapter that it came with
            if profile.revision == 0 || profile.details.chapter_by_board.is_some() {
                continue;
            }
            let chapter = atlas.chapter_at(&profile.details.country, today).unwrap_or_default();
            if chapter != profile.chapter {
                tx.execute(&SET_CHAPTER, (profile.id, chapter))?;
                moved += 1;
            }
        }
        if moved > 0 {
            tx.execute(&super::store::RAISE_STAMP, ())?;
        }
        Ok(moved)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn term(country: &str, from: &str, to: Option<&str>, chapter: &str) -> Term {
        Term {
            country: country.to_owned(),
            valid_from: from.to_owned(),
            valid_to: to.map(str::to_owned),
            chapter: chapter.to_owned(),
        }
    }

    #[test]
    fn a_country_that_moves_belongs_to_one_chapter_on_each_day() {
        let atlas = Atlas {
            chapters: Vec::new(),
            terms: vec![
                term("TR", "1989-01-01", Some("2024-12-31"), "europe"),
                term("TR", "2025-01-01", None, "swaac"),
                term("UA", "1989-01-01", None, "europe"),
            ],
        };

        assert_eq!(atlas.chapter_at("TR", date(2024, 12, 31)), Some("europe"));
        assert_eq!(atlas.chapter_at("TR", date(2025, 1, 1)), Some("swaac"));
        assert_eq!(atlas.chapter_at("TR", date(1988, 12, 31)), None);
        assert_eq!(atlas.chapter_at("TT", date(2025, 1, 1)), None);
        assert_eq!(atlas.countries("europe", date(2025, 1, 1)).count(), 1);
    }
}
