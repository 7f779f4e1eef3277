//! Rejections are data: a stable code, the field at fault and a sentence in the asker's language.

use std::{borrow::Cow, fmt};

use crate::word::{Named, Word, thing};

/// Language of the sentences for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    En,
    ZhCn,
}

/// Why a command can be refused: defined once, as a constant beside the rule it belongs to.
/// `{name}` in a sentence is replaced by the value given with [`Rejection::with`].
#[derive(Debug, PartialEq, Eq)]
pub struct Reason {
    /// Stable, for programs: lower case words joined by `_`.
    pub code: &'static str,
    pub en: &'static str,
    pub zh: &'static str,
}

impl Reason {
    /// The sentence, with the names of its values where they go.
    pub const fn sentence(&self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::ZhCn => self.zh,
        }
    }
}

/// A refused command: nothing was appended.
#[derive(Clone, PartialEq, Eq)]
pub struct Rejection {
    pub reason: &'static Reason,
    /// The field at fault, in the input's own path notation (`posts.0.rate`).
    pub field: Option<Cow<'static, str>>,
    values: Vec<(&'static str, Value)>,
}

/// What a sentence takes: the same text in every language, or a word of each.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Text(String),
    Word(Word),
}

impl Rejection {
    pub const fn new(reason: &'static Reason) -> Self {
        Self { reason, field: None, values: Vec::new() }
    }

    #[must_use]
    pub fn field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// A value for the sentence. Never a personal field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.values.push((name, Value::Text(value.to_string())));
        self
    }

    /// A word for the sentence, in the language of the sentence.
    #[must_use]
    pub fn with_word(mut self, name: &'static str, word: Word) -> Self {
        self.values.push((name, Value::Word(word)));
        self
    }

    /// What the sentence is about, as `{what}`: a thing by the name of the field that holds its id.
    #[must_use]
    pub fn about(self, field: &str) -> Self {
        self.with_word("what", thing(field))
    }

    /// The state that it is in, as `{phase}`.
    #[must_use]
    pub fn in_phase(self, phase: &impl Named) -> Self {
        self.with_word("phase", phase.word())
    }

    pub fn code(&self) -> &'static str {
        self.reason.code
    }

    /// The sentence for a person.
    pub fn message(&self, language: Language) -> String {
        let template = self.reason.sentence(language).to_owned();
        self.values.iter().fold(template, |text, (name, value)| {
            let said = match value {
                Value::Text(said) => said,
                Value::Word(word) => word.in_language(language),
            };
            text.replace(&format!("{{{name}}}"), said)
        })
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rejection({}, {:?}: {})", self.code(), self.field, self.message(Language::En))
    }
}

impl From<&'static Reason> for Rejection {
    fn from(reason: &'static Reason) -> Self {
        Self::new(reason)
    }
}

/// Reasons as constants, each with its code and its sentence in English and Chinese; and `ALL` of them.
#[macro_export]
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $en:literal, $zh:literal;)*) => {
        $($(#[$doc])* pub const $name: $crate::Reason = $crate::Reason { code: $code, en: $en, zh: $zh };)*
        /// Every reason of this module, for the catalogue and its test.
        pub const ALL: &[&$crate::Reason] = &[$(&$name),*];
    };
}
pub(crate) use crate::reasons;

/// Reasons that every aggregate shares.
pub mod common {
    reasons! {
        NOT_FOUND = "not_found", "{what} does not exist.", "{what}不存在。";
        ALREADY_EXISTS = "already_exists", "{what} exists already, with other content.", "{what}已存在，且内容不同。";
        WRONG_PHASE = "wrong_phase", "This can not be done while it is {phase}.", "当前状态为{phase}，不能执行此操作。";
        EMPTY_TEXT = "empty_text", "This text must not be empty.", "此项不能为空。";
        TEXT_TOO_LONG = "text_too_long", "This text has more than {limit} characters.", "此项超过{limit}个字符。";
        PERSONAL_NUMBER = "personal_number", "This looks like the number of a person; it would be kept in plain. Put it into a personal field.", "此处疑似含有个人证件号或手机号，会以明文保存；请填入个人信息字段。";
        TOO_MANY = "too_many", "At most {limit} are allowed here.", "此处最多允许{limit}项。";
        OUT_OF_RANGE = "out_of_range", "The value must lie between {least} and {most}.", "数值必须在{least}与{most}之间。";
        NEGATIVE_AMOUNT = "negative_amount", "An amount of money must not be negative.", "金额不能为负数。";
        AMOUNT_TOO_LARGE = "amount_too_large", "The amount is too large to be computed.", "金额过大，无法计算。";
        TIMES_RUN_BACKWARDS = "times_run_backwards", "This time ({given}) lies before {earlier}.", "该时间（{given}）早于{earlier}。";
        IN_THE_FUTURE = "in_the_future", "This time ({given}) lies in the future.", "该时间（{given}）在未来。";
        UNKNOWN_AREA = "unknown_area", "There is no area with the code {code}.", "不存在代码为{code}的区域。";
        UNKNOWN_ORGANISATION = "unknown_organisation", "There is no such organisation.", "该单位不存在。";
        UNKNOWN_PERSON = "unknown_person", "There is no such person.", "该人员不存在。";
        UNKNOWN_TEAM = "unknown_team", "There is no such team.", "该巡防队不存在。";
        FORBIDDEN = "forbidden", "Your role does not allow this here.", "您的角色无权在此执行该操作。";
        STALE_REVISION = "stale_revision", "It has changed since you read it: it is at revision {actual}, you expected {expected}.", "数据已变更：当前版本为{actual}，您所依据的版本为{expected}。";
        COMMAND_ID_REUSED = "command_id_reused", "This command id was used before, with other content.", "该命令编号已被使用，且内容不同。";
        CONFLICT = "conflict", "Others changed it at the same moment; nothing was done. Please repeat.", "他人正在同时修改，操作未执行，请重试。";
        NOT_SELF = "not_self", "One can not do this for oneself.", "不能由本人对本人执行此操作。";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_takes_its_values() {
        let rejection =
            Rejection::new(&common::OUT_OF_RANGE).field("places").with("least", 1).with("most", 50);
        assert_eq!(rejection.message(Language::En), "The value must lie between 1 and 50.");
        assert_eq!(rejection.message(Language::ZhCn), "数值必须在1与50之间。");
        assert_eq!(rejection.field.as_deref(), Some("places"));
    }
}
