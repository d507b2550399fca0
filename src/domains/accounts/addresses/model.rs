//! What an address is, when two are the same, and why one is refused.

use serde::{Deserialize, Serialize};

use crate::kernel::fault::Refusal;
use crate::kernel::{Text, names};
use crate::providers::Keys;
use crate::providers::keys::Unreadable;
use crate::telemetry::redact::mask_phone;

const LONGEST_NAME: usize = 40;
const LONGEST_REGION: usize = 60;
const LONGEST_STREET: usize = 120;
const LONGEST_POSTAL_CODE: usize = 12;
/// The use that addresses are sealed for.
const SEALED_FOR: &str = "delivery_address";

/// Where a parcel goes, and who takes it in. Has no `Debug`: it is about a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Who takes it in.
    pub recipient: String,
    /// Their phone number, E.164.
    pub phone: String,
    /// Province, city, district.
    pub region: String,
    /// Street, house, room.
    pub street: String,
    /// The postal code, if the country has them.
    pub postal_code: Option<String>,
}

impl Place {
    /// Whether every part can be printed on a parcel; else the part that cannot.
    ///
    /// # Errors
    /// The part.
    pub fn check(&self) -> Result<(), AddressRefusal> {
        for (text, longest, part) in [
            (Some(&self.recipient), LONGEST_NAME, Part::Recipient),
            (Some(&self.region), LONGEST_REGION, Part::Region),
            (Some(&self.street), LONGEST_STREET, Part::Street),
            (self.postal_code.as_ref(), LONGEST_POSTAL_CODE, Part::PostalCode),
        ] {
            if text.is_some_and(|text| !names::is_line(text, longest)) {
                return Err(AddressRefusal::Invalid(part));
            }
        }
        Ok(())
    }

    /// As it is kept.
    #[must_use]
    pub fn seal(&self, keys: &Keys) -> Vec<u8> {
        keys.seal(SEALED_FOR, &serde_json::to_vec(self).unwrap_or_default())
    }

    /// Opens what was kept.
    ///
    /// # Errors
    /// [`Unreadable`]: it was sealed with another key.
    pub fn open(keys: &Keys, sealed: &[u8]) -> Result<Self, Unreadable> {
        serde_json::from_slice(&keys.open(SEALED_FOR, sealed)?).map_err(|_| Unreadable)
    }

    /// The phone number with most of it hidden.
    #[must_use]
    pub fn masked_phone(&self) -> String {
        mask_phone(&self.phone)
    }

    /// The place in the form in which two ways to write it are the same (requirement 1.4): without upper and lower case, full
    /// and half width, punctuation, the words for house, unit and room, and the endings of provinces, cities and districts. Who
    /// takes the parcel in is not part of it.
    #[must_use]
    pub fn normalised(&self) -> String {
        let region: String = names::fold(&self.region).chars().filter(|c| !"省市区县".contains(*c)).collect();
        let street = names::fold(&self.street);
        // Province, city and district are often written once more in front of the street.
        let street = street.strip_prefix(&names::fold(&self.region)).unwrap_or(&street);
        let text = format!("{region} {}", units_as_space(street));
        let mut words: Vec<String> = Vec::new();
        for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            for part in parts(word) {
                match plain(&part) {
                    "" => {}
                    plain => words.push(plain.to_owned()),
                }
            }
        }
        // Two numbers side by side stay apart; for the rest, spaces say nothing.
        let mut text = String::new();
        for word in words {
            let ends = text.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
            if ends && word.chars().next().is_some_and(|c| c.is_ascii_alphanumeric()) {
                text.push(' ');
            }
            text.push_str(&word);
        }
        text
    }
}

/// The words for house, unit and room behind a number, as spaces: `3号楼502室` is `3 502`.
fn units_as_space(street: &str) -> String {
    const UNITS: [&str; 12] = ["号楼", "号院", "单元", "号", "栋", "幢", "座", "楼", "室", "房", "层", "弄"];
    let mut text = String::with_capacity(street.len());
    let mut rest = street;
    while let Some(c) = rest.chars().next() {
        let behind_number = text.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
        if let Some(unit) = UNITS.iter().find(|unit| behind_number && rest.starts_with(**unit)) {
            text.push(' ');
            rest = &rest[unit.len()..];
        } else {
            text.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    text
}

/// A word where it changes between Chinese and Latin letters or digits.
fn parts(word: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut ascii = None;
    for c in word.chars() {
        if ascii == Some(c.is_ascii()) {
            if let Some(last) = parts.last_mut() {
                last.push(c);
            }
        } else {
            ascii = Some(c.is_ascii());
            parts.push(c.to_string());
        }
    }
    parts
}

/// A word as it is compared: common English words short, those that say nothing empty.
fn plain(word: &str) -> &str {
    match word {
        "street" => "st",
        "road" => "rd",
        "avenue" => "ave",
        "lane" => "ln",
        "building" | "block" | "bldg" | "apartment" | "apt" | "unit" | "room" | "rm" | "flat" | "no" | "floor" => "",
        other => other,
    }
}

/// A part of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Who takes it in.
    Recipient,
    /// The phone number.
    Phone,
    /// Province, city, district.
    Region,
    /// Street, house, room.
    Street,
    /// The postal code.
    PostalCode,
}

/// Why an address is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressRefusal {
    /// A part cannot be printed, is empty, or too long.
    Invalid(Part),
    /// As many as an account may have.
    Limit {
        /// How many.
        most: u32,
    },
}

impl Refusal for AddressRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(Part::Phone) => "PHONE_INVALID",
            Self::Invalid(_) => "ADDRESS_INVALID",
            Self::Limit { .. } => "ADDRESS_LIMIT",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Invalid(Part::Recipient) => &["recipient"],
            Self::Invalid(Part::Phone) => &["phone"],
            Self::Invalid(Part::Region) => &["region"],
            Self::Invalid(Part::Street) => &["street"],
            Self::Invalid(Part::PostalCode) => &["postalCode"],
            Self::Limit { .. } => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Invalid(Part::Phone) => Text::new(
                "This is not a mobile number. Write it with its country, such as +86 138 1234 5634.",
                "不是有效的手机号码,请带上国家或地区代码,例如 +86 138 1234 5634。",
            ),
            Self::Invalid(Part::Recipient) => Text::new(
                "Write who takes the parcel in: 1 to 40 characters on one line.",
                "请填写收货人:1 到 40 个字符,不可换行。",
            ),
            Self::Invalid(Part::Region) => Text::new(
                "Write province, city and district: 1 to 60 characters on one line.",
                "请填写省、市、区:1 到 60 个字符,不可换行。",
            ),
            Self::Invalid(Part::Street) => Text::new(
                "Write street, house and room: 1 to 120 characters on one line.",
                "请填写详细地址:1 到 120 个字符,不可换行。",
            ),
            Self::Invalid(Part::PostalCode) => Text::new(
                "A postal code has 1 to 12 characters; leave it out if there is none.",
                "邮编为 1 到 12 个字符,没有可不填。",
            ),
            Self::Limit { most } => Text::made(
                format!("An account has at most {most} delivery addresses. Change or remove one first."),
                format!("一个账号最多 {most} 个收货地址,请先修改或删除一个。"),
            ),
        }
    }
}
