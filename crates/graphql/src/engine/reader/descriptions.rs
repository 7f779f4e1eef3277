//! Descriptions of operations, fragments and variables (specification of September 2025, 2.2 and 2.10; graphql-spec pull
//! request 1170). They mean nothing for the execution, and the parser does not know them there yet: it is given spaces in
//! their place, so that everything else stands where it stood.

use std::borrow::Cow;

use apollo_parser::{Lexer, TokenKind};

const BEGINS: [&str; 4] = ["query", "mutation", "subscription", "fragment"];

/// The text without its descriptions.
pub(super) fn without(text: &str) -> Cow<'_, str> {
    if !text.contains('"') {
        return Cow::Borrowed(text);
    }
    let mut tokens = Lexer::new(text).filter_map(Result::ok).filter(|token| {
        !matches!(token.kind(), TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma)
    });
    let mut described = Vec::new();
    // What the brackets around a token are, and what stands before it.
    let (mut around, mut before) = (Vec::new(), None);
    let mut next = tokens.next();
    while let Some(token) = next {
        next = tokens.next();
        let is_described = match around.as_slice() {
            // Nowhere but where a definition begins.
            [] => {
                matches!(before, None | Some(TokenKind::RCurly))
                    && next.as_ref().is_some_and(|next| BEGINS.contains(&next.data()))
            }
            // After `=` it is the default of the variable before.
            [TokenKind::LParen] => {
                !matches!(before, Some(TokenKind::Eq | TokenKind::Colon))
                    && next.as_ref().is_some_and(|next| next.kind() == TokenKind::Dollar)
            }
            _ => false,
        };
        if token.kind() == TokenKind::StringValue && is_described {
            described.push(token.index()..token.index() + token.data().len());
            continue;
        }
        match token.kind() {
            open @ (TokenKind::LParen | TokenKind::LBracket | TokenKind::LCurly) => around.push(open),
            TokenKind::RParen | TokenKind::RBracket | TokenKind::RCurly => {
                around.pop();
            }
            _ => {}
        }
        before = Some(token.kind());
    }
    if described.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut plain = text.as_bytes().to_vec();
    for byte in described.into_iter().flatten() {
        if let Some(byte) = plain.get_mut(byte).filter(|byte| !matches!(byte, b'\n' | b'\r')) {
            *byte = b' ';
        }
    }
    // Whole characters have become spaces.
    String::from_utf8(plain).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_become_spaces_and_strings_stay() {
        for (text, plain) in [
            (r#""a" query Q { b(c: "d") }"#, r#"    query Q { b(c: "d") }"#),
            ("\"\"\"区\na\"\"\" fragment F on Q { b }", "      \n     fragment F on Q { b }"),
            (r#"query Q("a" $b: Int, "c" $d: Int) { e }"#, r#"query Q(    $b: Int,     $d: Int) { e }"#),
            (r#"{ a } # "x" query"#, r#"{ a } # "x" query"#),
        ] {
            assert_eq!(without(text), plain);
            assert_eq!(without(text).len(), text.len());
        }
        for text in [
            // Of a query in its short form, which has none.
            r#""a" { b }"#,
            // Defaults, also in lists and objects.
            r#"query Q($a: String = "x" $b: Int) { c }"#,
            r#"query Q($a: [String] = ["x" $b]) { c }"#,
            r#"query Q($a: A = {b: "x" $c: 1}) { c }"#,
            r#"{ a(b: "x" $c: 1) { d } }"#,
            r#"query Q @d(a: "x" $b: 1) { c }"#,
            // The word would become the name.
            r#"query "x" query { a }"#,
            r#"{ a(b: "query", c: "x") query }"#,
            // One is enough.
            r#""a" "b" query { c }"#,
            "\"a",
        ] {
            assert_eq!(without(text), text);
        }
    }
}
