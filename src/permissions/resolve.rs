//! From positions and grants to one set of bits, compiled once per (sub-account, epoch) and shared.

use std::sync::{Arc, LazyLock};

use chrono_tz::Tz;
use dashmap::DashMap;
use diesel_async::AsyncPgConnection;

use super::actors::Actors;
use super::bits::Bits;
use super::catalogue::{CORE, Holder, Number};
use super::constraints::{Constraints, Use, Violation};
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
    /// Personal grants that allow, ascending by number.
    grants: Vec<(Number, Held)>,
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
    /// Composes the permissions of a position with personal grants: a grant overrides the position.
    #[must_use]
    pub fn compose(epoch: i64, position: &[Number], grants: &[GrantRow]) -> Self {
        let denied: Bits = grants.iter().filter(|g| !g.allows).map(|g| g.permission).collect();
        let allowed = || grants.iter().filter(|g| g.allows);
        let bits =
            position.iter().copied().filter(|n| !denied.has(*n)).chain(allowed().map(|g| g.permission)).collect();
        let limited = allowed().filter(|g| !g.constraints.is_empty()).map(|g| g.permission).collect();
        let mut grants: Vec<_> =
            allowed().map(|g| (g.permission, Held { grant: g.id, constraints: g.constraints.clone() })).collect();
        grants.sort_by_key(|(number, _)| *number);
        Self { epoch, bits, limited, grants }
    }

    /// What the main account of a shop holds: everything but the platform's own.
    #[must_use]
    pub fn main() -> Arc<Self> {
        static MAIN: LazyLock<Arc<EffectiveSet>> = LazyLock::new(|| {
            let bits = CORE.iter().filter(|e| e.holder != Holder::Platform).map(|e| e.number).collect();
            Arc::new(EffectiveSet { bits, ..Default::default() })
        });
        Arc::clone(&MAIN)
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

/// The compiled sets of all sub-accounts that were seen lately, and the actors that hold them.
#[derive(Default)]
pub struct Sets {
    compiled: DashMap<(ShopId, SubAccountId), Arc<EffectiveSet>>,
    /// The actors that were seen lately.
    pub actors: Actors,
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
        if let Some(set) = self.cached(shop, sub_account, epoch) {
            return Ok(set);
        }
        let position = store::position_permissions(conn, shop, sub_account).await?;
        let grants = store::grants(conn, shop, sub_account).await?;
        let numbers: Vec<Number> = position.iter().map(|p| p.permission).collect();
        let set = Arc::new(EffectiveSet::compose(epoch, &numbers, &grants));
        if self.compiled.len() >= MOST_SETS {
            self.compiled.clear();
        }
        self.compiled.insert((shop, sub_account), Arc::clone(&set));
        Ok(set)
    }

    /// The set of a seat: the main account's is fixed, a sub-account's is compiled. Takes a connection only to compile.
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
        let Some(id) = sub_account else { return Ok(EffectiveSet::main()) };
        match self.cached(shop, id, epoch) {
            Some(set) => Ok(set),
            None => Ok(self.resolve(&mut *db.get().await?, shop, id, epoch).await?),
        }
    }

    /// The set, if it was compiled for exactly this epoch.
    #[must_use]
    pub fn cached(&self, shop: ShopId, sub_account: SubAccountId, epoch: i64) -> Option<Arc<EffectiveSet>> {
        self.compiled.get(&(shop, sub_account)).filter(|set| set.epoch == epoch).map(|set| Arc::clone(&set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(permission: Number, allows: bool, constraints: Constraints) -> GrantRow {
        GrantRow { id: GrantId::generate(), permission, allows, constraints }
    }

    #[test]
    fn r5_1_deny_by_default_and_grants_override_the_position() {
        let limit = Constraints { per_action: Some(200), ..Default::default() };
        let set = EffectiveSet::compose(
            7,
            &[1, 10, 11],
            &[grant(12, true, limit.clone()), grant(10, false, Constraints::default())],
        );
        assert!(set.has(1) && set.has(11) && set.has(12));
        assert!(!set.has(10), "a DENY takes away what the position gives");
        assert!(!set.has(13), "nothing that was never given");
        assert!(set.is_limited(12) && !set.is_limited(11));
        assert_eq!(set.held(12).map(|h| &h.constraints), Some(&limit));
        assert!(!EffectiveSet::default().has(0));
    }
}
