//! OpenMetrics text, read strictly: every rule of the specification (1.0, "Text format") that a scraper may rely on.

use std::collections::{BTreeMap, BTreeSet};

/// One metric family.
#[derive(Clone, Debug, Default)]
pub struct Metric {
    pub kind: String,
    pub help: String,
    pub samples: Vec<Sample>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// With its suffix.
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

/// What was exposed, by the names of the families.
pub struct Exposition(pub BTreeMap<String, Metric>);

impl Exposition {
    /// # Panics
    /// When a rule is broken; the message names the line.
    pub fn parse(text: &str) -> Self {
        let body = text.strip_suffix("# EOF\n").expect("`# EOF` and a line feed at the end");
        let mut parser = Parser::default();
        for line in body.split_terminator('\n') {
            assert!(!line.is_empty() && line == line.trim(), "an empty line or spaces around: `{line}`");
            match line.strip_prefix("# ") {
                Some(meta) => parser.meta(meta),
                None => parser.sample(line),
            }
        }
        parser.close();
        let mut names = BTreeSet::new();
        for (name, metric) in &parser.done {
            check(name, metric);
            for sample in &metric.samples {
                assert!(names.insert(key(sample)), "a series twice: {}", key(sample));
            }
        }
        Self(parser.done)
    }

    /// Every series, without its value.
    pub fn series(&self) -> BTreeSet<String> {
        self.0.values().flat_map(|metric| &metric.samples).map(key).collect()
    }

    /// The value of the one sample with these labels; 0 when there is none.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let fits = |sample: &&Sample| {
            sample.name == name
                && labels.iter().all(|(label, value)| sample.labels.get(*label).is_some_and(|v| v == value))
        };
        let found: Vec<&Sample> = self.0.values().flat_map(|metric| &metric.samples).filter(fits).collect();
        assert!(found.len() < 2, "{name} {labels:?} is not one series: {found:?}");
        found.first().map_or(0.0, |sample| sample.value)
    }
}

fn key(sample: &Sample) -> String {
    format!("{}{:?}", sample.name, sample.labels)
}

#[derive(Default)]
struct Parser {
    done: BTreeMap<String, Metric>,
    open: Option<(String, Metric)>,
}

impl Parser {
    fn meta(&mut self, meta: &str) {
        let mut words = meta.splitn(3, ' ');
        let (keyword, name) = (words.next().expect("a keyword"), words.next().expect("a name"));
        let rest = words.next().unwrap_or_default();
        assert!(is_name(name), "not a name: {meta}");
        if self.open.as_ref().is_none_or(|(open, _)| open != name) {
            self.close();
            assert!(!self.done.contains_key(name), "a family in two places: {name}");
            self.open = Some((name.to_owned(), Metric::default()));
        }
        let (_, metric) = self.open.as_mut().expect("a family");
        assert!(metric.samples.is_empty(), "metadata behind samples: {meta}");
        match keyword {
            "TYPE" => {
                assert!(metric.kind.is_empty(), "a type twice: {meta}");
                assert!(["counter", "gauge", "histogram", "info"].contains(&rest), "no type: {meta}");
                rest.clone_into(&mut metric.kind);
            }
            "HELP" => {
                assert!(metric.help.is_empty() && !rest.is_empty(), "no help, or twice: {meta}");
                rest.clone_into(&mut metric.help);
            }
            "UNIT" => assert!(name.ends_with(&format!("_{rest}")), "the unit is not in the name: {meta}"),
            _ => panic!("a comment that is none: {meta}"),
        }
    }

    fn sample(&mut self, line: &str) {
        let (name, metric) = self.open.as_mut().unwrap_or_else(|| panic!("no metadata before: {line}"));
        let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("no value: {line}"));
        let (sample, mut rest) = line.split_at(end);
        assert!(is_name(sample) && sample.starts_with(name.as_str()), "`{sample}` is not of `{name}`");
        let mut labels = BTreeMap::new();
        if let Some(inside) = rest.strip_prefix('{') {
            rest = read_labels(inside, &mut labels).unwrap_or_else(|| panic!("labels: {line}"));
        }
        let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("one space before the value: {line}"));
        let value = match value {
            "+Inf" => f64::INFINITY,
            text => text.parse().unwrap_or_else(|_| panic!("a value and nothing else: {line}")),
        };
        metric.samples.push(Sample { name: sample.to_owned(), labels, value });
    }

    fn close(&mut self) {
        if let Some((name, metric)) = self.open.take() {
            self.done.insert(name, metric);
        }
    }
}

