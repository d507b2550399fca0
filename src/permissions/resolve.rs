//! From positions and grants to one set of bits, compiled once per (sub-account, epoch) and shared.

use std::sync::{Arc, LazyLock};

use chrono_tz::Tz;
use dashmap::DashMap;
use diesel_async::AsyncPgConnection;

use super::actors::Actors;
use super::arbiter::Bench;
use super::bits::Bits;
use super::catalogue::{self, CORE, Holder, Number};
use super::codes::{self, Counting};
use super::constraints::{Constraints, Use, Violation};
use super::dynamic;
use super::login::Policy;
use super::settings::{self, Settings, SettingsText};
use super::store::{self, GrantRow};
use crate::db::Db;
use crate::kernel::ids::{GrantId, ShopId, SubAccountId};
use crate::kernel::{Fault, Instant};

/// What a seat allows.
#[derive(Debug, Default)]
pub struct EffectiveSet {
    /// The shop's permission epoch that the set was compiled for.
    pub epoch: i64,
    bits: Bits,
    limited: Bits,
    /// Personal grants that allow, ascending by number. No longer than it need be: thousands of sets are kept.
    grants: Box<[(Number, Held)]>,
    /// What a sub-account's seat is called to plugins; `None` for the main account's.
    roles: Option<Arc<[String]>>,
    /// What was set of services for the seat.
    settings: Settings,
    /// Whether the sub-account is not certified: what it sends to buyers does not arrive (requirement 4.5).
    muted: bool,
    /// From when on the seat holds nothing, because it was not certified in time (requirement 4.6).
    restricted_from: Option<Instant>,
    /// The log-in policy of a manager's position; none of a sub-account that logs in by itself (requirement 4.20).
    login: Option<Box<Policy>>,
}

/// A personal grant in an effective set.
#[derive(Debug, Clone)]
pub struct Held {
    /// The grant.
    pub grant: GrantId,
    /// Its limits.
    pub constraints: Constraints,
}

impl EffectiveSet {
    /// Composes the permissions of a position with personal grants: a grant overrides the position. Of services' codes,
    /// those `counting` in the shop are held by anybody (requirement 5.9).
    #[must_use]
    pub fn compose(epoch: i64, position: &[Number], grants: &[GrantRow], counting: &Counting) -> Self {
        let denied: Bits = grants.iter().filter(|g| !g.allows).map(|g| g.permission).collect();
        let allowed = || grants.iter().filter(|g| g.allows && counting.has(g.permission));
        let given = position.iter().copied().filter(|n| !denied.has(*n) && counting.has_in_position(*n));
        let bits = given.chain(allowed().map(|g| g.permission)).collect();
        let limited = allowed().filter(|g| !g.constraints.is_empty()).map(|g| g.permission).collect();
        let mut grants: Box<[_]> =
            allowed().map(|g| (g.permission, Held { grant: g.id, constraints: g.constraints.clone() })).collect();
        grants.sort_by_key(|(number, _)| *number);
        Self { epoch, bits, limited, grants, roles: Some(Arc::new([])), ..Self::default() }
    }

    /// What the main account of a shop holds where no service's codes count: everything but the platform's own.
    #[must_use]
    pub fn main() -> Arc<Self> {
        static MAIN: LazyLock<Arc<EffectiveSet>> = LazyLock::new(|| {
            let bits = CORE.iter().filter(|e| e.holder != Holder::Platform).map(|e| e.number).collect();
            Arc::new(EffectiveSet { bits, ..Default::default() })
        });
        Arc::clone(&MAIN)
    }

    /// What the main account of a shop holds, services' codes included.
    #[must_use]
    pub fn main_with(epoch: i64, counting: &Counting) -> Self {
        let core = CORE.iter().filter(|e| e.holder != Holder::Platform).map(|e| e.number);
        Self { epoch, bits: core.chain(counting.numbers()).collect(), ..Self::default() }
    }

    /// What the seat is called to plugins (see [`Ask::roles`](super::arbiter::Ask)).
    #[must_use]
    pub fn roles(&self) -> Arc<[String]> {
        static MAIN: LazyLock<Arc<[String]>> = LazyLock::new(|| Arc::new(["main_account".to_owned()]));
        self.roles.clone().unwrap_or_else(|| Arc::clone(&MAIN))
    }

    /// What was set for the seat of the service whose code `number` is; `None`: its defaults hold, and for Kith's own codes.
    #[must_use]
    pub fn settings_for(&self, number: Number) -> Option<SettingsText> {
        let service = catalogue::by_number(number)?.service.as_ref()?;
        self.settings.of(service.id)
    }

    /// Whether what the seat sends to buyers does not arrive: it is not certified (requirement 4.5).
    #[must_use]
    pub fn is_muted(&self) -> bool {
        self.muted
    }

    /// Whether the seat holds nothing any more, because it was not certified in time (requirement 4.6).
    #[must_use]
    #[inline]
    pub fn is_restricted(&self, now: Instant) -> bool {
        self.restricted_from.is_some_and(|from| now >= from)
    }

    /// The log-in policy that a manager's seat stands under, whoever's session it is (requirement 4.20).
    #[must_use]
    #[inline]
    pub fn login_policy(&self) -> Option<&Policy> {
        self.login.as_deref()
    }

    /// Whether the set holds `number`, limits aside.
    #[must_use]
    #[inline]
    pub fn has(&self, number: Number) -> bool {
        self.bits.has(number)
    }

    /// Whether the permission comes with limits.
    #[must_use]
    #[inline]
    pub fn is_limited(&self, number: Number) -> bool {
        self.limited.has(number)
    }

