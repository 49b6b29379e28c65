//! The one value that every question is: which runs, counted as what, broken down by what, and what is measured.
//!
//! A [`Query`] can only be made against a [`Catalog`], so it names nothing that is not there. It is kept in normal
//! form: conditions merged, sorted, each once; ranges of whole numbers with both ends within; dates as whole years
//! where they are. Equal questions have equal values and one text, which stands in the address, the API, the
//! citation and the key of the cache:
//!
//! ```text
//! unit=run;where=age_group:adult,pediatric;where=started:2015..2020;by=support_type;measure=count
//! ```
//!
//! | part | forms |
//! | --- | --- |
//! | `unit` | `run`, `course`, `patient` (the last run of each in the population) |
//! | `where` | `field:code,code`; `field:missing`; `field:known`; `number:18..65`, `number:18..<65`, `number:..65`; `number:5..8kPa`; `date:2015..2020`, `date:2020-03..`; `rows(field:code;field:code)`: at least one such row; `!rows(…)`: none |
//! | `by` (up to 3) | `field` of codes or yes/no; `year`, `year(date)`; `number(18,40,65)`: under 18, 18 to under 40, and so on |
//! | `measure` | `count`; `share(yes_no)`, `share(field:code,code)`; `quantiles(number)`; `mean(number)`; `rate(rows)`, `rate(rows(field:code))`; `survival(time,event:code)`; `incidence(time,event:code,code,to=90)`; `missing(field)`; `distinct(key)` |

mod catalog;
mod dates;
mod error;
pub(crate) mod families;
mod names;
mod normal;
mod parse;
mod print;
mod value;
mod words;

pub use catalog::{Ask, AskCode, Catalog, CatalogError, Holds, Roles, TableAsk};
pub use dates::Days;
pub(crate) use dates::moment;
pub use error::QueryError;
pub(crate) use print::address;
pub use value::{Breakdown, Clause, Curve, Draft, Limits, Measure, Query, Unit};
