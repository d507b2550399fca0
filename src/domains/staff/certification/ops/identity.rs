//! `submitStaffIdentity`: name and number of whoever works under a sub-account (requirements 4.8–4.10).

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::super::model::{StaffCertificationRefusal as Refused, StaffCertificationStep as Step};
use super::super::store;
use super::under_way;
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::certification::identity::model::{self, Document, IdentityRefusal, PersonName, Region};
use crate::domains::certification::verifications::{self, NewVerification, What};
use crate::kernel::Fault;
use crate::kernel::ids::{SubAccountId, TypedId, VerificationId};
use crate::telemetry::Secret;

/// Gives name and number for a sub-account.
#[derive(Debug, Serialize)]
pub struct SubmitStaffIdentity {
    /// Whose.
    pub sub_account: SubAccountId,
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
    /// Whom it is about.
    pub owner: Uuid,
    /// The question.
    pub verification: VerificationId,
}

impl Command for SubmitStaffIdentity {
    const NAME: &'static str = "submitStaffIdentity";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Asked;
    type Refusal = Refused;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Asked, Fault<Refused>> {
        let (who, row) = under_way(tx, self.sub_account).await?;
        let next = Step::after(Some(&row.state));
        if next != Step::Identity {
            return Err(Fault::Refused(Refused::Step(next)));
        }
        if self.region != Region::Mainland {
            return Err(Fault::Refused(Refused::Region));
        }
        let refuse = |why| Fault::Refused(Refused::Identity(why));
        let document = Document::read(self.region, self.number.expose(), tx.now.date_naive()).map_err(refuse)?;
        let name = PersonName::read(self.name.expose()).ok_or_else(|| refuse(IdentityRefusal::Name))?;
        let keys = &tx.env.keys;
        let (place, key) = ((who.shop_id, who.id), document.key(keys));
        if store::is_taken(tx.conn, place, &key).await? {
            return Err(Fault::Refused(Refused::Taken));
        }
        let sealed = keys.seal(model::NAME, name.expose().expose().as_bytes());
        let number = keys.seal(model::NUMBER, document.number().expose().as_bytes());
        let owner = who.id.uuid();
        let question =
            NewVerification { owner, shop: Some(who.shop_id), what: What::Identity, document: &document, name: &name };
        let verification = verifications::put(tx, &question).await?;
        store::named(tx.conn, place, (&sealed, &number, &key), verification, tx.now).await?;
        tx.record(Entry {
            chain: Chain::Shop(who.shop_id),
            target: who.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "number": model::mask_number(document.number().expose()) }),
        });
        Ok(Asked { owner, verification })
    }
}
