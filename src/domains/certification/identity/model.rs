//! Regions, documents and names; why an identity is not taken. Pure.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::mainland::Wrong;
use super::{elsewhere, mainland};
use crate::kernel::fault::Refusal;
use crate::kernel::{Instant, Text, names};
use crate::providers::Keys;
use crate::providers::keys::KeyedHash;
use crate::telemetry::Secret;

/// Most characters of a name in a document.
const LONGEST_NAME: usize = 60;
/// Most characters of a number that is read.
const LONGEST_NUMBER: usize = 32;

/// What names are hashed for.
const NAME_KEY: &str = "identity.name";
/// What numbers are hashed for.
const NUMBER_KEY: &str = "identity.number";
/// What names are sealed for.
pub const NAME: &str = "identity.name";
/// What numbers are sealed for.
pub const NUMBER: &str = "identity.number";

/// Who issued a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, async_graphql::Enum)]
#[graphql(name = "IssuingRegion")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Region {
    /// Mainland China (resident identity card).
    Mainland,
    /// Hong Kong (identity card).
    HongKong,
    /// Macao (identity card).
    Macao,
    /// Taiwan (identity card).
    Taiwan,
    /// Any other country (passport).
    Other,
}

impl Region {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Mainland, Self::HongKong, Self::Macao, Self::Taiwan, Self::Other];

    /// As the database has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Mainland => "MAINLAND",
            Self::HongKong => "HONG_KONG",
            Self::Macao => "MACAO",
            Self::Taiwan => "TAIWAN",
            Self::Other => "OTHER",
        }
    }

    /// Reads what [`Region::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|region| region.text() == text)
    }

    const fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Mainland => ("mainland China", "中国大陆"),
            Self::HongKong => ("Hong Kong", "中国香港"),
            Self::Macao => ("Macao", "中国澳门"),
            Self::Taiwan => ("Taiwan", "中国台湾"),
            Self::Other => ("another country", "其他国家或地区"),
        }
    }

    fn knows(self, number: &str, today: NaiveDate) -> bool {
        match self {
            Self::Mainland => mainland::check(number, today).is_ok(),
            Self::HongKong => elsewhere::hong_kong(number),
            Self::Macao => elsewhere::macao(number),
            Self::Taiwan => elsewhere::taiwan(number),
            Self::Other => elsewhere::passport(number),
        }
    }
}

/// A number that has the form of its region. Shows itself masked.
#[derive(Debug, Clone)]
pub struct Document {
    /// Who issued it.
    pub region: Region,
    number: Secret<String>,
}

impl Document {
    /// Reads a number by the rules of its region, which is named first (requirement 2.3).
    ///
    /// # Errors
    /// [`IdentityRefusal`]: what is wrong, and whether it looks like another region's.
    pub fn read(region: Region, number: &str, today: NaiveDate) -> Result<Self, IdentityRefusal> {
        let number: String = if number.len() > 4 * LONGEST_NUMBER {
            String::new()
        } else {
            names::normal(number.trim()).to_uppercase().chars().filter(|c| *c != ' ').collect()
        };
        // A passport's form is so wide that other documents fit into it.
        let of_another = Region::ALL
            .into_iter()
            .find(|other| *other != region && *other != Region::Other && other.knows(&number, today));
        if region.knows(&number, today) && (region != Region::Other || of_another.is_none()) {
            let plain = number.chars().filter(char::is_ascii_alphanumeric).collect();
            return Ok(Self { region, number: Secret::new(plain) });
        }
        if let Some(other) = of_another {
            return Err(IdentityRefusal::OtherRegion { given: region, looks: other });
        }
        Err(match region {
            Region::Mainland => match mainland::check(&number, today) {
                Err(wrong) => IdentityRefusal::Mainland(wrong),
                Ok(()) => IdentityRefusal::Number(region),
            },
            other => IdentityRefusal::Number(other),
        })
    }

    /// The whole of it: for the verifier, and for nothing else.
    #[must_use]
    pub fn number(&self) -> &Secret<String> {
        &self.number
    }

