//! Why a document is not executed: each kind of mistake has its sentence in Chinese and English. No sentence holds a value
//! of the document; the names in it are cut short.

use async_graphql::{ErrorExtensionValues, Pos, ServerError};
use domain::{Language, Reason, Rejection};

/// The code of every mistake in a document but those in its values.
const CODE: &str = "bad_query";
/// Longest piece of the document that a sentence repeats.
const LONGEST: usize = 80;

macro_rules! mistakes {
    ($($name:ident = $en:literal, $zh:literal;)*) => {
        $(pub(crate) const $name: Reason = Reason { code: CODE, en: $en, zh: $zh };)*
        #[cfg(test)]
        const ALL: &[&Reason] = &[$(&$name),*];
    };
}

mistakes! {
    SYNTAX = "Syntax error: {what}.", "查询文档有语法错误。";
    NOT_EXECUTABLE = "A document to be executed has operations and fragments alone, and no definition of types.", "可执行的查询文档只能包含操作和片段，不能定义类型。";
    SAME_OPERATION = "There is more than one operation named `{name}`.", "名为“{name}”的操作不止一个。";
    NOT_ALONE = "An operation without a name must be the only one of its document.", "未命名的操作必须是文档中唯一的操作。";
    SAME_FRAGMENT = "There is more than one fragment named `{name}`.", "名为“{name}”的片段不止一个。";
    SAME_VARIABLE = "There is more than one variable named `${name}`.", "名为“${name}”的变量不止一个。";
    SAME_ARGUMENT = "There is more than one argument named `{name}`.", "名为“{name}”的参数不止一个。";
    SAME_INPUT_FIELD = "There is more than one input field named `{name}`.", "名为“{name}”的输入字段不止一个。";
    SAME_DIRECTIVE = "The directive `@{name}` can stand only once at one place.", "指令“@{name}”在同一处只能使用一次。";
    NO_ROOT = "The schema has no operations of the kind {name}.", "接口不支持 {name} 操作。";
    UNKNOWN_TYPE = "Unknown type `{name}`.", "未知的类型“{name}”。";
    NO_INPUT_TYPE = "The variable `${name}` can not be of the type `{type}`, which is no type of inputs.", "变量“${name}”的类型“{type}”不是输入类型。";
    NO_COMPOSITE = "A fragment can not be on `{type}`, which has no fields.", "片段不能用于没有字段的类型“{type}”。";
    UNKNOWN_FIELD = "The type `{type}` has no field `{name}`.", "类型“{type}”没有字段“{name}”。";
    NO_SUBFIELDS = "The field `{name}` of the type `{type}` has no fields to be selected.", "“{type}”类型的字段“{name}”没有可选择的子字段。";
    NEEDS_SUBFIELDS = "The field `{name}` of the type `{type}` needs a selection of its fields.", "须选择“{type}”类型的字段“{name}”的子字段。";
    UNKNOWN_FRAGMENT = "There is no fragment named `{name}`.", "没有名为“{name}”的片段。";
    UNUSED_FRAGMENT = "The fragment `{name}` is never used.", "片段“{name}”未被使用。";
    IMPOSSIBLE_FRAGMENT = "A fragment on `{name}` can never apply to `{type}`.", "“{name}”上的片段不可能适用于“{type}”。";
    UNKNOWN_VARIABLE = "The variable `${name}` is not defined by every operation that uses it.", "使用变量“${name}”的操作没有定义该变量。";
    UNUSED_VARIABLE = "The variable `${name}` is never used.", "变量“${name}”未被使用。";
    MISPLACED_VARIABLE = "The variable `${name}` of the type `{type}` is used where `{wanted}` is expected.", "变量“${name}”的类型为“{type}”，但使用处要求“{wanted}”。";
    UNKNOWN_DIRECTIVE = "Unknown directive `@{name}`.", "未知的指令“@{name}”。";
    MISPLACED_DIRECTIVE = "The directive `@{name}` can not stand here.", "指令“@{name}”不能用于此处。";
    UNKNOWN_ARGUMENT = "`{of}` has no argument `{name}`.", "“{of}”没有参数“{name}”。";
    NEEDS_ARGUMENT = "`{of}` needs the argument `{name}` of the type `{type}`.", "“{of}”缺少必填参数“{name}”（{type}）。";
    CONFLICT = "The answers to two different selections would both be called `{name}`: give one of them an alias.", "两个不同的选择都以“{name}”为名，请为其中之一指定别名。";
    ROOT_FIELDS = "A subscription must have exactly one root field.", "订阅必须且只能有一个根字段。";
    ROOT_INTROSPECTION = "The root field of a subscription must not be an introspection.", "订阅的根字段不能是内省字段。";
    ROOT_CONDITION = "`@skip` and `@include` can not stand at the root of a subscription.", "订阅的根字段不能使用 @skip 或 @include。";
}

/// A mistake in a document, and where it is.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    why: Rejection,
    at: Vec<Pos>,
}

impl Refusal {
    pub const fn new(reason: &'static Reason) -> Self {
        Self { why: Rejection::new(reason), at: Vec::new() }
    }

    /// A name for the sentence, as much of it as helps.
    pub fn with(mut self, place: &'static str, name: impl std::fmt::Display) -> Self {
        let name = name.to_string();
        let shown: String = name.chars().take(LONGEST).collect();
        self.why = self.why.with(place, if shown.len() < name.len() { format!("{shown}…") } else { shown });
        self
    }

    pub fn at(mut self, pos: Pos) -> Self {
        self.at.push(pos);
        self
    }

    /// The refusal, in the asker's language.
    pub fn error(&self, language: Language) -> ServerError {
        let mut error = ServerError::new(self.why.message(language), None);
        error.locations.clone_from(&self.at);
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.why.code());
        error.extensions = Some(extensions);
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_in_both_languages() {
        let names = ["what", "name", "type", "wanted", "of"];
        for reason in ALL {
            let told = |language| {
                let refusal = names.iter().fold(Refusal::new(reason), |told, place| told.with(place, "Xy"));
                refusal.error(language).message
            };
            let (en, zh) = (told(Language::En), told(Language::ZhCn));
            assert!(en.ends_with('.') && en.is_ascii() && !en.contains('{'), "{en}");
            assert!(zh.ends_with('。') && !zh.contains('{'), "{zh}");
            assert_eq!(en.contains("Xy"), reason.en.contains('{'), "{en}");
        }
    }

    #[test]
    fn long_names_are_cut() {
        let refusal = Refusal::new(&UNKNOWN_TYPE).with("name", "区".repeat(255));
        assert_eq!(
            refusal.error(Language::En).message.chars().count(),
            80 + "Unknown type `…`.".chars().count()
        );
    }
}
