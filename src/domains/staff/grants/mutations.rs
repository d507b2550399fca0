//! The mutations on grants.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::{Grant, Terms};
use super::limits::Limits;
use super::ops::grant::GrantPermission;
use super::ops::revoke::{RevokePermission, What};
use super::ops::set::SetSubAccountPermissions;
use crate::domains::staff::sub_accounts::graphql::{SubAccount, SubAccountPayload};
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;
use crate::graphql::scalars::{DateTime, MoneyInput};
use crate::kernel::{Fault, Text};

/// Limits of a grant (requirement 5.4). What is left out does not limit.
#[derive(InputObject, Default)]
pub struct ConstraintsInput {
    /// The most that one use may move.
    pub per_action: Option<MoneyInput>,
    /// The most that all uses of a day may move together.
    pub per_day: Option<MoneyInput>,
    /// The most that all uses of a month may move together.
    pub per_month: Option<MoneyInput>,
    /// How often it may be used in a day.
    pub count_per_day: Option<i32>,
    /// The hours of the day, in the shop's time zone.
    pub hours: Option<HoursInput>,
    /// The moment from which it no longer counts.
    pub valid_until: Option<DateTime>,
    /// It counts only while the sub-account is on shift, by the roster (`setRoster`).
    #[graphql(default)]
    pub on_shift: bool,
    /// Above this amount the session must have been stepped up.
    pub step_up_above: Option<MoneyInput>,
    /// Above this amount somebody else must approve as well.
    pub second_approver_above: Option<MoneyInput>,
}

/// A span of the day; from later than until runs over midnight.
#[derive(InputObject)]
pub struct HoursInput {
    /// The first minute, as `HH:MM`.
    pub from: String,
    /// The minute after the last, as `HH:MM`; `24:00` is the end of the day.
    pub until: String,
}

impl From<ConstraintsInput> for Limits {
    fn from(input: ConstraintsInput) -> Self {
        Self {
            per_action: input.per_action.map(Into::into),
            per_day: input.per_day.map(Into::into),
            per_month: input.per_month.map(Into::into),
            count_per_day: input.count_per_day.map(i64::from),
            hours: input.hours.map(|hours| (hours.from, hours.until)),
            valid_until: input.valid_until.map(|at| at.0),
            on_shift: input.on_shift,
            step_up_above: input.step_up_above.map(Into::into),
            second_approver_above: input.second_approver_above.map(Into::into),
        }
    }
}

/// What to grant.
#[derive(InputObject)]
pub struct GrantPermissionInput {
    /// To whom.
    pub sub_account_id: ID,
    /// The code of what.
    pub permission: String,
    /// Within which limits. They replace those of a grant that stands.
    pub constraints: Option<ConstraintsInput>,
}

/// What to take away: a grant by its id, or a permission from a sub-account.
#[derive(InputObject)]
pub struct RevokePermissionInput {
    /// The grant.
    pub grant_id: Option<ID>,
    /// The sub-account.
    pub sub_account_id: Option<ID>,
    /// The code of the permission.
    pub permission: Option<String>,
}

/// What is ticked.
#[derive(InputObject)]
pub struct SetSubAccountPermissionsInput {
    /// Whose.
    pub sub_account_id: ID,
    /// The codes of all that it is to hold, the locked ones included.
    pub permissions: Vec<String>,
}

/// The grant, or what it would be after a dry run.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct GrantPermissionPayload {
    /// The grant; nothing when the rules refused.
    pub grant: Option<Grant>,
    /// The sub-account afterwards.
    pub sub_account: Option<SubAccount>,
    /// Why nothing was granted.
    pub user_errors: Vec<UserError>,
}

/// The sub-account without the permission, or as it would be after a dry run.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct RevokePermissionPayload {
    /// The sub-account; nothing when the rules refused.
    pub sub_account: Option<SubAccount>,
    /// The denial that now stands in the way of what the position gives.
    pub denial: Option<Grant>,
    /// Why nothing was taken away.
    pub user_errors: Vec<UserError>,
}

/// Grants.
#[derive(Default)]
pub struct GrantMutation;

