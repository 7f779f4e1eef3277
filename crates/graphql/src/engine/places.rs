//! Lines and columns of places in a text. A column counts characters, as in the rest of the answer.

use async_graphql::Pos;

/// Bytes between two places that are known beforehand: no look-up walks further.
const STEP: usize = 256;

/// The places of a text, found in constant time wherever they are asked for.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    text: &'a str,
    /// Of every [`STEP`]th byte, moved back to the begin of a character.
    known: Vec<(usize, Pos)>,
}

impl<'a> Places<'a> {
    pub fn of(text: &'a str) -> Self {
        let mut known = Vec::with_capacity(text.len() / STEP + 1);
        let (mut at, mut pos) = (0, Pos { line: 1, column: 1 });
        while at < text.len() {
            known.push((at, pos));
            let end = back(text, at + STEP);
            pos = walk(text, at, end, pos);
            at = end;
        }
        Self { text, known }
    }

    /// The place of a byte.
    pub fn at(&self, byte: usize) -> Pos {
        let byte = back(self.text, byte);
        let before = self.known.partition_point(|(at, _)| *at <= byte);
        match before.checked_sub(1).and_then(|index| self.known.get(index)) {
            Some((at, pos)) => walk(self.text, *at, byte, *pos),
            None => Pos { line: 1, column: 1 },
        }
    }
}

/// The begin of the character that a byte belongs to; the end of the text for a byte behind it.
fn back(text: &str, byte: usize) -> usize {
    text.floor_char_boundary(byte)
}

/// From one place to a later one. A line ends at `\n`, at `\r\n` and at a `\r` alone.
fn walk(text: &str, from: usize, to: usize, mut pos: Pos) -> Pos {
    let bytes = text.as_bytes();
    for (offset, letter) in text.get(from..to).unwrap_or_default().char_indices() {
        let ends = match letter {
            '\n' => true,
            '\r' => bytes.get(from + offset + 1) != Some(&b'\n'),
            _ => false,
        };
        pos =
            if ends { Pos { line: pos.line + 1, column: 1 } } else { Pos { column: pos.column + 1, ..pos } };
    }
    pos
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_the_one_that_counting_finds() {
        let text = "{ 区 \r\n a\r b\n\n é}".repeat(97);
        let places = Places::of(&text);
        let (mut line, mut column) = (1, 1);
        let mut letters = text.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            assert_eq!(places.at(at), Pos { line, column }, "byte {at}");
            let next = letters.peek().map(|(_, letter)| *letter);
            if letter == '\n' || (letter == '\r' && next != Some('\n')) {
                (line, column) = (line + 1, 1);
            } else {
                column += 1;
            }
        }
        assert_eq!(places.at(text.len() + 9), Pos { line, column });
        assert_eq!(Places::of("").at(3), Pos { line: 1, column: 1 });
    }
}
