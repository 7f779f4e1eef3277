//! What is said of inputs that do not fit their type, in the asker's language.

use domain::Language;

use crate::command::without_value;

/// What is said of a value that is not of the type that its field wants.
pub(crate) fn sentence(place: &str, wanted: &str, language: Language) -> String {
    let (en, zh) = hint(wanted);
    let sentence = match language {
        Language::En => format!("Invalid value for argument \"{place}\", expected type \"{wanted}\". {en}"),
        Language::ZhCn => format!("“{place}”的值无效。{zh}"),
    };
    sentence.trim_end().to_owned()
}

/// What is said of a value that the library could not read: its own sentence without the value, or one in Chinese.
pub(crate) fn of_library(message: &str, language: Language) -> String {
    let mut said = without_value(message);
    // Names of types that hold the field are of no use to who sees the field alone.
    if let Some(end) = said.find(" (occurred while parsing") {
        said.truncate(end);
    }
    if language == Language::En {
        return said;
    }
    // Ids say their form, other types are known by name.
    let between =
        |before: &str, after: char| said.split_once(before)?.1.split_once(after).map(|(found, _)| found);
    if let Some(form) = between("of the form `", '`') {
        return format!("ID 无效，格式应为“{form}”。");
    }
    let ty = between("Failed to parse \"", '"').or_else(|| between("Expected input type \"", '"'));
    format!("输入的值无效。{}", ty.map_or("", |ty| hint(ty).1))
}

fn hint(wanted: &str) -> (&'static str, &'static str) {
    match wanted {
        "Fen" => ("An amount is a whole number of fen.", "金额须为以分为单位的整数。"),
        "BasisPoints" => ("A share is a whole number from 0 to 10000.", "比例须为0到10000的整数。"),
        "AreaCode" => {
            ("An area code has 2, 4, 6, 9, 12 or 15 digits.", "区域代码须为2、4、6、9、12或15位数字。")
        }
        "Date" => ("A date is written as 2026-08-01.", "日期格式为2026-08-01。"),
        "DateTime" => {
            ("A time is written as 2026-08-01T08:00:00+08:00.", "时间格式为2026-08-01T08:00:00+08:00。")
        }
        "Position" => ("A position is a string of digits.", "位置须为由数字组成的字符串。"),
        "Int" => ("It is a whole number of 32 bits.", "须为32位整数。"),
        "Boolean" => ("It is true or false.", "须为 true 或 false。"),
        "String" | "ID" => ("It is a text.", "须为文本。"),
        _ => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_named_in_both_languages() {
        let en = sentence("ratePerHour", "Fen", Language::En);
        assert!(
            en.contains("\"ratePerHour\"") && en.ends_with("An amount is a whole number of fen."),
            "{en}"
        );
        let zh = sentence("ratePerHour", "Fen", Language::ZhCn);
        assert_eq!(zh, "“ratePerHour”的值无效。金额须为以分为单位的整数。");
        assert!(sentence("x", "Int", Language::En).ends_with('.'));
    }

    #[test]
    fn what_the_library_says_gets_a_sentence_in_chinese() {
        let id = "Failed to parse \"ID\": this is not an id of the form `team-<uuid>` (occurred while parsing \"X\")";
        assert_eq!(of_library(id, Language::ZhCn), "ID 无效，格式应为“team-<uuid>”。");
        assert_eq!(
            of_library(id, Language::En),
            "Failed to parse \"ID\": this is not an id of the form `team-<uuid>`"
        );
        let day = "Failed to parse \"Date\": a date is written as 2026-08-01";
        assert_eq!(of_library(day, Language::ZhCn), "输入的值无效。日期格式为2026-08-01。");
        let other = "Expected input type \"X\", found \"13800000000\".";
        assert_eq!(of_library(other, Language::ZhCn), "输入的值无效。");
        assert!(!of_library(other, Language::En).contains("138"));
    }
}
