//! Inputs that do not fit their type: the engine names the place, this says it in the asker's language.

use domain::Language;

/// Field and sentence of the engine's error about an argument; `None` for every other error.
pub(crate) fn of(message: &str, language: Language) -> Option<(String, String)> {
    let rest = message.strip_prefix("Invalid value for argument \"")?;
    let (place, rest) = rest.split_once('"')?;
    let field = place.strip_prefix("input.").unwrap_or(place).to_owned();
    let wanted =
        rest.split_once("expected type \"").and_then(|(_, rest)| rest.split_once('"')).map_or("", |(t, _)| t);
    let sentence = match language {
        Language::En => sentence(place, wanted, language),
        Language::ZhCn => sentence(&field, wanted, language),
    };
    (!wanted.is_empty()).then_some((field, sentence))
}

/// What is said of a value that is not of the type that its field wants.
pub(crate) fn sentence(place: &str, wanted: &str, language: Language) -> String {
    let (en, zh) = hint(wanted);
    let sentence = match language {
        Language::En => format!("Invalid value for argument \"{place}\", expected type \"{wanted}\". {en}"),
        Language::ZhCn => format!("“{place}”的值无效。{zh}"),
    };
    sentence.trim_end().to_owned()
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
        _ => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_named_in_both_languages() {
        let message = "Invalid value for argument \"input.ratePerHour\", expected type \"Fen\"";
        let (field, en) = of(message, Language::En).unwrap();
        assert_eq!(field, "ratePerHour");
        assert!(en.ends_with("An amount is a whole number of fen."), "{en}");
        let (_, zh) = of(message, Language::ZhCn).unwrap();
        assert_eq!(zh, "“ratePerHour”的值无效。金额须为以分为单位的整数。");
        assert_eq!(of("Unknown field", Language::En), None);
    }
}
