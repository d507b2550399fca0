//! `startStaffFace` and `submitStaffPhoto`: the person behind a sub-account (requirement 4.8).

use serde::Serialize;
use serde_json::json;

use super::super::model::{StaffCertificationRefusal as Refused, StaffCertificationStep as Step};
use super::super::store;
use super::identity::Asked;
use super::under_way;
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::certification::identity::model::{self, Document, PersonName, Region};
use crate::domains::certification::person::model::Gesture;
use crate::domains::certification::person::ops::start::{Started, start};
use crate::domains::certification::person::ops::submit::may_submit;
use crate::domains::certification::person::store as sessions;
use crate::domains::certification::verifications::{self, NewVerification, What};
use crate::kernel::Fault;
use crate::kernel::ids::{PersonSessionId, SubAccountId, TypedId};

/// Starts a session for the person behind a sub-account.
#[derive(Debug, Serialize)]
pub struct StartStaffFace {
    /// Whose.
    pub sub_account: SubAccountId,
    /// What chance chose.
    pub gesture: Gesture,
}

impl Command for StartStaffFace {
    const NAME: &'static str = "startStaffFace";
    type Output = Started;
    type Refusal = Refused;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Started, Fault<Refused>> {
        let (who, row) = under_way(tx, self.sub_account).await?;
        let next = Step::after(Some(&row.state));
        if next != Step::Face {
            return Err(Fault::Refused(Refused::Step(next)));
        }
        let started = start(tx, who.id.uuid(), Some(who.shop_id), self.gesture).await;
        let started = started.map_err(|fault| fault.map_refusal(Refused::Person))?;
        tx.record(Entry {
            chain: Chain::Shop(who.shop_id),
            target: who.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "gesture": self.gesture.text() }),
        });
        Ok(started)
    }
}

/// Hands in the photo of such a session.
#[derive(Debug, Serialize)]
pub struct SubmitStaffPhoto {
    /// Whose.
    pub sub_account: SubAccountId,
    /// The session.
    pub session: PersonSessionId,
    /// The key of the photo.
    pub photo: String,
}

impl Command for SubmitStaffPhoto {
    const NAME: &'static str = "submitStaffPhoto";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Asked;
    type Refusal = Refused;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Asked, Fault<Refused>> {
        let (who, row) = under_way(tx, self.sub_account).await?;
        let next = Step::after(Some(&row.state));
        if next != Step::Face {
            return Err(Fault::Refused(Refused::Step(next)));
        }
        let owner = who.id.uuid();
        let missing = Fault::NotFound { what: "personSession" };
        let session = sessions::lock(tx.conn, owner, self.session).await?.ok_or(missing)?;
        may_submit(&session, tx.now).map_err(Refused::Person).map_err(Fault::Refused)?;
        let keys = &tx.env.keys;
        let open = |context, sealed: &Option<Vec<u8>>| {
            keys.open_text(context, sealed.as_deref().unwrap_or_default()).map_err(Fault::internal)
        };
        let (name, number) = (open(model::NAME, &row.name)?, open(model::NUMBER, &row.number)?);
        let document = Document::read(Region::Mainland, &number, tx.now.date_naive()).ok();
        let (document, name) = document
            .zip(PersonName::read(&name))
            .ok_or_else(|| Fault::internal("an identity that is none any more"))?;
        sessions::submit(tx.conn, (owner, session.id), &self.photo, tx.now).await?;
        let question = NewVerification {
            owner,
            shop: Some(who.shop_id),
            what: What::Face { session: session.id, gesture: &session.gesture, photo: &self.photo },
            document: &document,
            name: &name,
        };
        let verification = verifications::put(tx, &question).await?;
        store::faced(tx.conn, (who.shop_id, who.id), verification, tx.now).await?;
        tx.record(Entry {
            chain: Chain::Shop(who.shop_id),
            target: who.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "session": session.id }),
        });
        Ok(Asked { owner, verification })
    }
}
