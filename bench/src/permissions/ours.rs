//! Kith's decision.

use std::collections::HashSet;
use std::sync::Arc;

use dashmap::DashMap;
use kith::kernel::ids::{GrantId, SessionId, ShopId, SubAccountId, TypedId};
use kith::kernel::{Currency, Subject};
use kith::permissions::codes::Counting;
use kith::permissions::constraints::{Hours, Use};
use kith::permissions::resolve::EffectiveSet;
use kith::permissions::store::GrantRow;
use kith::permissions::{Actor, Constraints, Number, Seat};
use uuid::Uuid;

use super::questions::{MOST, Question, ROLES, SUB_ACCOUNTS, code, override_of, questions, role_of, sets, shop_of};
use super::{Line, time};
use crate::Failure;

/// The questions of a batch.
const BATCH: usize = 8_192;
const BATCHES: usize = 301;
const ZONE: chrono_tz::Tz = chrono_tz::Asia::Shanghai;

fn number(code: usize) -> Number {
    Number::try_from(code + 1).unwrap_or(Number::MAX)
}

fn shop_id(shop: usize) -> ShopId {
    ShopId::from_uuid(Uuid::from_u128(0x7000_0000_0000 << 76 | shop as u128))
}

fn sub_id(sub_account: usize) -> SubAccountId {
    SubAccountId::from_uuid(Uuid::from_u128(0x7000_0000_0000 << 76 | sub_account as u128))
}

/// The compiled set of a sub-account, from the same rows that Kith compiles.
fn set(sub_account: usize) -> Arc<EffectiveSet> {
    let position: Vec<Number> = (0..ROLES[role_of(sub_account)].1).map(number).collect();
    let hours = Some(Hours { from: 0, until: 1440 });
    let limits = Constraints { per_action: Some(MOST), hours, ..Constraints::default() };
    let row = |permission, allows, constraints| GrantRow { id: GrantId::generate(), permission, allows, constraints };
    let grants = override_of(sub_account).map_or_else(Vec::new, |own| {
        vec![row(number(own.allow), true, limits), row(number(own.deny), false, Constraints::default())]
    });
    Arc::new(EffectiveSet::compose(1, &position, &grants, &Counting::default()))
}

/// A set in hand: the bit, then the limits, if there are any.
#[inline]
fn decides(set: &EffectiveSet, number: Number, amount: i64, now: chrono::DateTime<chrono::Utc>) -> bool {
    set.has(number)
        && (!set.is_limited(number)
            || set.held(number).is_none_or(|held| {
                let intended = Use { now, zone: ZONE, amount: Some(amount), stepped_up_at: None };
                held.constraints.check(&intended).is_ok()
            }))
}

/// A sub-account without overrides.
const PLAIN: usize = 4;

/// Somebody with a seat.
pub fn actor_of_somebody() -> Actor {
    actor(PLAIN, &set(PLAIN))
}

/// What the core alone takes: the bit, the guard, the limits.
pub fn core() -> Result<Vec<Line>, Failure> {
    let now = chrono::Utc::now();
    let mut lines = Vec::new();

    // One sub-account without overrides, its own shop: the set is in hand, as in the guards of one request.
    let own = |question: &Question| shop_of(question.sub_account) == question.shop;
    let plain: Vec<Question> = questions(BATCH * 2, |sub| sub == PLAIN).into_iter().filter(own).take(BATCH).collect();
    let numbers: Vec<Number> = plain.iter().map(|q| number(q.code)).collect();
    let in_hand = set(PLAIN);
    let asked = (plain.as_slice(), numbers.as_slice());
    lines.push(time("Kith: a bit test on the set in hand", Some(5.0), asked, BATCHES, |n| in_hand.has(*n))?);
    let actor = actor(PLAIN, &in_hand);
    lines.push(time("Kith: a guard (`Actor::holds`)", Some(5.0), asked, BATCHES, |n| actor.holds(*n, now))?);

    // One sub-account, only what a grant allows within limits.
    let limited: Vec<Question> = questions(BATCH * 8, |sub| sub == 3)
        .into_iter()
        .filter(|q| own(q) && override_of(3).is_some_and(|own| own.allow == q.code))
        .take(BATCH)
        .collect();
    let amounts: Vec<(Number, i64)> = limited.iter().map(|q| (number(q.code), q.amount)).collect();
    let in_hand = set(3);
    let who = "Kith: with limits per action and hours, no quota";
    let asked = (limited.as_slice(), amounts.as_slice());
    lines.push(time(who, Some(50.0), asked, BATCHES, |(n, amount)| decides(&in_hand, *n, *amount, now))?);

    Ok(lines)
}

pub fn run() -> Result<Vec<Line>, Failure> {
    let now = chrono::Utc::now();
    let mut lines = core()?;
    let all: Vec<Arc<EffectiveSet>> = (0..SUB_ACCOUNTS).map(set).collect();

    // Anybody's question: the set comes from the shared cache. `Sets` is this map; nobody can put a set into it but from
    // the database.
    let cache: DashMap<(ShopId, SubAccountId), Arc<EffectiveSet>> = DashMap::new();
    for (sub_account, set) in all.iter().enumerate() {
        cache.insert((shop_id(shop_of(sub_account)), sub_id(sub_account)), Arc::clone(set));
    }
    let any = questions(BATCH, |_| true);
    let keyed: Vec<_> =
        any.iter().map(|q| (shop_id(q.shop), sub_id(q.sub_account), number(q.code), q.amount)).collect();
    let who = "Kith: the set from the shared cache, then bit and limits";
    lines.push(time(who, None, (&any, &keyed), BATCHES, |(shop, sub, n, amount)| {
        let set = cache.get(&(*shop, *sub)).filter(|set| set.epoch == 1).map(|set| Arc::clone(&set));
        set.is_some_and(|set| decides(&set, *n, *amount, now))
    })?);

    // The same as a plain server does it: texts in a set, in a map.
    let texts: DashMap<usize, HashSet<String>> = sets().into_iter().collect();
    let asked: Vec<_> = any.iter().map(|q| (*q, code(q.code))).collect();
    lines.push(time(
        "`HashSet<String>` in `dashmap`, limits beside it",
        None,
        (&any, &asked),
        BATCHES,
        |(q, code)| {
            shop_of(q.sub_account) == q.shop
                && texts.get(&q.sub_account).is_some_and(|held| held.contains(code))
                && override_of(q.sub_account).is_none_or(|own| own.allow != q.code || q.amount <= MOST)
        },
    )?);
    Ok(lines)
}

fn actor(sub_account: usize, set: &Arc<EffectiveSet>) -> Actor {
    let shop = shop_id(shop_of(sub_account));
    let seat = Seat {
        shop,
        sub_account: Some(sub_id(sub_account)),
        name: "shop:staff".to_owned(),
        rank: 40,
        zone: ZONE,
        currency: Currency::CNY,
        set: Arc::clone(set),
        opened: None,
    };
    Actor {
        session: SessionId::generate(),
        subject: Subject::SubAccount { shop, id: sub_id(sub_account) },
        login: "shop:staff".to_owned(),
        client: "WEB".to_owned(),
        stepped_up_at: None,
        restricted: false,
        seats: vec![seat],
        platform: Default::default(),
        arbiter: Default::default(),
    }
}
