//! Login policies in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::ops::set::SetLoginPolicy;
use super::store;
use crate::domains::accounts::sessions::mutations::Client;
use crate::domains::accounts::sessions::policy::Policy;
use crate::domains::staff::perms::STAFF_READ;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};
use crate::kernel::Fault;
use crate::kernel::ids::{PositionId, ShopId};

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum LoginMethod {
    /// With a password, on the web or in an app.
    Password,
    /// With a code to a phone.
    PhoneCode,
}

impl LoginMethod {
    fn text(self) -> &'static str {
        match self {
            Self::Password => "PASSWORD",
            Self::PhoneCode => "PHONE_CODE",
        }
    }
}

/// Hours of a day, in the shop's time zone.
#[derive(InputObject)]
pub struct LoginHoursInput {
    /// From then on, such as `09:00`.
    pub from: String,
    /// Until then, such as `18:00`; before `from` it is of the next day.
    pub until: String,
}

/// When and how those of a position may log in. What is left out is not limited.
#[derive(InputObject)]
pub struct SetLoginPolicyInput {
    /// The position.
    pub position_id: ID,
    /// The hours.
    pub hours: Option<LoginHoursInput>,
    /// The days of the week: 1 (Monday) to 7 (Sunday). Hours that go on after midnight are of the day on which they began.
    pub days: Option<Vec<i32>>,
    /// The clients.
    pub clients: Option<Vec<Client>>,
    /// The methods.
    pub methods: Option<Vec<LoginMethod>>,
}

/// The policy is set.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct SetLoginPolicyPayload {
    /// The position; null when the rules refused.
    pub position_id: Option<ID>,
    /// Why nothing was set.
    pub user_errors: Vec<UserError>,
}

/// When and how those of a position may log in. What is null is not limited.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct LoginPolicy {
    /// From then on, such as `09:00`, in the shop's time zone.
    pub from: Option<String>,
    /// Until then.
    pub until: Option<String>,
    /// The days of the week: 1 (Monday) to 7 (Sunday).
    pub days: Option<Vec<i32>>,
    /// The clients.
    pub clients: Option<Vec<String>>,
    /// The methods.
    pub methods: Option<Vec<String>>,
}

impl LoginPolicy {
    fn of(policy: Policy) -> Self {
        let clock = |minute: Option<i32>| minute.map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60));
        Self {
            from: clock(policy.from_minute),
            until: clock(policy.until_minute),
            days: policy.days,
            clients: policy.clients,
            methods: policy.methods,
        }
    }
}

/// The policy of a position, if it has one.
///
/// # Errors
/// The database's fault.
pub async fn policy(
    request: &RequestContext,
    shop: ShopId,
    position: PositionId,
) -> Result<Option<LoginPolicy>, Fault> {
    let permit = request.read_permit(shop, STAFF_READ).await?;
    let found = store::get(&mut *request.conn().await?, permit.shop, position).await?;
    Ok(found.map(LoginPolicy::of))
}

/// Login policies.
#[derive(Default)]
pub struct LoginPolicyMutation;

#[guarded]
#[Object]
impl LoginPolicyMutation {
    /// Says when and how those of a position may log in; it holds with their next log-in, and with the next refresh of a session.
    /// For a manager with an account of their own, who logs in to no shop, it holds with every request in this one. Nobody sets
    /// that of their own position. Codes: `ABOVE_OWN_RANK`, `ONESELF`, `HOURS_INVALID`, `HOURS_EQUAL`, `DAYS_INVALID`,
    /// `LIST_EMPTY`.
    #[requires("position.manage")]
    async fn set_login_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SetLoginPolicyInput,
    ) -> async_graphql::Result<SetLoginPolicyPayload> {
        let request = RequestContext::of(ctx)?;
        let command = SetLoginPolicy {
            position: parse(&input.position_id, "position").or_client(request)?,
            hours: input.hours.map(|hours| (hours.from, hours.until)),
            days: input.days,
            clients: input.clients.map(|all| all.into_iter().map(|one| one.text().to_owned()).collect()),
            methods: input.methods.map(|all| all.into_iter().map(|one| one.text().to_owned()).collect()),
        };
        let (position_id, user_errors) = execute(ctx, command).await?.split(|set| id(set.position));
        Ok(SetLoginPolicyPayload { position_id, user_errors })
    }
}
