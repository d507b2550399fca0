//! `openIntimatePay`: the first step shows what would be confirmed, and changes nothing (requirements 0.3 and 0.4).

use chrono::TimeDelta;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::inputs::WrittenTerms;
use super::super::model::IntimatePay;
use super::super::offer::Offer;
use super::super::refusal::RelationRefusal;
use super::super::store;
use crate::command::{Command, KeyRule, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::domains::family::links::model::State;
use crate::domains::family::links::store as links;
use crate::domains::intimate_pay::{acting, entry};
use crate::kernel::ids::{AccountId, FamilyLinkId, IntimatePayId};
use crate::kernel::{Currency, Fault};

/// Asks for the terms.
#[derive(Debug, Serialize)]
pub struct OpenIntimatePay {
    /// The family link.
    pub link: FamilyLinkId,
    /// What the payer would allow.
    pub terms: WrittenTerms,
    /// In which months and hours are counted; the payer's own when it is left out.
    pub time_zone: Option<String>,
}

/// What would be confirmed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Offered {
    /// It.
    pub offer: Offer,
    /// The token that confirms it.
    pub token: String,
}

impl Command for OpenIntimatePay {
    const NAME: &'static str = "openIntimatePay";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Offered;
    type Refusal = RelationRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Offered, Fault<RelationRefusal>> {
        let payer = acting(tx)?;
        let link = links::get(tx.conn, payer, self.link).await?.ok_or(Fault::NotFound { what: "family link" })?;
        let beneficiary = match (link.state(tx.now), link.other(payer)) {
            (State::Accepted, Some(other)) => other,
            _ => return Err(Fault::Refused(RelationRefusal::NoLink)),
        };
        let open = store::open_of_payer(tx.conn, payer).await?;
        room(tx, payer, beneficiary, &open)?;
        let account = accounts::lock(tx.conn, payer).await?.ok_or(Fault::NotFound { what: "account" })?;
        let time_zone = self.time_zone.clone().unwrap_or(account.time_zone);
        time_zone.parse::<Tz>().map_err(|_| Fault::Refused(RelationRefusal::ZoneUnknown))?;
        let figures = &tx.env.intimate_pay;
        let offer = Offer {
            id: IntimatePayId::generate(),
            payer,
            link: link.id,
            beneficiary,
            currency: Currency::CNY,
            time_zone,
            terms: self.terms.read(Currency::CNY, figures).map_err(Fault::Refused)?,
            expires_at: tx.now + TimeDelta::minutes(i64::from(figures.confirmation_min)),
        };
        let token = offer.token(&tx.env.keys).map_err(Fault::internal)?;
        tx.record(entry(payer, link.id, json!({ "cap": offer.terms.monthly_cap, "confirmed": false })));
        Ok(Offered { offer, token })
    }
}

/// Refuses a relation more than a payer may have, and a second one with the same relative.
pub(super) fn room(
    tx: &Tx<'_>,
    payer: AccountId,
    beneficiary: AccountId,
    open: &[IntimatePay],
) -> Result<(), Fault<RelationRefusal>> {
    let most = tx.env.intimate_pay.most_relations;
    debug_assert!(open.iter().all(|relation| relation.payer_account_id == payer));
    if open.iter().any(|relation| relation.beneficiary_account_id == beneficiary) {
        return Err(Fault::Refused(RelationRefusal::AlreadyOpen));
    }
    if open.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
        return Err(Fault::Refused(RelationRefusal::TooMany { most }));
    }
    Ok(())
}
