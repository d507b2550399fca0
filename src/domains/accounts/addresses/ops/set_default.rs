//! `setDefaultDeliveryAddress`.

use std::convert::Infallible;

use serde::Serialize;

use super::save::Saved;
use super::{lock, record};
use crate::command::{Command, Tx};
use crate::domains::accounts::addresses::store;
use crate::domains::accounts::own;
use crate::kernel::Fault;
use crate::kernel::ids::AddressId;

/// Makes an address the one that is used when none is named.
#[derive(Debug, Serialize)]
pub struct SetDefaultAddress {
    /// Which.
    pub id: AddressId,
}

impl Command for SetDefaultAddress {
    const NAME: &'static str = "setDefaultDeliveryAddress";
    type Output = Saved;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Saved, Fault> {
        let account = own::of_command(tx)?;
        lock(tx, account).await?;
        if store::get(tx.conn, account, self.id).await?.is_none() {
            return Err(Fault::NotFound { what: "address" });
        }
        store::make_default(tx.conn, account, self.id).await?;
        record(tx, account, self.id);
        Ok(Saved { id: self.id })
    }
}
