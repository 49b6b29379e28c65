//! Units of measurement: a small table after UCUM, with exact decimal conversion.
//!
//! A conversion is `base = value * factor + offset` within a dimension. Mass and amount of a
//! substance convert through its molar mass (1 mmol/L of a substance of molar mass M g/mol is
//! M / 10 mg/dL). Factors are decimals, so that a conversion is exact up to the final rounding.

use std::collections::HashMap;

use rust_decimal::{Decimal, RoundingStrategy};

/// A unit's place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnitId(pub u16);

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The name used in the dictionary's files, such as `mmHg`.
    pub key: String,
    /// The UCUM code, such as `mm[Hg]`.
    pub ucum: String,
    /// Units of one dimension convert into each other.
    pub dimension: String,
    /// Base units per unit: numerator.
    pub factor: Decimal,
    /// Base units per unit: denominator, for factors that are no finite decimal.
    pub divisor: Decimal,
    /// Added after multiplying, in base units.
    pub offset: Decimal,
}

/// All units and substances.
#[derive(Debug, Clone, Default)]
pub struct Units {
    pub(crate) all: Vec<Unit>,
    pub(crate) by_key: HashMap<String, UnitId>,
    pub(crate) molar_mass: HashMap<String, Decimal>,
}

impl Units {
    /// The unit of a name.
    pub fn find(&self, key: &str) -> Option<UnitId> {
        self.by_key.get(key).copied()
    }

    /// The unit of an id of this table.
    pub fn unit(&self, id: UnitId) -> Option<&Unit> {
        self.all.get(usize::from(id.0))
    }

    /// All units.
    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.all.iter()
    }

    /// Converts `value` from one unit to another, rounded half to even to at most `decimals` places
    /// after the point.
    ///
    /// `substance` names the substance when mass converts to amount. `None` when the units do not
    /// convert into each other or the result does not fit.
    pub fn convert(
        &self,
        value: Decimal,
        from: UnitId,
        to: UnitId,
        substance: Option<&str>,
        decimals: u32,
    ) -> Option<Decimal> {
        if from == to {
            return Some(value);
        }
        let (from, to) = (self.unit(from)?, self.unit(to)?);
        let base =
            value.checked_mul(from.factor)?.checked_div(from.divisor)?.checked_add(from.offset)?;
        let base = if from.dimension == to.dimension {
            base
        } else {
            let molar_mass = self.molar_mass.get(substance?)?;
            match (from.dimension.as_str(), to.dimension.as_str()) {
                // bases: g/L and mol/L
                ("mass_concentration", "amount_concentration") => base.checked_div(*molar_mass)?,
                ("amount_concentration", "mass_concentration") => base.checked_mul(*molar_mass)?,
                _ => return None,
            }
        };
        let result =
            base.checked_sub(to.offset)?.checked_mul(to.divisor)?.checked_div(to.factor)?;
        Some(
            result
                .round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven)
                .normalize(),
        )
    }
}
