//! What every resolver finds in its context: one per request, dropped with it.

use std::sync::Arc;

use async_graphql::{Context, ID};
use chrono::TimeDelta;
use tokio::sync::Mutex;

use super::advice::{Advice, NO_FIELD};
use super::guard::{Need, StepUpCheck};
use super::loaders::Loaders;
use crate::command::{Caller, Chain, Door, door};
use crate::db::{Conn, Db};
use crate::kernel::fault::Denial;
use crate::kernel::ids::ShopId;
use crate::kernel::{Fault, Instant, Locale, Text};
use crate::permissions::arbiter::InUse;
use crate::permissions::{Actor, Number, PlatformPermit, ReadPermit, Seat, ServiceCaller, denial};

/// One request.
pub struct RequestContext {
    /// The write door, and with it database, clock and permission sets.
    pub door: Arc<Door>,
    /// Who calls, and from where.
    pub caller: Caller,
    /// The third-party service that calls with a token of its own; then nobody is logged in.
    pub service: Option<ServiceCaller>,
    /// The generation of plugins that a service's whole request is decided by; who is logged in has one with the actor.
    pub arbiter: InUse,
    /// The language of messages.
    pub locale: Locale,
    /// The moment of the request, for guards and for what is shown.
    pub now: Instant,
    /// What the configuration says that resolvers need.
    pub settings: Settings,
    /// Loaders of this request alone: a cache that is shared would outlive a revocation (facts).
    pub loaders: Loaders,
    /// What plugins said in this request.
    pub advice: Mutex<Advice>,
}

/// What the configuration says that resolvers need.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How long a session counts, in hours.
    pub session_ttl_hours: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { session_ttl_hours: 12 }
    }
}

