//! What a sub-account may be called (requirements 4.3, 4.4, 4.11), and what may be shown as a name.

use crate::kernel::Text;
use crate::kernel::names::{Hidden, hidden, normal};

/// Fewest characters of a sub-account's name.
pub const SHORTEST: usize = 2;
/// Most characters of a sub-account's name.
pub const LONGEST: usize = 20;
/// Most characters of a display name and of a position's name.
pub const LONGEST_LABEL: usize = 40;

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadName {
    /// Fewer characters than a name has.
    TooShort,
    /// More characters than a name may have.
    TooLong,
    /// The colon parts the main account from the sub-account, so it never stands in a name.
    Colon,
    /// A full-width colon, or a character that looks like one.
    FullWidthColon,
    /// A character that cannot be seen.
    Hidden(Hidden),
    /// Something else that is no letter, digit or Chinese character.
    Character,
    /// Nothing but space.
    Blank,
}

impl BadName {
    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort | Self::Blank => "NAME_TOO_SHORT",
            Self::TooLong => "NAME_TOO_LONG",
            Self::Colon => "NAME_HAS_COLON",
            Self::FullWidthColon => "NAME_HAS_FULL_WIDTH_COLON",
            Self::Hidden(Hidden::Control) => "NAME_HAS_CONTROL_CHARACTER",
            Self::Hidden(Hidden::Bidi) => "NAME_HAS_BIDI_CHARACTER",
            Self::Hidden(Hidden::Invisible) => "NAME_HAS_INVISIBLE_CHARACTER",
            Self::Character => "NAME_INVALID",
        }
    }

    /// What is wrong and what to do.
    #[must_use]
    pub fn message(self) -> Text {
        match self {
            Self::TooShort => Text::new("The name has 2 characters at least.", "名称至少 2 个字符。"),
            Self::TooLong => Text::new(
                "The name is too long: 20 characters at most for a sub-account, 40 for what is shown.",
                "名称过长:子账号名最多 20 个字符,显示名称最多 40 个字符。",
            ),
            Self::Colon => Text::new(
                "The name is what stands behind the colon of main:sub. Give it without the colon and the main account.",
                "请只填写冒号后面的子账号名,不要包含冒号和主账号名。",
            ),
            Self::FullWidthColon => Text::new(
                "The name holds a full-width colon (：). Take it out; the log-in name is written main:sub with an ASCII colon.",
                "名称包含中文冒号(：),请去掉;登录时使用英文冒号,如 主账号:子账号。",
            ),
            Self::Hidden(Hidden::Control) => Text::new(
                "The name holds a control character, such as a tab or a line break. Type it again.",
                "名称包含控制字符(如制表符、换行符),请重新输入。",
            ),
            Self::Hidden(Hidden::Bidi) => Text::new(
                "The name holds a character that turns the direction of writing. Type it again.",
                "名称包含改变文字方向的字符,请重新输入。",
            ),
            Self::Hidden(Hidden::Invisible) => Text::new(
                "The name holds a character that cannot be seen, such as a zero-width space. Type it again.",
                "名称包含不可见字符(如零宽空格),请重新输入。",
            ),
            Self::Character => Text::new(
                "A name has 2 to 20 letters, digits, Chinese characters, _ or -.",
                "名称由 2 到 20 个字母、数字、汉字、_ 或 - 组成。",
            ),
            Self::Blank => Text::new("The name is empty.", "名称不能为空。"),
        }
    }
}

/// Reads a new sub-account's name and gives it in compatibility form: full-width letters become plain ones.
///
/// # Errors
/// Why it is refused.
pub fn read(name: &str) -> Result<String, BadName> {
    if name.chars().take(LONGEST + 1).count() > LONGEST {
        return Err(BadName::TooLong);
    }
    if let Some(hidden) = hidden(name) {
        return Err(BadName::Hidden(hidden));
    }
    if name.contains(['：', '﹕', '︓', '∶', '꞉']) {
        return Err(BadName::FullWidthColon);
    }
    if name.contains(':') {
        return Err(BadName::Colon);
    }
    let name = normal(name);
    if !name.chars().all(is_name_character) {
        return Err(BadName::Character);
    }
    match name.chars().count() {
        n if n < SHORTEST => Err(BadName::TooShort),
        n if n > LONGEST => Err(BadName::TooLong),
        _ => Ok(name),
    }
}

/// Latin letters, digits, Chinese characters, kana, hangul, `_` and `-`. Other scripts stay out because their letters
/// look like Latin ones (a Cyrillic `а` would make a second `xiаoli`).
fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '_' | '-' | '々' | '〇')
        || matches!(c, '\u{c0}'..='\u{24f}' if c.is_alphabetic())
        || matches!(c,
            '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}' | '\u{3105}'..='\u{312f}'
            | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{323af}')
}

/// Reads a text that is shown as a name: any printable characters, without space around.
///
/// # Errors
/// Why it is refused.
pub fn read_label(label: &str) -> Result<String, BadName> {
    if label.chars().take(LONGEST_LABEL + 1).count() > LONGEST_LABEL {
        return Err(BadName::TooLong);
    }
    if let Some(hidden) = hidden(label) {
        return Err(BadName::Hidden(hidden));
    }
    let label = label.trim();
    if label.is_empty() { Err(BadName::Blank) } else { Ok(label.to_owned()) }
}
