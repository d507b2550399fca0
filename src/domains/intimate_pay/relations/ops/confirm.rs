//! `confirmIntimatePay`: the second step opens exactly what was shown (requirement 0.4). It lets somebody spend the payer's
//! money, so it asks for a step-up, whatever the two had before: whoever finds the payer's session open must neither undo an end, nor
//! lift a report by ending and opening anew (requirements 0.11, 0.14). With another cap than before it is a change of the cap like any
//! other (requirement 0.9).

use serde::Serialize;
use serde_json::json;

use super::super::offer::Offer;
use super::super::refusal::RelationRefusal;
use super::super::store;
use super::open::room;
use super::{Changed, count_change, stepped_up};
use crate::command::{Command, KeyRule, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::family::links::model::State;
use crate::domains::family::links::store as links;
use crate::domains::intimate_pay::{acting, entry, events, tell};
use crate::kernel::Fault;

/// Confirms shown terms.
#[derive(Debug, Serialize)]
pub struct ConfirmIntimatePay {
    /// The token.
    #[serde(skip_serializing)]
    pub token: String,
}

impl Command for ConfirmIntimatePay {
    const NAME: &'static str = "confirmIntimatePay";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Changed;
    type Refusal = RelationRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Changed, Fault<RelationRefusal>> {
        let payer = acting(tx)?;
        let offer = Offer::of_token(&tx.env.keys, self.token.trim()).filter(|offer| offer.payer == payer);
        let offer = offer.ok_or(Fault::Refused(RelationRefusal::TokenInvalid))?;
        if tx.now >= offer.expires_at {
            return Err(Fault::Refused(RelationRefusal::TokenExpired));
        }
        // The lock holds off the end of the link, which ends what stands on it: either it finds this relation, or this finds
        // that the link has ended.
        let link = links::lock(tx.conn, payer, offer.link).await?.ok_or(Fault::NotFound { what: "family link" })?;
        // Behind the lock: of two that confirm at once, the second finds the first one's relation.
        if store::get(tx.conn, payer, offer.id).await?.is_some() {
            return Err(Fault::Refused(RelationRefusal::TokenUsed));
        }
        if link.state(tx.now) != State::Accepted || link.other(payer) != Some(offer.beneficiary) {
            return Err(Fault::Refused(RelationRefusal::NoLink));
        }
        // What is counted of the payer stays as it is until the end.
        accounts::lock(tx.conn, payer).await?.ok_or(Fault::NotFound { what: "account" })?;
        let open = store::open_of_payer(tx.conn, payer).await?;
        room(tx, payer, offer.beneficiary, &open)?;
        stepped_up(tx).await?;
        let before = store::newest(tx.conn, payer, offer.beneficiary).await?;
        if before.as_ref().is_some_and(|before| offer.changes_the_caps_of(before, tx.now)) {
            count_change(tx, [payer, offer.beneficiary], offer.zone()).await?;
        }
        let nth = before.map_or(1, |before| before.nth.saturating_add(1));
        store::insert(tx.conn, &offer, nth, tx.now).await.map_err(broken)?;
        let detail = json!({ "beneficiary": offer.beneficiary, "cap": offer.terms.monthly_cap });
        tx.record(entry(payer, offer.id, detail));
        tx.emit(tell(events::OPENED, &[payer, offer.beneficiary], json!({ "relation": offer.id })));
        Ok(Changed { relation: offer.id })
    }
}

/// Two confirmations at once: the key, or the pair, is there already.
fn broken(error: diesel::result::Error) -> Fault<RelationRefusal> {
    let constraint = match &error {
        diesel::result::Error::DatabaseError(_, info) => info.constraint_name(),
        _ => None,
    };
    match constraint {
        Some(store::ONCE) => Fault::Refused(RelationRefusal::AlreadyOpen),
        Some(store::KEY | "intimate_pays_by_id") => Fault::Refused(RelationRefusal::TokenUsed),
        _ => error.into(),
    }
}
