//! `removeDeliveryAddress`.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use super::{lock, record};
use crate::command::{Command, Tx};
use crate::domains::accounts::addresses::store;
use crate::domains::accounts::own;
use crate::kernel::Fault;
use crate::kernel::ids::AddressId;

/// Removes an address.
#[derive(Debug, Serialize)]
pub struct RemoveAddress {
    /// Which.
    pub id: AddressId,
}

/// It is gone.
#[derive(Debug, Serialize, Deserialize)]
pub struct Removed;

impl Command for RemoveAddress {
    const NAME: &'static str = "removeDeliveryAddress";
    type Output = Removed;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Removed, Fault> {
        let account = own::of_command(tx)?;
        lock(tx, account).await?;
        let was_default = store::remove(tx.conn, account, self.id).await?;
        let was_default = was_default.ok_or(Fault::NotFound { what: "address" })?;
        if was_default && let Some(oldest) = store::of_account(tx.conn, account).await?.first() {
            store::make_default(tx.conn, account, oldest.id).await?;
        }
        record(tx, account, self.id);
        Ok(Removed)
    }
}
