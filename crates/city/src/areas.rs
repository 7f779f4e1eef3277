//! The areas of the country: the file that comes with the crate, and the import of such files.

use std::{
    collections::{BTreeMap, HashSet},
    io::Read,
};

use app::{App, AppError, Request, Viewer};
use domain::{AreaCode, AreaLevel, CommandId, Language, area::RegisterArea};
use uuid::{Uuid, uuid};

use crate::{CityError, drive::side_by_side};

/// Namespace of the command ids of an import (UUIDv5): they follow from the content, so an import can be repeated.
const IMPORT: Uuid = uuid!("b6a4bb07-0c1e-5c1b-a3de-9f1f6a0e2f35");
/// Lines sent before the caller is told how far it is.
const CHUNK: usize = 1_024;

/// The 1,247 areas that come with the crate: `code,level,name,parent_code`. See `data/README.md` for their origin.
pub const fn areas_csv() -> &'static str {
    include_str!("../data/areas.csv")
}

/// A line that was not imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Counted from 1, the header included.
    pub line: u64,
    pub message: String,
}

/// What an import has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Lines read, without the header.
    pub lines: u64,
    /// Areas registered now.
    pub registered: u64,
    /// Areas that were there already, with the same name.
    pub unchanged: u64,
    /// Lines that were refused; the others were imported all the same.
    pub bad: Vec<BadLine>,
}

/// A line that is well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AreaLine {
    pub line: u64,
    pub code: AreaCode,
    pub name: String,
    pub parent: Option<AreaCode>,
}

/// Registers the areas of a CSV file with the header `code,level,name,parent_code`, larger areas first whatever the
/// order of the lines. Safe to repeat and to interrupt: the command ids follow from the lines. A bad line is reported
/// with its number and the others go on. `progress` is told how many lines of how many are done.
///
/// # Errors
/// A file without that header or that can not be read, or a fault of the application (not a refusal).
pub async fn import_areas(
    app: &App,
    viewer: &Viewer,
    reader: impl Read,
    progress: impl Fn(u64, u64),
) -> Result<ImportReport, CityError> {
    let (lines, bad) = read(reader)?;
    let mut report = ImportReport { bad, ..ImportReport::default() };
    report.lines = u64::try_from(lines.len() + report.bad.len()).unwrap_or(u64::MAX);
    let mut done = u64::try_from(report.bad.len()).unwrap_or_default();
    let mut levels: BTreeMap<AreaLevel, Vec<AreaLine>> = BTreeMap::new();
    for line in lines {
        levels.entry(line.code.level()).or_default().push(line);
    }
    for lines in levels.into_values() {
        for chunk in lines.chunks(CHUNK) {
            let outcomes = side_by_side(chunk.iter().map(|line| register(app, viewer, line))).await;
            for (line, outcome) in chunk.iter().zip(outcomes) {
                match outcome {
                    Ok(true) => report.registered += 1,
                    Ok(false) => report.unchanged += 1,
                    Err(AppError::Rejected(why)) => {
                        report.bad.push(BadLine { line: line.line, message: why.message(Language::En) });
                    }
                    Err(fault) => return Err(fault.into()),
                }
            }
            done += u64::try_from(chunk.len()).unwrap_or_default();
            progress(done, report.lines);
        }
    }
    report.bad.sort_by_key(|bad| bad.line);
    Ok(report)
}

/// Whether it was registered now.
async fn register(app: &App, viewer: &Viewer, line: &AreaLine) -> Result<bool, AppError> {
    use app::Handles as _;
    let content = format!("{} {}", line.code, line.name);
    let command = CommandId(Uuid::new_v5(&IMPORT, content.as_bytes()));
    let request = Request { wait: false, ..Request::new(command) };
    let register = RegisterArea { area: line.code, name: line.name.clone(), parent: line.parent };
    Ok(app.handle(viewer, &request, register).await?.appended > 0)
}

/// The well-formed lines, and what is wrong with the others.
pub(crate) fn read(reader: impl Read) -> Result<(Vec<AreaLine>, Vec<BadLine>), CityError> {
    const HEADER: [&str; 4] = ["code", "level", "name", "parent_code"];
    let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
    let headers = csv.headers()?;
    let first = headers.get(0).unwrap_or_default().trim_start_matches('\u{feff}');
    if first != HEADER[0] || headers.iter().skip(1).ne(HEADER[1..].iter().copied()) {
        return Err(CityError::Plan(format!("the first line must be `{}`", HEADER.join(","))));
    }
    let (mut lines, mut bad, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for record in csv.into_records() {
        let record = match record {
            Ok(record) => record,
            Err(cause) if cause.is_io_error() => return Err(cause.into()),
            Err(cause) => {
                let line = cause.position().map_or(0, csv::Position::line);
                bad.push(BadLine { line, message: cause.to_string() });
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        match parse(line, &record) {
            Ok(area) if !seen.insert(area.code) => {
                bad.push(BadLine {
                    line,
                    message: format!("the code {} stands in the file twice", area.code),
                });
            }
            Ok(area) => lines.push(area),
            Err(message) => bad.push(BadLine { line, message }),
        }
    }
    Ok((lines, bad))
}

fn parse(line: u64, record: &csv::StringRecord) -> Result<AreaLine, String> {
    if record.len() != 4 {
        return Err(format!("a line has 4 fields, this one has {}", record.len()));
    }
    let field = |at: usize| record.get(at).unwrap_or_default().trim();
    let code: AreaCode = field(0).parse().map_err(|why| format!("`{}`: {why}", field(0)))?;
    let level = level_name(code.level());
    if field(1) != level {
        return Err(format!("`{}` is the code of a {level}, not of a `{}`", field(0), field(1)));
    }
    if field(2).is_empty() {
        return Err("the name is missing".into());
    }
    let parent = match field(3) {
        "" => None,
        text => Some(text.parse::<AreaCode>().map_err(|why| format!("`{text}`: {why}"))?),
    };
    if parent.is_some() && parent != code.parent() {
        return Err(format!("`{}` does not lie in `{}`", field(0), field(3)));
    }
    Ok(AreaLine { line, code, name: field(2).to_owned(), parent })
}

const fn level_name(level: AreaLevel) -> &'static str {
    match level {
        AreaLevel::Province => "province",
        AreaLevel::Prefecture => "prefecture",
        AreaLevel::County => "county",
        AreaLevel::Township => "township",
        AreaLevel::Village => "village",
        AreaLevel::Grid => "grid",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_the_crate_is_whole() {
        let (lines, bad) = read(areas_csv().as_bytes()).unwrap();
        assert_eq!((lines.len(), bad.len()), (1_247, 0));
        let district = "421002".parse::<AreaCode>().unwrap();
        let communities = lines
            .iter()
            .filter(|line| line.code.level() == AreaLevel::Village && district.contains(&line.code));
        assert_eq!(communities.count(), 112);
    }

    #[test]
    fn a_bad_line_is_named_and_the_others_are_read() {
        let text = "code,level,name,parent_code\n42,province,湖北省,\n4x,province,甲,\n4210,county,荆州市,42\n\
                    421002,county,沙市区,4209\n43,province,,\n42,province,湖北省,\n44,province\n";
        let (lines, bad) = read(text.as_bytes()).unwrap();
        assert_eq!(lines.len(), 1);
        let numbers: Vec<u64> = bad.iter().map(|bad| bad.line).collect();
        assert_eq!(numbers, [3, 4, 5, 6, 7, 8]);
        assert!(read("a,b\n1,2\n".as_bytes()).is_err());
    }
}
