//! What a document's text is held to before the parser sees it. One pass over the bytes; no memory.

/// Most tokens of a document. A string is one token, however long.
pub(crate) const TOKENS: usize = 10_000;
/// Most brackets around a token. The parser descends once for each.
pub(crate) const NESTING: usize = 64;
/// Most bytes of a name.
pub(crate) const NAME: usize = 255;
/// Most bytes that mean nothing: white space, commas and comments. The parser looks at them again and again.
pub(crate) const IGNORED: usize = 65_536;

/// What was counted in a text that is within the bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub tokens: usize,
    /// Tokens that are strings: they may carry what people typed.
    pub strings: usize,
}

/// Which bound a text passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beyond {
    Tokens,
    Nesting,
    Name,
    Ignored,
}

/// Counts by the lexical grammar (specification of October 2021, section 2.1). What is no token counts as one: the
/// parser says what is wrong with it.
pub(crate) fn count(text: &str) -> Result<Counted, Beyond> {
    let bytes = text.as_bytes();
    let mut counted = Counted::default();
    let (mut at, mut depth, mut ignored) = (0, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let end = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                ignored += 1;
                at += 1;
                continue;
            }
            b'#' => {
                let end = at + length(&bytes[at..], |byte| !matches!(byte, b'\n' | b'\r'));
                ignored += end - at;
                at = end;
                continue;
            }
            b'{' | b'[' | b'(' => {
                depth += 1;
                at + 1
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                at + 1
            }
            b'"' => {
                counted.strings += 1;
                string_end(bytes, at)
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let end = at + length(&bytes[at..], |byte| byte == b'_' || byte.is_ascii_alphanumeric());
                if end - at > NAME {
                    return Err(Beyond::Name);
                }
                end
            }
            b'-' | b'0'..=b'9' => {
                let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-');
                at + length(&bytes[at..], part)
            }
            b'.' => at + length(&bytes[at..], |byte| byte == b'.').min(3),
            _ => at + 1,
        };
        counted.tokens += 1;
        if counted.tokens > TOKENS {
            return Err(Beyond::Tokens);
        }
        if depth > NESTING {
            return Err(Beyond::Nesting);
        }
        at = end;
    }
    if ignored > IGNORED { Err(Beyond::Ignored) } else { Ok(counted) }
}

fn length(bytes: &[u8], of: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| of(**byte)).count()
}

/// The place behind the string that begins at `start`; the end of the text if it has no end.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let block = bytes[start..].starts_with(b"\"\"\"");
    let mut at = start + if block { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if !block => at += 1,
            b'\\' if bytes[at..].starts_with(b"\\\"\"\"") => at += 3,
            b'"' if !block => return at + 1,
            b'"' if bytes[at..].starts_with(b"\"\"\"") => return at + 3,
            // A string of one line that does not end is an error for the parser; brackets behind it count again.
            b'\n' | b'\r' if !block => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> usize {
        count(text).unwrap().tokens
    }

    #[test]
    fn tokens_are_counted_as_the_grammar_has_them() {
        assert_eq!(tokens(""), 0);
        assert_eq!(tokens(" ,\t\r\n# a { b\r# c"), 0);
        assert_eq!(
            tokens("{ a: b(c: -1.5e+3, d: [$e, \"f { \\\" g\", \"\"\"h \" \\\"\"\" i\"\"\"]) @j ...k }"),
            22
        );
        assert_eq!(tokens("...."), 2);
        assert_eq!(tokens("\"open"), 1);
        assert_eq!(tokens("\"open\n{"), 2);
        assert_eq!(tokens("{é}"), 4, "a byte that is no token counts");
        assert_eq!(count("\"a\" \"\"\"b\"\"\" c").unwrap().strings, 2);
    }

    #[test]
    fn each_bound_is_held_exactly() {
        assert_eq!(tokens(&"a ".repeat(TOKENS)), TOKENS);
        assert_eq!(count(&"a ".repeat(TOKENS + 1)), Err(Beyond::Tokens));
        assert!(count(&"{".repeat(NESTING)).is_ok());
        assert_eq!(count(&"([{".repeat(22)), Err(Beyond::Nesting));
        assert!(count(&"{}".repeat(NESTING + 1)).is_ok());
        assert!(count(&"a".repeat(NAME)).is_ok());
        assert_eq!(count(&"a".repeat(NAME + 1)), Err(Beyond::Name));
        assert!(count(&" ".repeat(IGNORED)).is_ok());
        assert_eq!(count(&",".repeat(IGNORED + 1)), Err(Beyond::Ignored));
        assert_eq!(count(&format!("#{}", "{".repeat(IGNORED))), Err(Beyond::Ignored));
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_nest() {
        let open = "{".repeat(NESTING + 1);
        assert!(count(&format!("{{ a(x: \"{open}\") # {open}\n}}")).is_ok());
        assert!(count(&format!("{{ a(x: \"\"\" \" {open} \\\"\"\" {open} \"\"\") }}")).is_ok());
        assert_eq!(count(&format!("\"\n{open}")), Err(Beyond::Nesting));
    }
}
