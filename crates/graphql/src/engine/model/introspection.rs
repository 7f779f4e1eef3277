//! The types of introspection, which the library keeps to itself. A test compares them with what it answers.

use std::collections::HashMap;

use async_graphql::{Name, indexmap::IndexMap, parser::types::Type};

use super::{Argument, Composite, Field, Kind};

/// Each type with its fields as `name: Type`; a field with `+` takes `includeDeprecated`.
const TYPES: [(&str, &str); 6] = [
    (
        "__Schema",
        "description: String! types: [__Type!]! queryType: __Type! mutationType: __Type subscriptionType: __Type \
         directives: [__Directive!]!",
    ),
    (
        "__Type",
        "kind: __TypeKind! name: String description: String fields+: [__Field!] interfaces: [__Type!] \
         possibleTypes: [__Type!] enumValues+: [__EnumValue!] inputFields+: [__InputValue!] ofType: __Type \
         specifiedByURL: String isOneOf: Boolean",
    ),
    (
        "__Field",
        "name: String! description: String args+: [__InputValue!]! type: __Type! isDeprecated: Boolean! \
         deprecationReason: String",
    ),
    (
        "__InputValue",
        "name: String! description: String type: __Type! defaultValue: String isDeprecated: Boolean! \
         deprecationReason: String",
    ),
    ("__EnumValue", "name: String! description: String isDeprecated: Boolean! deprecationReason: String"),
    (
        "__Directive",
        "name: String! description: String locations: [__DirectiveLocation!]! args+: [__InputValue!]! \
         isRepeatable: Boolean!",
    ),
];
/// Enumerations, whose values no document can name: nothing takes them.
const ENUMS: [&str; 2] = ["__TypeKind", "__DirectiveLocation"];

pub(super) fn types() -> impl Iterator<Item = (Name, Kind)> {
    let objects = TYPES.iter().map(|(name, fields)| {
        let composite = Composite { fields: read(fields), possible: vec![Name::new(name)], is_object: true };
        (Name::new(name), Kind::Composite(composite))
    });
    objects.chain(ENUMS.iter().map(|name| (Name::new(name), Kind::Enum(Default::default()))))
}

/// `__schema` and `__type` at the root.
pub(super) fn roots() -> HashMap<Name, Field> {
    let mut roots = read("__schema: __Schema! __type: __Type");
    if let (Some(field), Some(ty)) = (roots.get_mut("__type"), Type::new("String!")) {
        field.arguments.insert(Name::new("name"), Argument { ty, has_default: false });
    }
    roots
}

/// `if` of `@skip` and `@include`.
pub(super) fn condition() -> IndexMap<Name, Argument> {
    let argument = |ty| (Name::new("if"), Argument { ty, has_default: false });
    Type::new("Boolean!").into_iter().map(argument).collect()
}

fn read(fields: &str) -> HashMap<Name, Field> {
    let mut words = fields.split_whitespace();
    let mut read = HashMap::new();
    while let (Some(name), Some(ty)) = (words.next(), words.next().and_then(Type::new)) {
        let name = name.trim_end_matches(':');
        let mut field = Field { ty, arguments: Default::default() };
        if let (Some(_), Some(ty)) = (name.strip_suffix('+'), Type::new("Boolean!")) {
            field.arguments.insert(Name::new("includeDeprecated"), Argument { ty, has_default: true });
        }
        read.insert(Name::new(name.trim_end_matches('+')), field);
    }
    read
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema, Value};
    use futures_util::FutureExt as _;

    use super::*;

    struct Query;

    #[Object]
    impl Query {
        async fn answer(&self) -> i32 {
            42
        }
    }

    /// As a text: `name(argument: Type): Type`.
    fn told(field: &serde_json::Value) -> String {
        fn ty(of: &serde_json::Value) -> String {
            match of["kind"].as_str().unwrap() {
                "NON_NULL" => format!("{}!", ty(&of["ofType"])),
                "LIST" => format!("[{}]", ty(&of["ofType"])),
                _ => of["name"].as_str().unwrap().to_owned(),
            }
        }
        let arguments = field["args"].as_array().into_iter().flatten();
        let arguments: Vec<_> = arguments
            .map(|argument| {
                let default = if argument["defaultValue"].is_null() { "" } else { " =" };
                format!("{}: {}{default}", argument["name"].as_str().unwrap(), ty(&argument["type"]))
            })
            .collect();
        format!("{}({}): {}", field["name"].as_str().unwrap(), arguments.join(", "), ty(&field["type"]))
    }

    fn known(name: &Name, field: &Field) -> String {
        let arguments = field.arguments.iter();
        let arguments: Vec<_> = arguments
            .map(|(name, argument)| {
                format!("{name}: {}{}", argument.ty, if argument.has_default { " =" } else { "" })
            })
            .collect();
        format!("{name}({}): {}", arguments.join(", "), field.ty)
    }

    #[test]
    fn they_are_those_that_the_library_answers() {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let of = "kind name ofType { kind name ofType { kind name ofType { kind name } } }";
        let query = format!(
            "{{ __schema {{ types {{ name kind fields(includeDeprecated: true) {{ name type {{ {of} }}
             args {{ name defaultValue type {{ {of} }} }} }} }} }} }}"
        );
        let answer = schema.execute(query.as_str()).now_or_never().unwrap();
        let answer = answer.data.into_json().unwrap();
        let mut seen = Vec::new();
        for ty in answer["__schema"]["types"].as_array().unwrap() {
            let name = ty["name"].as_str().unwrap();
            if let Some(name) = name.strip_prefix("__") {
                seen.push(format!("__{name}"));
                if ty["kind"] == "ENUM" {
                    assert!(ENUMS.contains(&format!("__{name}").as_str()), "{name}");
                    continue;
                }
                let mut fields: Vec<_> = ty["fields"].as_array().unwrap().iter().map(told).collect();
                fields.sort();
                let (_, own) = TYPES.iter().find(|(own, _)| *own == format!("__{name}")).unwrap();
                let mut own: Vec<_> = read(own).iter().map(|(name, field)| known(name, field)).collect();
                own.sort();
                assert_eq!(own, fields, "__{name}");
            }
        }
        assert_eq!(seen.len(), TYPES.len() + ENUMS.len());
        assert_eq!(roots().len(), 2);
        let name = schema.execute("{ __type(name: \"Query\") { name } }").now_or_never().unwrap();
        assert_ne!(name.data, Value::Null);
    }
}
