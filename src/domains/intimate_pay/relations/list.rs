//! Relations as lists and by id, with what is shown of them besides their rows.

use async_graphql::{Context, Object};
use kith_macros::guarded;

use super::graphql::{IntimatePay, IntimatePayConnection};
use super::model::{IntimatePay as Row, Step};
use super::store;
use crate::domains::intimate_pay::own_account;
use crate::domains::intimate_pay::passwords::store as passwords;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::kernel::ids::{AccountId, IntimatePayId};
use crate::kernel::{Fault, Subject};
use crate::permissions::quota::{self, Windows};

/// Whoever is logged in: for whom they pay, and who pays for them.
pub struct ViewerIntimatePay;

#[guarded]
#[Object]
impl ViewerIntimatePay {
    /// The relations that the account is a side of, the newest first; those that have ended too.
    #[requires(account)]
    async fn intimate_pays(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<IntimatePayConnection> {
        let request = RequestContext::of(ctx)?;
        page(request, PageArgs { first, after, last, before }).await.or_client(request)
    }
}

async fn page(request: &RequestContext, args: PageArgs) -> Result<IntimatePayConnection, Fault> {
    let (viewer, page) = (own_account(request)?, args.read()?);
    let slice = {
        let mut conn = request.conn().await?;
        store::page(&mut conn, viewer, &page).await?
    };
    let mut shown = shown(request, viewer, &slice.rows).await?.into_iter();
    let (now, nothing) = (request.now, || (0, 0));
    let node = |row| IntimatePay { row, viewer, now, used: nothing(), missing: Vec::new() };
    let mut connection = IntimatePayConnection::new(slice, |row| row.id, node);
    for edge in &mut connection.edges {
        if let Some((used, missing)) = shown.next() {
            (edge.node.used, edge.node.missing) = (used, missing);
        }
    }
    Ok(connection)
}

/// What is shown of relations besides their rows, with two statements for all of them.
async fn shown(
    request: &RequestContext,
    viewer: AccountId,
    rows: &[Row],
) -> Result<Vec<((i64, i64), Vec<Step>)>, Fault> {
    debug_assert!(rows.iter().all(|row| row.sides().contains(&viewer)));
    let month = |row: &Row| Windows::of(request.now, row.zone()).month();
    let both = |row: &Row| [(row.counter(), month(row)), (row.emergency_counter(), month(row))];
    let keys: Vec<_> = rows.iter().flat_map(both).collect();
    let payers: Vec<AccountId> = rows.iter().map(|row| row.payer_account_id).collect();
    let (used, passwords) = {
        let mut conn = request.conn().await?;
        (quota::of_months(&mut conn, &keys).await?, passwords::standing(&mut conn, &payers).await?)
    };
    let shown = |row: &Row| {
        let [own, emergency] = both(row).map(|key| used.get(&key).copied().unwrap_or(0));
        let mut missing = Vec::new();
        if row.methods.is_empty() {
            missing.push(Step::Method);
        }
        if !passwords.iter().any(|standing| standing.account_id == row.payer_account_id) {
            missing.push(Step::PaymentPassword);
        }
        ((own, emergency), missing)
    };
    Ok(rows.iter().map(shown).collect())
}

/// The relation of an id, if the actor is one of its sides.
///
/// # Errors
/// The database's fault.
pub async fn node(request: &RequestContext, relation: IntimatePayId) -> Result<Option<IntimatePay>, Fault> {
    let Subject::Account { id: viewer } = request.actor()?.subject else { return Ok(None) };
    let row = {
        let mut conn = request.conn().await?;
        store::get(&mut conn, viewer, relation).await?
    };
    let Some(row) = row else { return Ok(None) };
    let mut shown = shown(request, viewer, std::slice::from_ref(&row)).await?;
    let (used, missing) = shown.pop().unwrap_or_default();
    Ok(Some(IntimatePay { row, viewer, now: request.now, used, missing }))
}

/// The relations of a payer that have not ended.
pub(super) async fn open_of(request: &RequestContext, payer: AccountId) -> Result<Vec<IntimatePay>, Fault> {
    let rows = {
        let mut conn = request.conn().await?;
        store::open_of_payer(&mut conn, payer).await?
    };
    let shown = shown(request, payer, &rows).await?;
    let one = |(row, (used, missing))| IntimatePay { row, viewer: payer, now: request.now, used, missing };
    Ok(rows.into_iter().zip(shown).map(one).collect())
}