impl RequestContext {
    /// The context of the request that a field belongs to.
    ///
    /// # Errors
    /// When there is none, which is a fault of ours.
    pub fn of<'a>(ctx: &Context<'a>) -> async_graphql::Result<&'a Arc<Self>> {
        ctx.data_opt::<Arc<Self>>().ok_or_else(|| async_graphql::Error::new("the request has no context"))
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.door.db
    }

    /// A connection, for one unit of reading.
    ///
    /// # Errors
    /// [`Fault::Busy`] when none comes free in time.
    pub async fn conn(&self) -> Result<Conn, Fault> {
        self.db().get().await
    }

    /// Who is logged in.
    ///
    /// # Errors
    /// [`Fault::Unauthenticated`].
    pub fn actor(&self) -> Result<&Actor, Fault> {
        self.caller.actor.as_deref().ok_or(Fault::Unauthenticated)
    }

    /// Whether the actor meets a need, by bits alone. This is the hot path of every guard.
    #[must_use]
    #[inline]
    pub fn meets(&self, need: Need) -> bool {
        let Some(actor) = &self.caller.actor else { return need == Need::Service && self.service.is_some() };
        match need {
            Need::Login | Need::Service => true,
            Need::Account => !actor.is_sub_account(),
            Need::All(numbers) => numbers.iter().all(|n| actor.holds(*n, self.now)),
            Need::Any(numbers) => numbers.iter().any(|n| actor.holds(*n, self.now)),
        }
    }

    /// Whether a plugin has a word on what is needed. A bit test for each permission.
    #[must_use]
    #[inline]
    pub fn is_advised(&self, need: Need) -> bool {
        let (Need::All(numbers) | Need::Any(numbers)) = need else { return false };
        self.caller.actor.as_ref().is_some_and(|actor| numbers.iter().any(|n| actor.arbiter.concerns(*n)))
    }

    /// Asks the plugins behind what a field needs and the actor holds: it passes if they say yes to one of its seats. The same
    /// question is asked once in a request, however many rows have the field.
    ///
    /// # Errors
    /// The denial of a plugin.
    pub async fn advise(&self, need: Need, parent: &str, field: &str) -> Result<(), Fault> {
        let actor = self.actor()?;
        match need {
            Need::Login | Need::Account | Need::Service => Ok(()),
            Need::All(numbers) => {
                for number in numbers.iter().filter(|n| actor.arbiter.concerns(**n)) {
                    self.advise_on(actor, *number, parent, field).await?;
                }
                Ok(())
            }
            Need::Any(numbers) => {
                let held = numbers.iter().filter(|n| actor.holds(**n, self.now));
                let mut denied = None;
                for number in held {
                    match self.advise_on(actor, *number, parent, field).await {
                        Ok(()) => return Ok(()),
                        Err(fault) => denied = Some(fault),
                    }
                }
                denied.map_or(Ok(()), Err)
            }
        }
    }

    async fn advise_on(&self, actor: &Actor, number: Number, parent: &str, field: &str) -> Result<(), Fault> {
        if !actor.arbiter.concerns(number) || actor.platform.has(number) {
            return Ok(());
        }
        let seats: Vec<&Seat> = actor.seats.iter().filter(|seat| seat.holds(number, self.now)).collect();
        let denied = denial::of_all(self.asked(actor, &seats, number, (parent, field)).await);
        denied.map_or(Ok(()), |denial| Err(Fault::Denied(Box::new(denial))))
    }

    /// Whether the session was stepped up within `max_age`. As the request found it is enough; else it is looked up, as an earlier
    /// mutation of the same request may have done it.
    ///
    /// # Errors
    /// A denial that names the factors that would help, or the database's fault.
    pub async fn stepped_up(&self, max_age: TimeDelta) -> Result<(), Fault> {
        let actor = self.actor()?;
        if actor.stepped_up_at.is_some_and(|at| at <= self.now && self.now - at < max_age) {
            return Ok(());
        }
        let check = self.door.env.parts.get::<StepUpCheck, std::convert::Infallible>()?;
        check(&mut *self.conn().await?, actor, max_age, self.now).await
    }

    /// Why the actor does not meet a need. Looks up who could help; a denied mutation goes on record.
    pub async fn refuse(&self, need: Need, mutation: Option<&str>) -> Fault {
        let Some(actor) = self.caller.actor.as_deref() else { return Fault::Unauthenticated };
        let number = match need {
            Need::Login | Need::Service => return Fault::Unauthenticated,
            Need::Account => return not_for_sub_accounts(actor),
            Need::All(numbers) => numbers.iter().find(|n| !actor.holds(**n, self.now)),
            Need::Any(numbers) => numbers.first(),
        };
        match number {
            Some(number) => self.lacks(actor, *number, mutation).await,
            None => Fault::internal("a need that names nothing"),
        }
    }

    async fn lacks(&self, actor: &Actor, number: Number, mutation: Option<&str>) -> Fault {
        // With one seat it is clear which shop is meant; with several, the command or the edge says it.
        // Of several, one that holds it and is shut by its shop's log-in policy says what would help (requirement 4.20).
        let is_shut = |seat: &&Seat| seat.set.has(number) && seat.shut(self.now).is_some();
        match actor.seats.as_slice() {
            [seat] => self.deny_in(seat, number, mutation).await,
            seats => match seats.iter().find(is_shut) {
                Some(seat) => self.deny_in(seat, number, mutation).await,
                None => Fault::Denied(Box::new(denial::bare(number))),
            },
        }
    }

    async fn deny_in(&self, seat: &Seat, number: Number, mutation: Option<&str>) -> Fault {
        let denied = match self.conn().await {
            Ok(mut conn) => denial::guarded(&mut conn, seat, number, self.now).await.unwrap_or_else(|fault| fault),
            Err(fault) => fault,
        };
        if let (Some(action), Fault::Denied(denial)) = (mutation, &denied) {
            let entry = door::denied_entry(Chain::Shop(seat.shop), seat.shop.to_string(), number, denial.reason);
            self.door.record_denied(&self.caller, self.now, action, entry).await;
        }
        denied
    }

    /// The shop of an id argument; without one, the only shop that the actor may act for.
    ///
    /// # Errors
    /// [`Fault::NotFound`] for what is no id of a shop, and without an id when there is not exactly one.
    pub fn shop_or_only(&self, id: Option<&ID>) -> Result<ShopId, Fault> {
        match (id, self.actor()?.seats.as_slice()) {
            (Some(id), _) => super::ids::parse(id, "shop"),
            (None, [seat]) => Ok(seat.shop),
            (None, _) => Err(Fault::NotFound { what: "shop" }),
        }
    }

    /// Opens reading in one shop: to a seat that holds the permission there, and to which no plugin says no.
    ///
    /// # Errors
    /// [`Fault::Denied`] when the actor has no seat there, the seat lacks the permission, or a plugin says no.
    pub async fn read_permit(&self, shop: ShopId, number: Number) -> Result<ReadPermit, Fault> {
        if let Some(permit) = self.opens(shop, number).await? {
            return Ok(permit);
        }
        Err(match self.actor()?.seat(shop) {
            Some(seat) => self.deny_in(seat, number, None).await,
            None => Fault::Denied(Box::new(denial::bare(number))),
        })
    }

    /// Bits first; then the plugins are asked about this very seat: the guard passed whoever has one seat that they allow.
    async fn opens(&self, shop: ShopId, number: Number) -> Result<Option<ReadPermit>, Fault> {
        let actor = self.actor()?;
        let Some((permit, seat)) = actor.read_permit(shop, number, self.now).zip(actor.seat(shop)) else {
            return Ok(None);
        };
        if actor.arbiter.concerns(number)
            && let Some(denial) = self.asked(actor, &[seat], number, NO_FIELD).await.pop().flatten()
        {
            return Err(Fault::Denied(Box::new(denial)));
        }
        Ok(Some(permit))
    }

    /// Opens reading in one shop to those who hold `number` there, and to operators who hold `platform`.
    ///
    /// # Errors
    /// As [`RequestContext::read_permit`].
    pub async fn read_permit_or_platform(
        &self,
        shop: ShopId,
        number: Number,
        platform: Number,
    ) -> Result<ReadPermit, Fault> {
        match self.actor()?.platform_permit(platform) {
            Some(permit) => Ok(permit.shop(shop)),
            None => self.read_permit(shop, number).await,
        }
    }

    /// Opens reading on the platform to operators.
    ///
    /// # Errors
    /// [`Fault::Denied`] without `number`.
    pub async fn platform_permit(&self, number: Number) -> Result<PlatformPermit, Fault> {
        let actor = self.actor()?;
        match actor.platform_permit(number) {
            Some(permit) => Ok(permit),
            None => Err(self.lacks(actor, number, None).await),
        }
    }

    /// Whether the actor may read what `number` opens in `shop`, without saying why not: for `node`, where a record that
    /// may not be seen does not exist (h19). Asks plugins too: hold no connection meanwhile.
    pub async fn may_read(&self, shop: ShopId, number: Number) -> bool {
        matches!(self.opens(shop, number).await, Ok(Some(_)))
    }
}

fn not_for_sub_accounts(actor: &Actor) -> Fault {
    Fault::Denied(Box::new(Denial {
        reason: "NOT_FOR_SUB_ACCOUNTS",
        message: Some(Text::made(
            format!("{} is a sub-account: it acts for its shop only. Log in with an account of your own.", actor.login),
            format!("{} 是子账号,只能为店铺操作,请使用自己的账号登录。", actor.login),
        )),
        ..Denial::default()
    }))
}
