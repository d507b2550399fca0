//! `addPaymentAccount`: a payment account is added, and a code goes to its log-in name (requirement 1.8).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::{HANDLE, Method, MethodKind, MethodRefusal};
use super::super::store::{self, Sealed};
use super::{own_account, room_for_one};
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::codes::{self, Ask, Issued, Purpose};
use crate::domains::accounts::contacts::model::Address;
use crate::kernel::ids::PaymentMethodId;
use crate::kernel::{Fault, Locale};

/// Adds a payment account, or sends another code to the one that waits to be verified.
#[derive(Debug, Serialize)]
pub struct AddPaymentAccount {
    /// Its log-in name.
    #[serde(skip_serializing)]
    pub handle: Address,
    /// The language of the message.
    pub locale: Locale,
}

/// The payment account, which waits for the code.
#[derive(Debug, Serialize, Deserialize)]
pub struct Added {
    /// The method.
    pub method: Method,
    /// The code that is on its way.
    pub code: Issued,
}

impl Command for AddPaymentAccount {
    const NAME: &'static str = "addPaymentAccount";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Added;
    type Refusal = MethodRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Added, Fault<MethodRefusal>> {
        let account = own_account(tx)?;
        room_for_one(tx, account).await?;
        let key = tx.env.keys.hash(HANDLE, &[self.handle.expose().as_bytes()]);
        if let Some(old) = store::payment_account(tx.conn, account).await? {
            if old.is_active() {
                return Err(Fault::Refused(MethodRefusal::AccountExists));
            }
            // One that was never verified gives way.
            store::remove(tx.conn, account, old.id, tx.now).await?;
        }
        let method = Method {
            account_id: account,
            id: PaymentMethodId::generate(),
            kind: MethodKind::Balance.text().to_owned(),
            state: "PENDING".to_owned(),
            label: self.handle.masked(),
            brand: None,
            last_four: None,
            expiry_year: None,
            expiry_month: None,
            created_at: tx.now,
            verified_at: None,
        };
        // Whether another account has it is told to whoever holds it, by the code (as with contacts, requirement 3.5).
        let sealed = Sealed { handle: Some(self.handle.seal(&tx.env.keys)), handle_key: Some(key), token: None };
        store::insert(tx.conn, &method, &sealed).await?;
        let ask = Ask::digits(account, Purpose::PaymentAccount, &self.handle, self.locale);
        let code = codes::issue(tx, &ask).await.map_err(|fault| fault.map_refusal(MethodRefusal::from))?;
        tx.record(Entry {
            chain: Chain::Account(account),
            target: method.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "handle": method.label }),
        });
        Ok(Added { method, code })
    }
}
