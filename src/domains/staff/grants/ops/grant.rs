//! `grantPermission`: lets a sub-account do something, within limits.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Command, Tx};
use crate::domains::staff::grants::edit::Holdings;
use crate::domains::staff::grants::model::{Grant, LARGEST_LIMIT};
use crate::domains::staff::outcome::Staffed;
use crate::domains::staff::perms::PERMISSION_GRANT;
use crate::domains::staff::reach::{Overreach, Reach, grantable};
use crate::domains::staff::sub_accounts::model::State;
use crate::domains::staff::{change, events};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::SubAccountId;
use crate::kernel::{Currency, Fault, Instant, Text};
use crate::permissions::{Constraints, store};

/// Grants a permission.
#[derive(Debug, Serialize)]
pub struct GrantPermission {
    /// To whom.
    pub sub_account: SubAccountId,
    /// The code of what.
    pub permission: String,
    /// Within which limits, in minor units of the shop's currency.
    pub constraints: Constraints,
    /// The currency that the amounts were given in, if one was said.
    pub currency: Option<Currency>,
}

/// The grant, and the sub-account after it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Granted {
    /// The grant.
    pub grant: Grant,
    /// The sub-account.
    pub staffed: Staffed,
}

/// Why a permission is not granted.
#[derive(Debug)]
pub enum GrantRefusal {
    /// Too far (requirement 5.2).
    Permission(Overreach),
    /// To the wrong person (requirement 5.2).
    Person(Overreach),
    /// The sub-account has departed.
    Departed,
    /// A limit makes no sense: its name.
    Limit(&'static str),
    /// Money limits where no money moves.
    NoMoney,
    /// Amounts in another currency than the shop's.
    Currency(Currency),
    /// It would be over before it began.
    Past,
    /// The position has it locked, so it cannot be narrowed.
    Locked,
}

impl Refusal for GrantRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Permission(why) | Self::Person(why) => why.code(),
            Self::Departed => "SUB_ACCOUNT_DEPARTED",
            Self::Limit(_) => "CONSTRAINT_INVALID",
            Self::NoMoney => "NO_MONEY_MOVES",
            Self::Currency(_) => "CURRENCY_MISMATCH",
            Self::Past => "VALID_UNTIL_PAST",
            Self::Locked => "LOCKED_BY_POSITION",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Permission(Overreach::Wider(_, limit)) | Self::Limit(limit) => limit_field(limit),
            Self::Permission(_) => &["permission"],
            Self::Person(_) | Self::Departed => &["subAccountId"],
            Self::NoMoney | Self::Currency(_) | Self::Locked => &["constraints"],
            Self::Past => &["constraints", "validUntil"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Permission(why) | Self::Person(why) => why.message(),
            Self::Departed => Text::new(
                "The sub-account has departed. Restore it first with restoreSubAccount.",
                "该子账号已离职,请先使用 restoreSubAccount 恢复。",
            ),
            Self::Limit(limit) => Text::made(
                format!(
                    "{limit} makes no sense: amounts and counts are above zero and at most 10,000,000,000,000.00, thresholds \
                     not below zero, hours two different times from 00:00 to 24:00."
                ),
                format!("{limit} 无效:金额和次数须大于 0 且不超过 10,000,000,000,000.00,阈值不得小于 0,时段为 00:00 至 24:00 内两个不同时间。"),
            ),
            Self::NoMoney => Text::new(
                "No money moves with this permission: limits on amounts mean nothing. Use countPerDay, hours or validUntil.",
                "该权限不涉及金额,不能设置金额限制,请使用 countPerDay、hours 或 validUntil。",
            ),
            Self::Currency(currency) => Text::made(
                format!("The shop's currency is {currency}. Give amounts in it."),
                format!("店铺币种为 {currency},请使用该币种。"),
            ),
            Self::Past => Text::new("validUntil lies in the past. Give a later moment.", "validUntil 已过期,请填写将来的时间。"),
            Self::Locked => Text::new(
                "The position has this permission locked, so it cannot be narrowed. Move the sub-account to another position.",
                "该权限由岗位锁定,不能附加限制,请调整岗位。",
            ),
        }
    }
}

