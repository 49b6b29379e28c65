//! Exit codes, as `openecls --help` explains them.

/// Something went wrong.
pub(crate) const FAILED: u8 = 1;
/// The plan refuses something.
pub(crate) const REFUSED: u8 = 3;
/// The records have moved on since the plan was made.
pub(crate) const MOVED: u8 = 4;
/// A check found faults.
pub(crate) const FAULTS: u8 = 5;
/// The reader of our output has gone, as shells report it.
pub(crate) const PIPE: u8 = 141;
