//! What the rules of relations refuse.

use crate::kernel::fault::Refusal;
use crate::kernel::money::MoneyError;
use crate::kernel::{Instant, Money, Text};

/// Why a relation is not opened, changed, frozen or ended.
#[derive(Debug, Clone)]
pub enum RelationRefusal {
    /// An amount is refused; which.
    Amount(&'static str, MoneyError),
    /// The cap lies outside of what caps may be.
    CapOutOfRange {
        /// The least.
        least: Money,
        /// The most.
        most: Money,
    },
    /// A category is no category, or there are too many.
    CategoryInvalid(&'static str),
    /// The hours are none.
    HoursInvalid,
    /// The time zone is unknown.
    ZoneUnknown,
    /// The family link was not accepted, or has ended (requirement 0.3).
    NoLink,
    /// The payer has as many relations as allowed.
    TooMany {
        /// How many.
        most: u32,
    },
    /// There is one with this relative.
    AlreadyOpen,
    /// The token is none, was changed, or is somebody else's.
    TokenInvalid,
    /// The terms were shown too long ago.
    TokenExpired,
    /// It was confirmed before.
    TokenUsed,
    /// The beneficiary cannot do it.
    OnlyThePayer,
    /// The cap was changed as often as a month allows.
    ChangesUsedUp {
        /// How often.
        most: u32,
        /// When the next month begins.
        resets_at: Instant,
    },
    /// What lets a relative spend needs a fresh step-up; by what.
    StepUp(Text),
    /// It has ended.
    Ended,
    /// It is not frozen.
    NotFrozen,
    /// The reason is too short or too long.
    ReasonInvalid,
    /// A payment method is refused.
    Method {
        /// Its code.
        code: &'static str,
        /// Why.
        message: Text,
    },
}

impl Refusal for RelationRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Amount(..) => "INVALID_AMOUNT",
            Self::CapOutOfRange { .. } => "CAP_OUT_OF_RANGE",
            Self::CategoryInvalid(_) => "CATEGORY_INVALID",
            Self::HoursInvalid => "HOURS_INVALID",
            Self::ZoneUnknown => "UNKNOWN_TIME_ZONE",
            Self::NoLink => "FAMILY_LINK_NOT_ACCEPTED",
            Self::TooMany { .. } => "TOO_MANY_RELATIONS",
            Self::AlreadyOpen => "ALREADY_OPEN",
            Self::TokenInvalid => "CONFIRMATION_INVALID",
            Self::TokenExpired => "CONFIRMATION_EXPIRED",
            Self::TokenUsed => "CONFIRMATION_USED",
            Self::OnlyThePayer => "ONLY_THE_PAYER",
            Self::ChangesUsedUp { .. } => "CAP_CHANGES_USED_UP",
            Self::StepUp(_) => "STEP_UP_REQUIRED",
            Self::Ended => "RELATION_ENDED",
            Self::NotFrozen => "RELATION_NOT_FROZEN",
            Self::ReasonInvalid => "REASON_INVALID",
            Self::Method { code, .. } => code,
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::CapOutOfRange { .. } => &["terms", "monthlyCap"],
            Self::Amount(..) | Self::CategoryInvalid(_) | Self::HoursInvalid => &["terms"],
            Self::ZoneUnknown => &["timeZone"],
            Self::NoLink => &["familyLinkId"],
            Self::TokenInvalid | Self::TokenExpired | Self::TokenUsed => &["confirmationToken"],
            Self::ReasonInvalid => &["reason"],
            Self::Method { .. } => &["methodIds"],
            _ => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Amount(which, error) => {
                let why = error.text();
                Text::made(format!("{which}: {}", why.en), format!("{which}:{}", why.zh))
            }
            Self::CapOutOfRange { least, most } => Text::made(
                format!("A monthly cap lies between {least} and {most}."),
                format!("每月限额须在 {least} 到 {most} 之间。"),
            ),
            Self::CategoryInvalid(which) => Text::made(
                format!(
                    "{which}: at most 50 categories, each 1 to 40 small letters, digits, - or _ (books, medicine)."
                ),
                format!("{which}:最多 50 个类目,每个为 1 到 40 位小写字母、数字、- 或 _。"),
            ),
            Self::HoursInvalid => Text::new(
                "Write hours as HH:MM, from and until different: from 07:00 until 22:00.",
                "时段请写作 HH:MM,且起止不同,例如 07:00 至 22:00。",
            ),
            Self::ZoneUnknown => Text::new(
                "Name the time zone as IANA does, such as Asia/Shanghai.",
                "请使用 IANA 时区名,例如 Asia/Shanghai。",
            ),
            Self::NoLink => Text::new(
                "Intimate pay needs a family link that both sides have accepted and that has not ended.",
                "开通亲密付需要双方已接受且未结束的亲情号关系。",
            ),
            Self::TooMany { most } => Text::made(
                format!("A payer has at most {most} relations. End one first."),
                format!("最多可开通 {most} 个亲密付,请先结束其中一个。"),
            ),
            Self::AlreadyOpen => Text::new(
                "You pay for this relative already. Change that relation's terms instead.",
                "您已为该亲属开通亲密付,请直接修改其限额。",
            ),
            Self::TokenInvalid => Text::new(
                "The confirmation token is not one of yours. Ask for the terms again with openIntimatePay.",
                "确认凭证无效,请重新调用 openIntimatePay 查看条款。",
            ),
            Self::TokenExpired => Text::new(
                "The terms were shown too long ago. Ask for them again with openIntimatePay.",
                "确认已超时,请重新调用 openIntimatePay 查看条款。",
            ),
            Self::TokenUsed => Text::new("This was confirmed before.", "该确认已使用。"),
            Self::OnlyThePayer => Text::new("Only the payer can do this.", "仅付款人可以操作。"),
            Self::ChangesUsedUp { most, resets_at } => {
                let at = resets_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
                Text::made(
                    format!("The cap changes at most {most} times a month; again from {at} on."),
                    format!("每月最多修改限额 {most} 次,{at} 起可再次修改。"),
                )
            }
            Self::StepUp(how) => Text::made(
                format!("Letting a relative spend your money, or more of it, needs a confirmed session. {}", how.en),
                format!("允许亲属使用您的资金或放宽条件需要先验证身份。{}", how.zh),
            ),
            Self::Ended => Text::new("The relation has ended.", "该亲密付已结束。"),
            Self::NotFrozen => Text::new("The relation is not frozen.", "该亲密付未被冻结。"),
            Self::ReasonInvalid => Text::new("A reason has 1 to 500 characters.", "原因为 1 到 500 个字符。"),
            Self::Method { message, .. } => message.clone(),
        }
    }
}
