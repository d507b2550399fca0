//! `approveRefund`: Kith's main job. The permit locks the refund, looks at the grant's limits and counts them; then the
//! money goes from the shop's escrow, or from its balance once the order is settled, to the method that paid ([`pay_back`]).

use std::collections::{HashMap, HashSet};

use diesel::result::QueryResult;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::pay_back::{Plain, Source, pay_back, plain, write_all};
use crate::command::{Command, Event, KeyRule, Shared, Sheet, Tx};
use crate::db::{Connection, Write};
use crate::domains::payments::PaymentRefusal;
use crate::domains::payments::ledger;
use crate::domains::payments::payment::store as payments;
use crate::domains::shops::events;
use crate::domains::shops::orders::store as orders;
use crate::domains::shops::refunds::model::{Locked, OVERTAKEN, Refund, State};
use crate::domains::shops::refunds::store;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::RefundId;
use crate::kernel::{Fault, Instant, Subject, Text};
use crate::permissions::catalogue::number;
use crate::permissions::{Actor, Number, Permit};

const APPROVE: Number = number("refund.approve");

/// Approves a refund.
#[derive(Debug, Serialize)]
pub struct ApproveRefund {
    /// The refund.
    pub refund: RefundId,
}

/// The refund as it stands now.
#[derive(Debug, Serialize, Deserialize)]
pub struct Decided {
    /// The refund.
    pub refund: Refund,
}

/// Why a refund is not approved.
#[derive(Debug)]
pub enum ApproveRefusal {
    /// It was approved or rejected before.
    AlreadyDecided(State),
    /// The second approval must be somebody else's.
    SecondApproverMustDiffer,
    /// More than is left of the order.
    ExceedsOrder,
    /// The balance that paid would be more than a balance can be.
    BalanceFull,
    /// The shop demands that somebody looks first.
    ReviewFirst,
    /// Who looked does not approve: four eyes see it. The main account may be alone in its shop, so it may do both.
    ReviewerMustDiffer,
    /// The order is settled, and the shop's balance holds less than the refund.
    ShopBalanceTooLow,
}

impl Refusal for ApproveRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyDecided(_) => "ALREADY_DECIDED",
            Self::SecondApproverMustDiffer => "SECOND_APPROVER_MUST_DIFFER",
            Self::ExceedsOrder => "EXCEEDS_ORDER",
            Self::BalanceFull => "BALANCE_FULL",
            Self::ReviewFirst => "REVIEW_FIRST",
            Self::ReviewerMustDiffer => "REVIEWER_MUST_DIFFER",
            Self::ShopBalanceTooLow => "SHOP_BALANCE_TOO_LOW",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        &["refundId"]
    }

    fn message(&self) -> Text {
        match self {
            Self::AlreadyDecided(State::Approved) => Text::new("The refund was approved before.", "该退款已同意。"),
            Self::AlreadyDecided(State::Overtaken) => OVERTAKEN,
            Self::AlreadyDecided(_) => Text::new("The refund was rejected before.", "该退款已拒绝。"),
            Self::SecondApproverMustDiffer => Text::new(
                "You gave the first approval; somebody else with this permission must give the second.",
                "您已完成首次审批,请由其他有权限的人进行二次审批。",
            ),
            Self::ReviewFirst => Text::new(
                "This shop wants refunds reviewed before they are approved. Have somebody call reviewRefund.",
                "本店要求退款先复核再同意,请先由有权限的人调用 reviewRefund。",
            ),
            Self::ReviewerMustDiffer => Text::new(
                "You reviewed this refund; somebody else with this permission must approve it.",
                "该退款由您复核,请由其他有权限的人同意退款。",
            ),
            Self::ExceedsOrder => Text::new(
                "The order has less left than this refund asks for. Reject it, and have the buyer ask for less.",
                "订单剩余可退金额不足,请拒绝并让买家重新申请。",
            ),
            Self::BalanceFull => PaymentRefusal::BalanceFull.message(),
            Self::ShopBalanceTooLow => Text::new(
                "The order is settled and the shop's balance holds less than this refund. Approve it when more orders are settled.",
                "该订单已结算,店铺余额不足以退款,请待更多订单结算后再同意。",
            ),
        }
    }
}

