//! The one place that makes a personal field: masked for everybody but the person, and open where its opening has been
//! recorded.

use std::sync::Arc;

use app::{
    Opening,
    personal::{Subject, may_open},
};
use async_graphql::{Context, Enum, Result, SimpleObject};
use domain::{Personal, access::PersonalFieldName};
use keyring::Opened;

use crate::{
    context::{Asker, signed_in},
    error::fault,
};

/// Whether a personal field is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum PersonalState {
    /// The value is shown: it is the asker's own, or its opening has just been recorded.
    Visible,
    /// There is a value, but it is not shown. Who may open it gets it by `reveal`.
    Masked,
    /// There was a value; the key of its subject has been destroyed.
    Erased,
}

/// A personal field. Queries show the asker's own and mask all others; `reveal` opens a field to those who have the
/// right, once, and records it.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct PersonalField {
    /// Whether the value is shown, and if not, why.
    state: PersonalState,
    /// The plain text; null unless the state is VISIBLE.
    value: Option<String>,
    /// As much of a masked value as tells people apart at work (`张*`, `138****5678`), for those alone who may open it; null
    /// for everybody else, and for addresses and free texts.
    masked: Option<String>,
}

/// What has been opened of a noun by the mutation that answers with it; nothing in a query.
pub(crate) type OpenedHere = Option<Arc<Opening>>;

/// A personal field of a noun.
#[derive(Clone, Copy)]
pub(crate) struct Held<'a> {
    pub subject: Subject<'a>,
    pub name: PersonalFieldName,
    pub field: &'a Personal,
    /// Known to be erased, without asking for the key.
    pub erased: bool,
    /// What the mutation has opened of the noun.
    pub opening: Option<&'a Opening>,
}

impl PersonalField {
    const fn without_value(state: PersonalState) -> Self {
        Self { state, value: None, masked: None }
    }
}

/// A personal field for the asker.
///
/// # Errors
/// A fault of the keyring.
pub(crate) fn show(ctx: &Context<'_>, held: Held<'_>) -> Result<PersonalField> {
    if held.erased {
        return Ok(PersonalField::without_value(PersonalState::Erased));
    }
    let asker = signed_in(ctx)?;
    let opened = held.opening.is_some_and(|opening| opening.covers(held.name));
    if opened || held.subject.is_own(asker.viewer) {
        let show = |text| PersonalField { state: PersonalState::Visible, value: Some(text), masked: None };
        return with_plain(ctx, asker, held.field, show);
    }
    let rendered = ctx.look_ahead().field("masked").exists() && can_be_masked(held.name);
    if rendered && may_open(asker.viewer, held.subject) {
        let name = held.name;
        let mask = |text: String| {
            let masked = mask(name, &text);
            PersonalField { state: PersonalState::Masked, value: None, masked }
        };
        return with_plain(ctx, asker, held.field, mask);
    }
    Ok(PersonalField::without_value(PersonalState::Masked))
}

fn with_plain(
    ctx: &Context<'_>,
    asker: Asker<'_>,
    field: &Personal,
    make: impl FnOnce(String) -> PersonalField,
) -> Result<PersonalField> {
    let Some(sealed) = field.as_sealed() else {
        return Ok(PersonalField::without_value(PersonalState::Masked));
    };
    match asker.app.keyring().open_sealed(field.subject.0, sealed) {
        Ok(Opened::Plain(text)) => Ok(make(text.to_string())),
        Ok(Opened::Erased) => Ok(PersonalField::without_value(PersonalState::Erased)),
        Err(cause) => Err(fault(ctx, &cause.into())),
    }
}

/// Fields of which a part tells people apart without telling who they are. An address or a free text has no such part.
const fn can_be_masked(name: PersonalFieldName) -> bool {
    use PersonalFieldName as Name;
    match name {
        Name::Name
        | Name::ReporterName
        | Name::Phone
        | Name::ReporterPhone
        | Name::IdNumber
        | Name::CredentialNumber
        | Name::BirthDate => true,
        Name::Address | Name::Narrative | Name::DispositionNote => false,
    }
}

/// The masked rendering of a value. What is hidden is hidden by a fixed number of asterisks, and at least as much is
/// hidden as is shown: a short value is hidden whole.
fn mask(name: PersonalFieldName, text: &str) -> Option<String> {
    use PersonalFieldName as Name;
    match name {
        // The family name alone, by its first character.
        Name::Name | Name::ReporterName => part(text, 1, 0, "*"),
        Name::Phone | Name::ReporterPhone => part(text, 3, 4, "****").or_else(|| part(text, 0, 2, "****")),
        Name::IdNumber => part(text, 1, 1, "****************"),
        Name::CredentialNumber => part(text, 0, 4, "****"),
        // The year.
        Name::BirthDate => part(text, 4, 0, "-**-**"),
        Name::Address | Name::Narrative | Name::DispositionNote => None,
    }
}

/// So many characters of the beginning and of the end.
fn part(text: &str, begin: usize, end: usize, hidden: &str) -> Option<String> {
    let characters: Vec<char> = text.trim().chars().collect();
    // A name of two characters shows one.
    let rest = characters.len().checked_sub(begin + end)?;
    if rest == 0 || rest * 2 < begin + end {
        return None;
    }
    let shown = |part: &[char]| part.iter().collect::<String>();
    Some(format!("{}{hidden}{}", shown(&characters[..begin]), shown(&characters[characters.len() - end..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_rendering_shows_less_than_it_hides() {
        use PersonalFieldName as Name;
        let table = [
            (Name::Name, "张伟", Some("张*")),
            (Name::Name, "欧阳测宁", Some("欧*")),
            (Name::ReporterName, "王", None),
            (Name::Phone, "13812345678", Some("138****5678")),
            (Name::ReporterPhone, "0716-8212", Some("****12")),
            (Name::Phone, "12", None),
            (Name::IdNumber, "42100219850402731X", Some("4****************X")),
            (Name::CredentialNumber, "BAZ-4210-77310", Some("****7310")),
            (Name::CredentialNumber, "7310", None),
            (Name::BirthDate, "1985-04-02", Some("1985-**-**")),
            (Name::Address, "沙市区豉湖路七十九号", None),
            (Name::Narrative, "邻居起争执", None),
            (Name::DispositionNote, "双方和好", None),
        ];
        for (name, text, expected) in table {
            assert_eq!(mask(name, text).as_deref(), expected, "{text}");
            assert!(expected.is_none() || can_be_masked(name));
        }
        assert!(PersonalFieldName::ALL.iter().all(|name| table.iter().any(|(known, ..)| known == name)));
    }
}
