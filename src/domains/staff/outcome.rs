//! What a command on a sub-account answers: the sub-account, its position and its grants as they are after it. The
//! resolver primes the request's loaders with it, so that the payload is right in a dry run and after several mutations
//! in one request.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::grants::loaders::GrantsOf;
use super::grants::model::Grant;
use super::positions::loaders::PositionByKey;
use super::positions::model::Equipped;
use super::sub_accounts::loaders::SubAccountById;
use super::sub_accounts::model::SubAccount;
use crate::graphql::context::RequestContext;

/// A sub-account as it is after a command.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Staffed {
    /// The sub-account.
    pub sub_account: SubAccount,
    /// Its position.
    pub position: Equipped,
    /// Its grants that stand.
    pub grants: Vec<Grant>,
}

impl Staffed {
    /// Makes it known to the request's loaders and gives the sub-account.
    #[must_use]
    pub fn known_to(self, request: &RequestContext) -> Arc<SubAccount> {
        let who = Arc::new(self.sub_account);
        let loaders = &request.loaders;
        loaders.of::<SubAccountById>().prime([(who.id, Some(Arc::clone(&who)))]);
        let position = (who.shop_id, self.position.position.id);
        loaders.of::<PositionByKey>().prime([(position, Some(Arc::new(self.position)))]);
        loaders.of::<GrantsOf>().prime([((who.shop_id, who.id), Some(Arc::from(self.grants)))]);
        who
    }
}
