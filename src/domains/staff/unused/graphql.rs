//! Permissions that nobody uses, in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::TimeDelta;
use kith_macros::guarded;

use super::ops::trim::{DAYS, TrimUnusedPermissions};
use super::store;
use crate::domains::staff::perms::STAFF_READ;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::kernel::ids::ShopId;
use crate::kernel::{Fault, Text};
use crate::permissions::catalogue;

/// A personal grant under which nothing was done for a while; not one that only limits what the position gives.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct UnusedPermission {
    /// The grant.
    pub grant_id: ID,
    /// Whose.
    pub sub_account_id: ID,
    /// The name behind the colon.
    pub sub_account_name: String,
    /// The code of the permission.
    pub permission: String,
    /// Since when it is granted.
    pub granted_at: DateTime,
    /// When it was last used; null when never.
    pub used_at: Option<DateTime>,
}

/// Grants that are listed at most.
const MOST: usize = 100;
/// Grants that an answer names at most.
const MOST_NAMED: usize = 1_000;

/// The grants of a shop that were not used for so many days; at most 100.
///
/// # Errors
/// A denial, bad input, or the database's fault.
pub async fn unused(request: &RequestContext, shop: ShopId, days: i32) -> Result<Vec<UnusedPermission>, Fault> {
    let permit = request.read_permit(shop, STAFF_READ).await?;
    if !DAYS.contains(&days) {
        let message = Text::new("Ask for 1 to 3,660 days.", "天数须为 1 到 3660。");
        return Err(Fault::BadInput { field: "days", message });
    }
    let moment = request.now - TimeDelta::days(i64::from(days));
    let rows = store::since(&mut *request.conn().await?, permit.shop, moment, Some(MOST)).await?;
    let shown = |row: store::Unused| UnusedPermission {
        grant_id: id(row.grant),
        sub_account_id: id(row.sub_account),
        sub_account_name: row.name,
        permission: catalogue::code(row.permission).to_owned(),
        granted_at: DateTime(row.granted_at),
        used_at: row.used_at.map(DateTime),
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// What is to be taken back.
#[derive(InputObject)]
pub struct TrimUnusedPermissionsInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// For how many days it was not used.
    #[graphql(default = 90)]
    pub days: i32,
}

/// What was taken back.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct TrimUnusedPermissionsPayload {
    /// The grants; at most 1,000 are named, and all of them are on record.
    pub grant_ids: Vec<ID>,
    /// How many were taken back.
    pub trimmed: i32,
    /// Why nothing was taken back.
    pub user_errors: Vec<UserError>,
}

/// Permissions that nobody uses.
#[derive(Default)]
pub struct UnusedMutation;

#[guarded]
#[Object]
impl UnusedMutation {
    /// Takes back every personal grant that was not used for so many days, of those below whoever asks. A grant that limits what
    /// the position gives stays: without it more would be allowed. Codes: `DAYS_INVALID`, `PERMISSION_UNMANAGED`.
    #[requires("permission.grant")]
    async fn trim_unused_permissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: TrimUnusedPermissionsInput,
    ) -> async_graphql::Result<TrimUnusedPermissionsPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = request.shop_or_only(input.shop_id.as_ref()).or_client(request)?;
        let (grants, user_errors) =
            execute(ctx, TrimUnusedPermissions { shop, days: input.days }).await?.split(|trimmed| trimmed.grants);
        let grants = grants.unwrap_or_default();
        let trimmed = i32::try_from(grants.len()).unwrap_or(i32::MAX);
        let grant_ids = grants.into_iter().take(MOST_NAMED).map(id).collect();
        Ok(TrimUnusedPermissionsPayload { grant_ids, trimmed, user_errors })
    }
}
