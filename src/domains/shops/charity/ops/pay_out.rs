//! `payOutDonations`: what charity items gave an organisation leaves the books for its bank (requirement 4.14). Gifts that a dispute
//! may still take back stay.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::{CharityRefusal, LONGEST_NAME};
use super::super::payouts::{self, Payout};
use super::super::store;
use crate::command::{Chain, Command, Entry, KeyRule, Tx};
use crate::domains::payments::ledger::{self, AccountKind, EntryKind, Movement};
use crate::kernel::ids::{DonationPayoutId, OrganisationId, TypedId};
use crate::kernel::{Currency, Fault, Money, names};
use crate::permissions::catalogue::number;

/// Pays out to an organisation.
#[derive(Debug, Serialize)]
pub struct PayOutDonations {
    /// To whom.
    pub organisation: OrganisationId,
    /// In which currency.
    pub currency: Currency,
    /// The bank's reference, if it is known.
    pub reference: Option<String>,
}

/// What went out.
#[derive(Debug, Serialize, Deserialize)]
pub struct PaidOut {
    /// How much.
    pub paid: Money,
    /// Of how many sales.
    pub sales: i64,
    /// What can be paid out besides: one pay-out covers only so many sales.
    pub still_due: Money,
}

impl Command for PayOutDonations {
    const NAME: &'static str = "payOutDonations";
    const KEY: KeyRule = KeyRule::Required;
    type Output = PaidOut;
    type Refusal = CharityRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<PaidOut, Fault<CharityRefusal>> {
        let permission = const { number("platform.charity.pay_out") };
        tx.permit_platform(permission, &self.organisation)?;
        if self.reference.as_deref().is_some_and(|text| !names::is_line(text, LONGEST_NAME)) {
            return Err(Fault::Refused(CharityRefusal::ReferenceInvalid));
        }
        let (organisation, currency) = (self.organisation, self.currency);
        let found = store::lock(tx.conn, organisation).await?;
        let found = found.ok_or(Fault::NotFound { what: "charity organisation" })?;
        let days = tx.env.payments.close_after_settled_days;
        let until = tx.now - TimeDelta::days(i64::from(days));
        let id = DonationPayoutId::generate();
        let due = payouts::lock_due(tx.conn, organisation, currency, until).await?;
        let (minor, sales) = payouts::cover(tx.conn, id, &due).await?;
        if minor == 0 {
            return Err(Fault::Refused(CharityRefusal::NothingDue { days }));
        }
        let money = Money::new(minor, currency);
        let from = ledger::account(tx.conn, organisation.uuid(), AccountKind::Donation, currency).await?;
        let to = ledger::account(tx.conn, organisation.uuid(), AccountKind::Outside, currency).await?;
        let movement = Movement::new(organisation, EntryKind::DonationPaidOut, id, from, to, money, tx.now);
        ledger::post(tx, &movement).await?;
        let reference = self.reference.clone();
        let payout = Payout { id, organisation, money, sales, reference, entry: movement.id };
        let by = tx.actor()?.subject.to_string();
        payouts::insert(tx.conn, &payout, &by, tx.now).await?;
        let still_due = payouts::due(tx.conn, organisation, currency, until).await?;
        tx.record(Entry {
            chain: Chain::Platform,
            target: organisation.to_string(),
            permission: Some(permission),
            grant: None,
            detail: json!({
                "name": found.name, "payout": id, "amount": money.decimal(), "currency": currency, "sales": sales,
                "reference": self.reference,
            }),
        });
        Ok(PaidOut { paid: money, sales, still_due })
    }
}