#[guarded]
#[Object]
impl GrantMutation {
    /// Lets a sub-account do something, within limits; from its next request on. Codes: `UNKNOWN_PERMISSION`,
    /// `MAIN_ACCOUNT_ONLY`, `PLATFORM_ONLY`, `PERMISSION_NOT_HELD`, `WIDER_THAN_OWN`, `ONESELF`, `ABOVE_OWN_RANK`,
    /// `SUB_ACCOUNT_DEPARTED`, `LOCKED_BY_POSITION`, `INVALID_AMOUNT`, `CURRENCY_MISMATCH`, `CONSTRAINT_INVALID`,
    /// `NO_MONEY_MOVES`, `VALID_UNTIL_PAST`.
    #[requires("permission.grant")]
    async fn grant_permission(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: GrantPermissionInput,
    ) -> async_graphql::Result<GrantPermissionPayload> {
        let request = RequestContext::of(ctx)?;
        let command = GrantPermission {
            sub_account: parse(&input.sub_account_id, "subAccount").or_client(request)?,
            permission: input.permission,
            limits: input.constraints.unwrap_or_default().into(),
        };
        let (granted, user_errors) = execute(ctx, command).await?.split(|granted| granted);
        let Some(granted) = granted else {
            return Ok(GrantPermissionPayload { grant: None, sub_account: None, user_errors });
        };
        let terms = Terms::of(request, granted.grant.shop_id).await.or_client(request)?;
        Ok(GrantPermissionPayload {
            grant: Some(Grant { row: granted.grant, terms }),
            sub_account: Some(SubAccount(granted.staffed.known_to(request))),
            user_errors,
        })
    }

    /// Takes a permission away, wherever it comes from; gone with the next request, everywhere. The id of a denial lifts it.
    /// Codes: `NOT_GRANTED`, `LOCKED_BY_POSITION`, `UNKNOWN_PERMISSION`, `MAIN_ACCOUNT_ONLY`, `PLATFORM_ONLY`, `ONESELF`,
    /// `ABOVE_OWN_RANK`, `PERMISSION_NOT_HELD`, `WIDER_THAN_OWN`, `PERMISSION_UNMANAGED`.
    #[requires("permission.grant")]
    async fn revoke_permission(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RevokePermissionInput,
    ) -> async_graphql::Result<RevokePermissionPayload> {
        let request = RequestContext::of(ctx)?;
        let what = input.read().or_client(request)?;
        let (revoked, user_errors) = execute(ctx, RevokePermission { what }).await?.split(|revoked| revoked);
        let Some(revoked) = revoked else {
            return Ok(RevokePermissionPayload { sub_account: None, denial: None, user_errors });
        };
        let terms = Terms::of(request, revoked.staffed.sub_account.shop_id).await.or_client(request)?;
        Ok(RevokePermissionPayload {
            denial: revoked.denial.map(|row| Grant { row, terms }),
            sub_account: Some(SubAccount(revoked.staffed.known_to(request))),
            user_errors,
        })
    }

    /// Tick and save: what the sub-account holds afterwards is exactly what is ticked; limits of what stays ticked stay. Codes: as
    /// `grantPermission` and `revokePermission`.
    #[requires("permission.grant")]
    async fn set_sub_account_permissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SetSubAccountPermissionsInput,
    ) -> async_graphql::Result<SubAccountPayload> {
        let request = RequestContext::of(ctx)?;
        let command = SetSubAccountPermissions {
            sub_account: parse(&input.sub_account_id, "subAccount").or_client(request)?,
            permissions: input.permissions,
        };
        Ok(SubAccountPayload::of(request, execute(ctx, command).await?))
    }
}

impl RevokePermissionInput {
    fn read(self) -> Result<What, Fault> {
        match (self.grant_id, self.sub_account_id, self.permission) {
            (Some(grant), None, None) => parse(&grant, "grant").map(What::Grant),
            (None, Some(who), Some(code)) => Ok(What::Permission(parse(&who, "subAccount")?, code)),
            _ => Err(Fault::BadInput {
                field: "input",
                message: Text::new(
                    "Give grantId alone, or subAccountId with permission.",
                    "请只填写 grantId,或同时填写 subAccountId 与 permission。",
                ),
            }),
        }
    }
}
