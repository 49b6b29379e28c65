//! The figures as the registry delivers them, and what must hold between them.

use base::Instant;
use serde::Serialize;

/// Age at the start of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AgeGroup {
    /// 0 to 28 days.
    Neonate,
    /// 29 days to under 18 years.
    Pediatric,
    /// 18 years and over.
    Adult,
}

/// What the run supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SupportType {
    /// For failing lungs.
    Pulmonary,
    /// For a failing heart.
    Cardiac,
    /// Started during cardiac arrest.
    Ecpr,
}

impl AgeGroup {
    /// In the order of the page.
    pub const ALL: [Self; 3] = [Self::Neonate, Self::Pediatric, Self::Adult];

    /// As the page names it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Neonate => "Neonate",
            Self::Pediatric => "Pediatric",
            Self::Adult => "Adult",
        }
    }

    /// Its bounds in words.
    pub const fn bounds(self) -> &'static str {
        match self {
            Self::Neonate => "0 to 28 days",
            Self::Pediatric => "29 days to under 18 years",
            Self::Adult => "18 years and over",
        }
    }
}

impl SupportType {
    /// In the order of the page.
    pub const ALL: [Self; 3] = [Self::Pulmonary, Self::Cardiac, Self::Ecpr];

    /// As the page names it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pulmonary => "Pulmonary",
            Self::Cardiac => "Cardiac",
            Self::Ecpr => "ECPR",
        }
    }
}

/// Survivors among those whose outcome is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Survival {
    /// Survived.
    pub survived: u64,
    /// Runs for which that is known.
    pub known: u64,
    /// Runs for which it is not.
    pub unknown: u64,
}

/// Submitted runs of one row of the table, as far as they may be shown to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcomes {
    /// Submitted runs; `None` when the group is too small, or would give another one away.
    pub runs: Option<u64>,
    /// Alive after support; `None` as above.
    pub ecls: Option<Survival>,
    /// Left the hospital alive; `None` as above.
    pub hospital: Option<Survival>,
}

impl Outcomes {
    /// A row without runs.
    pub const EMPTY: Self =
        Self { runs: Some(0), ecls: Some(Survival::NONE), hospital: Some(Survival::NONE) };

    /// Whether everything of the row is shown.
    pub(crate) const fn is_whole(&self) -> bool {
        self.runs.is_some() && self.ecls.is_some() && self.hospital.is_some()
    }

    /// Parts that do not fit the runs.
    fn is_wrong(&self) -> bool {
        [self.ecls, self.hospital].into_iter().flatten().any(|share| {
            share.survived > share.known
                || self.runs.is_some_and(|runs| share.known.saturating_add(share.unknown) != runs)
        })
    }
}

impl Survival {
    /// Of nobody.
    pub const NONE: Self = Self { survived: 0, known: 0, unknown: 0 };
}

/// Submitted runs of one age group and support type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutcomeGroup {
    /// Age group at the start of the run.
    pub age: AgeGroup,
    /// Support type.
    pub support: SupportType,
    /// What may be shown of it.
    pub shown: Outcomes,
}

impl OutcomeGroup {
    /// A group without runs.
    pub const fn empty(age: AgeGroup, support: SupportType) -> Self {
        Self { age, support, shown: Outcomes::EMPTY }
    }
}

/// The table of the nine groups. It has passed disclosure control, and comes from a state of the registry that is
/// renewed in batches; so it may be older than the counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeTable {
    /// The moment that it stands for.
    pub as_of: Instant,
    /// All submitted runs of that moment.
    pub all: Outcomes,
    /// The three age groups, in order.
    pub ages: Vec<Outcomes>,
    /// The nine groups, age by age and within it support by support, empty ones too.
    pub groups: Vec<OutcomeGroup>,
    /// Runs that belong to no group, because age group or support type is not recorded; `None` as above.
    pub ungrouped: Option<u64>,
}

