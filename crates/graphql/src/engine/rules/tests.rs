use std::{sync::LazyLock, time::Instant};

use domain::Language;

use super::*;
use crate::{
    engine::{reader::read, table},
    mutation::Mutation,
    schema::Query,
    subscription::Subscription,
};

pub(in crate::engine) static MODEL: LazyLock<Model> =
    LazyLock::new(|| Model::of(&table::registry::<Query, Mutation, Subscription>()));

fn told(text: &str) -> Vec<String> {
    let read = read(text).unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"));
    assert!(read.findings.is_empty(), "{text}");
    let mistakes = check(&MODEL, &read.document);
    for mistake in &mistakes {
        let error = mistake.error(Language::ZhCn);
        assert!(error.message.ends_with('。') && !error.message.contains('{'), "{}", error.message);
        assert!(!error.locations.is_empty(), "{text}: {}", error.message);
    }
    mistakes.iter().map(|mistake| mistake.error(Language::En).message).collect()
}

fn valid(text: &str) {
    assert_eq!(told(text), Vec::<String>::new(), "{text}");
}

fn wrong(text: &str, words: &str) {
    let told = told(text);
    assert!(told.len() == 1 && told[0].contains(words), "{text}: {told:?} and not {words}");
}

#[test]
fn fields_are_those_of_their_types() {
    valid(
        "{ viewer { id __typename } __typename __schema { types { fields(includeDeprecated: true) { name } } } }",
    );
    valid("{ __type(name: \"Query\") { kind possibleTypes { name } } }");
    wrong("{ viewer { nothing } }", "`Viewer` has no field `nothing`");
    wrong("{ viewer { __schema { types { name } } } }", "no field `__schema`");
    wrong("mutation { __schema { types { name } } }", "no field `__schema`");
    wrong("{ viewer }", "needs a selection");
    wrong("{ viewer { id { x } } }", "no fields to be selected");
    wrong("{ __typename { x } }", "no fields to be selected");
    wrong("{ __typename(x: 1) }", "has no argument `x`");
    wrong("{ __type { name } }", "needs the argument `name`");
    wrong("{ areas { totalCount } }", "`Query.areas` needs the argument `first` of the type `Int!`");
    wrong("{ areas(first: 1, last: 1) { totalCount } }", "has no argument `last`");
    wrong("{ areas(first: 1, first: 1) { totalCount } }", "more than one argument named `first`");
}

#[test]
fn fragments_apply_somewhere_and_are_used() {
    valid("{ ...F } fragment F on Query { viewer { ... on Viewer { ... { id } } } }");
    valid("{ node(id: 1) { ... on Shift { id } ...F } } fragment F on Node { ... on Team { name } }");
    wrong("{ ... on Nothing { a } }", "Unknown type `Nothing`");
    wrong("{ ...F } fragment F on Nothing { a }", "Unknown type `Nothing`");
    wrong("{ ... on Int { a } }", "can not be on `Int`");
    wrong("{ ...F }", "no fragment named `F`");
    wrong("{ viewer { ... on Shift { id } } }", "`Shift` can never apply to `Viewer`");
    wrong("{ viewer { ...F } } fragment F on Node { id }", "`Node` can never apply to `Viewer`");
    wrong("{ viewer { id } } fragment F on Viewer { id }", "`F` is never used");
    assert_eq!(told("{ viewer { id } } fragment F on Viewer { ...G } fragment G on Viewer { id }").len(), 2);
}

#[test]
fn directives_stand_where_they_may() {
    valid(
        "query($a: Boolean!) { viewer @skip(if: $a) @include(if: true) { id } ... @skip(if: false) { __typename } }",
    );
    wrong("{ viewer @nothing { id } }", "Unknown directive `@nothing`");
    wrong("query @skip(if: true) { viewer { id } }", "`@skip` can not stand here");
    wrong("{ ...F } fragment F on Query @include(if: true) { viewer { id } }", "can not stand here");
    wrong("query($a: Boolean! @deprecated) { viewer @skip(if: $a) { id } }", "can not stand here");
    wrong("{ viewer @skip(if: true) @skip(if: true) { id } }", "only once");
    wrong("{ viewer @skip { id } }", "`@skip` needs the argument `if`");
    wrong("{ viewer @skip(if: true, x: 1) { id } }", "`@skip` has no argument `x`");
    wrong("{ viewer @skip(if: 1) { id } }", "expected type \"Boolean\"");
    wrong("{ viewer @skip(if: null) { id } }", "`if` is required");
    wrong("{ viewer { __typename @nothing } }", "Unknown directive");
}

