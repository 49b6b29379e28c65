//! What can be asked: one population, many panels. Every answer is made of exact counts and sums.

use crate::schema::ColumnRef;

/// Which rows of the root table are meant, and what one unit of counting is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// Rows that count.
    pub filter: Filter,
    /// What is counted.
    pub unit: Unit,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Every root row.
    Row,
    /// Of the filtered rows that share `key`, only the one with the greatest `order` (missing is smallest; of equal
    /// ones the one entered last). Rows whose key is missing stand for themselves.
    Last {
        /// A `Key` column of the root.
        key: ColumnRef,
        /// A `Minute`, `Day` or `Number` column of the root.
        order: ColumnRef,
    },
}

/// A condition with three-valued logic: a row counts when the condition is true; a test of a missing value is
/// neither true nor false, and stays so under `Not`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Every condition; true when empty.
    All(Vec<Filter>),
    /// Any condition; false when empty.
    Any(Vec<Filter>),
    /// The opposite.
    Not(Box<Filter>),
    /// A test of one column of the table the filter is for. In a child's filter, columns of an ancestor may be
    /// tested too.
    Test(ColumnRef, Test),
    /// A root or parent row with at least one row of the child table for which the condition is true.
    Has(u16, Box<Filter>),
}

/// A test of one value. Numbers are given as digits and scale, as in [`crate::Value::Number`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// There is a value. Never undecided.
    Known,
    /// There is none. Never undecided.
    Missing,
    /// A Boolean's value.
    Is(bool),
    /// A code that is, or several codes of which one is, among these.
    In(Vec<u16>),
    /// A number, day, minute or key from `low` to below `below`, both in units of 10^-scale.
    Between {
        /// Smallest value within.
        low: Option<i64>,
        /// First value beyond.
        below: Option<i64>,
        /// Decimals of the bounds; 0 for days, minutes and keys.
        scale: u8,
    },
}

/// One table of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// The table whose rows are grouped: 0 for the runs.
    pub table: u16,
    /// For a child table: which of its rows. For the root: further narrows the population for this panel.
    pub filter: Option<Filter>,
    /// Up to three dimensions; columns of the panel's table or of its ancestors.
    pub by: Vec<By>,
    /// What is measured in each cell.
    pub measures: Vec<Measure>,
    /// For a child table: count each selected root row at most once in a cell.
    pub once: bool,
}

/// A dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Codes, Booleans (false, true) or keys. Several codes: the row stands in each of its cells.
    Column(ColumnRef),
    /// Calendar year of a day or minute.
    Year(ColumnRef),
    /// Calendar month of a day or minute: twelve times the year, plus 0 for January to 11 for December.
    Month(ColumnRef),
    /// Number, day or minute in bins: `edges[i] <= value < edges[i + 1]`, in units of 10^-scale; values beyond the
    /// edges count as missing.
    Bins {
        /// The column.
        column: ColumnRef,
        /// Ascending.
        edges: Vec<i64>,
        /// Decimals of the edges.
        scale: u8,
    },
}

/// What is measured in a cell. Columns of the panel's table or of its ancestors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// Rows.
    Count,
    /// Rows with a value.
    Known(ColumnRef),
    /// Rows whose Boolean is true, and rows whose Boolean is known.
    True(ColumnRef),
    /// Sum of the known numbers, and how many.
    Sum(ColumnRef),
    /// How often each known value occurs, ascending: quantiles and histograms follow.
    Values(ColumnRef),
    /// How often each known value of the first (number, day, minute) occurs together with each value of the
    /// second (code, Boolean), missing included: curves follow.
    Pairs(ColumnRef, ColumnRef),
    /// Different known keys or codes.
    Distinct(ColumnRef),
}

/// The answer to one panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Cells with at least one row, ordered by key.
    pub cells: Vec<Cell>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// One slot for each dimension.
    pub key: Key,
    /// One for each measure.
    pub measures: Vec<Counts>,
}

/// Where a cell stands.
pub type Key = Vec<Slot>;

/// A cell's place in one dimension: code or key, 0 and 1 for a Boolean, year, month, or bin; `None` for missing.
pub type Slot = Option<i32>;

/// The measured counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counts {
    /// `Count`, `Known` or `Distinct`.
    Number(u64),
    /// `True`.
    True {
        /// Rows that are true.
        yes: u64,
        /// Rows that are true or false.
        known: u64,
    },
    /// `Sum`: exact, in units of 10^-scale.
    Sum {
        /// All digits with the sign.
        digits: i128,
        /// Decimals.
        scale: u8,
        /// Rows with a value.
        known: u64,
    },
    /// `Values`.
    Values {
        /// Decimals of the values.
        scale: u8,
        /// Value in units of 10^-scale, and rows; ascending.
        values: Vec<(i64, u64)>,
    },
    /// `Pairs`.
    Pairs {
        /// Decimals of the values.
        scale: u8,
        /// Value, second column's code (0 and 1 for a Boolean, `None` for missing), and rows; ascending.
        values: Vec<(i64, Option<u16>, u64)>,
    },
}
