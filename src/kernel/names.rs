//! Names that people choose: when two are the same, and which characters nobody can see.
//!
//! Shared by what writes names (`staff`) and what looks them up (log-in): both must fold alike.

use unicode_normalization::UnicodeNormalization;

/// A character that hides in a text: two texts look alike and are not, or one looks like something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    /// A control character: tab, NUL, escape, line and paragraph separators.
    Control,
    /// A mark that turns the direction of writing.
    Bidi,
    /// A character without width: zero-width space and joiner, soft hyphen, variation selectors, fillers, tags.
    Invisible,
}

/// The compatibility form (NFKC): full-width letters and digits become plain ones.
#[must_use]
pub fn normal(name: &str) -> String {
    name.nfkc().collect()
}

/// The form in which two names are the same: compatibility form without upper and lower case.
#[must_use]
pub fn fold(name: &str) -> String {
    normal(name).to_lowercase().nfkc().collect()
}

/// The first hidden character of a text.
#[must_use]
pub fn hidden(text: &str) -> Option<Hidden> {
    text.chars().find_map(|c| match c {
        '\u{2028}' | '\u{2029}' => Some(Hidden::Control),
        c if c.is_control() => Some(Hidden::Control),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(Hidden::Bidi),
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => Some(Hidden::Invisible),
        _ => None,
    })
}

/// Whether a text can be shown on one line as it was written: it says something, in at most `longest` characters, none of
/// which steers the terminal or turns the direction of what stands around it.
#[must_use]
pub fn is_line(text: &str, longest: usize) -> bool {
    is_prose(text, longest) && !text.contains('\n')
}

/// The same for a text of several lines.
#[must_use]
pub fn is_prose(text: &str, longest: usize) -> bool {
    let steers =
        |c: char| c != '\n' && matches!(hidden(c.encode_utf8(&mut [0; 4])), Some(Hidden::Control | Hidden::Bidi));
    !text.trim().is_empty() && text.chars().take(longest + 1).count() <= longest && !text.chars().any(steers)
}