    /// The hash by which it is unique. The same number of two regions is not the same document.
    #[must_use]
    pub fn key(&self, keys: &Keys) -> KeyedHash {
        keys.hash(NUMBER_KEY, &[self.region.text().as_bytes(), self.number.expose().as_bytes()])
    }
}

/// A name as it stands in a document.
#[derive(Debug, Clone)]
pub struct PersonName(Secret<String>);

impl PersonName {
    /// Reads a name: 2 to 60 characters on one line, of which none hides.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = names::is_line(text, LONGEST_NAME) && names::hidden(text).is_none() && text.chars().count() >= 2;
        let lettered = text.chars().all(|c| c.is_alphabetic() || " ·•.'-".contains(c));
        (fits && lettered).then(|| Self(Secret::new(text.to_owned())))
    }

    /// The whole of it.
    #[must_use]
    pub fn expose(&self) -> &Secret<String> {
        &self.0
    }

    /// The hash by which two are compared: upper and lower case, spaces and the dots between names aside.
    #[must_use]
    pub fn key(&self, keys: &Keys) -> KeyedHash {
        self.hashed_for(keys, NAME_KEY)
    }

    /// The same for another use, so that neither hash tells anything about the other.
    #[must_use]
    pub fn hashed_for(&self, keys: &Keys, purpose: &str) -> KeyedHash {
        let folded: String = names::fold(self.0.expose()).chars().filter(|c| c.is_alphabetic()).collect();
        keys.hash(purpose, &[folded.as_bytes()])
    }
}

/// A name with all but its first character hidden.
#[must_use]
pub fn mask_name(name: &str) -> String {
    name.chars().next().map_or_else(|| "***".to_owned(), |first| format!("{first}**"))
}

/// A number with all but its first and its last two characters hidden.
#[must_use]
pub fn mask_number(number: &str) -> String {
    let all: Vec<char> = number.chars().collect();
    if all.len() < 6 {
        return "***".to_owned();
    }
    let shown = |at: usize| at == 0 || at + 2 >= all.len();
    all.iter().enumerate().map(|(at, c)| if shown(at) { *c } else { '*' }).collect()
}

/// Why an identity is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityRefusal {
    /// A mainland number is wrong (requirement 2.3).
    Mainland(Wrong),
    /// It has not the form of its region.
    Number(Region),
    /// It is another region's (requirement 2.3).
    OtherRegion {
        /// The region that was named.
        given: Region,
        /// The region whose form it has.
        looks: Region,
    },
    /// The name cannot be one.
    Name,
    /// Somebody else is certified with this identity (requirement 2.9).
    Taken,
    /// No phone number is bound, which belongs to the identity (requirement 2.10).
    NoPhone,
    /// It is certified already.
    Certified,
    /// It waits for an answer.
    Waiting,
    /// The payment account is not verified, or not there.
    PaymentAccount,
    /// Its provider has certified nobody as its holder, or with a document that cannot be read.
    NoHolder,
    /// Its provider gives no answer now.
    HolderFault,
    /// No provider of payment accounts is connected.
    HoldersOff,
    /// It was asked too often.
    TooMany {
        /// When it can be tried again.
        again_at: Instant,
    },
}

