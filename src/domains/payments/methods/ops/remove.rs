//! `removePaymentMethod`: what was paid with it stays; nothing new is. A balance stays on the account's book. A card is removed
//! from the vault as well, by the worker.

use serde::Serialize;
use serde_json::json;

use super::super::model::{Method, MethodRefusal};
use super::super::{removals, store};
use super::own_account;
use crate::command::{Chain, Command, Entry, Event, Tx};
use crate::domains::payments::events;
use crate::kernel::Fault;
use crate::kernel::ids::PaymentMethodId;

/// Removes a method.
#[derive(Debug, Serialize)]
pub struct RemoveMethod {
    /// Which.
    pub method: PaymentMethodId,
}

impl Command for RemoveMethod {
    const NAME: &'static str = "removePaymentMethod";
    type Output = Method;
    type Refusal = MethodRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Method, Fault<MethodRefusal>> {
        let account = own_account(tx)?;
        let token = store::token(tx.conn, account, self.method).await?;
        let removed = store::remove(tx.conn, account, self.method, tx.now).await?;
        let removed = removed.ok_or(Fault::NotFound { what: "payment method" })?;
        if store::in_use(tx.conn, account, self.method).await? {
            return Err(Fault::Refused(MethodRefusal::InUse));
        }
        if let Some(token) = token {
            removals::insert(tx.conn, account, self.method, &token, tx.now).await?;
        }
        tx.record(Entry {
            chain: Chain::Account(account),
            target: removed.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "method": removed.label }),
        });
        let payload = json!({ "account": account, "method": removed.id, "name": removed.label });
        tx.emit(Event { topic: events::METHOD_REMOVED, shop: None, payload });
        Ok(removed)
    }
}
