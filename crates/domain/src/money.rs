//! Money is integer fen (1 yuan = 100 fen); shares are integer basis points (1/10,000). No floating point.

use serde::{Deserialize, Serialize};

/// An amount in fen. Negative amounts exist only as differences; commands refuse them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub i64);

impl Fen {
    /// The amount for `units` at this rate; `None` when it does not fit.
    pub fn times(self, units: i64) -> Option<Self> {
        self.0.checked_mul(units).map(Self)
    }

    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl std::iter::Sum for Fen {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.fold(0, |sum, fen| sum.saturating_add(fen.0)))
    }
}

/// A share in 1/10,000: 2,500 is a quarter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BasisPoints(pub u16);

impl BasisPoints {
    pub const WHOLE: Self = Self(10_000);

    /// This share of `amount`, rounded down to whole fen.
    pub fn of(self, amount: Fen) -> Fen {
        let part = i128::from(amount.0) * i128::from(self.0) / 10_000;
        Fen(i64::try_from(part).unwrap_or(i64::MAX))
    }
}
