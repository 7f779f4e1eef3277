//! The form of what identifies a person. A rejection never repeats the value.

use jiff::civil::Date;

use super::reason;
use crate::{
    Day, PersonId, Personal, PersonalText, Rejection,
    aggregate::{is_identity_number, personal, rule},
    rejection::common,
};

const NAME_LIMIT: usize = 100;
const ADDRESS_LIMIT: usize = 200;

pub(super) fn name(person: PersonId, plain: &PersonalText) -> Result<Personal, Rejection> {
    personal("name", person, plain, NAME_LIMIT)
}

pub(super) fn address(person: PersonId, plain: &PersonalText) -> Result<Personal, Rejection> {
    personal("address", person, plain, ADDRESS_LIMIT)
}

/// Citizen identity number, see [`is_identity_number`].
pub(super) fn id_number(person: PersonId, plain: &PersonalText) -> Result<Personal, Rejection> {
    let text = PersonalText::new(plain.expose().trim().to_ascii_uppercase());
    let fits = is_identity_number(text.expose());
    rule(fits, || Rejection::new(&reason::ID_NUMBER_MALFORMED).field("idNumber"))?;
    Ok(Personal::plain(person, &text))
}

pub(super) fn phone(person: PersonId, plain: &PersonalText) -> Result<Personal, Rejection> {
    let text = plain.expose().trim();
    let (lead, rest) = text.split_at(usize::from(text.starts_with('+')));
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    let fits = rest.bytes().all(|c| c.is_ascii_digit() || c == b' ' || c == b'-');
    rule(fits && digits >= 5 && lead.len() + rest.len() <= 20, || {
        Rejection::new(&reason::PHONE_MALFORMED).field("phone")
    })?;
    Ok(Personal::plain(person, &PersonalText::new(text)))
}

/// A day of the past since 1900, in exactly the form `YYYY-MM-DD`.
pub(super) fn birth_date(person: PersonId, plain: &PersonalText, today: Day) -> Result<Personal, Rejection> {
    let text = plain.expose().trim();
    let date: Option<Date> = if text.len() == 10 { text.parse().ok() } else { None };
    rule(date.is_some_and(|date| date.year() >= 1900 && date <= today.0), || {
        Rejection::new(&reason::BIRTH_DATE_MALFORMED).field("birthDate")
    })?;
    Ok(Personal::plain(person, &PersonalText::new(text)))
}

/// A day that must not lie after `today`.
pub(super) fn not_after(field: &'static str, day: Day, today: Day) -> Result<(), Rejection> {
    rule(day <= today, || Rejection::new(&common::IN_THE_FUTURE).field(field).with("given", day))
}
