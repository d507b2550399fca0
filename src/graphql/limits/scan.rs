//! One pass over the text, before the parser: the parser recurses once per bracket and keeps every token in memory, so both
//! are counted here first. Nothing is allocated.
//!
//! The scan has to see strings and comments exactly as the parser does, or brackets could hide from it. One trap is the
//! block string that never ends: the parser then reads `"""` as an empty string and goes on behind it, and so does the scan.

use super::config::Limits;
use super::refused::{Refused, most};
use crate::kernel::Text;

const TOKENS: Text = Text::new("tokens", "词法单元");
const NESTING: Text = Text::new("nested brackets", "括号嵌套层数");
const DIRECTIVES: Text = Text::new("directives", "指令");
const NAME: Text = Text::new("characters in one name", "单个名称的字符");
const BYTES: Text = Text::new("bytes of query text", "查询文本字节");

/// Passes over the text once.
///
/// # Errors
/// `QUERY_TOO_LONG`, `TOO_MANY_TOKENS`, `QUERY_TOO_DEEP`, `TOO_MANY_DIRECTIVES`, `NAME_TOO_LONG`. What is no GraphQL passes:
/// saying where is the parser's work.
pub fn scan(text: &str, limits: &Limits) -> Result<(), Refused> {
    most("QUERY_TOO_LONG", BYTES, limits.text, text.len())?;
    let bytes = text.as_bytes();
    let (mut at, mut tokens, mut nesting, mut directives) = (0, 0_usize, 0_usize, 0_usize);
    let mut blocks = true;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at = match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xEF | 0xBB | 0xBF => {
                at += 1;
                continue;
            }
            b'#' => {
                at = skip(bytes, at, |b| b != b'\n' && b != b'\r');
                continue;
            }
            b'"' if blocks && bytes[at..].starts_with(b"\"\"\"") => match block_string(bytes, at) {
                Some(end) => end,
                // None ends from here on, so there is none to look for any more.
                None => {
                    blocks = false;
                    at + 2
                }
            },
            b'"' => string(bytes, at),
            b'.' => skip(bytes, at, |b| b == b'.'),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' | b'-' => {
                skip(bytes, at + 1, |b| b.is_ascii_alphanumeric() || b == b'_')
            }
            _ => at + 1,
        };
        tokens += 1;
        match byte {
            b'{' | b'[' | b'(' => {
                nesting += 1;
                most("QUERY_TOO_DEEP", NESTING, limits.nesting, nesting)?;
            }
            b'}' | b']' | b')' => nesting = nesting.saturating_sub(1),
            b'@' => {
                directives += 1;
                most("TOO_MANY_DIRECTIVES", DIRECTIVES, limits.directives, directives)?;
            }
            b'"' => {}
            _ => most("NAME_TOO_LONG", NAME, limits.name, at - start)?,
        }
        most("TOO_MANY_TOKENS", TOKENS, limits.tokens, tokens)?;
    }
    Ok(())
}

fn skip(bytes: &[u8], mut at: usize, while_: impl Fn(u8) -> bool) -> usize {
    while bytes.get(at).is_some_and(|b| while_(*b)) {
        at += 1;
    }
    at
}

/// The end of the block string that begins at `at`, if it has one.
fn block_string(bytes: &[u8], at: usize) -> Option<usize> {
    let mut i = at + 3;
    loop {
        let rest = bytes.get(i..).filter(|rest| !rest.is_empty())?;
        if rest.starts_with(b"\\\"\"\"") {
            i += 4;
        } else if rest.starts_with(b"\"\"\"") {
            return Some(i + 3);
        } else {
            i += 1;
        }
    }
}

/// The end of the string that begins at `at`: behind its quote, or at the end of its line or of the text.
fn string(bytes: &[u8], at: usize) -> usize {
    let mut i = at + 1;
    loop {
        match bytes.get(i) {
            None | Some(b'\n' | b'\r') => return i,
            Some(b'"') => return i + 1,
            Some(b'\\') => i = (i + 2).min(bytes.len()),
            Some(_) => i += 1,
        }
    }
}
