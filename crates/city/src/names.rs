//! Generated people: plausible names, numbers and addresses of nobody.

use domain::PersonalText;

use crate::dice::Dice;

const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤";
const GIVEN: &str = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂玲红建国华文斌鹏飞辉玉梅琴云莉波宁成东志海燕荣新利民家祥永春雪晓峰婷浩宇子轩梓涵欣怡嘉诚俊德福安康宝贵林森河江山松柏青竹";
const STREETS: [&str; 12] = [
    "北京路",
    "江津路",
    "红门路",
    "塔桥路",
    "园林路",
    "太岳路",
    "长港路",
    "碧波路",
    "豉湖路",
    "便河路",
    "崇文街",
    "胜利街",
];

fn character(dice: &mut Dice, of: &str) -> char {
    let all: Vec<char> = of.chars().collect();
    all.get(dice.below(all.len())).copied().unwrap_or('王')
}

pub(crate) fn name(dice: &mut Dice) -> PersonalText {
    let mut name = String::from(character(dice, SURNAMES));
    name.push(character(dice, GIVEN));
    if dice.chance(780) {
        name.push(character(dice, GIVEN));
    }
    PersonalText::new(name)
}

/// A mobile number of 11 digits.
pub(crate) fn phone(dice: &mut Dice) -> PersonalText {
    let prefix = dice.pick([133, 135, 136, 138, 139, 150, 151, 158, 159, 177, 186, 189]);
    PersonalText::new(format!("{prefix}{:08}", dice.between(0, 99_999_999)))
}

/// A street, a number and a flat.
pub(crate) fn address(dice: &mut Dice, community: &str) -> PersonalText {
    let street = dice.pick(STREETS);
    let (number, building) = (dice.between(1, 320), dice.between(1, 28));
    let flat = dice.between(1, 7) * 100 + dice.between(1, 4);
    PersonalText::new(format!("荆州市沙市区{community}{street}{number}号{building}栋{flat}室"))
}

/// A day of birth between two years, as (year, month, day).
pub(crate) fn birth(dice: &mut Dice, least_year: i64, most_year: i64) -> (i64, i64, i64) {
    (dice.between(least_year, most_year), dice.between(1, 12), dice.between(1, 28))
}

/// Citizen identity number with the check character of GB 11643-1999 (ISO 7064, MOD 11-2).
pub(crate) fn id_number(dice: &mut Dice, born: (i64, i64, i64)) -> PersonalText {
    const CHECKS: &[u8; 11] = b"10X98765432";
    let (year, month, day) = born;
    let digits = format!("421002{year:04}{month:02}{day:02}{:03}", dice.between(1, 999));
    let sum = digits.bytes().fold(0, |sum, digit| (sum + usize::from(digit - b'0')) * 2 % 11);
    PersonalText::new(format!("{digits}{}", char::from(CHECKS[sum])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_number_carries_its_weighted_check_character() {
        let mut dice = Dice::new(1, 1);
        for _ in 0..200 {
            let number = id_number(&mut dice, (1980, 2, 28));
            let text = number.expose();
            assert_eq!(text.len(), 18);
            // The other way to say it: Σ weight × digit, weights 2^17 … 2^0 mod 11, is 1 mod 11.
            let sum: u32 = text
                .bytes()
                .enumerate()
                .map(|(at, c)| {
                    let value = if c == b'X' { 10 } else { u32::from(c - b'0') };
                    (1 << (17 - at)) % 11 * value
                })
                .sum();
            assert_eq!(sum % 11, 1, "{text}");
        }
    }
}
