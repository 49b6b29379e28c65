//! The catalog of the shipped dictionary, and questions made by chance.

use std::sync::{Arc, OnceLock};

use dictionary::Dictionary;
use insight::Shape;
use insight::query::{Ask, Breakdown, Catalog, Clause, Curve, Days, Draft, Holds, Measure, Unit};
use rust_decimal::Decimal;

/// The shape and catalog of the shipped dictionary.
pub(crate) fn shipped() -> &'static (Shape, Catalog) {
    static SHIPPED: OnceLock<(Shape, Catalog)> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let dictionary = Arc::new(Dictionary::embedded().expect("the shipped dictionary"));
        let shape = Shape::of(&dictionary);
        let catalog = Catalog::new(&shape, dictionary).expect("the shipped names");
        (shape, catalog)
    })
}

pub(crate) fn catalog() -> &'static Catalog {
    &shipped().1
}

/// Choices that were made by chance; zeros when they are used up.
pub(crate) struct Dice<'d>(pub(crate) std::slice::Iter<'d, u32>);

impl Dice<'_> {
    pub(crate) fn below(&mut self, sides: usize) -> usize {
        usize::try_from(self.0.next().copied().unwrap_or(0)).unwrap() % sides.max(1)
    }

    fn yes(&mut self) -> bool {
        self.below(2) == 1
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    fn number(&mut self) -> Decimal {
        let scale = u32::try_from(self.below(3)).unwrap();
        Decimal::new(i64::try_from(self.below(20_000)).unwrap() - 2_000, scale)
    }

    fn codes(&mut self, ask: &Ask) -> Vec<u16> {
        let count = 1 + self.below(3);
        (0..count).map(|_| u16::try_from(self.below(ask.codes.len())).unwrap()).collect()
    }

    fn ask<'c>(&mut self, asks: &'c [Ask], fits: impl Fn(Holds) -> bool) -> &'c Ask {
        let fitting: Vec<&Ask> = asks.iter().filter(|ask| fits(ask.holds)).collect();
        fitting[self.below(fitting.len())]
    }

    /// A table of rows with at least one column.
    fn rows(&mut self, catalog: &Catalog) -> usize {
        let tables: Vec<usize> = (1..catalog.tables().len())
            .filter(|table| !catalog.tables()[*table].columns.is_empty())
            .collect();
        tables[self.below(tables.len())]
    }

    fn clause(&mut self, asks: &[Ask]) -> Clause {
        let ask = self.of(asks);
        let column = ask.at;
        match self.below(8) {
            0 => return Clause::Known(column),
            1 => return Clause::Among { column, codes: Vec::new(), missing: true },
            _ => {}
        }
        match ask.holds {
            Holds::Bool | Holds::Code | Holds::Codes => {
                Clause::Among { column, codes: self.codes(ask), missing: self.yes() }
            }
            Holds::Integer | Holds::Decimal => {
                let (a, b) = (self.number(), self.number());
                Clause::Number {
                    column,
                    low: self.yes().then_some(a.min(b)),
                    high: Some(a.max(b) + Decimal::TWO),
                    exclusive: self.yes(),
                }
            }
            Holds::Day | Holds::Minute => {
                let years = 1990 + i32::try_from(self.below(30)).unwrap();
                let last = years + i32::try_from(self.below(5)).unwrap();
                Clause::Date { column, days: Days::years(years, last).unwrap() }
            }
            Holds::Key | Holds::Text => Clause::Known(column),
        }
    }

    fn measure(&mut self, catalog: &Catalog) -> Measure {
        let root = &catalog.tables()[0].columns;
        let number = |holds: Holds| holds.is_number();
        match self.below(8) {
            0 => Measure::Count,
            1 => {
                let ask = self.ask(root, Holds::is_listed);
                Measure::Share { column: ask.at, codes: self.codes(ask) }
            }
            2 => Measure::Quantiles(self.ask(root, number).at),
            3 => Measure::Mean(self.ask(root, number).at),
            4 => {
                let table = self.rows(catalog);
                let clause = self.clause(&catalog.tables()[table].columns);
                let table = u16::try_from(table).unwrap();
                Measure::Rate { table, clauses: if self.yes() { vec![clause] } else { Vec::new() } }
            }
            5 => Measure::Missing(self.of(root).at),
            6 => Measure::Distinct(self.ask(root, |holds| holds == Holds::Key).at),
            _ => {
                let event = self.ask(root, |holds| matches!(holds, Holds::Bool | Holds::Code));
                let curve = Curve {
                    time: self.ask(root, number).at,
                    event: event.at,
                    codes: self.codes(event),
                    until: self.yes().then_some(90),
                };
                if self.yes() { Measure::Survival(curve) } else { Measure::Incidence(curve) }
            }
        }
    }

    /// A question that may contradict itself or ask too much.
    pub(crate) fn draft(&mut self, catalog: &Catalog) -> Draft {
        let root = &catalog.tables()[0].columns;
        let mut draft = Draft { unit: *self.of(&Unit::ALL), ..Draft::default() };
        for _ in 0..self.below(4) {
            draft.clauses.push(self.clause(root));
        }
        for _ in 0..self.below(3) {
            let table = self.rows(catalog);
            let clauses =
                (0..self.below(3)).map(|_| self.clause(&catalog.tables()[table].columns)).collect();
            let table = u16::try_from(table).unwrap();
            draft.clauses.push(Clause::Rows { table, has: self.yes(), clauses });
        }
        for _ in 0..self.below(3) {
            draft.by.push(match self.below(4) {
                3 => Breakdown::Month(self.ask(root, Holds::is_date).at),
                0 => Breakdown::Year(self.ask(root, Holds::is_date).at),
                1 => Breakdown::Codes(self.ask(root, Holds::is_listed).at),
                _ => Breakdown::Bands {
                    column: self.ask(root, Holds::is_number).at,
                    edges: (0..=self.below(4)).map(|_| self.number()).collect(),
                },
            });
        }
        for _ in 0..self.below(4) {
            draft.measures.push(self.measure(catalog));
        }
        draft
    }
}
