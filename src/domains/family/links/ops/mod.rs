//! What can be done with invitations and links.

pub mod answer;
pub mod end;
pub mod invite;
pub mod revoke;

use serde::{Deserialize, Serialize};

use super::model::State;
use crate::command::{Chain, Entry, Event, Tx};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{AccountId, FamilyLinkId};
use crate::kernel::{Fault, Subject, Text};

/// The link that something was done to.
#[derive(Debug, Serialize, Deserialize)]
pub struct Changed {
    /// Its id.
    pub link: FamilyLinkId,
}

/// Why nothing is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyRefusal {
    /// The name has characters or a length that names cannot have.
    NameInvalid,
    /// The number is none.
    PhoneInvalid,
    /// Too many invitations wait for an answer.
    TooManyPending {
        /// How many may.
        most: u32,
    },
    /// The token opens no invitation.
    Unknown,
    /// The invitation is no longer open, or the link does not stand.
    Not(State),
    /// Nobody accepts their own invitation (h09).
    OwnInvitation,
    /// The invitation is for another number.
    PhoneDiffers,
    /// A link of this direction stands between the two already.
    AlreadyLinked,
}

impl Refusal for FamilyRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NameInvalid => "NAME_INVALID",
            Self::PhoneInvalid => "PHONE_INVALID",
            Self::TooManyPending { .. } => "TOO_MANY_INVITATIONS",
            Self::Unknown => "INVITATION_UNKNOWN",
            Self::Not(State::Pending) => "INVITATION_PENDING",
            Self::Not(State::Accepted) => "INVITATION_ACCEPTED",
            Self::Not(State::Declined) => "INVITATION_DECLINED",
            Self::Not(State::Expired) => "INVITATION_EXPIRED",
            Self::Not(State::Revoked) => "INVITATION_REVOKED",
            Self::Not(State::Ended) => "FAMILY_LINK_ENDED",
            Self::OwnInvitation => "OWN_INVITATION",
            Self::PhoneDiffers => "PHONE_DIFFERS",
            Self::AlreadyLinked => "ALREADY_LINKED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::NameInvalid => &["name"],
            Self::PhoneInvalid => &["phone"],
            Self::Unknown | Self::OwnInvitation | Self::PhoneDiffers => &["token"],
            _ => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::NameInvalid => {
                Text::new("A relative's name has 1 to 40 printable characters.", "亲属称呼为 1 到 40 个可见字符。")
            }
            Self::PhoneInvalid => Text::new(
                "This is no mobile number. Write it with its country, as +86 138 1234 5634, or leave it out.",
                "手机号格式不正确,请填写完整手机号(如 +86 138 1234 5634)或留空。",
            ),
            Self::TooManyPending { most } => Text::made(
                format!("{most} invitations wait for an answer already. Revoke one first."),
                format!("已有 {most} 个邀请等待回应,请先撤回一个。"),
            ),
            Self::Unknown => Text::new(
                "The link opens no invitation. Check that it is complete, or ask for a new one.",
                "邀请链接无效,请检查是否完整,或请对方重新邀请。",
            ),
            Self::Not(State::Pending) => {
                Text::new("The invitation waits for an answer. Revoke it instead.", "邀请尚未被接受,请改用撤回邀请。")
            }
            Self::Not(State::Accepted) => Text::new(
                "The invitation was accepted before; a link is used once. The family link can be ended instead.",
                "邀请已被接受,链接仅可使用一次。如需解除请结束亲情号关系。",
            ),
            Self::Not(State::Declined) => {
                Text::new("The invitation was declined. Ask for a new one.", "邀请已被拒绝,请重新邀请。")
            }
            Self::Not(State::Expired) => {
                Text::new("The invitation has expired. Ask for a new one.", "邀请已过期,请重新邀请。")
            }
            Self::Not(State::Revoked) => {
                Text::new("The invitation was taken back by whoever sent it.", "邀请已被邀请人撤回。")
            }
            Self::Not(State::Ended) => Text::new(
                "The family link has ended. Invite anew to have it again.",
                "亲情号关系已结束,如需恢复请重新邀请。",
            ),
            Self::OwnInvitation => Text::new(
                "This is your own invitation: send its link to your relative.",
                "不能接受自己发出的邀请,请将链接发给亲属。",
            ),
            Self::PhoneDiffers => Text::new(
                "The invitation is for another phone number. Bind that number to this account, or ask for an invitation without one.",
                "邀请指定了其他手机号。请绑定该手机号,或请对方重新邀请。",
            ),
            Self::AlreadyLinked => Text::new(
                "You are linked already. Decline this invitation, or end the link that stands first.",
                "你们已是亲情号关系,可拒绝此邀请,或先结束现有关系。",
            ),
        }
    }
}

/// The account that acts in its own name.
pub(super) fn own_account<E>(tx: &Tx<'_>) -> Result<AccountId, Fault<E>> {
    match tx.actor()?.subject {
        Subject::Account { id } => Ok(id),
        Subject::SubAccount { .. } => Err(Fault::NotFound { what: "account" }),
    }
}

/// What goes on record of a deed on a link: in the trail of the account that did it.
fn entry(by: AccountId, link: FamilyLinkId, detail: serde_json::Value) -> Entry {
    Entry { chain: Chain::Account(by), target: link.to_string(), permission: None, grant: None, detail }
}

/// Tells accounts of a link.
fn event(topic: &'static str, link: FamilyLinkId, accounts: &[AccountId], name: &str) -> Event {
    let payload = serde_json::json!({ "link": link, "accounts": accounts, "name": name });
    Event { topic, shop: None, payload }
}
