//! Why a request is refused before any rule of the domain is asked.

use domain::Reason;

/// The asker has several organisations, and the command does not tell which one it is done for.
pub const ACTING_UNCLEAR: Reason = Reason {
    code: "acting_organisation_unclear",
    en: "You act for several organisations and this does not tell for which one: name it (header wardlog-acting-organisation).",
    zh: "您代表多个单位，无法确定以哪个单位的名义操作：请指明（请求头 wardlog-acting-organisation）。",
};

/// The right comes from another organisation of the asker than the one that the request acts for.
pub const ACTING_ELSEWHERE: Reason = Reason {
    code: "acting_organisation_differs",
    en: "This concerns another of your organisations than the one that the request acts for.",
    zh: "此操作涉及您的另一单位，而非本次请求所代表的单位。",
};

/// The credential may read only.
pub const READ_ONLY: Reason =
    Reason { code: "read_only", en: "This token may read only.", zh: "该令牌仅可读取。" };

/// Every reason of this module, for the catalogue.
pub const ALL: &[&Reason] = &[&ACTING_UNCLEAR, &ACTING_ELSEWHERE, &READ_ONLY];
