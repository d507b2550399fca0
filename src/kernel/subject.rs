//! Who can act: the one word for it that audit entries, grants and idempotency keys share.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ids::{AccountId, ShopId, SubAccountId, TypedId};

/// Somebody who acts: an account in its own name, or a sub-account for its shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Subject {
    /// A person, an enterprise or a platform operator in its own name.
    Account {
        /// The account.
        id: AccountId,
    },
    /// A sub-account, which acts for its shop only.
    SubAccount {
        /// The shop it belongs to.
        shop: ShopId,
        /// The sub-account.
        id: SubAccountId,
    },
}

impl Subject {
    /// The key of the subject, unique over all kinds (UUIDv7 never repeats).
    #[must_use]
    pub fn uuid(self) -> Uuid {
        match self {
            Self::Account { id } => id.uuid(),
            Self::SubAccount { id, .. } => id.uuid(),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account { id } => id.fmt(f),
            Self::SubAccount { id, .. } => id.fmt(f),
        }
    }
}
