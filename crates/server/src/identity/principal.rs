//! Who is asking, and what was granted to them.

use app::AccountRole;
use domain::{Language, Rejection};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Result, reasons};

/// Roles and scope, of an account or of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub roles: Vec<AccountRole>,
    /// Prefixes of area codes, digits only. The empty prefix is everywhere; no prefix at all is nowhere.
    pub areas: Vec<String>,
    pub organisations: Vec<Uuid>,
}

/// Most areas, and most organisations, in one grant.
const MOST_SCOPE: usize = 200;

impl Grant {
    /// Sorted, without repetition, and well formed.
    pub(super) fn checked(mut self) -> Result<Self> {
        if self.areas.len() > MOST_SCOPE || self.organisations.len() > MOST_SCOPE {
            return Err(Rejection::new(&reasons::TOO_MUCH_SCOPE)
                .field("scope")
                .with("limit", MOST_SCOPE)
                .into());
        }
        if self.areas.iter().any(|area| area.len() > 15 || !area.bytes().all(|b| b.is_ascii_digit())) {
            return Err(Rejection::new(&reasons::AREA_PREFIX_INVALID).field("areas").into());
        }
        self.roles.sort_unstable();
        self.roles.dedup();
        self.areas.sort_unstable();
        self.areas.dedup();
        self.organisations.sort_unstable();
        self.organisations.dedup();
        Ok(self)
    }

    /// Whether `self` holds nothing that `owner` has not.
    pub fn is_within(&self, owner: &Self) -> bool {
        self.roles.iter().all(|role| owner.roles.contains(role))
            && self.areas.iter().all(|area| owner.areas.iter().any(|wider| area.starts_with(wider.as_str())))
            && self.organisations.iter().all(|id| owner.organisations.contains(id))
    }

    /// What both hold: a token loses what its owner lost after it was made.
    pub fn narrowed(&self, owner: &Self) -> Self {
        let mut areas: Vec<String> = Vec::new();
        for mine in &self.areas {
            for theirs in &owner.areas {
                if mine.starts_with(theirs.as_str()) {
                    areas.push(mine.clone());
                } else if theirs.starts_with(mine.as_str()) {
                    areas.push(theirs.clone());
                }
            }
        }
        areas.sort_unstable();
        areas.dedup();
        Self {
            roles: self.roles.iter().copied().filter(|role| owner.roles.contains(role)).collect(),
            areas,
            organisations: self
                .organisations
                .iter()
                .copied()
                .filter(|id| owner.organisations.contains(id))
                .collect(),
        }
    }
}

/// Who asks, as far as the rest of the platform needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Id of the account; also the actor of the events that follow.
    pub id: Uuid,
    /// The name to sign in with; may be shown.
    pub name: String,
    pub roles: Vec<AccountRole>,
    /// Prefixes of area codes; see [`Grant::areas`].
    pub areas: Vec<String>,
    pub organisations: Vec<Uuid>,
    /// The person whose account this is, when that is a person on record.
    pub person: Option<Uuid>,
    /// Preferred language, where the request names none.
    pub language: Option<Language>,
    /// The one organisation that this request speaks for; one of `organisations`.
    pub acting: Option<Uuid>,
    /// Whether it may read only, whatever its roles are.
    pub read_only: bool,
}

impl Principal {
    /// Whether nothing has changed but what the request says by itself.
    pub fn has_rights_of(&self, other: &Self) -> bool {
        let bare = |principal: &Self| Self { acting: None, ..principal.clone() };
        bare(self) == bare(other)
    }

    /// The same, speaking for one of its organisations; `None` when it is not one of them.
    pub fn acting_for(&self, organisation: Uuid) -> Option<Self> {
        let own = self.organisations.contains(&organisation);
        own.then(|| Self { acting: Some(organisation), ..self.clone() })
    }
}

pub(super) const fn language_tag(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::ZhCn => "zh-CN",
    }
}

pub(super) fn language_of(tag: &str) -> Option<Language> {
    match tag {
        "en" => Some(Language::En),
        "zh-CN" => Some(Language::ZhCn),
        _ => None,
    }
}
