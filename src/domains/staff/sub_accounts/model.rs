//! Sub-accounts and their states. Pure.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::schema::sub_accounts;
use crate::kernel::Instant;
use crate::kernel::ids::{AccountId, PositionId, ShopId, SubAccountId};
use crate::permissions::Guarded;

/// INVITED → ACTIVE → DEPARTED; a departed one can be restored, a manager with an account of their own by asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, async_graphql::Enum)]
#[graphql(name = "SubAccountState")]
pub enum State {
    /// Can log in and work.
    Active,
    /// A manager was asked and has not answered.
    Invited,
    /// Gone; the name stays taken and can be restored.
    Departed,
}

impl State {
    /// The text in the database.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Invited => "INVITED",
            Self::Departed => "DEPARTED",
        }
    }
}

impl TryFrom<String> for State {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let all = [Self::Active, Self::Invited, Self::Departed];
        all.into_iter().find(|state| state.text() == text).ok_or(text)
    }
}

/// A sub-account, without its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable)]
#[diesel(table_name = sub_accounts)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct SubAccount {
    /// The shop.
    pub shop_id: ShopId,
    /// The id.
    pub id: SubAccountId,
    /// The name behind the colon. Never changes (requirement 4.3).
    pub name: String,
    /// The name that others see.
    pub display_name: String,
    /// Its position, also while it is invited or departed.
    pub position_id: PositionId,
    /// The manager's own account (requirement 4.19); such a sub-account has no password.
    pub linked_account_id: Option<AccountId>,
    /// Its state.
    #[diesel(deserialize_as = String)]
    pub state: State,
    /// When it was created or invited.
    pub created_at: Instant,
    /// When it departed.
    pub departed_at: Option<Instant>,
    /// When it was certified (requirement 4.5); a manager's seat follows the account behind it.
    #[serde(default)]
    pub certified_at: Option<Instant>,
    /// When it is restricted if it is not certified by then (requirement 4.6).
    #[serde(default)]
    pub certify_by: Option<Instant>,
}

impl Guarded for SubAccount {
    const KIND: &'static str = "subAccount";
    fn shop(&self) -> ShopId {
        self.shop_id
    }
    fn target(&self) -> String {
        self.id.to_string()
    }
}
