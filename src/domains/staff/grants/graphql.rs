//! Grants in the API.

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::NaiveDate;
use chrono_tz::Tz;
use kith_macros::guarded;

use super::loaders::{self, UsageOf};
use super::model::{Effect, Grant as Row};
use super::store;
use crate::domains::shops::shop::loaders::ShopById;
use crate::domains::staff::explain::entry::Permission;
use crate::domains::staff::perms::STAFF_READ;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::{DateTime, Money};
use crate::kernel::ids::{GrantId, ShopId};
use crate::kernel::{self, Currency, Fault, Instant};
use crate::permissions::Constraints;
use crate::permissions::catalogue::by_number;
use crate::permissions::constraints::clock_time;
use crate::permissions::quota::{Usage, Windows};

/// The currency and the time zone that a shop's limits are counted in.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// The currency of amounts.
    pub currency: Currency,
    /// The time zone of hours, days and months.
    pub zone: Tz,
}

impl Terms {
    /// Those of a shop. Whoever has a seat there carries them.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn of(request: &RequestContext, shop: ShopId) -> Result<Self, Fault> {
        if let Some(seat) = request.actor()?.seat(shop) {
            return Ok(Self { currency: seat.currency, zone: seat.zone });
        }
        let shop = request.loaders.of::<ShopById>().load(shop).await?;
        let shop = shop.ok_or_else(|| Fault::internal("a grant without its shop"))?;
        Ok(Self { currency: shop.currency, zone: shop.time_zone.parse().unwrap_or(Tz::UTC) })
    }

    /// The shop's day at a moment.
    #[must_use]
    pub fn day(self, now: Instant) -> NaiveDate {
        now.with_timezone(&self.zone).date_naive()
    }

    fn money(self, minor: i64) -> Money {
        kernel::Money::new(minor, self.currency).into()
    }
}

/// A personal grant: it overrides the position.
pub struct Grant {
    /// The row.
    pub row: Row,
    /// What its limits are counted in.
    pub terms: Terms,
}

/// A personal grant: it overrides the position.
#[guarded(inherits)]
#[Object]
impl Grant {
    /// The id. It stays the same when the limits are changed.
    pub async fn id(&self) -> ID {
        id(self.row.id)
    }

    /// The sub-account.
    async fn sub_account_id(&self) -> ID {
        id(self.row.sub_account_id)
    }

    /// The permission.
    async fn permission(&self) -> Option<Permission> {
        by_number(self.row.permission).map(Permission)
    }

    /// Whether it counts. One of a service that was removed, or that the shop no longer has, waits and comes back with it
    /// (requirement 5.9); so does one whose risk the main account has not agreed to.
    async fn active(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        let request = RequestContext::of(ctx)?;
        let number = self.row.permission;
        let counting = loaders::counting(request, self.row.shop_id, [number]).await.or_client(request)?;
        Ok(self.row.revoked_at.is_none() && counting.has(number))
    }

    /// Whether it adds the permission or takes it away.
    async fn effect(&self) -> Effect {
        self.row.effect
    }

    /// Its limits.
    async fn constraints(&self) -> GrantConstraints {
        GrantConstraints::of(&self.row.constraints, self.terms)
    }

    /// What is used and left of the limits that add up; nothing when none does.
    async fn usage(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<GrantUsage>> {
        let request = RequestContext::of(ctx)?;
        if !self.row.constraints.counts() || self.row.revoked_at.is_some() {
            return Ok(None);
        }
        let key = (self.row.shop_id, self.row.id, self.terms.day(request.now));
        let used = request.loaders.of::<UsageOf>().load(key).await.or_client(request)?;
        Ok(Some(GrantUsage::of(&self.row.constraints, self.terms, &used.unwrap_or_default(), request.now)))
    }

    /// Who granted it, by the name in the shop's records.
    async fn granted_by(&self) -> &str {
        &self.row.granted_by
    }

    /// When it was granted, or its limits were changed last.
    async fn granted_at(&self) -> DateTime {
        DateTime(self.row.granted_at)
    }

    /// Who took it back.
    async fn revoked_by(&self) -> Option<&str> {
        self.row.revoked_by.as_deref()
    }

    /// When it was taken back.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.row.revoked_at.map(DateTime)
    }
}

