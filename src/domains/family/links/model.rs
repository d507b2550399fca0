//! Family links and their states. Pure.

use async_graphql::Enum;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::schema::family_links;
use crate::domains::accounts::contacts::model::{Address, Kind};
use crate::kernel::ids::{AccountId, FamilyLinkId};
use crate::kernel::{Instant, names};
use crate::providers::Keys;
use crate::providers::keys::Unreadable;

/// What a relative is to the one who invites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[graphql(name = "FamilyRelation")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Relation {
    /// Father or mother (父母).
    Parent,
    /// Son or daughter (子女).
    Child,
    /// Husband or wife (配偶).
    Spouse,
    /// Brother or sister (兄弟姐妹).
    Sibling,
    /// Grandfather or grandmother (祖父母).
    Grandparent,
    /// Grandson or granddaughter (孙辈).
    Grandchild,
    /// Another relative (其他亲属).
    Other,
}

impl Relation {
    /// Every relation.
    pub const ALL: [Self; 7] =
        [Self::Parent, Self::Child, Self::Spouse, Self::Sibling, Self::Grandparent, Self::Grandchild, Self::Other];

    /// As the database has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Parent => "PARENT",
            Self::Child => "CHILD",
            Self::Spouse => "SPOUSE",
            Self::Sibling => "SIBLING",
            Self::Grandparent => "GRANDPARENT",
            Self::Grandchild => "GRANDCHILD",
            Self::Other => "OTHER",
        }
    }

    /// Reads what [`Relation::text`] wrote; what it does not know is another relative.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|relation| relation.text() == text).unwrap_or(Self::Other)
    }
}

/// Where an invitation stands, and the link that came of it (requirement 0.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "FamilyLinkState")]
pub enum State {
    /// The relative was asked and has not answered.
    Pending,
    /// The relative accepted: the link stands.
    Accepted,
    /// The relative declined.
    Declined,
    /// Nobody answered in time.
    Expired,
    /// The inviter took the invitation back.
    Revoked,
    /// The link stood, and one of the two ended it.
    Ended,
}

/// An invitation, and the link that came of it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = family_links)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct FamilyLink {
    /// Who invited.
    pub inviter_account_id: AccountId,
    /// The id.
    pub id: FamilyLinkId,
    /// See [`Relation`].
    pub relation: String,
    /// What the inviter calls the relative.
    pub relative_name: String,
    /// The relative's number, sealed.
    pub phone: Option<Vec<u8>>,
    /// The hash by which the number is compared.
    pub phone_key: Option<Vec<u8>>,
    /// `PENDING`, `ACCEPTED`, `DECLINED`, `REVOKED` or `ENDED`; ask [`FamilyLink::state`].
    pub state: String,
    /// When the relative was asked.
    pub invited_at: Instant,
    /// Until when the invitation is good.
    pub expires_at: Instant,
    /// Who accepted.
    pub relative_account_id: Option<AccountId>,
    /// When it was answered or taken back.
    pub decided_at: Option<Instant>,
    /// When the link was ended.
    pub ended_at: Option<Instant>,
}

impl FamilyLink {
    /// Where it stands at a moment: an invitation expires by itself.
    #[must_use]
    pub fn state(&self, now: Instant) -> State {
        match self.state.as_str() {
            "ACCEPTED" => State::Accepted,
            "DECLINED" => State::Declined,
            "REVOKED" => State::Revoked,
            "ENDED" => State::Ended,
            _ if now >= self.expires_at => State::Expired,
            _ => State::Pending,
        }
    }

    /// The other of the two, from `account`'s side; `None` for whoever is neither, and while nobody has accepted.
    #[must_use]
    pub fn other(&self, account: AccountId) -> Option<AccountId> {
        match self.relative_account_id {
            Some(relative) if account == self.inviter_account_id => Some(relative),
            Some(relative) if account == relative => Some(self.inviter_account_id),
            _ => None,
        }
    }

    /// The relative's number with most of it hidden.
    ///
    /// # Errors
    /// [`Unreadable`]: it was sealed with another key.
    pub fn masked_phone(&self, keys: &Keys) -> Result<Option<String>, Unreadable> {
        self.phone.as_deref().map(|sealed| Address::open(keys, Kind::Phone, sealed).map(|a| a.masked())).transpose()
    }
}

/// Most characters of what a relative is called.
pub const LONGEST_NAME: usize = 40;

/// Whether a text can be what a relative is called.
#[must_use]
pub fn is_name(text: &str) -> bool {
    names::is_line(text, LONGEST_NAME)
}
