//! `certifyByDocument` and `certifyByPaymentAccount`: an identity is reserved and put to the verifier (requirements 2.2, 2.3, 2.9).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::{self, Document, IdentityRefusal, PersonName, Region};
use super::super::store::{self, NewIdentity};
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::contacts::store as contacts;
use crate::domains::certification::verifications::{self, NewVerification, What};
use crate::domains::payments::methods::store as methods;
use crate::kernel::ids::{AccountId, PaymentMethodId, TypedId, VerificationId};
use crate::kernel::{Fault, Subject};
use crate::providers::payments::holders::Holder;
use crate::telemetry::Secret;

/// Has an identity checked for the account that asks.
#[derive(Debug, Serialize)]
pub struct Certify {
    /// Who issued the document.
    pub region: Region,
    /// The name in it.
    #[serde(skip_serializing)]
    pub name: Secret<String>,
    /// Its number.
    #[serde(skip_serializing)]
    pub number: Secret<String>,
}

/// The question that is to be asked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Asked {
    /// Whose identity it is.
    pub account: AccountId,
    /// The question.
    pub verification: VerificationId,
}

impl Command for Certify {
    const NAME: &'static str = "certifyByDocument";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Asked;
    type Refusal = IdentityRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Asked, Fault<IdentityRefusal>> {
        let Subject::Account { id: account } = tx.actor()?.subject else {
            return Err(Fault::NotFound { what: "account" });
        };
        let document =
            Document::read(self.region, self.number.expose(), tx.now.date_naive()).map_err(Fault::Refused)?;
        let name = PersonName::read(self.name.expose()).ok_or(Fault::Refused(IdentityRefusal::Name))?;
        begin(tx, account, "DOCUMENT", &document, &name).await
    }
}

/// Has the identity checked that the provider of a payment account gave (requirement 2.2). It was asked before the transaction.
#[derive(Debug, Serialize)]
pub struct CertifyByPaymentAccount {
    /// The payment account.
    pub method: PaymentMethodId,
    /// Who holds it.
    #[serde(skip_serializing)]
    pub holder: Holder,
}

impl Command for CertifyByPaymentAccount {
    const NAME: &'static str = "certifyByPaymentAccount";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Asked;
    type Refusal = IdentityRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Asked, Fault<IdentityRefusal>> {
        let Subject::Account { id: account } = tx.actor()?.subject else {
            return Err(Fault::NotFound { what: "account" });
        };
        // It may have been removed while its provider was asked.
        if methods::verified_handle(tx.conn, account, self.method).await?.is_none() {
            return Err(Fault::Refused(IdentityRefusal::PaymentAccount));
        }
        let unusable = || Fault::Refused(IdentityRefusal::NoHolder);
        let region = Region::parse(&self.holder.region).ok_or_else(unusable)?;
        let document =
            Document::read(region, self.holder.number.expose(), tx.now.date_naive()).map_err(|_| unusable())?;
        let name = PersonName::read(self.holder.name.expose()).ok_or_else(unusable)?;
        begin(tx, account, "PAYMENT_ACCOUNT", &document, &name).await
    }
}

/// Reserves an identity for an account and puts it to the verifier; says so for the record.
///
/// # Errors
/// [`IdentityRefusal`], or the database's fault.
pub async fn begin(
    tx: &mut Tx<'_>,
    account: AccountId,
    method: &'static str,
    document: &Document,
    name: &PersonName,
) -> Result<Asked, Fault<IdentityRefusal>> {
    accounts::lock(tx.conn, account).await?.ok_or(Fault::NotFound { what: "account" })?;
    match store::of_account(tx.conn, account).await?.map(|found| found.real_name) {
        Some(state) if state == "PASSED" => return Err(Fault::Refused(IdentityRefusal::Certified)),
        Some(state) if state == "WAITING" => return Err(Fault::Refused(IdentityRefusal::Waiting)),
        _ => {}
    }
    let bound = contacts::of_account(tx.conn, account).await?;
    let phone = bound.into_iter().find(|contact| contact.kind == "PHONE");
    let phone = phone.ok_or(Fault::Refused(IdentityRefusal::NoPhone))?;
    let keys = &tx.env.keys;
    let (number_key, name_key) = (document.key(keys), name.key(keys));
    if !store::reserve(tx.conn, &number_key, account).await? {
        return Err(Fault::Refused(IdentityRefusal::Taken));
    }
    let new = NewIdentity {
        account,
        method,
        region: document.region.text(),
        name: &keys.seal(model::NAME, name.expose().expose().as_bytes()),
        number: &keys.seal(model::NUMBER, document.number().expose().as_bytes()),
        number_key: &number_key,
        name_key: &name_key,
        phone_key: &phone.value_key,
        now: tx.now,
    };
    store::begin(tx.conn, &new).await?;
    let question = NewVerification { owner: account.uuid(), shop: None, what: What::Identity, document, name };
    let verification = verifications::put(tx, &question).await?;
    tx.record(Entry {
        chain: Chain::Account(account),
        target: account.to_string(),
        permission: None,
        grant: None,
        detail: json!({
            "method": method, "region": document.region.text(), "number": model::mask_number(document.number().expose()),
        }),
    });
    Ok(Asked { account, verification })
}