#[test]
fn values_are_of_their_types() {
    valid("{ shifts(first: 1, filter: { phase: CLOSED, team: 7, from: null }) { totalCount } }");
    valid("{ shifts(first: 1, filter: null) { totalCount } }");
    valid("{ area(code: \"42\") { id } node(id: 3) { id } }");
    let publish = |input: &str| format!("mutation {{ publishShift(input: {input}) {{ revision }} }}");
    valid(&publish("{ commandId: 1, shift: \"x\", occurredAt: \"2026-08-01T08:00:00+08:00\" }"));
    for (text, words) in [
        ("{ areas(first: \"1\") { totalCount } }", "\"first\", expected type \"Int\""),
        ("{ areas(first: 1.0) { totalCount } }", "expected type \"Int\""),
        ("{ areas(first: 2147483648) { totalCount } }", "32 bits"),
        ("{ areas(first: null) { totalCount } }", "`first` is required"),
        ("{ areas(first: [1]) { totalCount } }", "expected type \"Int\""),
        ("{ areas(first: ONE) { totalCount } }", "expected type \"Int\""),
        ("{ areas(first: 1, orderBy: \"CODE_DESC\") { totalCount } }", "expected type \"AreaOrder\""),
        ("{ areas(first: 1, orderBy: NOTHING) { totalCount } }", "expected type \"AreaOrder\""),
        ("{ areas(first: 1, orderBy: true) { totalCount } }", "expected type \"AreaOrder\""),
        ("{ shifts(first: 1, filter: { nothing: 1 }) { totalCount } }", "no field `nothing`"),
        ("{ shifts(first: 1, filter: 1) { totalCount } }", "expected type \"ShiftFilter\""),
        ("{ shifts(first: 1, filter: { phase: NOTHING }) { totalCount } }", "\"filter.phase\""),
        ("{ shifts(first: 1, filter: { from: \"2026-08-01\" }) { totalCount } }", "A time is written as"),
        ("{ node(id: 1.5) { id } }", "expected type \"ID\""),
        ("{ node(id: true) { id } }", "expected type \"ID\""),
        ("{ area(code: 42) { id } }", "expected type \"AreaCode\""),
        ("{ log(atLeast: \"+5\") { position } }", "expected type \"Position\""),
    ] {
        wrong(text, words);
    }
    wrong(&publish("{ commandId: 1 }"), "`shift` is required");
    wrong(&publish("{ commandId: 1, shift: null }"), "`shift` is required");
    let several = told(&publish("{ shift: 1.5, x: 1 }"));
    assert_eq!(several.len(), 3, "{several:?}");
}

#[test]
fn variables_are_defined_used_and_of_a_type_that_fits() {
    valid("query($n: Int!) { areas(first: $n) { totalCount } }");
    valid("query($n: Int = 1) { areas(first: $n) { totalCount } }");
    valid(
        "query A($n: Int!) { ...F } query B($n: Int! = 2) { ...F } fragment F on Query { areas(first: $n) { totalCount } }",
    );
    valid("query($p: ShiftPhase) { shifts(first: 1, filter: { phase: $p }) { totalCount } }");
    valid("query($f: ShiftFilter = { phase: CLOSED }) { shifts(first: 1, filter: $f) { totalCount } }");
    valid("query($i: Boolean! = true) { __type(name: \"x\") { fields(includeDeprecated: $i) { name } } }");
    valid("query($i: Boolean) { __type(name: \"x\") { fields(includeDeprecated: $i) { name } } }");
    for (text, words) in [
        ("{ areas(first: $n) { totalCount } }", "`$n` is not defined"),
        (
            "query A($n: Int!) { ...F } query B { ...F } fragment F on Query { areas(first: $n) { totalCount } }",
            "not defined",
        ),
        ("query($n: Int) { viewer { id } }", "`$n` is never used"),
        (
            "query($n: Int) { areas(first: $n) { totalCount } }",
            "`$n` of the type `Int` is used where `Int!` is expected",
        ),
        ("query($n: Int = null) { areas(first: $n) { totalCount } }", "is used where"),
        ("query($n: [Int!]!) { areas(first: $n) { totalCount } }", "is used where"),
        ("query($n: String!) { areas(first: $n) { totalCount } }", "is used where"),
        (
            "query($p: String) { shifts(first: 1, filter: { phase: $p }) { totalCount } }",
            "`ShiftPhase` is expected",
        ),
        ("query($n: Nothing) { areas(first: $n) { totalCount } }", "Unknown type `Nothing`"),
        ("query($n: [[Float!]]) { areas(first: $n) { totalCount } }", "Unknown type `Float`"),
        ("query($n: Viewer!) { areas(first: $n) { totalCount } }", "no type of inputs"),
        ("query($n: [Node]) { areas(first: $n) { totalCount } }", "no type of inputs"),
        ("query($n: Int! = 1.5) { areas(first: $n) { totalCount } }", "\"n\", expected type \"Int\""),
        ("query($n: Int! = null) { areas(first: $n) { totalCount } }", "`n` is required"),
        (
            "query($f: ShiftFilter = { phase: \"CLOSED\" }) { shifts(first: 1, filter: $f) { totalCount } }",
            "\"f.phase\"",
        ),
    ] {
        wrong(text, words);
    }
}

