//! Dates and times.

use std::cmp::Ordering;

use super::Eval;
use super::env::Here;
use super::rows::each_row;
use crate::expr::tree::When;
use crate::value::{Moment, Value};

impl<'x, 'a: 'x> Eval<'x, 'a> for When {
    type Out = Moment;

    fn eval(&'x self, here: Here<'_, 'a>) -> Option<Moment> {
        match self {
            Self::Const(moment) => *moment,
            Self::Field(slot) => match here.value(*slot) {
                Value::Moment(moment) => Some(*moment),
                _ => None,
            },
            Self::Today => Some(here.env.now.date()),
            Self::Now => Some(here.env.now),
            Self::Date(inner) => inner.eval(here).map(Moment::date),
            Self::Extreme { of, largest } => {
                let mut extreme = Extreme::new(*largest);
                for part in of {
                    extreme.meet(part.eval(here)?);
                }
                extreme.moment()
            }
            Self::ExtremeOf { of, largest } => {
                let mut extreme = Extreme::new(*largest);
                each_row(&of.0, here, &mut |_, inside| {
                    if let Some(moment) = of.1.eval(inside) {
                        extreme.meet(moment);
                    }
                    true
                })?;
                extreme.moment()
            }
            Self::Choice(choice) => choice.eval(here),
        }
    }
}

/// The earliest or latest of several moments, as far as it can be told.
#[derive(Debug)]
pub(super) struct Extreme {
    best: Option<Moment>,
    largest: bool,
    /// On the best day some times are known and some are not.
    mixed: bool,
}

impl Extreme {
    pub(super) const fn new(largest: bool) -> Self {
        Self { best: None, largest, mixed: false }
    }

    /// Whether the moment goes before the best so far (`Less`) or ties with it.
    pub(super) fn meet(&mut self, moment: Moment) -> Ordering {
        let Some(best) = self.best else {
            self.best = Some(moment);
            return Ordering::Less;
        };
        let days = moment.day_number().cmp(&best.day_number());
        let days = if self.largest { days.reverse() } else { days };
        match days {
            Ordering::Greater => Ordering::Greater,
            Ordering::Less => {
                self.best = Some(moment);
                self.mixed = false;
                Ordering::Less
            }
            Ordering::Equal => self.same_day(moment, best),
        }
    }

    fn same_day(&mut self, moment: Moment, best: Moment) -> Ordering {
        let Some(order) = moment.compare(best) else {
            self.mixed = true;
            return Ordering::Greater;
        };
        let order = if self.largest { order.reverse() } else { order };
        if order.is_lt() {
            self.best = Some(moment);
        }
        order
    }

    /// Whether it cannot be told which one is the best.
    pub(super) const fn mixed(&self) -> bool {
        self.mixed
    }

    /// The best; only its day when a time on that day is not known.
    pub(super) fn moment(&self) -> Option<Moment> {
        if self.mixed { self.best.map(Moment::date) } else { self.best }
    }
}
