//! Words that stand in the sentences of rejections: what things and states are called, in every language of the platform.
//!
//! Absent on purpose: sentences (they stand beside the rule that says them) and names of the vocabulary's enums.

use crate::Language;

/// A word in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    pub en: &'static str,
    pub zh: &'static str,
}

impl Word {
    pub const fn new(en: &'static str, zh: &'static str) -> Self {
        Self { en, zh }
    }

    pub const fn in_language(&self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::ZhCn => self.zh,
        }
    }
}

/// A state that has a name for people.
pub trait Named {
    /// Fits behind "This can not be done while it is".
    fn word(&self) -> Word;
}

/// Names of states, each once.
macro_rules! named {
    ($type:ty { $($state:ident = $en:literal, $zh:literal;)* }) => {
        impl $crate::word::Named for $type {
            fn word(&self) -> $crate::word::Word {
                match self { $(Self::$state => $crate::word::Word::new($en, $zh),)* }
            }
        }
    };
}
pub(crate) use named;

/// What a thing is called at the begin of a sentence, by the name of the field that holds its id.
pub fn thing(field: &str) -> Word {
    let (en, zh) = match field {
        "area" => ("The area", "该区域"),
        "organisation" => ("The organisation", "该单位"),
        "team" => ("The team", "该巡防队"),
        "person" => ("The person", "该人员"),
        "credential" => ("The credential", "该证件"),
        "plan" => ("The patrol plan", "该巡逻方案"),
        "checkpoint" => ("The checkpoint", "该巡更点"),
        "run" => ("The patrol run", "该巡逻任务"),
        "deviation" => ("The deviation", "该偏离记录"),
        "shift" => ("The shift", "该班次"),
        "assignment" => ("The assignment", "该派班"),
        "incident" => ("The incident", "该警情"),
        "contract" => ("The contract", "该合同"),
        "breach" => ("The breach", "该违约"),
        "rectification" => ("The rectification", "该整改"),
        "statement" => ("The statement", "该结算单"),
        _ => ("This", "该对象"),
    };
    Word::new(en, zh)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{contract, shift};

    #[test]
    fn words_are_of_their_language() {
        let things = ["area", "organisation", "person", "plan", "run", "shift", "incident", "contract"];
        let states = [shift::Phase::OnDuty.word(), contract::BreachPhase::Upheld.word()];
        for word in things.map(thing).iter().chain(&states) {
            assert_ne!(*word, thing("something else"));
            assert!(word.en.is_ascii() && !word.zh.contains(|c: char| c.is_ascii()), "{word:?}");
        }
    }

    #[test]
    fn a_sentence_takes_the_word_of_its_language() {
        use crate::rejection::{Rejection, common};
        let gone = Rejection::new(&common::NOT_FOUND).about("shift");
        assert_eq!(gone.message(Language::En), "The shift does not exist.");
        assert_eq!(gone.message(Language::ZhCn), "该班次不存在。");
        let early = Rejection::new(&common::WRONG_PHASE).in_phase(&shift::Phase::OnDuty);
        assert_eq!(early.message(Language::En), "This can not be done while it is on duty.");
        assert_eq!(early.message(Language::ZhCn), "当前状态为值勤中，不能执行此操作。");
    }
}
