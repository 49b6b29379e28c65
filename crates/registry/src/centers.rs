//! Centers, as far as records need them: a number, a name, a country and a chapter.

use base::{Action, Actor, CenterId, permit};

use crate::model::RegistryError;
use crate::{Registry, store};

db::row! {
    /// A center.
    #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
    pub struct Center {
        /// Its id.
        pub id: CenterId,
        /// Its number in the directory, as files name it.
        pub number: String,
        /// Its name.
        pub name: String,
        /// ISO 3166 alpha-2 code of its country, or empty.
        pub country: String,
        /// Chapter (list `elso_chapter`), or empty.
        pub chapter: String,
        /// Made up, to try the program out.
        pub invented: bool,
    }
}

/// A center to be added.
#[derive(Debug, Clone, Default)]
pub struct NewCenter<'a> {
    /// Its number in the directory.
    pub number: &'a str,
    /// Its name.
    pub name: &'a str,
    /// ISO 3166 alpha-2 code of its country, or empty.
    pub country: &'a str,
    /// Chapter (list `elso_chapter`), or empty.
    pub chapter: &'a str,
    /// Made up, to try the program out.
    pub invented: bool,
}

impl Registry {
    /// Adds a center; an existing number is left as it is and returned.
    ///
    /// # Errors
    /// `Refused` unless the actor manages centers; `Invalid` when number or name are not usable.
    pub fn add_center(&self, actor: &Actor, new: &NewCenter<'_>) -> Result<Center, RegistryError> {
        let NewCenter { number, name, country, chapter, invented } = *new;
        let id: CenterId = self.ids.next();
        permit(actor, Action::ManageCenters, id)?;
        self.usable(new)?;
        let at = self.clock.now();
        self.db.write(|tx| {
            tx.execute(
                &store::ADD_CENTER,
                (id, number, name.trim(), country, chapter, invented, at),
            )?;
            Ok(tx.one(&store::CENTER_BY_NUMBER, (number,))?)
        })
    }

    /// Whether number, name, country and chapter can be kept.
    pub(crate) fn usable(&self, new: &NewCenter<'_>) -> Result<(), RegistryError> {
        let NewCenter { number, name, country, chapter, .. } = *new;
        let plain =
            |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if number.is_empty() || number.len() > 20 || !plain(number) {
            let text = "a center number is 1 to 20 letters, digits, '-', '_' or '.'";
            return Err(RegistryError::Invalid(text.to_owned()));
        }
        if name.trim().is_empty() || name.len() > 200 || name.chars().any(char::is_control) {
            let text = "a center name is 1 to 200 bytes without control characters";
            return Err(RegistryError::Invalid(text.to_owned()));
        }
        let known = self.dictionary.list_named("elso_chapter");
        if !chapter.is_empty() && known.is_none_or(|list| list.find(chapter).is_none()) {
            let text = format!("chapter `{chapter}` is not in list elso_chapter");
            return Err(RegistryError::Invalid(text));
        }
        if !country.is_empty()
            && (country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()))
        {
            let text = "a country is an ISO 3166 code of two capital letters".to_owned();
            return Err(RegistryError::Invalid(text));
        }
        Ok(())
    }

    /// All centers in the order of their numbers.
    pub fn centers(&self) -> Result<Vec<Center>, RegistryError> {
        self.db.read_one(|tx| Ok(tx.all(&store::CENTERS, ())?))
    }

    /// The center of a number.
    pub fn center(&self, number: &str) -> Result<Option<Center>, RegistryError> {
        self.db.read_one(|tx| Ok(tx.opt(&store::CENTER_BY_NUMBER, (number,))?))
    }
}
