//! Fills the forms of one run, each in its own file.

use super::dice::Dice;
use super::plan::{Ending, Period, Person, Run, Stay};
use super::sheet::{At, Book};

/// What is known while the forms of a run are filled.
#[expect(clippy::struct_excessive_bools, reason = "independent facts about a run")]
pub(crate) struct Scribe<'a> {
    pub(crate) dice: &'a mut Dice,
    pub(crate) person: &'a Person,
    pub(crate) stay: &'a Stay,
    pub(crate) run: &'a Run,
    /// The data's end.
    pub(crate) until: At,
    /// Only fields that travel in the registry's upload format.
    pub(crate) xml_only: bool,
    pub(crate) intubated: bool,
    /// Ventilated with high frequency before support.
    pub(crate) high_frequency: bool,
    /// A ventricular assist device was in place before.
    pub(crate) assisted: bool,
    /// Systolic pressure before support, when it was written down.
    pub(crate) systolic: Option<i64>,
    /// Complications drawn for the run, in order of time.
    pub(crate) complications: Vec<(&'static str, At)>,
}

impl<'a> Scribe<'a> {
    pub(crate) fn new(
        dice: &'a mut Dice,
        person: &'a Person,
        stay: &'a Stay,
        run: &'a Run,
        until: At,
        xml_only: bool,
    ) -> Self {
        let mut scribe = Self {
            dice,
            person,
            stay,
            run,
            until,
            xml_only,
            intubated: true,
            high_frequency: false,
            assisted: false,
            systolic: None,
            complications: Vec::new(),
        };
        scribe.intubated = scribe.draw_intubated();
        scribe.complications = scribe.draw_complications();
        scribe
    }

    /// All forms of the run; the name that signs it, if it is complete.
    pub(crate) fn run(&mut self, book: &mut Book<'_>, signer: Option<&str>) {
        self.run_form(book);
        book.form("pre_ecls_assessment", |sheet| self.before(sheet));
        // an open run has often not been filled in any further
        if self.run.complete || self.dice.percent(75.0) {
            book.form("ecls_24h_assessment", |sheet| self.after_a_day(sheet));
        }
        if self.run.complete || self.dice.percent(75.0) {
            book.form("pre_ecls_support", |sheet| self.support_before(sheet));
        }
        book.form("mode", |sheet| self.modes(sheet));
        self.cannulas(book);
        self.equipment(book);
        self.events(book);
        book.form("outcome", |sheet| self.outcome(sheet));
        book.form("submission", |sheet| {
            if let Some(name) = signer {
                sheet.set("completed_by", name).yes("run_submitted", true);
            }
        });
        self.addenda(book);
    }

    fn draw_intubated(&mut self) -> bool {
        use super::figures::Support::{Cardiac, Ecpr, Pulmonary};
        use dictionary::AgeGroup::Adult;
        let percent = match (self.run.age, self.run.support) {
            (_, Ecpr) => 100.0,
            (Adult, Pulmonary) => 90.0,
            (Adult, Cardiac) => 68.0,
            _ => 97.0,
        };
        self.dice.percent(percent)
    }

    pub(crate) fn dead(&self) -> bool {
        matches!(self.stay.ending, Ending::Dead(_))
    }

    /// Whether the last run of the stay is meant: the stay's end tells about this run.
    pub(crate) fn last(&self) -> bool {
        self.stay.runs.last().is_some_and(|run| run.no == self.run.no)
    }

    pub(crate) fn adult(&self) -> bool {
        self.run.age == dictionary::AgeGroup::Adult
    }

    pub(crate) fn periods(&self) -> &'a [Period] {
        &self.run.periods
    }

    /// A moment of the run, some minutes away from both ends.
    pub(crate) fn moment(&mut self, after: i64) -> At {
        let end = self.run.stop.unwrap_or(self.until);
        let most = end.since(self.run.start) - 10;
        self.run.start.plus(self.dice.from(after.min(most - 1).max(1), most.max(2)))
    }
}
