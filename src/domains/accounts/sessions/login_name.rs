//! The text before the password: `aurora`, or `aurora:xiaoli` for a sub-account (requirement 4.11).

/// A log-in name, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginName<'a> {
    /// An account.
    Account(&'a str),
    /// A sub-account: the main account's name and its own.
    SubAccount(&'a str, &'a str),
    /// The colon is a full-width one, which an input method puts there: the user should be told.
    FullWidthColon,
}

/// The longest text that is looked up.
const LONGEST: usize = 128;

impl<'a> LoginName<'a> {
    /// Takes a log-in name apart. What cannot be a name is passed on and found by nobody.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let text = if text.len() > LONGEST { "" } else { text.trim() };
        if text.contains('：') {
            return Self::FullWidthColon;
        }
        text.split_once(':').map_or(Self::Account(text), |(main, sub)| Self::SubAccount(main, sub))
    }
}
