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

/// Submitted runs of one age group and support type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutcomeGroup {
    /// Age group at the start of the run.
    pub age: AgeGroup,
    /// Support type.
    pub support: SupportType,
    /// Submitted runs.
    pub runs: u64,
    /// Of those with `ecls_known`, the patient was alive after support.
    pub survived_ecls: u64,
    /// Runs for which that is known.
    pub ecls_known: u64,
    /// Of those with `hospital_known`, the patient left the hospital alive.
    pub survived_hospital: u64,
    /// Runs for which that is known.
    pub hospital_known: u64,
}

/// Sums over groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcomes {
    /// Submitted runs.
    pub runs: u64,
    /// Alive after support.
    pub survived_ecls: u64,
    /// Runs for which that is known.
    pub ecls_known: u64,
    /// Left the hospital alive.
    pub survived_hospital: u64,
    /// Runs for which that is known.
    pub hospital_known: u64,
}

impl OutcomeGroup {
    /// A group without runs.
    pub const fn empty(age: AgeGroup, support: SupportType) -> Self {
        Self {
            age,
            support,
            runs: 0,
            survived_ecls: 0,
            ecls_known: 0,
            survived_hospital: 0,
            hospital_known: 0,
        }
    }

    /// Its counts alone.
    pub const fn outcomes(&self) -> Outcomes {
        Outcomes {
            runs: self.runs,
            survived_ecls: self.survived_ecls,
            ecls_known: self.ecls_known,
            survived_hospital: self.survived_hospital,
            hospital_known: self.hospital_known,
        }
    }
}

impl std::ops::Add for Outcomes {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            runs: self.runs.saturating_add(other.runs),
            survived_ecls: self.survived_ecls.saturating_add(other.survived_ecls),
            ecls_known: self.ecls_known.saturating_add(other.ecls_known),
            survived_hospital: self.survived_hospital.saturating_add(other.survived_hospital),
            hospital_known: self.hospital_known.saturating_add(other.hospital_known),
        }
    }
}

impl std::iter::Sum for Outcomes {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |sum, part| sum + part)
    }
}

/// Everything that the home page counts, read from one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeFigures {
    /// When the snapshot was read.
    pub as_of: Instant,
    /// The current calendar year in UTC: "this year".
    pub year: i16,
    /// Submitted runs of all years; withdrawn runs not counted.
    pub total_submitted: u64,
    /// Runs whose ECLS began in `year`: drafts included, withdrawn runs not.
    pub cases_this_year: u64,
    /// Those of `cases_this_year` that are submitted.
    pub submitted_this_year: u64,
    /// The nine groups, age by age and within it support by support, empty ones too.
    pub groups: Vec<OutcomeGroup>,
    /// Submitted runs that belong to no group, because age group or support type is not recorded.
    pub ungrouped: u64,
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
    /// More survivors than known outcomes, or more known outcomes than runs.
    #[error("home figures: group {0} {1} counts more parts than runs")]
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
        let groups = AgeGroup::ALL.iter().flat_map(|&age| {
            SupportType::ALL.iter().map(move |&support| OutcomeGroup::empty(age, support))
        });
        Self {
            as_of,
            year,
            total_submitted: 0,
            cases_this_year: 0,
            submitted_this_year: 0,
            groups: groups.collect(),
            ungrouped: 0,
            centers: 0,
            drafts: 0,
            invented: 0,
        }
    }

    /// Sum over the nine groups.
    pub fn all_groups(&self) -> Outcomes {
        self.groups.iter().map(OutcomeGroup::outcomes).sum()
    }

    /// Sum over the three groups of one age.
    pub fn of_age(&self, age: AgeGroup) -> Outcomes {
        self.groups.iter().filter(|group| group.age == age).map(OutcomeGroup::outcomes).sum()
    }

    /// Whether every total equals the sum of its parts.
    pub fn check(&self) -> Result<(), FigureError> {
        let order = Self::empty(self.as_of, self.year);
        let same =
            |(a, b): (&OutcomeGroup, &OutcomeGroup)| a.age == b.age && a.support == b.support;
        if self.groups.len() != order.groups.len()
            || !self.groups.iter().zip(&order.groups).all(same)
        {
            return Err(FigureError::Groups);
        }
        for group in &self.groups {
            if group.survived_ecls > group.ecls_known
                || group.ecls_known > group.runs
                || group.survived_hospital > group.hospital_known
                || group.hospital_known > group.runs
            {
                return Err(FigureError::Parts(group.age.label(), group.support.label()));
            }
        }
        let parts = self.all_groups().runs.saturating_add(self.ungrouped);
        if parts != self.total_submitted {
            return Err(FigureError::Sum { parts, total: self.total_submitted });
        }
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

    fn one_run() -> HomeFigures {
        let mut figures = HomeFigures::empty(Instant::from_micros(0), 2026);
        figures.total_submitted = 1;
        figures.groups[4] = OutcomeGroup {
            runs: 1,
            survived_ecls: 1,
            ecls_known: 1,
            ..OutcomeGroup::empty(AgeGroup::Pediatric, SupportType::Cardiac)
        };
        figures
    }

    #[test]
    fn consistent_figures_pass() {
        assert_eq!(HomeFigures::empty(Instant::from_micros(0), 2026).check(), Ok(()));
        assert_eq!(one_run().check(), Ok(()));
    }

    #[test]
    fn a_total_that_is_not_the_sum_of_its_parts_is_refused() {
        let mut figures = one_run();
        figures.total_submitted = 2;
        assert_eq!(figures.check(), Err(FigureError::Sum { parts: 1, total: 2 }));

        figures.ungrouped = 1;
        assert_eq!(figures.check(), Ok(()));
    }

    #[test]
    fn groups_out_of_order_or_missing_are_refused() {
        let mut swapped = one_run();
        swapped.groups.swap(0, 1);
        let mut missing = one_run();
        missing.groups.pop();

        assert_eq!(swapped.check(), Err(FigureError::Groups));
        assert_eq!(missing.check(), Err(FigureError::Groups));
    }

    #[test]
    fn more_survivors_than_known_outcomes_are_refused() {
        let mut figures = one_run();
        figures.groups[4].survived_hospital = 1;

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
