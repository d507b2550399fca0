//! The viewer's associations.

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::model::{Association as Row, State};
use super::store;
use crate::domains::accounts::account::graphql::{Account, account};
use crate::domains::accounts::account::loaders::AccountById;
use crate::domains::accounts::own;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;

/// Two accounts that their owner joined, or wants to.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct Association {
    /// The id.
    pub id: ID,
    /// The account on the other side.
    pub other: Account,
    /// How it stands.
    pub state: State,
    /// Whether it is this account that has to answer.
    pub awaits_me: bool,
    /// When it was asked for.
    pub asked_at: DateTime,
}

/// What `viewer` says of its associations.
pub struct ViewerLinks;

#[guarded]
#[Object]
impl ViewerLinks {
    /// The associations that stand or wait for an answer, the newest first; at most 100.
    #[requires(account)]
    async fn associations(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Association>> {
        let request = RequestContext::of(ctx)?;
        associations(request).await.or_client(request)
    }
}

async fn associations(request: &RequestContext) -> Result<Vec<Association>, Fault> {
    let viewer = own::of_request(request)?;
    let rows = store::of_account(&mut *request.conn().await?, viewer).await?;
    let lives = chrono::TimeDelta::days(i64::from(request.door.env.association.request_lives_days));
    let open: Vec<Row> = rows.into_iter().filter(|row| row.state_at(request.now, lives) != State::Lapsed).collect();
    request.loaders.of::<AccountById>().prime_from(request.db(), open.iter().map(|row| row.side_of(viewer))).await?;
    let mut shown = Vec::with_capacity(open.len());
    for row in open {
        shown.push(association(request, viewer, &row).await?);
    }
    Ok(shown)
}

/// An association as one of its sides sees it.
///
/// # Errors
/// The database's fault.
pub async fn association(request: &RequestContext, viewer: AccountId, row: &Row) -> Result<Association, Fault> {
    Ok(Association {
        id: id(row.id),
        other: account(request, row.side_of(viewer)).await?,
        state: row.state,
        awaits_me: row.state == State::Requested && row.other == viewer,
        asked_at: DateTime(row.asked_at),
    })
}
