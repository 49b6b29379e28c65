//! What may be shown of an answer: small groups stay hidden, and stay hidden from subtraction.
//!
//! Every public answer passes here. The module knows nothing of columns or questions; it sees *dimensions* with
//! *atoms* and asks a [`Census`] how many there are.
//!
//! # Words
//!
//! * A **dimension** puts every unit into exactly one **atom**: a code or Boolean column, the year, the chapter, a
//!   number cut at fixed edges; "missing" is an atom. A column with several codes per row is one Boolean dimension
//!   for each code. Whatever cannot be put so (free number ranges, single days) is not answered publicly.
//! * A **cell** fixes one atom in each dimension of a set D and leaves the others open. A cell of fewer dimensions
//!   is a margin of those below it. The cell without dimensions is everything.
//! * A **population** chooses a set of atoms in each dimension of D: a box of cells of D.
//! * A **line** is a shown cell cut along one more dimension: its children sum to it.
//!
//! # The naive rule and its hole
//!
//! It looks enough to serve a population when it, its slices and all combinations of complements hold nobody or at
//! least k. Then no two *nested* populations differ by 1 to k - 1: a member of the difference lies in a complement
//! box. But three answers are not two. With countries A 100, B 100, C 3 both A (complement 103) and B (103) pass, and
//! everything minus A minus B is C. So whether a cell may be shown cannot depend on that cell alone: somebody must
//! decide, once for all questions, which *other* cells of its line stay hidden with C.
//!
//! # The rule
//!
//! For every set D of dimensions (up to [`Settings::most_dimensions`]) each cell of D is either shown or hidden for
//! everyone, by a fixed rule on the data alone ([`Grid`]); the question plays no part in it, nor do earlier ones.
//! Going from few dimensions to many:
//!
//! 1. *Heredity*: below a hidden cell everything is hidden.
//! 2. *Small*: a cell of 1 to k - 1 units, or of fewer than m centers, is hidden.
//! 3. *Lines*: in each line the hidden children are none, or at least two that hold at least k units together, with
//!    enough slack that each small one could have any value from 1 to k - 1 (a label "n < 5" tells as much). The
//!    smallest suitable neighbors are hidden until that is so; if they do not suffice, the line is not broken down.
//! 4. *Audit*: by exact linear algebra over all shown margins of the table, (a) no hidden cell follows, (b) no plain
//!    sum of hidden cells below k that elimination meets, (c) no relation among the small hidden cells of a line beyond
//!    the sum of a line of small ones, and (d) nothing about any coarser table that this table does not tell itself. A
//!    hidden cell can be a bridge between two loops of hidden cells: every line has two of them, and it follows
//!    nevertheless. What follows gets company, then its lines are not broken down, then the whole table; also if there
//!    is too much to audit.
//! 5. *Corners*: a cell is hidden if the units outside it in several of its dimensions at once are 1 to k - 1.
//!
//! Zeros are shown, except where a line or table is not broken down.
//!
//! A line that shows all of its children but one to be empty tells that one, whatever becomes of it. So such a *told*
//! cell may be hidden by heredity, but it is no company for others, and is counted as shown in all its lines. In the
//! audit nothing is amiss if it follows, and if all of a shown margin follows that is small because it is a gap. The
//! proof below holds: a told cell that is hidden holds all of a shown one.
//!
//! # Gaps
//!
//! That an outcome is not known, yet or at all, is an administrative fact: it tells nothing of anybody's health. Such
//! an atom is a **gap** ([`Census::is_gap`]). A cell with a gap is exempt from (2): the cell around it, without the
//! gap, is shown (1), so it holds at least k units of m centers. Otherwise two records without an outcome would take
//! the survival of hundreds with them. Complement boxes (5) that hold nobody but at gaps may be small as well.
//!
//! The exemption is not for tracing people. Somebody may know of a patient that the outcome is not known, because the
//! patient is still in the hospital, and must not learn the rest of the record from tables in which one such record
//! is counted. So a cell with a gap is exempt only if each margin of it that opens a dimension which is not plain to
//! whoever knows the patient ([`Census::is_plain`]: where, when, how old) holds at least k: fewer whose outcome is
//! not known are not told apart by diagnosis, mode or complication. Lines protect such cells as any others.
//!
//! The claim below then reads: |Q minus all P| is 0, at least k, or nobody in it is elsewhere than in shown gaps. For
//! if somebody is, their cell is shown and holds at least k, or it is hidden and its line holds k that are left.
//!
//! A population is served when it is a box of cells that are all shown, with all their margins (heredity), and the
//! 2^d boxes of its sets and their complements hold nobody or at least k. Shown cells of a breakdown, numerators and
//! their complements are populations too, so nothing else is needed for them.
//!
//! # Why nothing follows from two, or from many parts of one whole
//!
//! *Claim.* Let Q be served, and P1..Pn served populations over the same dimensions D, each within Q. Then
//! |Q minus all P| is 0 or at least k. *Proof.* The remainder R is a union of cells of D. If all cells of R that hold
//! anybody are shown, each holds at least k. Otherwise take a hidden cell c in R and the cell g of Q's dimensions
//! around it: g is shown. Add the dimensions of c to g one by one up to the first hidden cell h; the cell before it is
//! shown and h is a child in its line. By (3) the hidden children of that line hold at least k together. By heredity
//! all cells of D within them that hold anybody are hidden, so none of them is part of any P, and all of them lie in g
//! and so in Q. Hence |R| >= k. With n = 1 this is every pair of nested populations, since P then has Q's dimensions
//! and perhaps more. ∎
//!
//! A served population minus another over the same dimensions within it can be computed by anyone, and by the claim is
//! nobody or at least k; so it is served too ("all but the missing").
//!
//! *Tables with different dimensions.* Linear relations between cells of D and cells of E run through cells of D ∩ E
//! only (write indicators as tensors: a set of dimensions in common factors out). So no combination of tables tells
//! more of a table than it tells itself as long as no single table tells more of its own margins than they tell: (4d).
//! This needs dimensions of which none follows from others. If countries and chapters were dimensions each for itself,
//! a chapter minus its shown countries would be its hidden ones, and their company may well be in another chapter.
//!
//! # Dimensions within each other
//!
//! So a dimension may lie *within* coarser ones ([`Census::within`]), as a country within its chapter: it is counted
//! below them only. Sets of dimensions that have the finer without the coarser are no tables; nothing is ever shown of
//! them. "Germany" is the cell (Europe, Germany), which is shown if Europe is and the line of Europe's countries is
//! covered. The proof above holds as it stands: every population asked about is closed that way, and dimensions are
//! added coarser ones first. So does the argument about several tables: sets that are closed stay so when they are
//! intersected, and a tree is to its levels what a product is to its factors. Atoms need not determine each other
//! exactly. A run in its first year of life may be a neonate or a child: then both pairs are cells, "first year" is
//! both together and shown only if both are. Pairs that never occur are taken as known to be empty, which is the most
//! that an attacker can know. Whether a number is known is a dimension of its own, and the number's bands lie within it,
//! so a figure that needs only "how many have a value" is not decided in a table of all bands.
//!
//! # What is not claimed
//!
//! (4) looks at cells, lines and margins, not at every union of cells in several lines: that would be a search over all
//! subsets. The tests try thousands of random boxes against everything that is shown. Bounds (nobody is negative; a
//! label tells a range) may narrow a hidden value over several lines; rule 3 keeps the range open in each line, the
//! tests find more than one possible value for each small cell of random tables, but no least width over whole tables
//! is proven. Whoever knows some of the people knows more. Two versions of the data differ by the runs submitted
//! between them, so public answers come from a state renewed in batches ([`crate::feed::Batch`]), not with each
//! submission. Which columns lie within each other is data (`data/names.toml`), checked for consistency, not proven
//! from the dictionary: two columns that differ in nothing but when they are missing (hours and survival of a run
//! without an end, weight and body mass index) stand apart, so the number without one and without the other may
//! differ by few. The one day up to which runs count as followed up is checked within its year only.
//!
//! # Units
//!
//! Patients and courses are served beside runs, so `runs - units` follows for each cell. Each patient (course) stands
//! at *one* run of the whole registry, the last, not at the last within the population asked for; otherwise the same
//! patients would be counted in two ways, and the difference would be a small group. So "is the last run of its
//! patient" is a dimension like any other, within "is the last run of its course", and the runs beyond the units are
//! the other children of its lines: hidden together if they are few. A unit that is no set of runs is counted with
//! [`Tally::repeats`], which rules 2 to 4 protect like the units.