fn limit_field(limit: &str) -> &'static [&'static str] {
    match limit {
        "perAction" => &["constraints", "perAction"],
        "perDay" => &["constraints", "perDay"],
        "perMonth" => &["constraints", "perMonth"],
        "countPerDay" => &["constraints", "countPerDay"],
        "hours" => &["constraints", "hours"],
        "validUntil" => &["constraints", "validUntil"],
        "stepUpAbove" => &["constraints", "stepUpAbove"],
        "secondApproverAbove" => &["constraints", "secondApproverAbove"],
        _ => &["constraints"],
    }
}

impl GrantPermission {
    /// What can be said without knowing who grants.
    fn check(&self, money: bool, shop: Currency, now: Instant) -> Result<(), GrantRefusal> {
        let limits = &self.constraints;
        let amounts = [
            ("perAction", limits.per_action),
            ("perDay", limits.per_day),
            ("perMonth", limits.per_month),
            ("stepUpAbove", limits.step_up_above),
            ("secondApproverAbove", limits.second_approver_above),
        ];
        if !money && amounts.iter().any(|(_, amount)| amount.is_some()) {
            return Err(GrantRefusal::NoMoney);
        }
        if self.currency.is_some_and(|currency| currency != shop) {
            return Err(GrantRefusal::Currency(shop));
        }
        limits.validate().map_err(GrantRefusal::Limit)?;
        let counted = amounts.into_iter().chain([("countPerDay", limits.count_per_day)]);
        for (name, amount) in counted {
            if amount.is_some_and(|amount| amount > LARGEST_LIMIT) {
                return Err(GrantRefusal::Limit(name));
            }
        }
        if limits.valid_until.is_some_and(|until| until <= now) { Err(GrantRefusal::Past) } else { Ok(()) }
    }
}

impl Command for GrantPermission {
    const NAME: &'static str = "grantPermission";
    type Output = Granted;
    type Refusal = GrantRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Granted, Fault<GrantRefusal>> {
        let who = change::sub_account(tx, self.sub_account).await?;
        let permit = tx.permit(PERMISSION_GRANT, Some(who)).await?;
        let who = permit.record();
        let entry = grantable(&self.permission).map_err(GrantRefusal::Permission).map_err(Fault::Refused)?;
        let position = change::position_in(tx, who.shop_id, who.position_id).await?;
        let reach = Reach::of(&permit.seat, tx.now);
        let refuse = |refusal| Err(Fault::Refused(refusal));
        if let Err(why) = reach.over(who.id, position.position.rank) {
            return refuse(GrantRefusal::Person(why));
        }
        if who.state == State::Departed {
            return refuse(GrantRefusal::Departed);
        }
        self.check(entry.money, permit.seat.currency, tx.now).map_err(Fault::Refused)?;
        if let Err(why) = reach.give(entry.number, &self.constraints) {
            return refuse(GrantRefusal::Permission(why));
        }
        let mut holdings = Holdings::of(tx.conn, who, position.clone()).await?;
        if holdings.locked(entry.number) && !self.constraints.is_empty() {
            return refuse(GrantRefusal::Locked);
        }
        let by = change::by(&permit);
        let grant = holdings.give(tx.conn, entry.number, self.constraints.clone(), (&by, tx.now)).await?;
        store::move_epoch(tx.conn, who.shop_id).await?;
        let staffed = Staffed { sub_account: who.clone(), position, grants: holdings.standing() };
        let detail = json!({ "permission": entry.code, "grant": grant.id, "constraints": self.constraints });
        tx.record_under(&permit, &who.id, detail);
        tx.emit(events::about_permission(events::GRANTED, who, entry.number, &by));
        Ok(Granted { grant, staffed })
    }
}
