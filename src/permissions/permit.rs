//! The check that hands over the record (design, decision 6): without a [`Permit`] there is nothing to act on.

use diesel_async::AsyncPgConnection;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::actor::{Actor, Seat};
use super::arbiter::{Ask, Facts, Ruling};
use super::catalogue::{FIRST_DYNAMIC, Number};
use super::constraints::{Constraints, Obligations, Use};
use super::quota::{self, Charge, Counter};
use super::resolve::{Held, Sets};
use super::{denial, store};
use crate::kernel::ids::{GrantId, ShopId, TypedId};
use crate::kernel::{Fault, Instant, Money, Subject};

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

/// An amount of a shop's own money, which limits count, where there is no record yet that it belongs to.
#[derive(Debug, Clone, Copy)]
pub struct ShopAmount {
    /// The shop.
    pub shop: ShopId,
    /// The amount.
    pub amount: Money,
}

impl Guarded for ShopAmount {
    const KIND: &'static str = "shop";
    fn shop(&self) -> ShopId {
        self.shop
    }
    fn target(&self) -> String {
        self.shop.to_string()
    }
    fn amount(&self) -> Option<Money> {
        Some(self.amount)
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
    /// What plugins said, if any has a word on the permission.
    pub ruling: Option<Ruling>,
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
    /// The request that it belongs to.
    pub request: Uuid,
    /// Whether nothing will be done whatever the answer is.
    pub dry_run: bool,
}

impl Gate<'_> {
    /// The permit, where nothing need be read for it: the record came with its shop's epoch, for which the seat's set was compiled,
    /// and no plugin has a word on the permission. It stands only if there is room for what the use charges, which the caller
    /// counts. `None` leaves the answer to [`permit`](Self::permit).
    #[must_use]
    pub fn permit_in_hand<R: Guarded>(&self, permission: Number, record: R) -> Option<(Permit<R>, Vec<Charge>)> {
        let seat = self.actor.seat(record.shop())?;
        let fresh = stands_by_no_epoch(seat, permission) || record.epoch() == Some(seat.set.epoch);
        let shut = seat.set.is_restricted(self.now) || seat.shut(self.now).is_some();
        if !fresh || shut || !seat.set.has(permission) || self.actor.arbiter.concerns(permission) {
            return None;
        }
        let held = seat.set.held(permission);
        let (mut obligations, mut charges) = (Obligations::default(), Vec::new());
        if let Some(held) = held {
            let intended = self.intended(seat, &record);
            obligations = held.constraints.check(&intended).ok()?;
            let counter = counter(seat.shop, seat.holder(self.actor.subject), permission, Some(held.grant));
            charges = quota::charges(counter, &held.constraints, &intended);
        }
        let grant = held.map(|held| held.grant);
        Some((Permit { record, permission, grant, seat: seat.clone(), obligations, ruling: None }, charges))
    }

    /// What acting on a record means to the limits of a seat.
    fn intended(&self, seat: &Seat, record: &impl Guarded) -> Use {
        Use {
            now: self.now,
            zone: seat.zone,
            amount: record.amount().map(|m| m.minor),
            stepped_up_at: self.actor.stepped_up_at,
        }
    }

