//! Codes of administrative divisions: 2 digits province, 4 prefecture, 6 county, 9 township or street, 12 village or
//! community (National Bureau of Statistics), and 15 for a grid, which has no national code and takes its village's
//! code plus three digits.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Level of an area, from the largest to the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "graphql", derive(async_graphql::Enum))]
#[serde(rename_all = "snake_case")]
pub enum AreaLevel {
    /// 省, 自治区, 直辖市.
    Province,
    /// 地级市, 州, 盟.
    Prefecture,
    /// 县, 区, 县级市.
    County,
    /// 乡, 镇, 街道.
    Township,
    /// A village or a community: the place of one committee.
    Village,
    /// 网格: a part of a village or community, with its own staff.
    Grid,
}

/// A code of 2, 4, 6, 9, 12 or 15 digits. A code is a prefix of the codes of everything inside its area.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaCode {
    digits: [u8; 15],
    length: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an area code has 2, 4, 6, 9, 12 or 15 digits")]
pub struct AreaCodeError;

impl AreaCode {
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits[..usize::from(self.length)]).unwrap_or_default()
    }

    pub fn level(&self) -> AreaLevel {
        match self.length {
            2 => AreaLevel::Province,
            4 => AreaLevel::Prefecture,
            6 => AreaLevel::County,
            9 => AreaLevel::Township,
            12 => AreaLevel::Village,
            _ => AreaLevel::Grid,
        }
    }

    /// The area that directly contains this one; `None` for a province.
    pub fn parent(&self) -> Option<Self> {
        let length = match self.length {
            4 => 2,
            6 => 4,
            9 => 6,
            12 => 9,
            15 => 12,
            _ => return None,
        };
        Some(self.cut(length))
    }

    /// This area itself and everything that contains it, the smallest first.
    pub fn lineage(&self) -> impl Iterator<Item = Self> + use<> {
        std::iter::successors(Some(*self), Self::parent)
    }

    /// The area of the given level that this one is or lies in.
    pub fn at_level(&self, level: AreaLevel) -> Option<Self> {
        self.lineage().find(|area| area.level() == level)
    }

    /// Whether `other` is this area or lies inside it.
    pub fn contains(&self, other: &Self) -> bool {
        other.as_str().starts_with(self.as_str())
    }

    /// The smallest text that is greater than every code inside this area: the end of an index range.
    pub fn range_end(&self) -> String {
        format!("{}:", self.as_str())
    }

    fn cut(&self, length: u8) -> Self {
        let mut digits = [0; 15];
        let keep = usize::from(length);
        digits[..keep].copy_from_slice(&self.digits[..keep]);
        Self { digits, length }
    }
}

impl FromStr for AreaCode {
    type Err = AreaCodeError;

    fn from_str(text: &str) -> Result<Self, AreaCodeError> {
        let fits = matches!(text.len(), 2 | 4 | 6 | 9 | 12 | 15) && text.bytes().all(|b| b.is_ascii_digit());
        if !fits {
            return Err(AreaCodeError);
        }
        let mut digits = [0; 15];
        digits[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { digits, length: u8::try_from(text.len()).map_err(|_| AreaCodeError)? })
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for AreaCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AreaCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = AreaCode;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an area code")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<AreaCode, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_knows_its_level_and_its_lineage() {
        let grid: AreaCode = "420103006002001".parse().unwrap();
        assert_eq!(grid.level(), AreaLevel::Grid);
        let lineage: Vec<String> = grid.lineage().map(|a| a.to_string()).collect();
        assert_eq!(lineage, ["420103006002001", "420103006002", "420103006", "420103", "4201", "42"]);
        assert!("4201".parse::<AreaCode>().unwrap().contains(&grid));
        assert!(!"4202".parse::<AreaCode>().unwrap().contains(&grid));
        assert!("42010".parse::<AreaCode>().is_err());
        assert!("42010x".parse::<AreaCode>().is_err());
    }
}
