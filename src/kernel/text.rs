//! What people read: two languages, chosen by `Accept-Language`. Codes never change with the language.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A language that Kith speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub enum Locale {
    /// English, also when nothing else fits.
    #[default]
    En,
    /// Simplified Chinese.
    ZhCn,
}

/// Headers longer than this are not read: the choice falls back to English (h39).
const LONGEST_HEADER: usize = 1024;

impl Locale {
    /// Chooses by an `Accept-Language` header (RFC 9110, 12.5.4). Whatever is odd in it is passed over.
    #[must_use]
    pub fn negotiate(header: Option<&str>) -> Self {
        let Some(header) = header.filter(|h| h.len() <= LONGEST_HEADER) else {
            return Self::En;
        };
        let mut best = (0.0_f32, Self::En);
        for range in header.split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or("").trim().to_ascii_lowercase();
            let quality = parts
                .find_map(|p| p.trim().strip_prefix("q="))
                .map_or(1.0, |q| q.trim().parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0));
            let locale = match tag.split('-').next() {
                Some("zh") => Self::ZhCn,
                Some("en" | "*") => Self::En,
                _ => continue,
            };
            if quality > best.0 {
                best = (quality, locale);
            }
        }
        best.1
    }

    /// The BCP 47 tag, for `Content-Language`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
        }
    }
}

/// One text in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: Cow<'static, str>,
    /// 简体中文.
    pub zh: Cow<'static, str>,
}

impl Text {
    /// A text known at compile time.
    #[must_use]
    pub const fn new(en: &'static str, zh: &'static str) -> Self {
        Self { en: Cow::Borrowed(en), zh: Cow::Borrowed(zh) }
    }

    /// A text with something filled in.
    #[must_use]
    pub fn made(en: String, zh: String) -> Self {
        Self { en: Cow::Owned(en), zh: Cow::Owned(zh) }
    }

    /// The text in one language.
    #[must_use]
    pub fn get(&self, locale: Locale) -> &str {
        match locale {
            Locale::En => &self.en,
            Locale::ZhCn => &self.zh,
        }
    }
}