impl Refusal for IdentityRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Mainland(Wrong::Form) | Self::Number(_) => "DOCUMENT_INVALID",
            Self::Mainland(Wrong::Region) => "DOCUMENT_REGION_CODE_UNKNOWN",
            Self::Mainland(Wrong::Date) => "DOCUMENT_DATE_INVALID",
            Self::Mainland(Wrong::CheckDigit) => "DOCUMENT_CHECK_DIGIT_WRONG",
            Self::OtherRegion { .. } => "DOCUMENT_OF_OTHER_REGION",
            Self::Name => "NAME_INVALID",
            Self::Taken => "IDENTITY_TAKEN",
            Self::NoPhone => "PHONE_NOT_BOUND",
            Self::Certified => "ALREADY_CERTIFIED",
            Self::Waiting => "CERTIFICATION_WAITING",
            Self::PaymentAccount => "PAYMENT_ACCOUNT_NOT_VERIFIED",
            Self::NoHolder => "PAYMENT_ACCOUNT_WITHOUT_IDENTITY",
            Self::HolderFault => "PAYMENT_PROVIDER_FAULT",
            Self::HoldersOff => "PAYMENT_PROVIDER_OFF",
            Self::TooMany { .. } => "TOO_MANY_TRIES",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Mainland(_) | Self::Number(_) => &["number"],
            Self::OtherRegion { .. } => &["region"],
            Self::Name => &["name"],
            Self::PaymentAccount | Self::NoHolder => &["paymentAccountId"],
            Self::HolderFault | Self::HoldersOff | Self::TooMany { .. } => &[],
            Self::Taken | Self::NoPhone | Self::Certified | Self::Waiting => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Mainland(Wrong::Form) => Text::new(
                "A mainland identity card number has 17 digits and a digit or X. Copy it from the card.",
                "身份证号为 17 位数字加 1 位数字或 X,请按证件填写。",
            ),
            Self::Mainland(Wrong::Region) => Text::new(
                "The first six digits name no region. Copy the number from the card.",
                "身份证号前 6 位地区码不存在,请按证件填写。",
            ),
            Self::Mainland(Wrong::Date) => Text::new(
                "Digits 7 to 14 are no date of birth. Copy the number from the card.",
                "身份证号第 7 至 14 位不是有效的出生日期,请按证件填写。",
            ),
            Self::Mainland(Wrong::CheckDigit) => Text::new(
                "The check digit does not fit: a digit is mistyped. Copy the number from the card.",
                "身份证号校验码错误,请检查是否输错。",
            ),
            Self::Number(region) => {
                let (en, zh) = region.name();
                Text::made(
                    format!("This is not the number of a document of {en}. Copy it from the document."),
                    format!("不是有效的{zh}证件号码,请按证件填写。"),
                )
            }
            Self::OtherRegion { given, looks } => {
                let ((given_en, given_zh), (looks_en, looks_zh)) = (given.name(), looks.name());
                Text::made(
                    format!("This is a document of {looks_en}, not of {given_en}. Choose its issuing region first."),
                    format!("该证件属于{looks_zh},而非{given_zh},请先选择正确的签发地区。"),
                )
            }
            Self::Name => Text::new(
                "Write the name as it stands in the document: 2 to 60 letters.",
                "请按证件填写姓名,2 到 60 个字符。",
            ),
            Self::Taken => Text::new(
                "Another account is certified with this identity. If it is yours, ask support.",
                "该身份已用于其他账号的认证。如果是您本人,请联系客服处理。",
            ),
            Self::NoPhone => Text::new(
                "Bind a phone number first: name and phone make the identity that opens a shop.",
                "请先绑定手机号:开店时姓名和手机号须与认证信息一致。",
            ),
            Self::Certified => Text::new("The account is certified already.", "该账号已完成实名认证。"),
            Self::Waiting => Text::new(
                "The identity is being checked. Look at `viewer.certification` later.",
                "实名认证正在审核,请稍后查看 viewer.certification。",
            ),
            Self::PaymentAccount => Text::new(
                "There is no verified payment account with this id. Verify it first, or use a document.",
                "该支付账户不存在或未验证,请先验证,或使用证件认证。",
            ),
            Self::NoHolder => Text::new(
                "The payment provider has not certified who holds this account. Do that there first, or use a document.",
                "该支付账户尚未在支付机构完成实名,请先完成,或使用证件认证。",
            ),
            Self::HolderFault => Text::new(
                "The payment provider gives no answer at the moment. Try again later, or use a document.",
                "支付机构暂时无法响应,请稍后重试,或使用证件认证。",
            ),
            Self::HoldersOff => Text::new(
                "Payment accounts cannot certify anybody here. Use a document.",
                "暂不支持通过支付账户认证,请使用证件认证。",
            ),
            Self::TooMany { again_at } => {
                let at = again_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
                Text::made(
                    format!("The payment provider was asked too often. Wait until {at}, or use a document."),
                    format!("查询次数过多,请在 {at} 之后重试,或使用证件认证。"),
                )
            }
        }
    }
}
