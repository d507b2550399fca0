//! `reviewRefund`: somebody looks before somebody approves, where the shop demands it; and `setRefundRules`, which demands it.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::approve::Decided;
use crate::command::{Command, Tx};
use crate::domains::shops::refunds::model::{OVERTAKEN, State};
use crate::domains::shops::refunds::store;
use crate::domains::shops::shop::store as shops;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{RefundId, ShopId};
use crate::kernel::{Fault, Text};
use crate::permissions::WholeShop;
use crate::permissions::catalogue::number;

/// Notes that a refund was looked at and may be approved.
#[derive(Debug, Serialize)]
pub struct ReviewRefund {
    /// The refund.
    pub refund: RefundId,
}

/// Why it is not noted.
#[derive(Debug)]
pub enum ReviewRefusal {
    /// It does not wait for anybody any more.
    AlreadyDecided(State),
    /// It was reviewed before.
    Reviewed,
}

impl Refusal for ReviewRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyDecided(_) => "ALREADY_DECIDED",
            Self::Reviewed => "ALREADY_REVIEWED",
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
            Self::Reviewed => {
                Text::new("The refund was reviewed before; nothing was changed.", "该退款已复核,未做修改。")
            }
        }
    }
}

impl Command for ReviewRefund {
    const NAME: &'static str = "reviewRefund";
    type Output = Decided;
    type Refusal = ReviewRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Decided, Fault<ReviewRefusal>> {
        let locked = store::lock(tx.conn, self.refund).await?;
        let permit = tx.permit(const { number("refund.review") }, locked).await?;
        let refund = &permit.record().refund;
        if !refund.state().is_open() {
            return Err(Fault::Refused(ReviewRefusal::AlreadyDecided(refund.state())));
        }
        if refund.reviewed_at.is_some() {
            return Err(Fault::Refused(ReviewRefusal::Reviewed));
        }
        let by = permit.seat.holder(tx.actor()?.subject);
        let reviewed = store::review(tx.conn, refund, by, tx.now).await?;
        tx.record_under(&permit, &reviewed.id, json!({ "amount": reviewed.money().decimal() }));
        Ok(Decided { refund: reviewed })
    }
}

/// Says whether refunds of a shop are reviewed before they are approved.
#[derive(Debug, Serialize)]
pub struct SetRefundRules {
    /// The shop.
    pub shop: ShopId,
    /// Whether they are.
    pub review: bool,
}

/// The rules as they are.
#[derive(Debug, Serialize, Deserialize)]
pub struct RulesSet {
    /// Whether refunds are reviewed before they are approved.
    pub review: bool,
}

impl Command for SetRefundRules {
    const NAME: &'static str = "setRefundRules";
    type Output = RulesSet;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<RulesSet, Fault> {
        let permit = tx.permit(const { number("refund.rules.set") }, Some(WholeShop(self.shop))).await?;
        shops::set_refund_review(tx.conn, self.shop, self.review).await?;
        tx.record_under(&permit, &self.shop, json!({ "review": self.review }));
        Ok(RulesSet { review: self.review })
    }
}
