//! Faults of the configuration, each in one line that says where it stands (h38).

use std::fmt;

use figment::error::{Actual, Kind};

/// One fault: where (a file, a variable, a flag), which key, what is wrong. Never shows a value: it may be a secret that was put
/// under the wrong key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// `kith.toml`, `environment variable KITH_SERVER__LISTEN`, `flag --listen`.
    pub source: String,
    /// `server.listen`; empty when the fault is in no key.
    pub key: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl ConfigError {
    /// Makes one; line breaks in `reason` become spaces.
    pub fn new(source: impl Into<String>, key: impl Into<String>, reason: impl Into<String>) -> Self {
        let reason = reason.into().replace(['\n', '\r'], " ");
        Self { source: source.into(), key: key.into(), reason }
    }

    /// Reads the first of figment's faults.
    pub(super) fn from_figment(error: &figment::Error) -> Self {
        let source = error.metadata.as_ref().map_or_else(|| "configuration".to_owned(), |m| m.name.to_string());
        let mut path = error.path.clone();
        let reason = match &error.kind {
            Kind::UnknownField(field, expected) => {
                // Whether figment has the field in the path depends on where the fault came up.
                if path.last() != Some(field) {
                    path.push(field.clone());
                }
                unknown(field, expected)
            }
            Kind::UnknownVariant(_, expected) => format!("expected one of {}", expected.join(", ")),
            Kind::InvalidType(actual, expected) | Kind::InvalidValue(actual, expected) => {
                format!("expected {expected}, found {}", kind_of(actual))
            }
            Kind::MissingField(field) => {
                path.push(field.to_string());
                "is missing".to_owned()
            }
            Kind::ISizeOutOfRange(_) | Kind::USizeOutOfRange(_) => "the number is out of range".to_owned(),
            other => without_snippet(&other.to_string()),
        };
        Self::new(source, path.join("."), reason)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(f, "{}: {}", self.source, self.reason)
        } else {
            write!(f, "{}: {}: {}", self.source, self.key, self.reason)
        }
    }
}

impl std::error::Error for ConfigError {}

/// The kind of a value without the value.
fn kind_of(actual: &Actual) -> &'static str {
    match actual {
        Actual::Bool(_) => "true or false",
        Actual::Unsigned(_) | Actual::Signed(_) => "a whole number out of its range",
        Actual::Float(_) => "a decimal number",
        Actual::Char(_) | Actual::Str(_) => "a text that is not one",
        Actual::Seq => "a list",
        Actual::Map => "a section",
        _ => "something else",
    }
}

/// The TOML reader quotes the line at fault, which may hold a secret: only where and what is kept.
fn without_snippet(message: &str) -> String {
    let lines: Vec<&str> = message.lines().filter(|line| !line.trim().is_empty()).collect();
    match lines.as_slice() {
        [first, .., last] => format!("{first}: {last}"),
        _ => message.to_owned(),
    }
}

/// Names what comes closest, if anything comes close.
fn unknown(field: &str, expected: &[&str]) -> String {
    let closest = expected.iter().map(|known| (distance(field, known), *known)).min();
    match closest {
        Some((distance, known)) if distance <= 3 && distance < known.len() => {
            format!("unknown key; did you mean {known}?")
        }
        _ => format!("unknown key; known are {}", expected.join(", ")),
    }
}

/// How many letters have to change (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = change.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
