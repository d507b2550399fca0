//! Steps, clients that may scan, and why a step is refused. Pure.

use serde::{Deserialize, Serialize};

use crate::domains::certification::identity::model::IdentityRefusal;
use crate::domains::certification::person::model::PersonRefusal;
use crate::kernel::Text;
use crate::kernel::fault::Refusal;

/// What was scanned with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, async_graphql::Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ScanClient {
    /// The shopping app on Android.
    AndroidShoppingApp,
    /// The sellers' app on Android.
    AndroidSellerApp,
    /// The shopping app on iOS.
    IosShoppingApp,
    /// The sellers' app on iOS.
    IosSellerApp,
    /// Anything else: a camera, a browser.
    Other,
}

impl ScanClient {
    /// As the configuration has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::AndroidShoppingApp => "ANDROID_SHOPPING_APP",
            Self::AndroidSellerApp => "ANDROID_SELLER_APP",
            Self::IosShoppingApp => "IOS_SHOPPING_APP",
            Self::IosSellerApp => "IOS_SELLER_APP",
            Self::Other => "OTHER",
        }
    }
}

/// What comes next for a sub-account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, async_graphql::Enum)]
pub enum StaffCertificationStep {
    /// Show a code (`createCertificationCode`) and scan it.
    Scan,
    /// Give name and number (`submitStaffIdentity`).
    Identity,
    /// Show the face (`startStaffFace`, `submitStaffPhoto`).
    Face,
    /// Wait for an answer.
    Wait,
    /// Certify the account that the manager logs in with (`certifyByDocument`); its identity may certify nobody else of the shop.
    OwnAccount,
    /// Nothing: it is certified.
    Done,
}

impl StaffCertificationStep {
    /// What comes next in a state.
    #[must_use]
    pub fn after(state: Option<&str>) -> Self {
        match state {
            Some("SCANNED") => Self::Identity,
            Some("NAMED") => Self::Face,
            Some("IDENTITY" | "FACE") => Self::Wait,
            Some("PASSED") => Self::Done,
            _ => Self::Scan,
        }
    }
}

/// Why a step is refused.
#[derive(Debug)]
pub enum StaffCertificationRefusal {
    /// It is certified already.
    Certified,
    /// It departed, or was only invited, or logs in with an account of its own.
    NotActive,
    /// The code is none, or not any more.
    Code,
    /// The code is another sub-account's (requirement 4.7).
    OtherCode,
    /// This client may not scan (requirement 4.7).
    Client,
    /// Another step comes first.
    Step(StaffCertificationStep),
    /// Documents of other regions are not supported (requirement 4.10).
    Region,
    /// The identity certifies another sub-account of the shop (requirement 4.9).
    Taken,
    /// The document or the name.
    Identity(IdentityRefusal),
    /// The session or the photo.
    Person(PersonRefusal),
}

impl Refusal for StaffCertificationRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Certified => "ALREADY_CERTIFIED",
            Self::NotActive => "SUB_ACCOUNT_NOT_ACTIVE",
            Self::Code => "CODE_INVALID",
            Self::OtherCode => "CODE_OF_OTHER_SUB_ACCOUNT",
            Self::Client => "CLIENT_NOT_ALLOWED",
            Self::Step(_) => "STEP_OUT_OF_ORDER",
            Self::Region => "REGION_NOT_SUPPORTED",
            Self::Taken => "IDENTITY_TAKEN_IN_SHOP",
            Self::Identity(why) => why.code(),
            Self::Person(why) => why.code(),
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Certified | Self::NotActive | Self::Step(_) | Self::Taken => &[],
            Self::Code | Self::OtherCode => &["code"],
            Self::Client => &["client"],
            Self::Region => &["region"],
            Self::Identity(why) => why.field(),
            Self::Person(why) => why.field(),
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Certified => Text::new("The sub-account is certified already.", "该子账号已完成认证。"),
            Self::NotActive => Text::new(
                "Only active sub-accounts with a password of their own are certified this way.",
                "仅在职且使用独立密码登录的子账号需要认证。",
            ),
            Self::Code => Text::new(
                "This code is not valid: it was used, replaced, or is too old. Show a new one.",
                "二维码无效:已使用、已被替换或已过期,请重新生成。",
            ),
            Self::OtherCode => Text::new(
                "This code belongs to another sub-account. Show the code of the one that you certify.",
                "该二维码属于其他子账号,请使用待认证子账号自己的二维码。",
            ),
            Self::Client => Text::new(
                "This client may not scan the code. On Android, use the shopping app.",
                "当前客户端不支持扫码认证,安卓请使用手机淘宝扫码。",
            ),
            Self::Step(next) => {
                let (en, zh) = match next {
                    StaffCertificationStep::Scan => ("scan a code first", "请先扫码"),
                    StaffCertificationStep::Identity => ("give name and number first", "请先提交姓名和证件号"),
                    StaffCertificationStep::Face => ("show the face", "请进行人脸验证"),
                    StaffCertificationStep::OwnAccount => {
                        ("certify the account that you log in with", "请为您的登录账号完成认证")
                    }
                    StaffCertificationStep::Wait => ("wait for the answer", "请等待审核结果"),
                    StaffCertificationStep::Done => ("nothing is left to do", "认证已完成"),
                };
                Text::made(format!("This is not the step that comes next: {en}."), format!("认证步骤不符:{zh}。"))
            }
            Self::Region => Text::new(
                "Sub-accounts are certified with mainland identity cards only; others are not supported.",
                "子账号认证仅支持中国大陆身份证,暂不支持其他证件。",
            ),
            Self::Taken => Text::new(
                "This identity certifies another sub-account of the shop already. It may serve in another shop.",
                "该身份已认证本店其他子账号;同一身份可在其他店铺使用。",
            ),
            Self::Identity(why) => why.message(),
            Self::Person(why) => why.message(),
        }
    }
}