    /// Permits acting on `record`, or says why not. Runs inside the command's transaction: the set is compiled anew
    /// when the shop's epoch has moved since the request began, and limits that add up are counted here.
    ///
    /// An adviser is asked here too, with the record locked: what it decides on (the amount) must be what is acted on. One
    /// that runs in process answers in nanoseconds; an isolated one makes the transaction wait, for its deadline at most,
    /// and one that is down denies at once. A command on a service's own code asks before its transaction
    /// ([`permit_ruled`](Self::permit_ruled)).
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
        self.permit_ruled(conn, permission, record, &Facts::new(), None).await
    }

    /// As [`permit`](Self::permit), with facts for the plugins and a ruling on them that was got before.
    ///
    /// # Errors
    /// As [`permit`](Self::permit).
    pub async fn permit_ruled<R: Guarded>(
        &self,
        conn: &mut AsyncPgConnection,
        permission: Number,
        record: Option<R>,
        facts: &Facts,
        ruling: Option<&Ruling>,
    ) -> Result<Permit<R>, Fault> {
        let not_found = Fault::NotFound { what: R::KIND };
        let Some(record) = record else { return Err(not_found) };
        let Some(seat) = self.actor.seat(record.shop()) else { return Err(not_found) };
        let seat = self.refresh(conn, seat, permission, record.epoch()).await?;
        if seat.set.is_restricted(self.now) {
            return Err(denial::uncertified(&seat, permission));
        }
        if let Some((under, against)) = seat.shut(self.now) {
            return Err(denial::shut(&seat.name, permission, under, against));
        }
        if !seat.set.has(permission) {
            return Err(denial::missing(conn, &seat, permission).await?);
        }
        let held = seat.set.held(permission).cloned();
        if held.is_none() && !self.actor.arbiter.concerns(permission) {
            return Ok(Permit {
                record,
                permission,
                grant: None,
                seat,
                obligations: Obligations::default(),
                ruling: None,
            });
        }
        let intended = self.intended(&seat, &record);
        let mut obligations = Obligations::default();
        if let Some(held) = &held {
            match held.constraints.check(&intended) {
                Ok(more) => obligations = more,
                Err(violation) => {
                    return Err(denial::limited(conn, &seat, permission, held.grant, &intended, violation).await?);
                }
            }
        }
        let ruling = self.rule(&seat, permission, record.amount(), facts, ruling).await;
        if let Some(ruling) = &ruling {
            if let Some(word) = ruling.refused() {
                return Err(denial::ruled(permission, word));
            }
            for word in &ruling.words {
                match word.limits.check(&intended) {
                    Ok(more) => obligations.second_approver |= more.second_approver,
                    Err(violation) => return Err(denial::obliged(&seat, permission, word, &intended, violation)),
                }
            }
        }
        self.count(conn, &seat, permission, held.as_ref(), ruling.as_ref(), &intended).await?;
        Ok(Permit { record, permission, grant: held.map(|held| held.grant), seat, obligations, ruling })
    }

    /// What plugins say, if any has a word: what they said before when it fits, or an answer to this question.
    async fn rule(
        &self,
        seat: &Seat,
        permission: Number,
        amount: Option<Money>,
        facts: &Facts,
        before: Option<&Ruling>,
    ) -> Option<Ruling> {
        let arbiter = &self.actor.arbiter;
        if !arbiter.concerns(permission) {
            return None;
        }
        let mut ask = Ask::of(self.actor, seat, permission, amount, self.now).with(facts.clone());
        (ask.request_id, ask.dry_run) = (self.request, self.dry_run);
        match before.filter(|ruling| ruling.generation == arbiter.generation() && ruling.ask.covers(&ask)) {
            Some(ruling) => Some(ruling.clone()),
            None => Some(match arbiter.rule_one(ask.clone()).await {
                Some(ruling) => ruling,
                None => Ruling::unavailable(ask, arbiter.generation(), None, "no_answer"),
            }),
        }
    }

    /// Counts the use against every limit that adds up, of the grant and of what plugins oblige: one counter, and the
    /// narrower of the two.
    async fn count(
        &self,
        conn: &mut AsyncPgConnection,
        seat: &Seat,
        permission: Number,
        held: Option<&Held>,
        ruling: Option<&Ruling>,
        intended: &Use,
    ) -> Result<(), Fault> {
        let own = held.map(|held| &held.constraints);
        let words = ruling.map_or(&[][..], |ruling| &ruling.words);
        let all = own.into_iter().chain(words.iter().map(|word| &word.limits));
        let limits = all.fold(Constraints::default(), |sum, limits| sum.narrowed(limits));
        if !limits.counts() {
            return Ok(());
        }
        let counter = counter(seat.shop, seat.holder(self.actor.subject), permission, held.map(|held| held.grant));
        let violation = match quota::consume(conn, counter, &limits, intended).await {
            Ok(()) => return Ok(()),
            Err(Fault::Refused(violation)) => violation,
            Err(Fault::Busy { retry_after }) => return Err(Fault::Busy { retry_after }),
            Err(other) => return Err(Fault::internal(format!("quota: {other:?}"))),
        };
        // Whose limit it is that was hit: the grant's own when it is as narrow.
        match (held, words.iter().find(|word| violation.is_of(&word.limits))) {
            (Some(held), _) if violation.is_of(&held.constraints) => {
                Err(denial::limited(conn, seat, permission, held.grant, intended, violation).await?)
            }
            (_, Some(word)) => Err(denial::obliged(seat, permission, word, intended, violation)),
            (Some(held), None) => Err(denial::limited(conn, seat, permission, held.grant, intended, violation).await?),
            (None, None) => Err(Fault::internal("a limit that is nobody's")),
        }
    }

    /// The seat with the set of this very transaction (design, decision 3: "commands check again").
    async fn refresh(
        &self,
        conn: &mut AsyncPgConnection,
        seat: &Seat,
        permission: Number,
        known: Option<i64>,
    ) -> Result<Seat, diesel::result::Error> {
        let mut seat = seat.clone();
        if stands_by_no_epoch(&seat, permission) {
            return Ok(seat);
        }
        let epoch = match known {
            Some(epoch) => epoch,
            None => store::epoch(conn, seat.shop).await?,
        };
        if epoch != seat.set.epoch {
            seat.set = match seat.sub_account {
                Some(id) => self.sets.resolve(conn, seat.shop, id, epoch).await?,
                None => self.sets.resolve_main(conn, seat.shop, epoch).await?,
            };
        }
        Ok(seat)
    }
}

/// Whether a seat holds a permission whatever happens in its shop: the main account Kith's own codes; a service's only while the shop
/// has it.
fn stands_by_no_epoch(seat: &Seat, permission: Number) -> bool {
    seat.sub_account.is_none() && permission < FIRST_DYNAMIC
}

/// In which counter a use counts: that of the grant; without one, the same for every use of one permission by one holder.
#[must_use]
pub fn counter(shop: ShopId, holder: Subject, permission: Number, grant: Option<GrantId>) -> Counter {
    if let Some(grant) = grant {
        return Counter::of(shop, grant);
    }
    let mut hash = Sha256::new();
    hash.update(b"kith-use-without-grant");
    hash.update(holder.uuid().as_bytes());
    hash.update(permission.to_le_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Counter::of(shop, GrantId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid()))
}