mod ask;
mod audit;
mod census;
mod cover;
mod grid;
mod guard;
mod keys;
mod line;
mod settle;
mod span;
mod table;
#[cfg(test)]
mod tests;

pub use census::{Atom, Census, Counted, Dim, Selection, Spot, Tally, determines};
pub use grid::{Broken, Grid, GridError, Settled};
pub use guard::{Guard, Refusal};
pub use line::Reason;
pub use table::{ShownCell, ShownTable, TableError};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Audience {
    /// Anyone.
    Public,
    /// Signed-in people of member centers, asking about all centers.
    Member,
    /// People of a center, asking about their own center only: nothing is hidden from them.
    OwnCenter,
}

/// The limits of disclosure control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// k: the smallest group that is shown, in units. At least 2.
    pub least_units: u64,
    /// m: the fewest centers that a shown group comes from.
    pub least_centers: u64,
    /// The fewest observations behind a shown quantile.
    pub least_for_quantiles: u64,
    /// The most dimensions that one population and its breakdown may have together, those that others lie within not
    /// counted; at most [`Settings::DIMENSIONS`].
    pub most_dimensions: usize,
    /// Bound on the work of one audit, in multiplications. A table beyond it is not broken down.
    pub most_audit_work: u64,
}

impl Settings {
    /// The most dimensions that any grid can have, those that others lie within counted.
    pub const DIMENSIONS: usize = 12;

    /// The settings for an audience: the public and members see groups of 5 or more; the public only those from 3 or
    /// more centers; members from any number, because centers agree to compare.
    pub const fn of(audience: Audience) -> Settings {
        let least_centers = match audience {
            Audience::Public => 3,
            Audience::Member | Audience::OwnCenter => 1,
        };
        Settings {
            least_units: 5,
            least_centers,
            least_for_quantiles: 10,
            most_dimensions: 5,
            most_audit_work: 100_000_000,
        }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings::of(Audience::Public)
    }
}
