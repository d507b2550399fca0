//! Grants, and what they make together with a position. Pure.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::schema::permission_grants;
use crate::domains::staff::positions::model::Equipped;
use crate::kernel::Instant;
use crate::kernel::ids::{GrantId, ShopId, SubAccountId};
use crate::permissions::{Constraints, Guarded, Number};

/// What a grant does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, async_graphql::Enum)]
#[graphql(name = "GrantEffect")]
pub enum Effect {
    /// Adds a permission, or narrows one that the position gives.
    Allow,
    /// Takes away what the position gives.
    Deny,
}

impl Effect {
    /// The text in the database.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Allow => "ALLOW",
            Self::Deny => "DENY",
        }
    }
}

impl TryFrom<String> for Effect {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        [Self::Allow, Self::Deny].into_iter().find(|effect| effect.text() == text).ok_or(text)
    }
}

impl TryFrom<serde_json::Value> for Constraints {
    type Error = serde_json::Error;
    fn try_from(stored: serde_json::Value) -> Result<Self, serde_json::Error> {
        serde_json::from_value(stored)
    }
}

/// A personal grant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Queryable, Selectable)]
#[diesel(table_name = permission_grants)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Grant {
    /// The shop.
    pub shop_id: ShopId,
    /// The id.
    pub id: GrantId,
    /// Whose.
    pub sub_account_id: SubAccountId,
    /// Of what.
    #[diesel(deserialize_as = i32)]
    pub permission: Number,
    /// ALLOW or DENY.
    #[diesel(deserialize_as = String)]
    pub effect: Effect,
    /// Its limits.
    #[diesel(deserialize_as = serde_json::Value)]
    pub constraints: Constraints,
    /// Who granted it, by the name in the shop's records.
    pub granted_by: String,
    /// When.
    pub granted_at: Instant,
    /// Who took it back.
    pub revoked_by: Option<String>,
    /// When.
    pub revoked_at: Option<Instant>,
}

impl Grant {
    /// Whether it allows at `now`, hours and amounts aside.
    #[must_use]
    pub fn allows_at(&self, now: Instant) -> bool {
        self.effect == Effect::Allow && self.constraints.valid_until.is_none_or(|until| now < until)
    }
}

impl Guarded for Grant {
    const KIND: &'static str = "grant";
    fn shop(&self) -> ShopId {
        self.shop_id
    }
    fn target(&self) -> String {
        self.id.to_string()
    }
}

/// Where an effective permission comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, async_graphql::Enum)]
#[graphql(name = "PermissionSource")]
pub enum Source {
    /// The position.
    Position,
    /// A personal grant.
    Grant,
}

/// A permission that a sub-account holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective<'a> {
    /// The permission.
    pub permission: Number,
    /// Where it comes from.
    pub source: Source,
    /// Whether the position has it locked.
    pub locked: bool,
    /// The grant, if it is one.
    pub grant: Option<&'a Grant>,
}

/// What a position and personal grants make together at `now`, ascending: the list that people see of what
/// `permissions::resolve` compiles. A grant overrides the position; one whose time is over gives nothing.
#[must_use]
pub fn effective<'a>(position: &Equipped, grants: &'a [Grant], now: Instant) -> Vec<Effective<'a>> {
    let overridden = |number| grants.iter().any(|grant| grant.permission == number);
    let given = position.gives.iter().filter(|given| !overridden(given.permission));
    let from_position = given.map(|given| Effective {
        permission: given.permission,
        source: Source::Position,
        locked: given.locked,
        grant: None,
    });
    let from_grants = grants.iter().filter(|grant| grant.allows_at(now)).map(|grant| Effective {
        permission: grant.permission,
        source: Source::Grant,
        locked: position.given(grant.permission).is_some_and(|given| given.locked),
        grant: Some(grant),
    });
    let mut all: Vec<_> = from_position.chain(from_grants).collect();
    all.sort_by_key(|e| e.permission);
    all
}
