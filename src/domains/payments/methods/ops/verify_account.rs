//! `verifyPaymentAccount`: the right code makes a payment account one that can pay (requirement 1.8).

use serde::Serialize;
use serde_json::json;

use super::super::model::{HANDLE, Method, MethodRefusal};
use super::super::store;
use super::own_account;
use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::accounts::codes::{self, Checked, Purpose};
use crate::domains::accounts::contacts::model::{Address, Kind};
use crate::domains::payments::events;
use crate::kernel::Fault;
use crate::kernel::ids::PaymentMethodId;
use crate::telemetry::Secret;

/// Verifies a payment account.
#[derive(Debug, Serialize)]
pub struct VerifyPaymentAccount {
    /// Which.
    pub method: PaymentMethodId,
    /// The code that was sent to its log-in name.
    #[serde(skip_serializing)]
    pub code: Secret<String>,
}

impl Command for VerifyPaymentAccount {
    const NAME: &'static str = "verifyPaymentAccount";
    const KEY: KeyRule = KeyRule::Unsupported;
    const DRY_RUN: bool = false;
    type Output = Checked<Method>;
    type Refusal = MethodRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Checked<Method>, Fault<MethodRefusal>> {
        let account = own_account(tx)?;
        let sealed = store::handle(tx.conn, account, self.method).await?;
        let sealed = sealed.ok_or(Fault::Refused(MethodRefusal::NothingToVerify))?;
        let keys = &tx.env.keys;
        let handle = Address::open(keys, Kind::Phone, &sealed).or_else(|_| Address::open(keys, Kind::Email, &sealed));
        let handle = handle.map_err(Fault::internal)?;
        let channel = handle.kind.channel();
        let checked =
            codes::check(tx, account, Purpose::PaymentAccount, channel, handle.expose(), self.code.expose()).await?;
        tx.record(Entry {
            chain: Chain::Account(account),
            target: self.method.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "handle": handle.masked(), "right": checked.is_ok() }),
        });
        if let Err(failure) = checked {
            return Ok(Checked::Wrong(failure));
        }
        let key = tx.env.keys.hash(HANDLE, &[handle.expose().as_bytes()]);
        if store::is_taken(tx.conn, &key).await? {
            return Err(Fault::Refused(MethodRefusal::HandleTaken));
        }
        let method = match store::verify(tx.conn, account, self.method, tx.now).await {
            Err(error) if is_unique(&error) => return Err(Fault::Refused(MethodRefusal::HandleTaken)),
            verified => verified?.ok_or(Fault::Refused(MethodRefusal::NothingToVerify))?,
        };
        tx.emit(Event {
            topic: events::ACCOUNT_VERIFIED,
            shop: None,
            payload: json!({ "account": account, "method": method.id, "name": method.label }),
        });
        Ok(Checked::Right(method))
    }
}

/// Whether somebody else was first.
fn is_unique(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    matches!(error, Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
}
