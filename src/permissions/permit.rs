//! The check that hands over the record (design, decision 6): without a [`Permit`] there is nothing to act on.

use diesel_async::AsyncPgConnection;

use super::actor::{Actor, Seat};
use super::catalogue::Number;
use super::constraints::{Obligations, Use};
use super::resolve::Sets;
use super::{denial, quota, store};
use crate::kernel::ids::{GrantId, ShopId};
use crate::kernel::{Fault, Instant, Money};

/// A record that a permission can be asked for: it belongs to a shop.
pub trait Guarded {
    /// The kind of record, as [`Fault::NotFound`] names it.
    const KIND: &'static str;
    /// The shop it belongs to.
    fn shop(&self) -> ShopId;
    /// The record itself, as an id, for the audit trail.
    fn target(&self) -> String;
    /// What acting on it moves, for limits on amounts.
    fn amount(&self) -> Option<Money> {
        None
    }
    /// The permission epoch of its shop, if it was read behind the lock of the record: then nobody need ask for it again.
    fn epoch(&self) -> Option<i64> {
        None
    }
}

/// The shop itself, for permissions that are not about one record.
#[derive(Debug, Clone, Copy)]
pub struct WholeShop(pub ShopId);

impl Guarded for WholeShop {
    const KIND: &'static str = "shop";
    fn shop(&self) -> ShopId {
        self.0
    }
    fn target(&self) -> String {
        self.0.to_string()
    }
}

/// Proof that an actor may do something to `record`. Only [`Gate::permit`] makes one.
#[derive(Debug)]
pub struct Permit<R> {
    record: R,
    /// The permission that was asked for.
    pub permission: Number,
    /// The personal grant that allowed it; `None` for the main account and for what the position gives.
    pub grant: Option<GrantId>,
    /// The seat that was used, as fresh as the transaction.
    pub seat: Seat,
    /// What must still be brought.
    pub obligations: Obligations,
}

impl<R> Permit<R> {
    /// The record.
    pub fn record(&self) -> &R {
        &self.record
    }

    /// Gives the record up for acting on it.
    pub fn into_record(self) -> R {
        self.record
    }
}

/// Where permits are given: an actor at a moment.
#[derive(Clone, Copy)]
pub struct Gate<'a> {
    /// The compiled sets.
    pub sets: &'a Sets,
    /// Who asks.
    pub actor: &'a Actor,
    /// When.
    pub now: Instant,
}

impl Gate<'_> {
    /// Permits acting on `record`, or says why not. Runs inside the command's transaction: the set is compiled anew
    /// when the shop's epoch has moved since the request began, and limits that add up are counted here.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when there is no such record or it belongs to a shop where the actor has no seat (h19);
    /// [`Fault::Denied`] with everything that helps (requirement 5.7).
    pub async fn permit<R: Guarded>(
        &self,
        conn: &mut AsyncPgConnection,
        permission: Number,
        record: Option<R>,
    ) -> Result<Permit<R>, Fault> {
        let not_found = Fault::NotFound { what: R::KIND };
        let Some(record) = record else { return Err(not_found) };
        let Some(seat) = self.actor.seat(record.shop()) else { return Err(not_found) };
        let seat = self.refresh(conn, seat, record.epoch()).await?;
        if !seat.set.has(permission) {
            return Err(denial::missing(conn, &seat, permission).await?);
        }
        let Some(held) = seat.set.held(permission).cloned() else {
            return Ok(Permit { record, permission, grant: None, seat, obligations: Obligations::default() });
        };
        let intended = Use {
            now: self.now,
            zone: seat.zone,
            amount: record.amount().map(|m| m.minor),
            stepped_up_at: self.actor.stepped_up_at,
        };
        let obligations = match held.constraints.check(&intended) {
            Ok(obligations) => obligations,
            Err(violation) => {
                return Err(denial::limited(conn, &seat, permission, held.grant, &intended, violation).await?);
            }
        };
        if held.constraints.counts() {
            let counted = quota::consume(conn, seat.shop, held.grant, &held.constraints, &intended).await;
            if let Err(Fault::Refused(violation)) = counted {
                return Err(denial::limited(conn, &seat, permission, held.grant, &intended, violation).await?);
            }
            counted.map_err(|fault| match fault {
                Fault::Busy { retry_after } => Fault::Busy { retry_after },
                other => Fault::internal(format!("quota: {other:?}")),
            })?;
        }
        Ok(Permit { record, permission, grant: Some(held.grant), seat, obligations })
    }

    /// The seat with the set of this very transaction (design, decision 3: "commands check again").
    async fn refresh(&self, conn: &mut AsyncPgConnection, seat: &Seat, known: Option<i64>) -> Result<Seat, Fault> {
        let mut seat = seat.clone();
        if let Some(sub_account) = seat.sub_account {
            let epoch = match known {
                Some(epoch) => epoch,
                None => store::epoch(conn, seat.shop).await?,
            };
            if epoch != seat.set.epoch {
                seat.set = self.sets.resolve(conn, seat.shop, sub_account, epoch).await?;
            }
        }
        Ok(seat)
    }
}
