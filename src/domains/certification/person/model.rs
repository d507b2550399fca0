//! Gestures and sessions; why a photo is not taken. Pure.

use serde::{Deserialize, Serialize};

use crate::kernel::fault::Refusal;
use crate::kernel::ids::PersonSessionId;
use crate::kernel::{Dice, Instant, Text};
use crate::providers::images::BadImage;

/// What a person is asked to do in the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, async_graphql::Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Gesture {
    /// Close both eyes.
    CloseEyes,
    /// Open the mouth.
    OpenMouth,
    /// Turn the head to the left.
    TurnLeft,
    /// Turn the head to the right.
    TurnRight,
    /// Show the open right hand beside the face.
    ShowRightHand,
    /// Show two fingers of the left hand beside the face.
    ShowTwoFingers,
}

impl Gesture {
    /// Every gesture.
    pub const ALL: [Self; 6] =
        [Self::CloseEyes, Self::OpenMouth, Self::TurnLeft, Self::TurnRight, Self::ShowRightHand, Self::ShowTwoFingers];

    /// One of them, by chance.
    #[must_use]
    pub fn any(dice: &dyn Dice) -> Self {
        let sides = u32::try_from(Self::ALL.len()).unwrap_or(1);
        usize::try_from(dice.below(sides)).ok().and_then(|at| Self::ALL.get(at).copied()).unwrap_or(Self::CloseEyes)
    }

    /// As the database and the verifier have it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::CloseEyes => "CLOSE_EYES",
            Self::OpenMouth => "OPEN_MOUTH",
            Self::TurnLeft => "TURN_LEFT",
            Self::TurnRight => "TURN_RIGHT",
            Self::ShowRightHand => "SHOW_RIGHT_HAND",
            Self::ShowTwoFingers => "SHOW_TWO_FINGERS",
        }
    }

    /// Reads what [`Gesture::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gesture| gesture.text() == text)
    }

    /// What to do, for the person.
    #[must_use]
    pub const fn words(self) -> Text {
        match self {
            Self::CloseEyes => Text::new("Look into the camera and close your eyes.", "请正对镜头并闭上双眼。"),
            Self::OpenMouth => Text::new("Look into the camera and open your mouth.", "请正对镜头并张开嘴。"),
            Self::TurnLeft => Text::new("Turn your head to the left.", "请向左转头。"),
            Self::TurnRight => Text::new("Turn your head to the right.", "请向右转头。"),
            Self::ShowRightHand => Text::new("Show your open right hand beside your face.", "请将张开的右手放在脸旁。"),
            Self::ShowTwoFingers => {
                Text::new("Show two fingers of your left hand beside your face.", "请用左手在脸旁比出两根手指。")
            }
        }
    }
}

/// Where the photos of a session are kept.
#[must_use]
pub fn folder(session: PersonSessionId) -> String {
    format!("faces/{session}")
}

/// Why no session is started, or no photo taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonRefusal {
    /// Real-name comes first (requirement 2.5).
    RealNameFirst,
    /// Too many sessions were started within a day.
    UsedUp {
        /// How many may be.
        most: u32,
    },
    /// The session's minutes are over (requirement 2.8).
    Expired {
        /// When they were.
        at: Instant,
    },
    /// A photo was sent already, or a newer session took its place.
    Closed,
    /// No file came with the request.
    NoPhoto,
    /// The file is too large.
    TooLarge {
        /// Bytes that a photo may have.
        most: usize,
    },
    /// The file cannot be used.
    Image(BadImage),
}

impl Refusal for PersonRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::RealNameFirst => "REAL_NAME_FIRST",
            Self::UsedUp { .. } => "SESSIONS_USED_UP",
            Self::Expired { .. } => "SESSION_EXPIRED",
            Self::Closed => "SESSION_CLOSED",
            Self::NoPhoto => "PHOTO_MISSING",
            Self::TooLarge { .. } => "PHOTO_TOO_LARGE",
            Self::Image(BadImage::WrongType) => "PHOTO_TYPE",
            Self::Image(BadImage::TooManyPixels) => "PHOTO_TOO_MANY_PIXELS",
            Self::Image(BadImage::Broken) => "PHOTO_BROKEN",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::RealNameFirst | Self::UsedUp { .. } => &[],
            Self::Expired { .. } | Self::Closed => &["sessionId"],
            Self::NoPhoto | Self::TooLarge { .. } | Self::Image(_) => &["photo"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::RealNameFirst => Text::new(
                "Certify the name first, then the person: call certifyByDocument.",
                "请先完成实名认证,再进行实人认证。",
            ),
            Self::UsedUp { most } => Text::made(
                format!("Only {most} sessions may be started within a day. Try again tomorrow."),
                format!("24 小时内最多发起 {most} 次实人认证,请明天再试。"),
            ),
            Self::Expired { at } => {
                let at = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
                Text::made(
                    format!("The session was over at {at}. Start a new one, and send the photo in time."),
                    format!("认证会话已于 {at} 超时,请重新发起并及时提交照片。"),
                )
            }
            Self::Closed => Text::new(
                "A photo was sent in this session already, or a newer one took its place. Start a new one.",
                "该认证会话已提交或已被新的会话替代,请重新发起。",
            ),
            Self::NoPhoto => Text::new(
                "No photo came with the request. Send it as a GraphQL multipart request.",
                "请求未包含照片,请按 GraphQL multipart 规范上传。",
            ),
            Self::TooLarge { most } => {
                let mib = most / (1024 * 1024);
                Text::made(
                    format!("A photo has {mib} MiB at most. Send a smaller one."),
                    format!("照片不能超过 {mib} MiB,请压缩后上传。"),
                )
            }
            Self::Image(BadImage::WrongType) => {
                Text::new("A photo is a JPEG or a PNG. Send another file.", "照片须为 JPEG 或 PNG 格式,请更换文件。")
            }
            Self::Image(BadImage::TooManyPixels) => Text::new(
                "The photo has too many pixels: 8,192 a side at most. Send a smaller one.",
                "照片像素过大,每边最多 8192 像素,请缩小后上传。",
            ),
            Self::Image(BadImage::Broken) => {
                Text::new("The photo is broken or incomplete. Send it again.", "照片已损坏或不完整,请重新上传。")
            }
        }
    }
}
