//! What a request is held to, and how it is refused: each limit has its code and its sentence.

use async_graphql::{ErrorExtensionValues, Pos, ServerError};
use domain::{Language, Rejection};

use super::bounds::{self, Beyond};

/// Deepest nesting of fields.
pub(crate) const DEPTH: usize = 15;
/// Most that an operation may weigh: one for each field, times the rows of the lists around it.
pub(crate) const COMPLEXITY: u64 = 5_000;
/// Most that the introspection of an operation may weigh, by the same rule. The query of the usual tools weighs a
/// third of it.
pub(crate) const INTROSPECTION: u64 = 1_000_000;
/// Most directives at one place.
pub(crate) const DIRECTIVES: usize = 10;
/// Most aliases in one operation, those in its fragments counted wherever they are spread: they let one request ask,
/// or do, the same thing many times.
pub(crate) const ALIASES: usize = 50;
/// Deepest nesting of selections, those without a field counted as well.
pub(crate) const SELECTIONS_DEEP: usize = 32;
/// Most selections of a document with every fragment written out. Validation looks at each of them.
pub(crate) const SELECTIONS: usize = 10_000;
/// Most fragments, and most operations, of a document.
pub(crate) const DEFINITIONS: usize = 100;
/// Most variables of an operation.
pub(crate) const VARIABLES: usize = 100;
/// Most that values may come to, once they stand wherever they are used, in nodes of JSON and 64-byte pieces of text. The
/// longest body has some 4,000 such pieces.
pub(crate) const VALUES: usize = 20_000;

domain::reasons! {
    TOO_MANY_TOKENS = "too_many_tokens", "A document has at most {limit} tokens.", "查询文档最多{limit}个词法单元。";
    NESTED_TOO_DEEP = "nested_too_deep", "A document is nested at most {limit} levels.", "查询文档的嵌套最多{limit}层。";
    NAME_TOO_LONG = "name_too_long", "A name has at most {limit} characters.", "名称最多{limit}个字符。";
    TOO_MUCH_IGNORED = "too_much_ignored", "A document has at most {limit} bytes of white space, commas and comments.", "查询文档中的空白、逗号和注释最多{limit}字节。";
    TOO_MANY_FRAGMENTS = "too_many_fragments", "A document has at most {limit} fragments.", "查询文档最多{limit}个片段。";
    TOO_MANY_OPERATIONS = "too_many_operations_in_document", "A document has at most {limit} operations.", "查询文档最多{limit}个操作。";
    TOO_MANY_VARIABLES = "too_many_variables", "An operation has at most {limit} variables.", "每个操作最多{limit}个变量。";
    VARIABLES_TOO_LARGE = "variables_too_large", "The values are too large for the places where they are used.", "参数或变量的值过大。";
    FRAGMENT_CYCLE = "fragment_cycle", "The fragment `{name}` contains itself.", "片段“{name}”引用了自身。";
    TOO_MANY_SELECTIONS = "too_many_selections", "A document selects at most {limit} fields, each fragment counted wherever it is spread.", "查询文档最多选择{limit}个字段（片段按展开后计算）。";
    TOO_MANY_ALIASES = "too_many_aliases", "An operation has at most {limit} aliases, each fragment counted wherever it is spread.", "每个操作最多{limit}个别名（片段按展开后计算）。";
    TOO_MANY_DIRECTIVES = "too_many_directives", "One place has at most {limit} directives.", "每处最多{limit}个指令。";
    QUERY_TOO_DEEP = "query_too_deep", "Fields are nested at most {limit} levels.", "字段嵌套最多{limit}层。";
    QUERY_TOO_COMPLEX = "query_too_complex", "The operation weighs {weight}; the limit is {limit}. Ask for fewer fields, or fewer rows with a smaller `first`.", "该操作的复杂度为{weight}，上限为{limit}。请减少字段或减小 first。";
    INTROSPECTION_TOO_LARGE = "introspection_too_large", "This introspection weighs {weight}; the limit is {limit}. Ask for fewer lists within lists.", "该内省查询的复杂度为{weight}，上限为{limit}。";
}

/// A limit that a request passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Text(Beyond),
    Fragments,
    Operations,
    Variables(Pos),
    Values,
    Cycle(Pos, Box<str>),
    Selections,
    SelectionsDeep(Pos),
    Aliases,
    Directives(Pos),
    Depth(Pos),
    Complexity(u64),
    Introspection(u64),
}

impl Over {
    /// The refusal, in the asker's language.
    pub fn error(&self, language: Language) -> ServerError {
        let (rejection, pos) = self.told();
        let mut error = ServerError::new(rejection.message(language), pos);
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", rejection.code());
        error.extensions = Some(extensions);
        error
    }

    fn told(&self) -> (Rejection, Option<Pos>) {
        let limited = |reason, limit: usize| Rejection::new(reason).with("limit", limit);
        match self {
            Self::Text(Beyond::Tokens) => (limited(&TOO_MANY_TOKENS, bounds::TOKENS), None),
            Self::Text(Beyond::Nesting) => (limited(&NESTED_TOO_DEEP, bounds::NESTING), None),
            Self::Text(Beyond::Name) => (limited(&NAME_TOO_LONG, bounds::NAME), None),
            Self::Text(Beyond::Ignored) => (limited(&TOO_MUCH_IGNORED, bounds::IGNORED), None),
            Self::Fragments => (limited(&TOO_MANY_FRAGMENTS, DEFINITIONS), None),
            Self::Operations => (limited(&TOO_MANY_OPERATIONS, DEFINITIONS), None),
            Self::Variables(pos) => (limited(&TOO_MANY_VARIABLES, VARIABLES), Some(*pos)),
            Self::Values => (Rejection::new(&VARIABLES_TOO_LARGE), None),
            Self::Cycle(pos, name) => (Rejection::new(&FRAGMENT_CYCLE).with("name", name), Some(*pos)),
            Self::Selections => (limited(&TOO_MANY_SELECTIONS, SELECTIONS), None),
            Self::SelectionsDeep(pos) => (limited(&NESTED_TOO_DEEP, SELECTIONS_DEEP), Some(*pos)),
            Self::Aliases => (limited(&TOO_MANY_ALIASES, ALIASES), None),
            Self::Directives(pos) => (limited(&TOO_MANY_DIRECTIVES, DIRECTIVES), Some(*pos)),
            Self::Depth(pos) => (limited(&QUERY_TOO_DEEP, DEPTH), Some(*pos)),
            Self::Complexity(weight) => {
                (Rejection::new(&QUERY_TOO_COMPLEX).with("weight", weight).with("limit", COMPLEXITY), None)
            }
            Self::Introspection(weight) => (
                Rejection::new(&INTROSPECTION_TOO_LARGE).with("weight", weight).with("limit", INTROSPECTION),
                None,
            ),
        }
    }
}
