//! Rows as CSV and as NDJSON.

use std::{borrow::Cow, io, io::Write};

use graphql::Cell;
use serde::ser::{SerializeMap as _, Serializer as _};

/// Spreadsheets take a text that begins with one of these for a formula, and run it (CWE-1236).
const FORMULA: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// CSV as in RFC 4180, with the byte-order mark that makes spreadsheets read UTF-8.
pub(crate) struct Csv<W: Write>(csv::Writer<W>);

impl<W: Write> Csv<W> {
    /// Writes the mark and the header.
    ///
    /// # Errors
    /// Those of the writer; so everywhere here.
    pub fn new(mut out: W, columns: &[&str]) -> io::Result<Self> {
        out.write_all("\u{feff}".as_bytes())?;
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        writer.write_record(columns).map_err(broken)?;
        Ok(Self(writer))
    }

    pub fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        for cell in cells {
            self.0.write_field(plain(cell).as_bytes()).map_err(broken)?;
        }
        self.0.write_record(None::<&[u8]>).map_err(broken)
    }

    pub fn get_ref(&self) -> &W {
        self.0.get_ref()
    }

    /// Hands the writer back, with everything written.
    pub fn finish(self) -> io::Result<W> {
        self.0.into_inner().map_err(|error| error.into_error())
    }
}

fn broken(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(cause) => cause,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A cell as text. What somebody wrote is never a formula; what is a number, a time or an id can not be one.
fn plain(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Nothing => Cow::Borrowed(""),
        Cell::Text(text) => harmless(text),
        Cell::Number(number) => Cow::Owned(number.to_string()),
        Cell::Flag(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        Cell::Time(when) => Cow::Owned(when.to_string()),
        Cell::Texts(texts) => Cow::Owned(harmless(&texts.join(" ")).into_owned()),
    }
}

fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// A row as a JSON object in one line, with the columns as names, in their order.
pub(crate) fn json_row(out: &mut impl Write, columns: &[&str], cells: &[Cell]) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::new(&mut *out);
    let mut map = serializer.serialize_map(Some(columns.len()))?;
    for (name, cell) in columns.iter().zip(cells) {
        match cell {
            Cell::Nothing => map.serialize_entry(name, &())?,
            Cell::Text(text) => map.serialize_entry(name, text)?,
            Cell::Number(number) => map.serialize_entry(name, number)?,
            Cell::Flag(flag) => map.serialize_entry(name, flag)?,
            Cell::Time(when) => map.serialize_entry(name, when)?,
            Cell::Texts(texts) => map.serialize_entry(name, texts)?,
        }
    }
    map.end()?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn csv(cells: &[Cell]) -> String {
        let mut csv = Csv::new(Vec::new(), &["a", "b"]).unwrap();
        csv.row(cells).unwrap();
        String::from_utf8(csv.finish().unwrap()).unwrap()
    }

    #[test]
    fn csv_is_what_spreadsheets_expect() {
        let time = Cell::Time("2026-08-01T12:00:00+08:00".parse().unwrap());
        let told = csv(&[Cell::Text("a \"b\", c\r\nd".into()), time]);
        assert_eq!(told, "\u{feff}a,b\r\n\"a \"\"b\"\", c\r\nd\",2026-08-01T12:00:00+08:00\r\n");
        assert_eq!(csv(&[Cell::Nothing, Cell::Flag(true)]), "\u{feff}a,b\r\n,true\r\n");
    }

    #[test]
    fn no_text_is_a_formula_and_numbers_stay_numbers() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            for cell in [Cell::Text(text.into()), Cell::Texts(vec![text.into(), "x".into()])] {
                let plain = plain(&cell).into_owned();
                assert!(plain.starts_with(&format!("'{text}")), "{plain}");
            }
        }
        assert_eq!(plain(&Cell::Number(-5)), "-5");
        assert_eq!(plain(&Cell::Text("a=1".into())), "a=1");
    }

    proptest! {
        #[test]
        fn a_reader_gets_back_what_was_written(texts in proptest::collection::vec("\\PC{0,12}|[,\"\r\n =]{0,6}", 2)) {
            let cells: Vec<Cell> = texts.iter().cloned().map(Cell::Text).collect();
            let told = csv(&cells);
            let told = told.strip_prefix('\u{feff}').unwrap();
            let mut reader = ::csv::Reader::from_reader(told.as_bytes());
            let read = reader.records().next().unwrap().unwrap();
            for (text, read) in texts.iter().zip(&read) {
                prop_assert_eq!(harmless(text), read);
            }
            let mut line = Vec::new();
            json_row(&mut line, &["a", "b"], &cells).unwrap();
            let object: serde_json::Value = serde_json::from_slice(&line).unwrap();
            prop_assert_eq!(&object["a"], &texts[0]);
            prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        }
    }
}
