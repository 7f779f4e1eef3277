//! Why a command to a person can be refused. The reasons of guard work are those of the shift.

use crate::rejection::reasons;

reasons! {
    ID_NUMBER_MALFORMED = "id_number_malformed", "An identity number has 17 digits and a check character that fits them.", "公民身份号码应为17位数字加1位校验码，且校验码须正确。";
    PHONE_MALFORMED = "phone_malformed", "A phone number has 5 to 20 digits, spaces, hyphens or a leading plus sign.", "电话号码应为5至20位数字，可含空格、连字符或开头的加号。";
    BIRTH_DATE_MALFORMED = "birth_date_malformed", "A birth date is a day of the past since 1900, written as 1990-01-31.", "出生日期应为1900年以来的过去日期，格式如1990-01-31。";
    BIRTH_DATE_UNKNOWN = "birth_date_unknown", "A guard's birth date must be known.", "保安员的出生日期须已登记。";
    GUARD_SCHOOLING = "guard_schooling", "A guard needs at least junior-middle schooling.", "保安员须具有初中以上学历。";
    CREDENTIAL_UNKNOWN = "credential_unknown", "This person has no such credential.", "该人员没有此证件。";
    CREDENTIAL_HELD = "credential_held", "This person holds a valid certificate of this kind already.", "该人员已持有有效的同类证件。";
    CREDENTIAL_REVOKED = "credential_revoked", "This credential is revoked; only a new one can be issued.", "该证件已被吊销，只能重新核发。";
    CREDENTIAL_WITHOUT_END = "credential_without_end", "This credential is valid without end: there is nothing to renew.", "该证件长期有效，无需续期。";
    ERASURE_BLOCKED = "erasure_blocked", "Retention duties hold against the erasure until {until}.", "因法定留存义务，{until}之前不能删除。";
}