impl OutcomeTable {
    /// Without runs.
    pub fn empty(as_of: Instant) -> Self {
        let groups = AgeGroup::ALL.iter().flat_map(|&age| {
            SupportType::ALL.iter().map(move |&support| OutcomeGroup::empty(age, support))
        });
        Self {
            as_of,
            all: Outcomes::EMPTY,
            ages: vec![Outcomes::EMPTY; AgeGroup::ALL.len()],
            groups: groups.collect(),
            ungrouped: Some(0),
        }
    }

    /// Each age with its row and those of its three groups.
    pub(crate) fn by_age(&self) -> impl Iterator<Item = (AgeGroup, &Outcomes, Vec<&OutcomeGroup>)> {
        AgeGroup::ALL.iter().zip(&self.ages).map(|(&age, sum)| {
            (age, sum, self.groups.iter().filter(|group| group.age == age).collect())
        })
    }

    /// Whether anything is not shown.
    pub(crate) fn hides(&self) -> bool {
        let groups = self.groups.iter().map(|group| &group.shown);
        !groups.chain(&self.ages).chain([&self.all]).all(Outcomes::is_whole)
    }

    fn check(&self) -> Result<(), FigureError> {
        let order = Self::empty(self.as_of);
        let same =
            |(a, b): (&OutcomeGroup, &OutcomeGroup)| a.age == b.age && a.support == b.support;
        if self.groups.len() != order.groups.len()
            || self.ages.len() != order.ages.len()
            || !self.groups.iter().zip(&order.groups).all(same)
        {
            return Err(FigureError::Groups);
        }
        if let Some(group) = self.groups.iter().find(|group| group.shown.is_wrong()) {
            return Err(FigureError::Parts(group.age.label(), group.support.label()));
        }
        if self.all.is_wrong() || self.ages.iter().any(Outcomes::is_wrong) {
            return Err(FigureError::Parts("a sum", "of groups"));
        }
        // sums can be looked at only where all parts are shown
        let parts: Option<u64> = self.groups.iter().map(|group| group.shown.runs).sum();
        if let (Some(parts), Some(rest), Some(total)) = (parts, self.ungrouped, self.all.runs)
            && parts.saturating_add(rest) != total
        {
            return Err(FigureError::Sum { parts: parts.saturating_add(rest), total });
        }
        Ok(())
    }
}

/// Everything that the home page counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeFigures {
    /// When the counters were read, from one snapshot.
    pub as_of: Instant,
    /// The current calendar year in UTC: "this year".
    pub year: i16,
    /// Submitted runs of all years; withdrawn runs not counted.
    pub total_submitted: u64,
    /// Runs whose ECLS began in `year`: drafts included, withdrawn runs not.
    pub cases_this_year: u64,
    /// Those of `cases_this_year` that are submitted.
    pub submitted_this_year: u64,
    /// The nine groups; `None` while the registry is being counted for the first time.
    pub outcomes: Option<OutcomeTable>,
    /// Centers with at least one submitted run.
    pub centers: u64,
    /// Drafts of all years.
    pub drafts: u64,
    /// How many of `total_submitted` are invented (the shipped sample); 0 in real use.
    pub invented: u64,
}

/// Figures that contradict themselves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FigureError {
    /// Not nine, or not in order.
    #[error("home figures: the nine groups are not complete or not in order")]
    Groups,
    /// More survivors than known outcomes, or known and unknown ones that do not make the runs.
    #[error("home figures: the parts of {0} {1} do not make its runs")]
    Parts(&'static str, &'static str),
    /// The groups and the ungrouped runs do not add up to the total.
    #[error("home figures: groups and ungrouped runs make {parts}, the total says {total}")]
    Sum {
        /// Sum of the groups and the ungrouped runs.
        parts: u64,
        /// The total that was delivered.
        total: u64,
    },
    /// A part of a total is larger than the total.
    #[error("home figures: {0}")]
    Part(&'static str),
}

