//! A shop's money in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::ops::withdraw::WithdrawFunds;
use super::store;
use crate::domains::payments::balance::graphql::{StatementConnection, statement_of};
use crate::domains::payments::balance::store as balances;
use crate::domains::payments::ledger::AccountKind;
use crate::domains::shops::shop::store as shops;
use crate::graphql::command::execute;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::scalars::{Money, MoneyInput};
use crate::graphql::shown::Shown;
use crate::kernel::ids::{ShopId, TypedId};
use crate::kernel::{self, Fault};
use crate::permissions::catalogue::number;

/// A shop's money.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct Funds {
    /// What is settled: refunds of settled orders come from it, and `withdrawFunds` takes from it.
    pub balance: Money,
    /// What buyers paid and is not settled yet: after refunds and gifts to charity.
    pub in_escrow: Money,
}

/// A shop: its money.
pub struct ShopFunds {
    /// The shop.
    pub shop: ShopId,
}

#[guarded]
#[Object]
impl ShopFunds {
    /// Its money: what is settled and what waits.
    #[requires("funds.read")]
    async fn funds(&self, ctx: &Context<'_>) -> async_graphql::Result<Funds> {
        let request = RequestContext::of(ctx)?;
        funds(request, self.shop).await.or_client(request)
    }

    /// Every movement of its balance, the newest first.
    #[requires("funds.read")]
    async fn funds_statement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Shown<StatementConnection>> {
        let request = RequestContext::of(ctx)?;
        let page = PageArgs { first, after, last, before };
        let read = async {
            let permit = request.read_permit(self.shop, const { number("funds.read") }).await?;
            let currency = shops::currency(&mut *request.conn().await?, permit.shop).await?;
            let currency = currency.ok_or(Fault::NotFound { what: "shop" })?;
            statement_of(request, permit.shop.uuid(), currency, page).await
        };
        read.await.map(Shown).or_client(request)
    }
}

async fn funds(request: &RequestContext, shop: ShopId) -> Result<Funds, Fault> {
    let permit = request.read_permit(shop, const { number("funds.read") }).await?;
    let mut conn = request.conn().await?;
    let currency = shops::currency(&mut conn, permit.shop).await?.ok_or(Fault::NotFound { what: "shop" })?;
    let held = balances::held(&mut conn, permit.shop.uuid(), AccountKind::Balance, currency).await?;
    let in_escrow = kernel::Money::new(store::in_escrow(&mut conn, permit.shop).await?, currency);
    let balance = held.map_or(kernel::Money::new(0, currency), |(_, held)| held);
    Ok(Funds { balance: balance.into(), in_escrow: in_escrow.into() })
}

/// Money to withdraw.
#[derive(InputObject)]
pub struct WithdrawFundsInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// How much, in the shop's currency; at most what `shop.funds.balance` says.
    pub amount: MoneyInput,
}

/// The shop's balance after the mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct WithdrawFundsPayload {
    /// What it holds now.
    pub balance: Option<Money>,
    /// Why nothing was withdrawn.
    pub user_errors: Vec<UserError>,
}

/// A shop's money.
#[derive(Default)]
pub struct FundsMutation;

#[guarded]
#[Object]
impl FundsMutation {
    /// Moves money from the shop's balance to that of its main account: a high-risk permission, whose limits count it. Needs
    /// `@idempotent`. Codes: `INVALID_AMOUNT`, `SHOP_BALANCE_TOO_LOW`, `SECOND_APPROVER_NEEDED`, `BALANCE_FULL`.
    #[requires("funds.withdraw")]
    async fn withdraw_funds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: WithdrawFundsInput,
    ) -> async_graphql::Result<WithdrawFundsPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = request.shop_or_only(input.shop_id.as_ref()).or_client(request)?;
        let command = WithdrawFunds { shop, amount: input.amount.into() };
        let (balance, user_errors) = execute(ctx, command).await?.split(|done| done.left.into());
        Ok(WithdrawFundsPayload { balance, user_errors })
    }
}
