//! What a number and an address are, and how they are kept.

use email_address::{EmailAddress, Options};
use phonelib::{PhoneNumber, PhoneNumberType};
use serde::{Deserialize, Serialize};

use crate::kernel::fault::Refusal;
use crate::kernel::{Text, names};
use crate::providers::Keys;
use crate::providers::keys::{KeyedHash, Unreadable};
use crate::providers::messages::Channel;
use crate::telemetry::Secret;
use crate::telemetry::redact::{mask_email, mask_phone};

use crate::domains::accounts::codes::SendRefusal;

/// The longest text that is read.
const LONGEST_PHONE: usize = 40;
const LONGEST_EMAIL: usize = 254;
/// Digits of a mobile number of mainland China, the country code aside.
const MOBILE_DIGITS_OF_CHINA: usize = 11;

/// A phone number or an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    /// A phone number.
    Phone,
    /// An e-mail address.
    Email,
}

impl Kind {
    /// As the database has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Phone => "PHONE",
            Self::Email => "EMAIL",
        }
    }

    /// Reads what [`Kind::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Phone, Self::Email].into_iter().find(|kind| kind.text() == text)
    }

    /// The way of messages to it.
    #[must_use]
    pub const fn channel(self) -> Channel {
        match self {
            Self::Phone => Channel::Sms,
            Self::Email => Channel::Email,
        }
    }

    const fn sealed_for(self) -> &'static str {
        match self {
            Self::Phone => "contact.phone",
            Self::Email => "contact.email",
        }
    }
}

/// A number in E.164, or an address in lower case: the form that is unique. Shows itself masked.
#[derive(Debug, Clone)]
pub struct Address {
    /// Which of the two.
    pub kind: Kind,
    value: Secret<String>,
}

impl Address {
    /// Reads a number as people write it, by the rules of its country (requirement 3.3); one without a country is of `region`.
    /// Only numbers that can get text messages are taken: not the ones that cost whoever sends to them.
    #[must_use]
    pub fn phone(text: &str, region: &str) -> Option<Self> {
        let text = names::normal(text.trim());
        let plain = |c: char| c.is_ascii_digit() || "+-(). ".contains(c);
        if text.len() > LONGEST_PHONE || !text.chars().all(plain) {
            return None;
        }
        let number = PhoneNumber::parse_with_country(&text, region)?;
        let mobile = [PhoneNumberType::Mobile, PhoneNumberType::FixedLineOrMobile];
        // The library knows the lengths of a country's plan, not those of its mobile numbers alone: at home, a digit too few
        // is the most common mistake.
        let short = number.country_code() == 86 && number.national_number().len() != MOBILE_DIGITS_OF_CHINA;
        if number.extension().is_some() || short || !mobile.contains(&number.phone_type()) {
            return None;
        }
        let value = number.e164().to_owned();
        Some(Self { kind: Kind::Phone, value: Secret::new(value) })
    }

    /// Reads an e-mail address: a name and a host with a dot. Upper and lower case are the same.
    #[must_use]
    pub fn email(text: &str) -> Option<Self> {
        let text = text.trim();
        let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
        if text.len() > LONGEST_EMAIL || names::hidden(text).is_some() || text.contains(['"', ' ']) {
            return None;
        }
        let address = EmailAddress::parse_with_options(text, options).ok()?;
        Some(Self { kind: Kind::Email, value: Secret::new(address.as_str().to_lowercase()) })
    }

    /// Reads what somebody typed into a field for either.
    #[must_use]
    pub fn either(text: &str, region: &str) -> Option<Self> {
        if text.contains('@') { Self::email(text) } else { Self::phone(text, region) }
    }

    /// The whole of it: for the message, and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.value.expose()
    }

    /// As it is shown (requirement 3.2).
    #[must_use]
    pub fn masked(&self) -> String {
        match self.kind {
            Kind::Phone => mask_phone(self.expose()),
            Kind::Email => mask_email(self.expose()),
        }
    }

    /// The hash by which it is found.
    #[must_use]
    pub fn key(&self, keys: &Keys) -> KeyedHash {
        keys.hash(self.kind.sealed_for(), &[self.expose().as_bytes()])
    }

    /// As it is kept.
    #[must_use]
    pub fn seal(&self, keys: &Keys) -> Vec<u8> {
        keys.seal(self.kind.sealed_for(), self.expose().as_bytes())
    }

    /// Opens what was kept.
    ///
    /// # Errors
    /// [`Unreadable`]: it was sealed with another key.
    pub fn open(keys: &Keys, kind: Kind, sealed: &[u8]) -> Result<Self, Unreadable> {
        Ok(Self { kind, value: Secret::new(keys.open_text(kind.sealed_for(), sealed)?) })
    }
}

