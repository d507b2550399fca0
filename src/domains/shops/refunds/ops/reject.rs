//! `rejectRefund`: turns a request down, with a reason that the buyer reads.

use serde::Serialize;
use serde_json::json;

use super::approve::{Decided, event};
use crate::command::{Command, Tx};
use crate::domains::shops::events;
use crate::domains::shops::muted::MUTED;
use crate::domains::shops::refunds::model::{OVERTAKEN, State, is_reason};
use crate::domains::shops::refunds::store;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::RefundId;
use crate::kernel::{Fault, Text};
use crate::permissions::catalogue::number;

/// Turns a refund down.
#[derive(Debug, Serialize)]
pub struct RejectRefund {
    /// The refund.
    pub refund: RefundId,
    /// Why, in words that the buyer reads.
    pub reason: String,
}

/// Why a refund is not rejected.
#[derive(Debug)]
pub enum RejectRefusal {
    /// It was approved or rejected before.
    AlreadyDecided(State),
    /// The reason has characters or a length that reasons cannot have.
    ReasonInvalid,
    /// What the sub-account writes to buyers does not arrive, and a rejection is its reason (requirement 4.5).
    Muted,
}

impl Refusal for RejectRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyDecided(_) => "ALREADY_DECIDED",
            Self::ReasonInvalid => "REASON_INVALID",
            Self::Muted => "MUTED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::AlreadyDecided(_) | Self::Muted => &["refundId"],
            Self::ReasonInvalid => &["reason"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::AlreadyDecided(State::Approved) => Text::new("The refund was approved before.", "该退款已同意。"),
            Self::AlreadyDecided(State::Overtaken) => OVERTAKEN,
            Self::AlreadyDecided(_) => Text::new("The refund was rejected before.", "该退款已拒绝。"),
            Self::ReasonInvalid => Text::new("A reason has 1 to 500 characters.", "拒绝原因为 1 到 500 个字符。"),
            Self::Muted => MUTED,
        }
    }
}

impl Command for RejectRefund {
    const NAME: &'static str = "rejectRefund";
    type Output = Decided;
    type Refusal = RejectRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Decided, Fault<RejectRefusal>> {
        let locked = store::lock(tx.conn, self.refund).await?;
        let permit = tx.permit(const { number("refund.reject") }, locked).await?;
        if permit.seat.is_muted() {
            return Err(Fault::Refused(RejectRefusal::Muted));
        }
        let refund = &permit.record().refund;
        if !refund.state().is_open() {
            return Err(Fault::Refused(RejectRefusal::AlreadyDecided(refund.state())));
        }
        if !is_reason(&self.reason) {
            return Err(Fault::Refused(RejectRefusal::ReasonInvalid));
        }
        let by = permit.seat.holder(tx.actor()?.subject);
        let rejected = store::reject(tx.conn, refund, by, &self.reason, tx.now).await?;
        tx.record_under(&permit, &rejected.id, json!({ "amount": rejected.money().decimal() }));
        tx.emit(event(events::REFUND_REJECTED, &rejected));
        Ok(Decided { refund: rejected })
    }
}
