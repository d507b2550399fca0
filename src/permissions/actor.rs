//! Who makes a request, and the seats from which they may act.

use std::sync::Arc;

use chrono_tz::Tz;

use super::arbiter::InUse;
use super::bits::Bits;
use super::catalogue::Number;
use super::login::{Against, Opened, Under};
use super::resolve::EffectiveSet;
use crate::kernel::ids::{SessionId, ShopId, SubAccountId};
use crate::kernel::{Currency, Instant, Subject};

/// A logged-in subject, as one request sees it. Built from the session look-up, dropped with the request.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The session.
    pub session: SessionId,
    /// Who is logged in.
    pub subject: Subject,
    /// The log-in name: `aurora` or `aurora:xiaoli`.
    pub login: String,
    /// The client that the session was opened with.
    pub client: String,
    /// When the session was last stepped up.
    pub stepped_up_at: Option<Instant>,
    /// Whether the account has to confirm something unusual before it does anything else (requirement 3.13).
    pub restricted: bool,
    /// The shops that the subject may act for.
    pub seats: Vec<Seat>,
    /// What the subject may do on the platform itself; empty for all but operators.
    pub platform: Bits,
    /// The generation of plugins that everything in this operation is decided by.
    pub arbiter: InUse,
}

/// A place from which an actor acts for a shop.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The shop.
    pub shop: ShopId,
    /// The sub-account that the seat is; `None` for the main account.
    pub sub_account: Option<SubAccountId>,
    /// The name that the shop's records show: `aurora`, `aurora:xiaoli`.
    pub name: String,
    /// How high the seat stands; the main account stands above every position.
    pub rank: i32,
    /// The shop's time zone.
    pub zone: Tz,
    /// The shop's currency.
    pub currency: Currency,
    /// What the seat allows.
    pub set: Arc<EffectiveSet>,
    /// How the session of a manager's own account was opened: the shop's log-in policy is compared with it at every use
    /// (requirements 4.19, 4.20). `None` for everybody else, whose log-in was looked at.
    pub opened: Option<Arc<Opened>>,
}

/// The rank of the main account: above every position (1 to 99).
pub const MAIN_RANK: i32 = 100;

impl Actor {
    /// Whether any seat, or the platform, allows `number` at `now`. This is what field guards ask; the command asks
    /// again for the very shop of the record.
    #[must_use]
    #[inline]
    pub fn holds(&self, number: Number, now: Instant) -> bool {
        self.seats.iter().any(|seat| seat.holds(number, now)) || self.platform.has(number)
    }

    /// The same with another generation of plugins.
    #[must_use]
    pub fn with_arbiter(&self, arbiter: InUse) -> Self {
        Self { arbiter, ..self.clone() }
    }

    /// The seat in `shop`, if there is one.
    #[must_use]
    pub fn seat(&self, shop: ShopId) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.shop == shop)
    }

    /// Whether the actor is a sub-account, which may act for its shop only (requirement 4.12).
    #[must_use]
    pub fn is_sub_account(&self) -> bool {
        matches!(self.subject, Subject::SubAccount { .. })
    }

    /// The name under which the actor's deeds in `shop` are recorded.
    #[must_use]
    pub fn name_in(&self, shop: Option<ShopId>) -> &str {
        shop.and_then(|shop| self.seat(shop)).map_or(&self.login, |seat| &seat.name)
    }
}

impl Seat {
    /// Whether the seat allows `number` at `now`, amounts aside.
    #[must_use]
    #[inline]
    pub fn holds(&self, number: Number, now: Instant) -> bool {
        self.set.has(number)
            && (!self.set.is_limited(number) || self.set.open_at(number, now, self.zone))
            && !self.set.is_restricted(now)
            && self.shut(now).is_none()
    }

    /// What of the shop's log-in policy keeps a manager from acting now, with their own account's session; nothing for everybody
    /// else, and where there is no policy (requirement 4.20).
    #[must_use]
    #[inline]
    pub fn shut(&self, now: Instant) -> Option<(Under<'_>, Against)> {
        let under = Under { policy: self.set.login_policy()?, opened: Some(self.opened.as_deref()?), zone: self.zone };
        under.against(now).map(|against| (under, against))
    }

    /// The shop's permission epoch, as the session look-up of this request found it; none for the main account, which
    /// stands by no epoch.
    #[must_use]
    pub fn epoch(&self) -> Option<i64> {
        self.sub_account.map(|_| self.set.epoch)
    }

    /// Whether what the seat sends to buyers does not arrive, because it is not certified (requirement 4.5).
    #[must_use]
    pub fn is_muted(&self) -> bool {
        self.set.is_muted()
    }

    /// Whether the seat is the main account's.
    #[must_use]
    pub fn is_main(&self) -> bool {
        self.sub_account.is_none()
    }

    /// The subject that quotas, grants and audit entries of this seat name.
    #[must_use]
    pub fn holder(&self, subject: Subject) -> Subject {
        self.sub_account.map_or(subject, |id| Subject::SubAccount { shop: self.shop, id })
    }
}
