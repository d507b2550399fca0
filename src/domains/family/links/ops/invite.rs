//! `inviteFamilyMember`: asks a relative by a link that is used once (requirement 0.2).

use chrono::TimeDelta;
use serde::Serialize;
use serde_json::json;

use super::super::model::{Relation, is_name};
use super::super::store::{self, NewInvitation};
use super::{Changed, FamilyRefusal, entry, own_account};
use crate::command::{Command, KeyRule, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::contacts::model::Address;
use crate::domains::accounts::token::TokenHash;
use crate::kernel::Fault;
use crate::kernel::ids::FamilyLinkId;

/// Asks a relative.
#[derive(Debug, Serialize)]
pub struct InviteFamilyMember {
    /// What the relative is to the one who asks.
    pub relation: Relation,
    /// What the relative is called.
    pub name: String,
    /// The relative's number: then only an account that has bound it can accept. `Err` when what was written is no number.
    #[serde(skip_serializing)]
    pub phone: Option<Result<Address, ()>>,
    /// The hash of the token in the link.
    #[serde(skip_serializing)]
    pub token_hash: TokenHash,
}

impl Command for InviteFamilyMember {
    const NAME: &'static str = "inviteFamilyMember";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Changed;
    type Refusal = FamilyRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Changed, Fault<FamilyRefusal>> {
        let inviter = own_account(tx)?;
        if !is_name(&self.name) {
            return Err(Fault::Refused(FamilyRefusal::NameInvalid));
        }
        let phone = match &self.phone {
            Some(Err(())) => return Err(Fault::Refused(FamilyRefusal::PhoneInvalid)),
            Some(Ok(phone)) => Some((phone.seal(&tx.env.keys), phone.key(&tx.env.keys), phone.masked())),
            None => None,
        };
        // What is counted of the account stays as it is until the end.
        accounts::lock(tx.conn, inviter).await?.ok_or(Fault::NotFound { what: "account" })?;
        let figures = &tx.env.family;
        if store::pending(tx.conn, inviter, tx.now).await? >= i64::from(figures.most_pending) {
            return Err(Fault::Refused(FamilyRefusal::TooManyPending { most: figures.most_pending }));
        }
        let id = FamilyLinkId::generate();
        let new = NewInvitation {
            inviter,
            id,
            relation: self.relation,
            name: &self.name,
            phone: phone.as_ref().map(|(sealed, key, _)| (sealed.as_slice(), key)),
            token_hash: &self.token_hash,
            now: tx.now,
            expires_at: tx.now + TimeDelta::days(i64::from(figures.invitation_days)),
        };
        store::insert(tx.conn, &new).await?;
        let masked = phone.map(|(_, _, masked)| masked);
        tx.record(entry(inviter, id, json!({ "relation": self.relation.text(), "phone": masked })));
        Ok(Changed { link: id })
    }
}
