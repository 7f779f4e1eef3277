//! The elements of one JSON array of any length, in bounded memory: where one ends and the next begins. What is in them
//! is the JSON parser's business.

use std::io::{self, BufRead};

use super::lines::Piece;

/// Why no further element can be found.
#[derive(Debug)]
pub(crate) enum Broken {
    Read(io::Error),
    /// It is not one array; what follows can not be told apart.
    NoArray,
}

impl From<io::Error> for Broken {
    fn from(cause: io::Error) -> Self {
        Self::Read(cause)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Before,
    /// Behind `[`: an element or the end.
    First,
    /// Behind a comma.
    Next,
    /// Behind `]`, where nothing may follow.
    Closed,
}

/// Cuts an array into its elements.
#[derive(Debug)]
pub(crate) struct Elements<R> {
    source: R,
    longest: usize,
    place: Place,
    number: u64,
    element: Vec<u8>,
}

impl<R: BufRead> Elements<R> {
    pub fn new(source: R, longest: usize) -> Self {
        Self { source, longest, place: Place::Before, number: 0, element: Vec::new() }
    }

    /// The next element with its number, from 1.
    ///
    /// # Errors
    /// Those of the source, and that it is not an array. An element whose end could not be found is none.
    pub fn next(&mut self) -> Result<Option<(u64, Piece<'_>)>, Broken> {
        if self.place == Place::Before {
            self.mark()?;
            if self.significant()? != Some(b'[') {
                return Err(Broken::NoArray);
            }
            self.place = Place::First;
        }
        if self.place == Place::Closed {
            return self.end();
        }
        let first = self.significant()?.ok_or(Broken::NoArray)?;
        if first == b']' && self.place == Place::First {
            self.place = Place::Closed;
            return self.end();
        }
        if matches!(first, b',' | b']' | b'}' | b':') {
            return Err(Broken::NoArray);
        }
        let fits = self.read(first)?;
        self.number += 1;
        Ok(Some((self.number, if fits { Piece::Text(&self.element) } else { Piece::TooLong })))
    }

    /// Reads the rest of an element and what ends it; whether it fits.
    fn read(&mut self, first: u8) -> Result<bool, Broken> {
        self.element.clear();
        let (mut depth, mut quoted, mut escaped, mut fits) = (0_usize, false, false, true);
        let mut byte = first;
        loop {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b'[' | b'{' => depth += 1,
                b',' | b']' if depth == 0 => {
                    self.place = if byte == b']' { Place::Closed } else { Place::Next };
                    return Ok(fits);
                }
                b'}' if depth == 0 => return Err(Broken::NoArray),
                b']' | b'}' => depth -= 1,
                _ => {}
            }
            fits = fits && self.element.len() < self.longest;
            if fits {
                self.element.push(byte);
            } else {
                self.element = Vec::new();
            }
            byte = self.byte()?.ok_or(Broken::NoArray)?;
        }
    }

    fn end(&mut self) -> Result<Option<(u64, Piece<'_>)>, Broken> {
        if self.significant()?.is_some() { Err(Broken::NoArray) } else { Ok(None) }
    }

    /// Over a byte-order mark.
    fn mark(&mut self) -> Result<(), Broken> {
        for expected in [0xef, 0xbb, 0xbf] {
            if self.source.fill_buf()?.first() != Some(&expected) {
                break;
            }
            self.source.consume(1);
        }
        Ok(())
    }

    /// The next byte that is no white space.
    fn significant(&mut self) -> Result<Option<u8>, Broken> {
        loop {
            match self.byte()? {
                Some(b' ' | b'\t' | b'\r' | b'\n') => {}
                other => return Ok(other),
            }
        }
    }

    fn byte(&mut self) -> Result<Option<u8>, Broken> {
        loop {
            match self.source.fill_buf() {
                Ok(found) => {
                    let byte = found.first().copied();
                    self.source.consume(usize::from(byte.is_some()));
                    return Ok(byte);
                }
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// The elements, and whether the array was whole.
    fn elements(text: &[u8], longest: usize, buffer: usize) -> (Vec<Option<Vec<u8>>>, bool) {
        let mut elements = Elements::new(BufReader::with_capacity(buffer, Cursor::new(text)), longest);
        let mut all = Vec::new();
        loop {
            match elements.next() {
                Ok(Some((number, piece))) => {
                    all.push(match piece {
                        Piece::Text(text) => Some(text.to_vec()),
                        Piece::TooLong => None,
                    });
                    assert_eq!(number, all.len() as u64);
                }
                Ok(None) => return (all, true),
                Err(_) => return (all, false),
            }
        }
    }

    fn texts(text: &str) -> (Vec<String>, bool) {
        let (all, whole) = elements(text.as_bytes(), 1_000, 3);
        (
            all.into_iter().map(|one| String::from_utf8(one.unwrap()).unwrap().trim().to_owned()).collect(),
            whole,
        )
    }

    #[test]
    fn an_array_is_cut_into_its_elements() {
        let none: [&str; 0] = [];
        assert_eq!(texts("[]"), (none.map(str::to_owned).to_vec(), true));
        assert_eq!(texts("\u{feff} [ ] \n").0, none);
        let (all, whole) = texts(r#" [ {"a":[1,{"b":"]}\",{["}]} , 2 ,"x,y", [] ] "#);
        assert_eq!(all, [r#"{"a":[1,{"b":"]}\",{["}]}"#, "2", r#""x,y""#, "[]"]);
        assert!(whole);
    }

    #[test]
    fn what_stands_before_the_fault_is_still_found() {
        for (text, found) in [
            ("", 0),
            ("{}", 0),
            ("[", 0),
            ("[,]", 0),
            ("[1", 0),
            ("[1,", 1),
            ("[1,]", 1),
            ("[1,,2]", 1),
            ("[1}", 0),
            ("[\"a]", 0),
            ("[1] x", 1),
        ] {
            let (all, whole) = elements(text.as_bytes(), 100, 2);
            assert!(all.len() == found && !whole, "{text}: {all:?}");
        }
    }

    #[test]
    fn an_element_that_is_too_long_is_read_over() {
        let (all, whole) = elements(br#"[1,"12345678901234567890",{"a":2}]"#, 8, 5);
        assert_eq!(all, [Some(b"1".to_vec()), None, Some(br#"{"a":2}"#.to_vec())]);
        assert!(whole);
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[ -~\\\\\"\\[\\]{},\u{1}-\u{ff}]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-z\"\\\\]{0,4}", inner, 0..4).prop_map(|map| json!(map)),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_array_is_cut_where_the_parser_cuts_it(
            values in proptest::collection::vec(json(), 0..6), pretty: bool, buffer in 1_usize..30,
        ) {
            let text = if pretty { serde_json::to_vec_pretty(&values) } else { serde_json::to_vec(&values) }.unwrap();
            let (all, whole) = elements(&text, 100_000, buffer);
            let all: Vec<Value> =
                all.into_iter().map(|one| serde_json::from_slice(&one.unwrap()).unwrap()).collect();
            prop_assert!(whole);
            prop_assert_eq!(all, values);
        }

        #[test]
        fn no_bytes_are_too_strange(text in "[\\[\\]{},:\"\\\\ 1a\n]{0,80}", longest in 0_usize..20) {
            let _ = elements(text.as_bytes(), longest, 7);
        }
    }
}