impl HomeFigures {
    /// A registry without runs.
    pub fn empty(as_of: Instant, year: i16) -> Self {
        Self {
            as_of,
            year,
            total_submitted: 0,
            cases_this_year: 0,
            submitted_this_year: 0,
            outcomes: Some(OutcomeTable::empty(as_of)),
            centers: 0,
            drafts: 0,
            invented: 0,
        }
    }

    /// Whether every total equals the sum of its parts, as far as they are shown.
    pub fn check(&self) -> Result<(), FigureError> {
        self.outcomes.as_ref().map_or(Ok(()), OutcomeTable::check)?;
        self.check_parts()
    }

    fn check_parts(&self) -> Result<(), FigureError> {
        let part = if self.submitted_this_year > self.cases_this_year {
            "more submitted cases than cases this year"
        } else if self.submitted_this_year > self.total_submitted {
            "more submitted cases this year than in all years"
        } else if self.cases_this_year - self.submitted_this_year > self.drafts {
            "more drafts this year than in all years"
        } else if self.invented > self.total_submitted {
            "more invented runs than runs"
        } else {
            return Ok(());
        };
        Err(FigureError::Part(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(figures: &mut HomeFigures) -> &mut OutcomeTable {
        figures.outcomes.as_mut().unwrap()
    }

    fn one_run() -> HomeFigures {
        let mut figures = HomeFigures::empty(Instant::from_micros(0), 2026);
        figures.total_submitted = 1;
        let one = Outcomes {
            runs: Some(1),
            ecls: Some(Survival { survived: 1, known: 1, unknown: 0 }),
            hospital: Some(Survival { survived: 0, known: 0, unknown: 1 }),
        };
        let shown = table(&mut figures);
        (shown.all, shown.ages[1], shown.groups[4].shown) = (one, one, one);
        figures
    }

    #[test]
    fn consistent_figures_pass() {
        assert_eq!(HomeFigures::empty(Instant::from_micros(0), 2026).check(), Ok(()));
        assert_eq!(one_run().check(), Ok(()));
    }

    #[test]
    fn a_total_that_is_not_the_sum_of_its_parts_is_refused_where_all_are_shown() {
        let mut figures = one_run();
        let two = Survival { unknown: 2, ..Survival::NONE };
        table(&mut figures).all = Outcomes { runs: Some(2), ecls: Some(two), hospital: Some(two) };
        assert_eq!(figures.check(), Err(FigureError::Sum { parts: 1, total: 2 }));

        table(&mut figures).groups[0].shown.runs = None;
        assert_eq!(figures.check(), Ok(()));

        table(&mut figures).groups[0].shown.runs = Some(0);
        table(&mut figures).ungrouped = Some(1);
        assert_eq!(figures.check(), Ok(()));
    }

    #[test]
    fn groups_out_of_order_or_missing_are_refused() {
        let mut swapped = one_run();
        table(&mut swapped).groups.swap(0, 1);
        let mut missing = one_run();
        table(&mut missing).groups.pop();

        assert_eq!(swapped.check(), Err(FigureError::Groups));
        assert_eq!(missing.check(), Err(FigureError::Groups));
    }

    #[test]
    fn more_survivors_than_known_outcomes_are_refused() {
        let mut figures = one_run();
        table(&mut figures).groups[4].shown.hospital =
            Some(Survival { survived: 1, known: 0, unknown: 1 });

        assert_eq!(figures.check(), Err(FigureError::Parts("Pediatric", "Cardiac")));
    }

    #[test]
    fn parts_of_the_headline_that_exceed_it_are_refused() {
        let mut figures = one_run();
        figures.submitted_this_year = 1;
        assert!(matches!(figures.check(), Err(FigureError::Part(_))), "submitted above cases");

        figures.cases_this_year = 2;
        assert!(matches!(figures.check(), Err(FigureError::Part(_))), "drafts unaccounted for");

        figures.drafts = 1;
        assert_eq!(figures.check(), Ok(()));

        figures.invented = 2;
        assert!(matches!(figures.check(), Err(FigureError::Part(_))), "invented above total");
    }
}
