//! Lines of a text of any length, in bounded memory.

use std::io::{self, BufRead};

/// The byte-order mark that some editors put at the begin of a file.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// What stands between two line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a [u8]),
    /// Longer than it may be; it was read over.
    TooLong,
}

/// Reads lines. Blank ones are left out, but counted; `\r\n` ends a line as well as `\n`; a byte-order mark at the
/// begin is no part of the first line. What comes after the last line end is a line too.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    source: R,
    longest: usize,
    number: u64,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub fn new(source: R, longest: usize) -> Self {
        Self { source, longest, number: 0, line: Vec::new() }
    }

    /// The next line with its number, from 1.
    ///
    /// # Errors
    /// Those of the source. The begin of a line whose end could not be read is not a line.
    pub fn next(&mut self) -> io::Result<Option<(u64, Piece<'_>)>> {
        loop {
            let Some(fits) = self.read()? else { return Ok(None) };
            self.number += 1;
            if !fits {
                return Ok(Some((self.number, Piece::TooLong)));
            }
            if !self.text().iter().all(u8::is_ascii_whitespace) {
                return Ok(Some((self.number, Piece::Text(self.text()))));
            }
        }
    }

    /// The present line, without its mark and its end.
    fn text(&self) -> &[u8] {
        let text = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if self.number == 1 { text.strip_prefix(MARK).unwrap_or(text) } else { text }
    }

    /// Reads one line into memory, or over it; whether it fits. Nothing at the end.
    fn read(&mut self) -> io::Result<Option<bool>> {
        self.line.clear();
        let (mut begun, mut fits) = (false, true);
        loop {
            let found = match self.source.fill_buf() {
                Ok(found) => found,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => return Err(cause),
            };
            if found.is_empty() {
                return Ok(begun.then(|| fits && self.text_length() <= self.longest));
            }
            begun = true;
            let end = found.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(found.len(), |end| end + 1);
            // The line end does not count.
            fits = fits && self.line.len() + used <= self.longest + 2;
            if fits {
                self.line.extend_from_slice(&found[..used]);
            } else {
                self.line = Vec::new();
            }
            self.source.consume(used);
            if end.is_some() {
                return Ok(Some(fits && self.text_length() <= self.longest));
            }
        }
    }

    fn text_length(&self) -> usize {
        let text = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        text.strip_suffix(b"\r").unwrap_or(text).len()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use proptest::prelude::*;

    use super::*;

    /// All lines, read through a buffer of so many bytes.
    fn lines(text: &[u8], longest: usize, buffer: usize) -> Vec<(u64, Option<Vec<u8>>)> {
        let mut lines = Lines::new(BufReader::with_capacity(buffer, Cursor::new(text)), longest);
        let mut all = Vec::new();
        while let Some((number, piece)) = lines.next().unwrap() {
            all.push(match piece {
                Piece::Text(text) => (number, Some(text.to_vec())),
                Piece::TooLong => (number, None),
            });
        }
        all
    }

    #[test]
    fn marks_blanks_and_line_ends_are_no_part_of_a_line() {
        let text = b"\xef\xbb\xbfone\r\n\r\n  \t\ntwo\n\xef\xbb\xbfthree\nfour";
        for buffer in 1..9 {
            let read = lines(text, 10, buffer);
            let expected: Vec<(u64, Option<Vec<u8>>)> = vec![
                (1, Some(b"one".to_vec())),
                (4, Some(b"two".to_vec())),
                (5, Some(b"\xef\xbb\xbfthree".to_vec())),
                (6, Some(b"four".to_vec())),
            ];
            assert_eq!(read, expected, "{buffer}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_read_over() {
        for (text, expected) in [
            (&b"12345\n123456\n1234\n"[..], vec![Some(&b"12345"[..]), None, Some(b"1234")]),
            (b"12345\r\n123456\r\n", vec![Some(b"12345"), None]),
            (b"1234567890123\n1", vec![None, Some(b"1")]),
            (b"\r\r\r123", vec![None]),
            (b"1\n1234567890123", vec![Some(b"1"), None]),
        ] {
            for buffer in 1..20 {
                let read: Vec<_> = lines(text, 5, buffer).into_iter().map(|(_, line)| line).collect();
                let expected: Vec<_> = expected.iter().map(|line| line.map(<[u8]>::to_vec)).collect();
                assert_eq!(read, expected, "{buffer}");
            }
        }
    }

    proptest! {
        /// A second reader, written plainly, says the same of any bytes.
        #[test]
        fn any_bytes_are_cut_at_their_line_ends(text in proptest::collection::vec(prop_oneof![
            Just(b'\n'), Just(b'\r'), Just(b' '), Just(b'a'), Just(0xef_u8), Just(0xbb), Just(0xbf), any::<u8>(),
        ], 0..200), buffer in 1_usize..40, longest in 0_usize..40) {
            let mut plain = Vec::new();
            let ended = text.strip_suffix(b"\n").unwrap_or(&text);
            let pieces = if text.is_empty() { vec![] } else { ended.split(|byte| *byte == b'\n').collect::<Vec<_>>() };
            for (at, piece) in pieces.into_iter().enumerate() {
                let piece = piece.strip_suffix(b"\r").unwrap_or(piece);
                let number = at as u64 + 1;
                if piece.len() > longest {
                    plain.push((number, None));
                    continue;
                }
                let piece = if at == 0 { piece.strip_prefix(MARK).unwrap_or(piece) } else { piece };
                if !piece.iter().all(u8::is_ascii_whitespace) {
                    plain.push((number, Some(piece.to_vec())));
                }
            }
            prop_assert_eq!(lines(&text, longest, buffer), plain);
        }
    }
}
