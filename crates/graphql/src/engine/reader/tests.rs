use async_graphql::parser::types::Selection;
use async_graphql_value::Value;
use domain::Language;

use super::*;

fn refused(text: &str) -> (String, Vec<Pos>) {
    let error = match read(text) {
        Err(refusal) => refusal,
        Ok(mut read) => read.findings.pop().unwrap_or_else(|| panic!("{text} is taken")),
    };
    let error = error.error(Language::En);
    (error.message, error.locations)
}

fn fields(text: &str) -> Vec<Positioned<Field>> {
    let read = read(text).unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"));
    assert!(read.findings.is_empty(), "{text}: {:?}", read.findings);
    let (_, operation) = read.document.operations.iter().next().unwrap();
    let of = |item: &Positioned<Selection>| match &item.node {
        Selection::Field(field) => field.clone(),
        other => panic!("{other:?}"),
    };
    operation.node.selection_set.node.items.iter().map(of).collect()
}

fn value(text: &str) -> Value {
    let field = fields(&format!("{{ a(b: {text}) }}")).remove(0).node;
    field.arguments.into_iter().next().unwrap().1.node
}

#[test]
fn a_document_is_read_with_its_places() {
    let text = "{\n  区: a".replace('区', "x")
        + "\n  # 区区\n  ü".replace('ü', "y: b(c: 1, d: $e) @f { g }").as_str()
        + " ...H ... on I @j { k } } fragment H on L { m }";
    let read = read(&text).unwrap();
    let (_, operation) = read.document.operations.iter().next().unwrap();
    let places: Vec<_> =
        operation.node.selection_set.node.items.iter().map(|item| (item.pos.line, item.pos.column)).collect();
    assert_eq!(places, [(2, 3), (4, 3), (4, 30), (4, 35)]);
    let Selection::Field(field) = &operation.node.selection_set.node.items[1].node else { panic!("a field") };
    assert_eq!(field.node.alias.as_ref().map(|alias| alias.node.as_str()), Some("y"));
    assert_eq!((field.node.name.pos.line, field.node.name.pos.column), (4, 6));
    assert_eq!(field.node.arguments[1].1.node, Value::Variable(Name::new("e")));
    assert_eq!((field.node.arguments[1].1.pos.line, field.node.arguments[1].1.pos.column), (4, 17));
    assert_eq!(field.node.directives[0].node.name.node, "f");
    assert_eq!(field.node.selection_set.node.items.len(), 1);
    let fragment = &read.document.fragments["H"];
    assert_eq!((fragment.node.type_condition.node.on.node.as_str(), fragment.pos.line), ("L", 4));
}

#[test]
fn strings_are_what_the_specification_says() {
    for (written, meant) in [
        (r#""""#, ""),
        (r#""a\n\t\"\\\/\b\f\r""#, "a\n\t\"\\/\u{8}\u{c}\r"),
        (r#""\u533a\u{533A}\u{1F600}\uD83D\uDE00""#, "区区😀😀"),
        ("\"\u{7}\u{2028}\"", "\u{7}\u{2028}"),
        (r#""""a "b" \""" c""""#, "a \"b\" \"\"\" c"),
        ("\"\"\"\n    a\n      b\r\n    c\n  \"\"\"", "a\n  b\nc"),
        (r#""""a\n""""#, r"a\n"),
        (r#""""""""#, ""),
    ] {
        assert_eq!(value(written), Value::String(meant.into()), "{written}");
    }
    for wrong in [
        r#""\x""#,
        r#""\u12""#,
        r#""\uD83D""#,
        r#""\uDE00""#,
        r#""\u{D800}""#,
        r#""\u{110000}""#,
        r#""\u{}""#,
        "\"a\nb\"",
        "\"a",
        r#""""a"#,
    ] {
        assert!(refused(&format!("{{ a(b: {wrong}) }}")).0.starts_with("Syntax error"), "{wrong}");
    }
}

#[test]
fn numbers_are_what_the_specification_says() {
    for (written, meant) in
        [("0", 0), ("-0", 0), ("-12", -12), ("9007199254740993", 9_007_199_254_740_993_i64)]
    {
        assert_eq!(value(written), Value::Number(meant.into()), "{written}");
    }
    assert_eq!(value("18446744073709551615"), Value::Number(u64::MAX.into()));
    for (written, meant) in [("1.0", 1.0), ("-1.5e-3", -0.0015), ("1E2", 100.0), ("1e999", f64::MAX)] {
        let number = async_graphql_value::Number::from_f64(meant).unwrap();
        assert_eq!(value(written), Value::Number(number), "{written}");
    }
    for wrong in ["01", "-", "+1", "1.", ".5", "1e", "1a", "1_0", "0x1", "1.0.0", "00", "-01"] {
        assert!(refused(&format!("{{ a(b: {wrong}) }}")).0.starts_with("Syntax error"), "{wrong}");
    }
}

#[test]
fn what_is_no_document_is_refused() {
    for wrong in [
        "",
        "# a",
        "{}",
        "{ a { } }",
        "{ a() }",
        "query() { a }",
        "{ a",
        "a }",
        "{ a } }",
        "{ ... }",
        "{ ...on }",
        "{ a; }",
        "fragment on on Q { a } { b }",
        "query($a: Int = $b) { c }",
        "{ a\u{a0} }",
        "{ é }",
        "{ a(b: {c: }) }",
        "{ a(b: \u{0}) }",
        "foo { a }",
        "{ a @ }",
        "query($a: Int!!) { b }",
        "query($a) { b }",
        "query(a: Int) { b }",
        "{ a(b: 1 }",
    ] {
        let (message, places) = refused(wrong);
        assert!(message.starts_with("Syntax error: ") && message.ends_with('.'), "{wrong}: {message}");
        assert!(places.len() <= 1 && !message.contains(".."), "{wrong}: {message}");
    }
    let words = "query query($true: fragment) { true: null(on: on) @type ...fragment } fragment fragment on on { on }";
    assert!(read(words).is_ok_and(|read| read.findings.is_empty()));
    assert_eq!(fields("\u{feff}{,a,,b#c\n,d}").len(), 3);
}

#[test]
fn what_stands_twice_is_found() {
    for (text, words) in [
        ("query A { a } query A { b }", "operation named `A`"),
        ("{ a } { b }", "must be the only one"),
        ("query A { a } { b }", "must be the only one"),
        ("{ ...F } fragment F on Q { a } fragment F on Q { b }", "fragment named `F`"),
        ("query($a: Int, $a: Int) { b }", "variable named `$a`"),
        ("{ a(b: {c: 1, d: {c: 2, c: 3}}) }", "input field named `c`"),
        ("{ a } type B { c: Int }", "no definition of types"),
        ("{ a } extend schema @b", "no definition of types"),
    ] {
        let (message, places) = refused(text);
        assert!(message.contains(words) && places.len() == 1, "{text}: {message}");
    }
}