/// Reads `name="value",…}`; answers what follows.
fn read_labels<'a>(mut rest: &'a str, labels: &mut BTreeMap<String, String>) -> Option<&'a str> {
    loop {
        let (name, behind) = rest.split_once("=\"")?;
        if !is_name(name) || name.contains(':') || name.starts_with("__") {
            return None;
        }
        let mut value = String::new();
        let mut letters = behind.char_indices();
        let end = loop {
            match letters.next()? {
                (at, '"') => break at + 1,
                (_, '\\') => value.push(match letters.next()?.1 {
                    'n' => '\n',
                    letter @ ('\\' | '"') => letter,
                    _ => return None,
                }),
                (_, letter) => value.push(letter),
            }
        };
        if labels.insert(name.to_owned(), value).is_some() {
            return None;
        }
        let behind = &behind[end..];
        match behind.strip_prefix(',') {
            Some(next) => rest = next,
            None => return behind.strip_prefix('}'),
        }
    }
}

fn is_name(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphabetic() || b == b'_' || b == b':';
    text.bytes().next().is_some_and(letter) && text.bytes().all(|b| letter(b) || b.is_ascii_digit())
}

/// What the type of a family demands of its samples.
fn check(name: &str, metric: &Metric) {
    assert!(!metric.kind.is_empty() && !metric.help.is_empty(), "{name} has no type or no help");
    assert!(
        !["_total", "_count", "_sum", "_bucket", "_info"].iter().any(|reserved| name.ends_with(reserved)),
        "{name} ends like a sample"
    );
    for sample in &metric.samples {
        let suffix = &sample.name[name.len()..];
        let fits: &[&str] = match metric.kind.as_str() {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_sum", "_count"],
            "info" => &["_info"],
            _ => &[""],
        };
        assert!(fits.contains(&suffix), "{name}: {} is no sample of a {}", sample.name, metric.kind);
        let counted = metric.kind != "gauge";
        assert!(!counted || (sample.value >= 0.0 && sample.value.is_finite()), "{sample:?}");
        assert!(metric.kind != "info" || (sample.value - 1.0).abs() < f64::EPSILON, "{sample:?}");
    }
    if metric.kind == "histogram" {
        check_buckets(name, metric);
    }
}

type Labels = Vec<(String, String)>;

fn check_buckets(name: &str, metric: &Metric) {
    let mut histograms: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
    for sample in metric.samples.iter().filter(|sample| sample.name.ends_with("_bucket")) {
        let mut labels = sample.labels.clone();
        let bound = match labels.remove("le").as_deref() {
            Some("+Inf") => f64::INFINITY,
            Some(bound) => bound.parse().expect("a bound"),
            None => panic!("{name}: a bucket without a bound"),
        };
        histograms.entry(labels.into_iter().collect()).or_default().push((bound, sample.value));
    }
    for (labels, buckets) in histograms {
        let rising = buckets.is_sorted_by(|one, next| one.0 < next.0 && one.1 <= next.1);
        assert!(rising, "{name} {labels:?}: {buckets:?}");
        let of = |suffix: &str| {
            let wanted = format!("{name}{suffix}");
            let own = metric.samples.iter().find(|sample| {
                sample.name == wanted && sample.labels.clone().into_iter().collect::<Vec<_>>() == labels
            });
            own.unwrap_or_else(|| panic!("{name} {labels:?} has no {suffix}")).value
        };
        let last = buckets.last().expect("buckets");
        assert!(last.0.is_infinite(), "{name}: no bucket for everything");
        assert!((last.1 - of("_count")).abs() < f64::EPSILON, "{name} {labels:?}: the count is another");
        of("_sum");
    }
}

#[test]
fn what_breaks_a_rule_is_refused() {
    let good = "# HELP a_seconds A.\n# TYPE a_seconds histogram\na_seconds_sum 1.5\na_seconds_count 2\n\
                a_seconds_bucket{le=\"1.0\"} 1\na_seconds_bucket{le=\"+Inf\"} 2\n# EOF\n";
    assert_eq!(Exposition::parse(good).series().len(), 4);
    for (from, to) in [
        ("# EOF\n", "# EOF"),
        ("# TYPE a_seconds histogram\n", ""),
        ("# HELP a_seconds A.\n", ""),
        ("a_seconds_count 2\n", "a_seconds_count 3\n"),
        ("le=\"+Inf\"} 2", "le=\"2.0\"} 2"),
        ("a_seconds_count 2\n", "a_seconds_count 2\na_seconds_count 2\n"),
        ("a_seconds_sum 1.5\n", "a_seconds_sum 1.5\n\n"),
        ("a_seconds_sum 1.5\n", "b_sum 1.5\n"),
        ("le=\"1.0\"", "le=\"1.0\",le=\"1.0\""),
        ("histogram", "counter"),
        ("a_seconds_bucket{le=\"1.0\"} 1", "a_seconds_bucket{le=\"1.0\"} 5"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good);
        assert!(std::panic::catch_unwind(|| Exposition::parse(&bad)).is_err(), "accepted:\n{bad}");
    }
}