impl Command for ApproveRefund {
    const NAME: &'static str = "approveRefund";
    const KEY: KeyRule = KeyRule::Required;
    type Output = Decided;
    type Refusal = ApproveRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Decided, Fault<ApproveRefusal>> {
        let locked = store::lock(tx.conn, self.refund).await?;
        let permit = tx.permit(APPROVE, locked).await?;
        let by = permit.seat.holder(tx.actor()?.subject);
        if step(&permit, by).map_err(Fault::Refused)? == Step::First {
            let refund = store::approve_first(tx.conn, &permit.record().refund, by).await?;
            tx.record_under(&permit, &refund.id, json!({ "amount": refund.money().decimal(), "approval": 1 }));
            tx.emit(event(events::REFUND_APPROVED_ONCE, &refund));
            return Ok(Decided { refund });
        }
        let (approved, movement) = pay_back(tx, permit.record(), by, Source::Shop).await?;
        tx.record_under(&permit, &approved.id, detail(&approved, &movement));
        tx.emit(event(events::REFUND_APPROVED, &approved));
        Ok(Decided { refund: approved })
    }

    fn broken(constraint: &str) -> Option<ApproveRefusal> {
        match constraint {
            orders::ROOM | payments::ROOM => Some(ApproveRefusal::ExceedsOrder),
            ledger::FULL => Some(ApproveRefusal::BalanceFull),
            ledger::NOT_BELOW_ZERO => Some(ApproveRefusal::ShopBalanceTooLow),
            _ => None,
        }
    }
}

/// Alone runs what takes more than the rows of the refund: the first of two approvals, money that goes back to a card, under
/// intimate pay, from a balance or from charity.
impl Shared for ApproveRefund {
    type Locked = Locked;
    type Change = Plain;

    fn is_plain(&self, actor: &Actor) -> bool {
        !actor.arbiter.concerns(APPROVE)
    }

    async fn lock_all(conn: &mut Connection, commands: &[&Self]) -> QueryResult<Vec<Option<Locked>>> {
        let ids: Vec<RefundId> = commands.iter().map(|command| command.refund).collect();
        let found = store::lock_plain(conn, &ids).await?;
        // The first of those that change the same row.
        let (mut orders, mut targets) = (HashSet::new(), HashSet::new());
        let mut free: HashMap<RefundId, Locked> = found
            .into_iter()
            .filter(|locked| orders.insert(locked.refund.order_id) && targets.insert(locked.target))
            .map(|locked| (locked.refund.id, locked))
            .collect();
        Ok(ids.iter().map(|id| free.remove(id)).collect())
    }

    fn decide(&self, sheet: &mut Sheet<'_>, locked: Locked) -> Option<(Decided, Plain)> {
        let permit = sheet.permit(APPROVE, locked)?;
        let by = permit.seat.holder(sheet.actor()?.subject);
        if step(&permit, by).ok()? == Step::First {
            return None;
        }
        let plain = plain(permit.record(), by, sheet.now)?;
        let approved = plain.approved.clone();
        sheet.record_under(&permit, &approved.id, detail(&approved, &plain.movement));
        sheet.emit(event(events::REFUND_APPROVED, &approved));
        Some((Decided { refund: approved }, plain))
    }

    fn write_all(changes: &[Plain], now: Instant) -> Vec<Box<dyn Write>> {
        write_all(changes, now)
    }
}

/// What an approval does.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Another one must follow.
    First,
    /// The money goes back.
    PayBack,
}

/// The rule: what an approval by `by` does as the refund stands.
fn step(permit: &Permit<Locked>, by: Subject) -> Result<Step, ApproveRefusal> {
    let refund = &permit.record().refund;
    if refund.state().is_open() && permit.record().review_first {
        if refund.reviewed_at.is_none() {
            return Err(ApproveRefusal::ReviewFirst);
        }
        if permit.seat.sub_account.is_some() && refund.reviewed_by.as_deref() == Some(&by.to_string()) {
            return Err(ApproveRefusal::ReviewerMustDiffer);
        }
    }
    match refund.state() {
        State::Requested if permit.obligations.second_approver => Ok(Step::First),
        State::AwaitingSecondApproval if refund.first_approved_by.as_deref() == Some(&by.to_string()) => {
            Err(ApproveRefusal::SecondApproverMustDiffer)
        }
        State::Requested | State::AwaitingSecondApproval => Ok(Step::PayBack),
        decided => Err(ApproveRefusal::AlreadyDecided(decided)),
    }
}

/// What the audit entry of an approval says.
fn detail(approved: &Refund, movement: &ledger::Movement) -> Value {
    json!({ "amount": approved.money().decimal(), ledger::DETAIL_KEY: ledger::audit_detail(movement) })
}

/// The event of a refund. Its buyer waits for the decision, so they are told of it as the shop is.
pub(in crate::domains::shops) fn event(topic: &'static str, refund: &Refund) -> Event {
    let told = (!refund.state().is_open()).then_some([refund.buyer_account_id]);
    Event {
        topic,
        shop: Some(refund.shop_id),
        payload: json!({
            "shop": refund.shop_id,
            "refund": refund.id,
            "buyer": refund.buyer_account_id,
            "amount": refund.money().decimal(),
            "currency": refund.currency,
            "accounts": told,
        }),
    }
}
