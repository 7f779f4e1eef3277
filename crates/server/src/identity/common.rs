//! Passwords that are tried first: NIST SP 800-63B wants them refused. A short list of its own, no service is asked and
//! no list of leaked passwords is carried along.

/// Those of ten characters and more from the top of the published lists; shorter ones are refused for their length.
const LISTED: &[&str] = &[
    "1234567890",
    "12345678910",
    "0123456789",
    "0987654321",
    "9876543210",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "q1w2e3r4t5",
    "q1w2e3r4t5y6",
    "qwerty1234",
    "qwerty12345",
    "qwerty123456",
    "qwertyuiop",
    "qwertyuiop123",
    "asdfghjkl1",
    "asdfghjkl123",
    "zxcvbnm123",
    "password12",
    "password123",
    "password1234",
    "password12345",
    "password!1",
    "passw0rd12",
    "passw0rd123",
    "p@ssw0rd12",
    "p@ssw0rd123",
    "p@ssword123",
    "abc1234567",
    "abcd123456",
    "abcd1234567",
    "abc123456789",
    "a123456789",
    "a1234567890",
    "aa123456789",
    "iloveyou12",
    "iloveyou123",
    "welcome123",
    "welcome1234",
    "admin12345",
    "admin123456",
    "administrator",
    "letmein123",
    "changeme123",
    "football123",
    "princess123",
    "sunshine123",
    "dragon12345",
    "woaini1314520",
    "woaini1314",
    "woaini520520",
    "5201314520",
    "1314520520",
    "woaini123456",
    "zhang123456",
    "wang123456",
    "computer123",
    "internet123",
    "samsung123",
    "michael123",
    "superman123",
    "trustno1trustno1",
    "testtest123",
    "test123456",
    "user123456",
    "root123456",
    "guest12345",
    "default123",
    "wardlog123",
    "wardlog1234",
];

/// Fewer different characters than this is no password.
const LEAST_DIFFERENT: usize = 5;

pub(super) fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    different.len() < LEAST_DIFFERENT || is_run(&lower) || LISTED.contains(&lower.as_str())
}

/// `abcdefghij`, `9876543210`: each character is the neighbour of the one before, in one direction.
fn is_run(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let mut steps = codes.windows(2).map(|pair| match pair {
        [one, next] => next - one,
        _ => 0,
    });
    let first = steps.next();
    matches!(first, Some(1 | -1)) && steps.all(|step| Some(step) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_first_is_refused() {
        for password in
            ["aaaaaaaaaaaa", "1212121212", "abcdefghijkl", "9876543210", "PassWord123", "Qwertyuiop"]
        {
            assert!(is_common(password), "{password}");
        }
        for password in ["correct horse battery", "中文密码也可以用在这里", "k3v9-2mzq-8r"] {
            assert!(!is_common(password), "{password}");
        }
        assert!(LISTED.iter().all(|listed| listed.chars().count() >= 10 && *listed == listed.to_lowercase()));
    }
}
