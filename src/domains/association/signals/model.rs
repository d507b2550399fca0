//! What a shared value says, and what several say together. Pure.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::config::{Association, SignalWeight};
use crate::kernel::ids::{AccountId, SignalId};
use crate::kernel::{Instant, Text};

/// What an account can be seen with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, async_graphql::Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AssociationSignalKind")]
pub enum Kind {
    /// A device that was logged in from (requirement 1.2).
    Device,
    /// The network of a log-in (requirement 1.2).
    Ip,
    /// Logged in at once with another account on one device (requirement 1.2).
    Together,
    /// The real name (requirement 1.3).
    RealName,
    /// A phone number (requirement 1.3).
    Phone,
    /// An e-mail address (requirement 1.3).
    Email,
    /// A delivery address, normalised (requirement 1.4).
    Address,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Device, Self::Ip, Self::Together, Self::RealName, Self::Phone, Self::Email, Self::Address];

    /// As the database has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Device => "DEVICE",
            Self::Ip => "IP",
            Self::Together => "TOGETHER",
            Self::RealName => "REAL_NAME",
            Self::Phone => "PHONE",
            Self::Email => "EMAIL",
            Self::Address => "ADDRESS",
        }
    }

    /// Reads what [`Kind::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.text() == text)
    }

    /// The use that a hash of this kind is for.
    #[must_use]
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Device => "association.device",
            Self::Ip => "association.ip",
            Self::Together => "association.together",
            Self::RealName => "association.real_name",
            Self::Phone => "association.phone",
            Self::Email => "association.email",
            Self::Address => "association.address",
        }
    }

    /// The evidence in words: what is the same, never which.
    #[must_use]
    pub const fn words(self) -> Text {
        match self {
            Self::Device => Text::new("Both were used on the same device.", "曾在同一设备上使用。"),
            Self::Ip => Text::new("Both were used from the same network.", "曾使用同一 IP 网络登录。"),
            Self::Together => {
                Text::new("Both were logged in at the same time on one device.", "曾在同一设备上同时登录。")
            }
            Self::RealName => Text::new("Both have the same real name.", "实名信息中的姓名相同。"),
            Self::Phone => Text::new("Both have or had the same phone number.", "使用过同一手机号。"),
            Self::Email => Text::new("Both have or had the same e-mail address.", "使用过同一邮箱。"),
            Self::Address => Text::new("Both have the same delivery address.", "收货地址相同。"),
        }
    }

    const fn weight(self, figures: &Association) -> SignalWeight {
        match self {
            Self::Device => figures.device,
            Self::Ip => figures.ip,
            Self::Together => figures.together,
            Self::RealName => figures.real_name,
            Self::Phone => figures.phone,
            Self::Email => figures.email,
            Self::Address => figures.address,
        }
    }
}

/// A value that two accounts share.
#[derive(Debug, Clone)]
pub struct Shared {
    /// The other account.
    pub other: AccountId,
    /// What it is.
    pub kind: Kind,
    /// The account's own signal.
    pub signal: SignalId,
    /// How many accounts have the value.
    pub degree: i32,
    /// When the account itself was last seen with it.
    pub own_seen_at: Instant,
    /// When the other was.
    pub other_seen_at: Instant,
    /// Whether one of the two contests it and no operator upheld it: then it says nothing.
    pub contested: bool,
}

/// One piece of evidence and what it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What is the same.
    pub kind: Kind,
    /// The account's own signal.
    pub signal: SignalId,
    /// How many accounts have the value.
    pub degree: i32,
    /// When the account itself was last seen with it.
    pub own_seen_at: Instant,
    /// What it says by itself, 0 to 1.
    pub strength: f64,
    /// Whether it is contested and therefore says nothing.
    pub contested: bool,
}

/// An account that possibly belongs to the same owner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Possible {
    /// The other account.
    pub other: AccountId,
    /// How likely the evidence makes it, 0 to 1, in hundredths.
    pub score: f64,
    /// The evidence, the strongest first.
    pub evidence: Vec<Evidence>,
}

/// What a shared value says by itself, 0 to 1.
#[must_use]
pub fn strength(shared: &Shared, figures: &Association, now: Instant) -> f64 {
    if shared.contested || shared.degree < 2 {
        return 0.0;
    }
    let SignalWeight { weight, half_life_days } = shared.kind.weight(figures);
    // Of the two the one who was seen longer ago: the other's log-in of today makes an old meeting no younger. A clock that was
    // set back makes nothing stronger than fresh.
    let seen = shared.own_seen_at.min(shared.other_seen_at);
    let days = f64::from(u32::try_from((now - seen).num_hours().max(0)).unwrap_or(u32::MAX)) / 24.0;
    let faded = 0.5_f64.powf(days / f64::from(half_life_days.max(1)));
    f64::from(weight.min(100)) / 100.0 * faded / f64::from(shared.degree - 1)
}

/// What the shared values say, the likeliest account first: those that reach the smallest score, `max_shown` at most.
#[must_use]
pub fn possible(shared: Vec<Shared>, figures: &Association, now: Instant) -> Vec<Possible> {
    let mut by_account: HashMap<AccountId, Vec<Evidence>> = HashMap::new();
    for one in shared {
        let strength = strength(&one, figures, now);
        let Shared { other, kind, signal, degree, own_seen_at, contested, .. } = one;
        let evidence = Evidence { kind, signal, degree, own_seen_at, strength, contested };
        by_account.entry(other).or_default().push(evidence);
    }
    let mut all: Vec<Possible> = by_account
        .into_iter()
        .map(|(other, mut evidence)| {
            evidence.sort_by(|a, b| b.strength.total_cmp(&a.strength).then(a.kind.cmp(&b.kind)));
            let none = evidence.iter().fold(1.0, |none, one| none * (1.0 - one.strength));
            Possible { other, score: ((1.0 - none) * 100.0).round() / 100.0, evidence }
        })
        .filter(|one| one.score * 100.0 >= f64::from(figures.min_score) && one.score > 0.0)
        .collect();
    all.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.other.cmp(&b.other)));
    all.truncate(usize::try_from(figures.max_shown).unwrap_or(100));
    all
}

/// A name with all but its first letter hidden.
#[must_use]
pub fn masked_name(name: &str) -> String {
    name.chars().next().map_or_else(|| "***".to_owned(), |first| format!("{first}***"))
}
