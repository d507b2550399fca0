//! Who could do what at a past moment (requirement 5.10).

use async_graphql::{ID, SimpleObject};
use kith_macros::guarded;

use super::entry::EffectivePermission;
use super::question::{entry, past};
use super::{standing, store};
use crate::domains::staff::grants::graphql::{GrantConstraints, Terms};
use crate::domains::staff::perms::STAFF_READ;
use crate::domains::staff::sub_accounts::loaders::SubAccountById;
use crate::domains::staff::sub_accounts::model::SubAccount;
use crate::graphql::context::RequestContext;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::kernel::Fault;
use crate::kernel::ids::{ShopId, SubAccountId};
use crate::permissions::catalogue::{Holder, by_number};
use crate::permissions::codes;
use crate::permissions::constraints::Use;
use crate::permissions::store as permissions;

/// The most people that are listed.
const MOST_PEOPLE: usize = 100;

/// Those who could use a permission at a moment.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct WhoCould {
    /// The first 100, the main account first.
    pub people: Vec<PermissionHolder>,
    /// How many there were.
    pub total: i32,
}

/// Somebody who could use a permission at a moment.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PermissionHolder {
    /// The sub-account; nothing for the main account.
    pub sub_account_id: Option<ID>,
    /// The log-in name.
    pub name: String,
    /// The limits that stood then.
    pub constraints: GrantConstraints,
}

/// Who could use a permission in a shop at a moment: who held it, within hours and time; amounts aside.
///
/// # Errors
/// A denial, bad input, or the database's fault.
pub async fn who_could(
    request: &RequestContext,
    shop: ShopId,
    code: &str,
    at: Option<DateTime>,
) -> Result<WhoCould, Fault> {
    let permit = request.read_permit(shop, STAFF_READ).await?;
    let entry = entry(code)?;
    let at = past(request, at)?.unwrap_or(request.now);
    let terms = Terms::of(request, shop).await?;
    let mut people = {
        let mut conn = request.conn().await?;
        let counting = codes::counting_among(&mut conn, permit.shop, [entry.number], Some(at)).await?;
        match counting.has(entry.number) {
            true => store::holders_at(&mut conn, permit, entry.number, at).await?,
            false => Vec::new(),
        }
    };
    let intended = Use { now: at, zone: terms.zone, amount: None, stepped_up_at: None };
    people.retain(|who| match entry.holder {
        Holder::Platform | Holder::Nobody => false,
        Holder::MainOnly => who.sub_account.is_none(),
        Holder::Staff => who.constraints.check(&intended).is_ok(),
    });
    let total = i32::try_from(people.len()).unwrap_or(i32::MAX);
    let show = |who: store::Could| PermissionHolder {
        sub_account_id: who.sub_account.map(id),
        name: who.name,
        constraints: GrantConstraints::of(&who.constraints, terms),
    };
    Ok(WhoCould { people: people.into_iter().take(MOST_PEOPLE).map(show).collect(), total })
}

/// What a sub-account held at a moment, amounts and hours aside; nothing while it was restricted.
///
/// # Errors
/// [`Fault::NotFound`] when it is not of this shop; a denial, bad input, or the database's fault.
pub async fn permissions_at(
    request: &RequestContext,
    shop: ShopId,
    who: SubAccountId,
    at: DateTime,
) -> Result<Vec<EffectivePermission>, Fault> {
    let permit = request.read_permit(shop, STAFF_READ).await?;
    let at = past(request, Some(at))?.unwrap_or(request.now);
    let found = request.loaders.of::<SubAccountById>().load(who).await?;
    let missing = Fault::NotFound { what: <SubAccount as crate::permissions::Guarded>::KIND };
    let who = found.filter(|found| found.shop_id == permit.shop).ok_or(missing)?;
    let (position, grants, counting) = {
        let mut conn = request.conn().await?;
        if standing::was_restricted(&mut conn, &who, at).await? {
            return Ok(Vec::new());
        }
        let (position, grants) = permissions::as_of(&mut conn, permit.shop, who.id, at).await?;
        let all = position.iter().map(|given| given.permission).chain(grants.iter().map(|grant| grant.permission));
        let counting = codes::counting_among(&mut conn, permit.shop, all, Some(at)).await?;
        (position, grants, counting)
    };
    let overridden = |number| grants.iter().any(|grant| grant.permission == number);
    let locked = |number| position.iter().any(|given| given.permission == number && given.locked);
    let from_position = position.iter().filter(|given| !overridden(given.permission));
    let mut held: Vec<_> = from_position.map(|given| (given.permission, None)).collect();
    let stood =
        |grant: &&permissions::GrantRow| grant.allows && grant.constraints.valid_until.is_none_or(|until| at < until);
    let granted = grants.iter().filter(stood);
    held.extend(granted.map(|grant| (grant.permission, Some((grant.id, !grant.constraints.is_empty())))));
    held.retain(|(number, _)| counting.has(*number));
    held.sort_by_key(|(number, _)| *number);
    let show = |(number, grant)| Some(EffectivePermission::past(by_number(number)?, locked(number), grant));
    Ok(held.into_iter().take(100).filter_map(show).collect())
}