/// The limits of a grant (requirement 5.4). What is not there does not limit.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct GrantConstraints {
    /// The most that one use may move.
    pub per_action: Option<Money>,
    /// The most that all uses of a day may move together.
    pub per_day: Option<Money>,
    /// The most that all uses of a month may move together.
    pub per_month: Option<Money>,
    /// How often it may be used in a day.
    pub count_per_day: Option<i64>,
    /// The hours of the day, in the shop's time zone.
    pub hours: Option<GrantHours>,
    /// The moment from which it no longer counts.
    pub valid_until: Option<DateTime>,
    /// Whether it counts only while the sub-account is on shift, by the roster.
    pub on_shift: bool,
    /// Above this amount the session must have been stepped up.
    pub step_up_above: Option<Money>,
    /// Above this amount somebody else must approve as well.
    pub second_approver_above: Option<Money>,
}

impl GrantConstraints {
    /// The limits in the terms of their shop.
    #[must_use]
    pub fn of(limits: &Constraints, terms: Terms) -> Self {
        let money = |minor: Option<i64>| minor.map(|minor| terms.money(minor));
        Self {
            per_action: money(limits.per_action),
            per_day: money(limits.per_day),
            per_month: money(limits.per_month),
            count_per_day: limits.count_per_day,
            hours: limits.hours.map(|h| GrantHours { from: clock_time(h.from), until: clock_time(h.until) }),
            valid_until: limits.valid_until.map(DateTime),
            on_shift: limits.on_shift,
            step_up_above: money(limits.step_up_above),
            second_approver_above: money(limits.second_approver_above),
        }
    }
}

/// A span of the day; it may run over midnight.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct GrantHours {
    /// The first minute, as `HH:MM`.
    pub from: String,
    /// The minute after the last, as `HH:MM`; `24:00` is the end of the day.
    pub until: String,
}

/// What is used and left of a grant.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct GrantUsage {
    /// Today, in the shop's time zone.
    pub today: GrantUsageWindow,
    /// This month, in the shop's time zone.
    pub this_month: GrantUsageWindow,
}

/// What is used and left of a day or a month.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct GrantUsageWindow {
    /// What was moved; nothing where amounts of the window are not counted.
    pub used: Option<Money>,
    /// What may still be moved; nothing where amounts are not limited.
    pub left: Option<Money>,
    /// How often it was used; nothing where uses are not counted.
    pub uses: Option<i64>,
    /// How often it may still be used; nothing where uses are not limited.
    pub uses_left: Option<i64>,
    /// When the next day or month begins.
    pub resets_at: DateTime,
}

impl GrantUsage {
    fn of(limits: &Constraints, terms: Terms, used: &Usage, now: Instant) -> Self {
        let windows = Windows::of(now, terms.zone);
        // A limit that was lowered below what is used has nothing left, not less than nothing.
        let left = |limit: Option<i64>, used: i64| limit.map(|limit| limit.saturating_sub(used).max(0));
        let money = |minor: Option<i64>| minor.map(|minor| terms.money(minor));
        let by_day = limits.per_day.is_some() || limits.count_per_day.is_some();
        Self {
            today: GrantUsageWindow {
                used: money(by_day.then_some(used.day_amount)),
                left: money(left(limits.per_day, used.day_amount)),
                uses: by_day.then_some(used.day_uses),
                uses_left: left(limits.count_per_day, used.day_uses),
                resets_at: DateTime(windows.next_day()),
            },
            this_month: GrantUsageWindow {
                used: money(limits.per_month.map(|_| used.month_amount)),
                left: money(left(limits.per_month, used.month_amount)),
                uses: None,
                uses_left: None,
                resets_at: DateTime(windows.next_month()),
            },
        }
    }
}

/// The grant of an id, if the actor may see it: its own, or with `staff.read` in the shop.
///
/// # Errors
/// The database's fault.
pub async fn node(request: &RequestContext, id: GrantId) -> Result<Option<Grant>, Fault> {
    let actor = request.actor()?;
    let shops: Vec<ShopId> = actor.seats.iter().map(|seat| seat.shop).collect();
    let row = {
        let mut conn = request.conn().await?;
        store::find(&mut conn, &shops, id).await?
    };
    let is_own = |row: &Row| actor.seat(row.shop_id).is_some_and(|seat| seat.sub_account == Some(row.sub_account_id));
    let Some(row) = row else { return Ok(None) };
    if !is_own(&row) && !request.may_read(row.shop_id, STAFF_READ).await {
        return Ok(None);
    }
    let terms = Terms::of(request, row.shop_id).await?;
    Ok(Some(Grant { row, terms }))
}
