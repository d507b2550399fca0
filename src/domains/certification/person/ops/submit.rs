//! `submitPersonPhoto`: the photo of a session, in time (requirements 2.4, 2.8). The photo was made anew and kept before the
//! transaction.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::PersonRefusal;
use super::super::store::{self, PersonSession};
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::certification::identity::model::{self as identity, Document, PersonName, Region};
use crate::domains::certification::identity::store as identities;
use crate::domains::certification::verifications::{self, NewVerification, What};
use crate::kernel::ids::{AccountId, PersonSessionId, TypedId, VerificationId};
use crate::kernel::{Fault, Instant, Subject};

/// Hands in the photo of a session.
#[derive(Debug, Serialize)]
pub struct SubmitPersonPhoto {
    /// The session.
    pub session: PersonSessionId,
    /// The key of the photo.
    pub photo: String,
}

/// The question that is to be asked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Submitted {
    /// Whose photo it is.
    pub account: AccountId,
    /// The question.
    pub verification: VerificationId,
}

impl Command for SubmitPersonPhoto {
    const NAME: &'static str = "submitPersonPhoto";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Submitted;
    type Refusal = PersonRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Submitted, Fault<PersonRefusal>> {
        let missing = || Fault::NotFound { what: "personSession" };
        let Subject::Account { id: account } = tx.actor()?.subject else { return Err(missing()) };
        // First, as whoever starts a session does. A review that lapses at this moment waits: a photo that comes in time counts.
        let certification = identities::lock(tx.conn, account).await?.ok_or_else(missing)?;
        let session = store::lock(tx.conn, account.uuid(), self.session).await?.ok_or_else(missing)?;
        may_submit(&session, tx.now).map_err(Fault::Refused)?;
        let keys = &tx.env.keys;
        let open = |context, sealed: &[u8]| keys.open_text(context, sealed).map_err(Fault::internal);
        let (name, number) =
            (open(identity::NAME, &certification.name)?, open(identity::NUMBER, &certification.number)?);
        let region = Region::parse(&certification.region);
        let document = region.and_then(|region| Document::read(region, &number, tx.now.date_naive()).ok());
        let (document, name) = document
            .zip(PersonName::read(&name))
            .ok_or_else(|| Fault::internal("an identity that is none any more"))?;
        store::submit(tx.conn, (account.uuid(), session.id), &self.photo, tx.now).await?;
        let gesture = session.gesture.as_str();
        let question = NewVerification {
            owner: account.uuid(),
            shop: None,
            what: What::Face { session: session.id, gesture, photo: &self.photo },
            document: &document,
            name: &name,
        };
        let verification = verifications::put(tx, &question).await?;
        tx.record(Entry {
            chain: Chain::Account(account),
            target: session.id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "gesture": gesture }),
        });
        Ok(Submitted { account, verification })
    }
}

/// Whether a session takes a photo.
///
/// # Errors
/// [`PersonRefusal::Closed`] or [`PersonRefusal::Expired`].
pub fn may_submit(session: &PersonSession, now: Instant) -> Result<(), PersonRefusal> {
    if session.state != "OPEN" {
        return Err(PersonRefusal::Closed);
    }
    if now >= session.expires_at {
        return Err(PersonRefusal::Expired { at: session.expires_at });
    }
    Ok(())
}