/// Why a contact is not bound, changed or unbound.
#[derive(Debug)]
pub enum ContactRefusal {
    /// It is no number, or no address (requirement 3.3).
    Invalid(Kind),
    /// Another account has it (requirement 3.5).
    Taken(Kind),
    /// This account has it already.
    Yours(Kind),
    /// The account has as many as it may (requirement 3.9).
    Limit {
        /// Of which kind.
        kind: Kind,
        /// How many.
        most: u32,
    },
    /// Nothing would be left to recover the account by (requirement 3.8).
    LastRecovery,
    /// Unbinding was not confirmed (requirement 3.8).
    NotConfirmed,
    /// No code is sent.
    Send(SendRefusal),
}

impl Refusal for ContactRefusal {
    fn code(&self) -> &'static str {
        use Kind::{Email, Phone};
        match self {
            Self::Invalid(Phone) => "PHONE_INVALID",
            Self::Invalid(Email) => "EMAIL_INVALID",
            Self::Taken(Phone) => "PHONE_TAKEN",
            Self::Taken(Email) => "EMAIL_TAKEN",
            Self::Yours(Phone) => "PHONE_ALREADY_BOUND",
            Self::Yours(Email) => "EMAIL_ALREADY_BOUND",
            Self::Limit { kind: Phone, .. } => "PHONE_LIMIT",
            Self::Limit { kind: Email, .. } => "EMAIL_LIMIT",
            Self::LastRecovery => "LAST_RECOVERY",
            Self::NotConfirmed => "NOT_CONFIRMED",
            Self::Send(refusal) => refusal.code(),
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Invalid(Kind::Phone) | Self::Taken(Kind::Phone) | Self::Yours(Kind::Phone) => &["phone"],
            Self::Invalid(Kind::Email) | Self::Taken(Kind::Email) | Self::Yours(Kind::Email) => &["email"],
            Self::NotConfirmed => &["confirmed"],
            _ => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Invalid(Kind::Phone) => Text::new(
                "This is not a mobile number. Write it with its country, such as +86 138 1234 5634.",
                "不是有效的手机号码,请带上国家或地区代码,例如 +86 138 1234 5634。",
            ),
            Self::Invalid(Kind::Email) => Text::new(
                "This is not an e-mail address. Write it as name@example.com.",
                "不是有效的邮箱地址,请按 name@example.com 的格式填写。",
            ),
            Self::Taken(Kind::Phone) => Text::new(
                "This number is bound to another account. If it is yours, ask support to release it.",
                "该号码已绑定其他账号。如果号码属于您本人,请联系客服处理。",
            ),
            Self::Taken(Kind::Email) => Text::new(
                "This address is bound to another account. If it is yours, ask support to release it.",
                "该邮箱已绑定其他账号。如果邮箱属于您本人,请联系客服处理。",
            ),
            Self::Yours(_) => Text::new("It is bound to this account already.", "已绑定到当前账号。"),
            Self::Limit { most, .. } => Text::made(
                format!("This account may bind {most} of these. Change one instead, or unbind it first."),
                format!("该账号最多绑定 {most} 个,请更换或先解绑。"),
            ),
            Self::LastRecovery => Text::new(
                "This is the last way to recover the account. Bind a number or an address beside it first.",
                "这是找回账号的最后一种方式,请先绑定其他手机号或邮箱。",
            ),
            Self::NotConfirmed => Text::new(
                "Unbinding has to be confirmed: set `confirmed` to true. You will no longer log in or recover the account by it.",
                "解绑需要确认:请将 confirmed 设为 true。解绑后将不能再用其登录或找回账号。",
            ),
            Self::Send(refusal) => refusal.message(),
        }
    }
}

impl From<SendRefusal> for ContactRefusal {
    fn from(refusal: SendRefusal) -> Self {
        Self::Send(refusal)
    }
}
