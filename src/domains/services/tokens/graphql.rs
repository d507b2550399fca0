//! Tokens of services in the API. What opens the door is shown once, by the mutation that issues it.

use async_graphql::{ID, Object};
use kith_macros::guarded;

use super::model::ServiceToken as Row;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;

/// A token with which a service asks for decisions.
pub struct ServiceToken(pub Row);

/// A token with which a service asks for decisions.
#[guarded(inherits)]
#[Object]
impl ServiceToken {
    /// The id, to revoke it by.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// What it is for, in the words of whoever issued it.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// Who issued it.
    async fn issued_by(&self) -> &str {
        &self.0.issued_by
    }

    /// When.
    async fn issued_at(&self) -> DateTime {
        DateTime(self.0.issued_at)
    }

    /// When it was revoked; null while it stands.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }
}
