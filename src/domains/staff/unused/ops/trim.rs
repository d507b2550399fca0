//! `trimUnusedPermissions`: takes back what was not used, in one call.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::store;
use crate::command::{Command, Event, Tx};
use crate::domains::staff::perms::PERMISSION_GRANT;
use crate::domains::staff::reach::Reach;
use crate::domains::staff::{change, events, manage};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{GrantId, ShopId};
use crate::kernel::{Fault, Text};
use crate::permissions::{Number, WholeShop};

/// Days that may be asked for.
pub const DAYS: std::ops::RangeInclusive<i32> = 1..=3_660;

/// Takes back grants that were not used for so many days, of everybody below whoever asks.
#[derive(Debug, Serialize)]
pub struct TrimUnusedPermissions {
    /// The shop.
    pub shop: ShopId,
    /// For how many days.
    pub days: i32,
}

/// What was taken back.
#[derive(Debug, Serialize, Deserialize)]
pub struct Trimmed {
    /// The grants.
    pub grants: Vec<GrantId>,
}

/// Why nothing is taken back.
#[derive(Debug)]
pub enum TrimRefusal {
    /// Not a number of days.
    Days,
    /// Nobody could manage these (requirement 5.3).
    Unmanaged(Vec<Number>),
}

impl Refusal for TrimRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Days => "DAYS_INVALID",
            Self::Unmanaged(_) => manage::UNMANAGED,
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Days => &["days"],
            Self::Unmanaged(_) => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Days => Text::new("Ask for 1 to 3,660 days.", "天数须为 1 到 3660。"),
            Self::Unmanaged(left) => manage::refusal(left),
        }
    }
}

impl Command for TrimUnusedPermissions {
    const NAME: &'static str = "trimUnusedPermissions";
    type Output = Trimmed;
    type Refusal = TrimRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Trimmed, Fault<TrimRefusal>> {
        change::shop(tx, self.shop, "shop").await?;
        let permit = tx.permit(PERMISSION_GRANT, Some(WholeShop(self.shop))).await?;
        if !DAYS.contains(&self.days) {
            return Err(Fault::Refused(TrimRefusal::Days));
        }
        let moment = tx.now - TimeDelta::days(i64::from(self.days));
        let unused = store::since(tx.conn, self.shop, moment, None).await?;
        let reach = Reach::of(&permit.seat, tx.now);
        let within = |unused: &&store::Unused| reach.over(unused.sub_account, unused.rank).is_ok();
        let grants: Vec<GrantId> = unused.iter().filter(within).map(|unused| unused.grant).collect();
        let before = manage::unmanaged(tx.conn, self.shop).await?;
        store::revoke(tx.conn, self.shop, &grants, &change::by(&permit), tx.now).await?;
        let left = manage::unmanaged_after(tx.conn, self.shop, &before).await?;
        if !left.is_empty() {
            return Err(Fault::Refused(TrimRefusal::Unmanaged(left)));
        }
        tx.record_under(&permit, &self.shop, json!({ "days": self.days, "grants": grants }));
        if !grants.is_empty() {
            let payload = json!({ "grants": grants.len() });
            tx.emit(Event { topic: events::CHANGED, shop: Some(self.shop), payload });
        }
        Ok(Trimmed { grants })
    }
}