    /// The personal grant behind a permission, if it is one.
    #[must_use]
    pub fn held(&self, number: Number) -> Option<&Held> {
        let at = self.grants.binary_search_by_key(&number, |(n, _)| *n).ok()?;
        self.grants.get(at).map(|(_, held)| held)
    }

    /// Whether the limits that look at time alone let the permission be used.
    #[must_use]
    pub fn open_at(&self, number: Number, now: Instant, zone: Tz) -> bool {
        self.closed(number, &Use::of_nothing(now, zone)).is_none()
    }

    /// The limit of a permission that stands in the way of a use, and the grant that sets it.
    #[must_use]
    pub fn closed(&self, number: Number, intended: &Use) -> Option<(GrantId, Violation)> {
        let held = self.held(number)?;
        held.constraints.check(intended).err().map(|violation| (held.grant, violation))
    }

    /// The numbers that the set holds, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = Number> + '_ {
        self.bits.iter()
    }
}

/// The compiled sets of all seats that were seen lately, the actors that hold them, and where the plugins sit that have a
/// word.
#[derive(Default)]
pub struct Sets {
    compiled: DashMap<(ShopId, Option<SubAccountId>), Arc<EffectiveSet>>,
    /// The actors that were seen lately.
    pub actors: Actors,
    /// Where the plugins sit.
    pub bench: Bench,
}

/// Sets kept before the store is emptied and fills anew; 60 codes take about 200 bytes.
const MOST_SETS: usize = 200_000;

impl Sets {
    /// The set of a sub-account in a shop whose epoch is `epoch`. The caller has read the epoch before, so what is
    /// read now is at least as new (requirement 5.5).
    ///
    /// # Errors
    /// The database's fault.
    pub async fn resolve(
        &self,
        conn: &mut AsyncPgConnection,
        shop: ShopId,
        sub_account: SubAccountId,
        epoch: i64,
    ) -> Result<Arc<EffectiveSet>, diesel::result::Error> {
        if let Some(set) = self.cached(shop, Some(sub_account), epoch) {
            return Ok(set);
        }
        let position = store::position_permissions(conn, shop, sub_account).await?;
        let grants = store::grants(conn, shop, sub_account).await?;
        let numbers: Vec<Number> = position.iter().map(|p| p.permission).collect();
        let all = numbers.iter().copied().chain(grants.iter().map(|g| g.permission));
        let counting = codes::counting_among(conn, shop, all, None).await?;
        let mut set = EffectiveSet::compose(epoch, &numbers, &grants, &counting);
        if self.bench.is_seated() {
            set.roles = Some(store::roles(conn, shop, sub_account).await?);
        }
        if counting.numbers().next().is_some() {
            let rows = settings::of_seat(conn, shop, Some(sub_account)).await?;
            set.settings = Settings::compose(&rows, Some(sub_account));
        }
        let stands = store::stands(conn, shop, sub_account).await?;
        let certified = stands.as_ref().is_some_and(|stands| stands.certified);
        let certify_by = stands.as_ref().and_then(|stands| stands.certify_by);
        (set.muted, set.restricted_from) = (!certified, certify_by.filter(|_| !certified));
        if let Some(stands) = stands.filter(|stands| stands.has_own_account) {
            set.login = store::login_policy(conn, shop, stands.position).await?.map(Box::new);
        }
        Ok(self.keep(shop, Some(sub_account), set))
    }

    /// The set of the main account of a shop whose epoch is `epoch`.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn resolve_main(
        &self,
        conn: &mut AsyncPgConnection,
        shop: ShopId,
        epoch: i64,
    ) -> Result<Arc<EffectiveSet>, diesel::result::Error> {
        if let Some(set) = self.cached(shop, None, epoch) {
            return Ok(set);
        }
        let counting = codes::counting(conn, shop, None).await?;
        let mut set = EffectiveSet::main_with(epoch, &counting);
        if counting.numbers().next().is_some() {
            set.settings = Settings::compose(&settings::of_seat(conn, shop, None).await?, None);
        }
        Ok(self.keep(shop, None, set))
    }

    fn keep(&self, shop: ShopId, sub_account: Option<SubAccountId>, set: EffectiveSet) -> Arc<EffectiveSet> {
        if self.compiled.len() >= MOST_SETS {
            self.compiled.clear();
        }
        let set = Arc::new(set);
        self.compiled.insert((shop, sub_account), Arc::clone(&set));
        set
    }

    /// The set of a seat. The main account's is fixed while no service has codes. Takes a connection only to compile.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn of_seat(
        &self,
        db: &Db,
        shop: ShopId,
        sub_account: Option<SubAccountId>,
        epoch: i64,
    ) -> Result<Arc<EffectiveSet>, Fault> {
        if sub_account.is_none() && !dynamic::current().any_active() {
            return Ok(EffectiveSet::main());
        }
        if let Some(set) = self.cached(shop, sub_account, epoch) {
            return Ok(set);
        }
        let mut conn = db.get().await?;
        Ok(match sub_account {
            Some(id) => self.resolve(&mut conn, shop, id, epoch).await?,
            None => self.resolve_main(&mut conn, shop, epoch).await?,
        })
    }

    /// Forgets everything that was compiled: the catalogue changed.
    pub fn forget(&self) {
        self.compiled.clear();
        self.actors.forget_all();
    }

    /// The set, if it was compiled for exactly this epoch.
    #[must_use]
    pub fn cached(&self, shop: ShopId, sub_account: Option<SubAccountId>, epoch: i64) -> Option<Arc<EffectiveSet>> {
        self.compiled.get(&(shop, sub_account)).filter(|set| set.epoch == epoch).map(|set| Arc::clone(&set))
    }
}