#[test]
fn what_answers_under_one_key_agrees() {
    valid("{ viewer { id } viewer { x: id } ... { viewer { id } } a: viewer { id } }");
    valid(
        "{ areas(first: 1, orderBy: CODE_ASC) { totalCount } areas(orderBy: CODE_ASC, first: 1) { nodes { id } } }",
    );
    valid("{ node(id: 1) { ... on Shift { x: id } ... on Team { x: organisationId } } }");
    valid(
        "{ node(id: 1) { ... on Shift { x: organisation { id } } ... on Team { x: organisation { name } } } }",
    );
    for text in [
        "{ a: viewer { id } a: log { head } }",
        "{ viewer { x: id } ...F } fragment F on Query { viewer { x: __typename } }",
        "{ areas(first: 1) { totalCount } areas(first: 2) { totalCount } }",
        "{ areas(first: 1) { totalCount } areas(first: 1, orderBy: CODE_ASC) { totalCount } }",
        "query($n: Int!, $m: Int!) { areas(first: $n) { totalCount } areas(first: $m) { totalCount } }",
        "{ areas(first: 1) { nodes { x: code } } areas(first: 1) { ...F } } fragment F on AreaConnection { nodes { x: name } }",
        // Answers of one key have one shape, also where they can not come from one object.
        "{ node(id: 1) { ... on Shift { x: places } ... on Team { x: id } } }",
        "{ node(id: 1) { ... on Shift { x: organisation { y: id } } ... on Team { x: organisation { y: teams(first: 1) { totalCount } } } } }",
        // What is selected of the interface may come from the object.
        "{ node(id: 1) { x: id ... on Shift { x: organisationId } } }",
    ] {
        wrong(text, "give one of them an alias");
    }
    let lists = |second: &str| {
        let form = |members: &str| {
            format!(
                "a: formTeam(input: {{ commandId: 1, organisation: 1, name: \"x\", kind: POLICE, payer: STATE, area: \"42\", members: {members} }}) {{ revision }} "
            )
        };
        format!("mutation {{ {}{} }}", form("[1]"), form(second))
    };
    valid(&lists("[1]"));
    wrong(&lists("[1, 2]"), "give one of them an alias");
}

#[test]
fn subscriptions_have_one_root() {
    valid("subscription { shiftChanged { position } shiftChanged { kind: __typename } }");
    valid("subscription { ...F } fragment F on Subscription { ... { shiftChanged { position } } }");
    wrong(
        "subscription { shiftChanged { position } incidentChanged { position } }",
        "exactly one root field",
    );
    wrong(
        "subscription { a: shiftChanged { position } ...F } fragment F on Subscription { shiftChanged { position } }",
        "exactly one",
    );
    wrong("subscription { __typename }", "introspection");
    wrong("subscription { shiftChanged @skip(if: false) { position } }", "@skip");
    wrong("subscription { ... @include(if: true) { shiftChanged { position } } }", "@skip");
}

/// No document within the limits takes long: what would take a minute if each selection were compared with each other
/// one takes a moment. The limit is far beyond what a slow machine needs.
#[test]
fn hostile_documents_take_no_longer_than_others() {
    let many = |count: usize, one: &dyn Fn(usize) -> String| (0..count).map(one).collect::<String>();
    let fragments = |count: usize, body: &dyn Fn(usize) -> String| {
        many(count, &|n| format!("fragment F{n} on Query {{ {} }} ", body(n)))
    };
    let begun = Instant::now();
    for text in [
        format!("{{ {} }}", many(4_900, &|n| format!("f{n} "))),
        format!("{{ {} }}", "viewer { id } ".repeat(2_400)),
        format!("{{ {} }}", many(1_200, &|n| format!("a: areas(first: {n}) {{ totalCount }} "))),
        format!("{{ node(id: 1) {{ {} }} }}", "... on Shift { id } ... on Team { id } id ".repeat(1_000)),
        format!("query({}) {{ viewer {{ id }} }}", many(100, &|n| format!("$v{n}: [[Int!]!]! "))),
        format!("{{ areas(first: 1, {}) {{ totalCount }} }}", many(3_000, &|n| format!("a{n}: 1 "))),
        format!(
            "{{ shifts(first: 1, filter: {{ {} }}) {{ totalCount }} }}",
            many(3_000, &|n| format!("a{n}: 1 "))
        ),
        format!(
            "{{ {} }} {}",
            many(100, &|n| format!("...F{n} ")),
            fragments(100, &|_| "viewer { id } ".repeat(40))
        ),
        format!(
            "{} {}",
            many(99, &|n| format!("query Q{n}($a: Boolean!) {{ ...F0 }} ")),
            fragments(1, &|_| "__typename @skip(if: $a) ".repeat(100))
        ),
    ] {
        let read = read(&text).unwrap();
        check(&MODEL, &read.document);
    }
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}
