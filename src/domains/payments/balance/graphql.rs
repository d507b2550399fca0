//! The balance and its statement in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;
use uuid::Uuid;

use super::ops::top_up::TopUp;
use super::store::{self, Line};
use crate::connection;
use crate::domains::payments::ledger::AccountKind;
use crate::domains::payments::methods::graphql::own_account;
use crate::graphql::command::execute;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::id;
use crate::graphql::scalars::{CurrencyCode, DateTime, Money, MoneyInput};
use crate::graphql::shown::Shown;
use crate::kernel::ids::{LedgerAccountId, TypedId};
use crate::kernel::page::Slice;
use crate::kernel::{self, Currency, Fault};

/// Why a balance moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum StatementKind {
    /// An order was paid.
    OrderPaid,
    /// A refund came back.
    Refund,
    /// A refund that could not go to its card.
    RefundToBalance,
    /// Money came from outside.
    TopUp,
    /// A deposit was paid in.
    DepositPaid,
    /// A deposit compensated.
    DepositCompensation,
    /// What was left of a deposit came back.
    DepositReturn,
    /// A red packet was funded.
    RedPacketFunded,
    /// A share of a red packet.
    RedPacketClaimed,
    /// What was left of a red packet came back.
    RedPacketReturned,
    /// An order was settled: its money is the shop's.
    OrderSettled,
    /// Money went from a shop's balance to its main account.
    FundsWithdrawn,
    /// A gift to charity of an order that was refunded came back.
    DonationReturned,
    /// Something else.
    Other,
}

impl StatementKind {
    fn of(kind: &str) -> Self {
        match kind {
            "ORDER_PAID" => Self::OrderPaid,
            "REFUND" => Self::Refund,
            "REFUND_TO_BALANCE" => Self::RefundToBalance,
            "TOP_UP" => Self::TopUp,
            "DEPOSIT_PAID" => Self::DepositPaid,
            "DEPOSIT_COMPENSATION" => Self::DepositCompensation,
            "DEPOSIT_RETURN" => Self::DepositReturn,
            "RED_PACKET_FUNDED" => Self::RedPacketFunded,
            "RED_PACKET_CLAIMED" => Self::RedPacketClaimed,
            "RED_PACKET_RETURNED" => Self::RedPacketReturned,
            "ORDER_SETTLED" => Self::OrderSettled,
            "FUNDS_WITHDRAWN" => Self::FundsWithdrawn,
            "DONATION_RETURNED" => Self::DonationReturned,
            _ => Self::Other,
        }
    }
}

/// One movement of a balance.
pub struct StatementLine {
    own: LedgerAccountId,
    line: Line,
}

/// One movement of a balance.
#[guarded(inherits)]
#[Object]
impl StatementLine {
    /// The id of the ledger entry.
    async fn id(&self) -> ID {
        id(self.line.id)
    }

    /// Why it moved.
    async fn kind(&self) -> StatementKind {
        StatementKind::of(&self.line.kind)
    }

    /// How much: above zero came in, below zero went out.
    async fn amount(&self) -> Money {
        let minor = self.line.amount_minor;
        let signed = if self.line.debit_account_id == self.own { -minor } else { minor };
        kernel::Money::new(signed, self.line.currency).into()
    }

    /// What it was for: the id of an order, a refund, a payment and the like.
    async fn reference(&self) -> &str {
        &self.line.reference
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.line.at)
    }
}

connection!(
    /// A page of a statement.
    StatementConnection,
    StatementEdge,
    StatementLine
);

/// Whoever is logged in: what they hold.
pub struct ViewerBalance;

#[guarded]
#[Object]
impl ViewerBalance {
    /// What the account holds in a currency.
    #[requires(account)]
    async fn balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The currency.", default_with = "CurrencyCode(Currency::CNY)")] currency: CurrencyCode,
    ) -> async_graphql::Result<Money> {
        let request = RequestContext::of(ctx)?;
        let held = held(request, currency.0).await.or_client(request)?;
        Ok(held.map_or_else(|| kernel::Money::new(0, currency.0), |(_, money)| money).into())
    }

    /// Every movement of the balance in a currency, the newest first.
    #[requires(account)]
    async fn statement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The currency.", default_with = "CurrencyCode(Currency::CNY)")] currency: CurrencyCode,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Shown<StatementConnection>> {
        let request = RequestContext::of(ctx)?;
        let page = PageArgs { first, after, last, before };
        let read = async { statement_of(request, own_account(request)?.uuid(), currency.0, page).await };
        read.await.map(Shown).or_client(request)
    }
}

async fn held(request: &RequestContext, currency: Currency) -> Result<Option<(LedgerAccountId, kernel::Money)>, Fault> {
    let account = own_account(request)?;
    let mut conn = request.conn().await?;
    Ok(store::held(&mut conn, account.uuid(), AccountKind::Balance, currency).await?)
}

/// The statement of the balance of an owner, an account or a shop; the caller looks who may see it.
///
/// # Errors
/// Bad page arguments, or the database's fault.
pub async fn statement_of(
    request: &RequestContext,
    owner: Uuid,
    currency: Currency,
    args: PageArgs,
) -> Result<StatementConnection, Fault> {
    let page = args.read()?;
    let mut conn = request.conn().await?;
    let Some((own, _)) = store::held(&mut conn, owner, AccountKind::Balance, currency).await? else {
        let nothing = Slice { rows: Vec::<Line>::new(), has_previous: false, has_next: false };
        return Ok(StatementConnection::new(
            nothing,
            |row| row.id,
            |line| StatementLine { own: line.debit_account_id, line },
        ));
    };
    let slice = store::page(&mut conn, own, &page).await?;
    Ok(StatementConnection::new(slice, |row| row.id, |line| StatementLine { own, line }))
}

/// Money for a balance.
#[derive(InputObject)]
pub struct TopUpBalanceInput {
    /// How much; yuan unless it says otherwise.
    pub amount: MoneyInput,
}

/// The balance after the mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct TopUpBalancePayload {
    /// What the account holds now.
    pub balance: Option<Money>,
    /// Why nothing was put on it.
    pub user_errors: Vec<UserError>,
}

/// Balances.
#[derive(Default)]
pub struct BalanceMutation;

#[guarded]
#[Object]
impl BalanceMutation {
    /// Puts play money on the balance, in demo mode. Needs `@idempotent`. Codes: `TOP_UP_OFF`, `INVALID_AMOUNT`.
    #[requires(account)]
    async fn top_up_balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: TopUpBalanceInput,
    ) -> async_graphql::Result<TopUpBalancePayload> {
        let command = TopUp { amount: input.amount.into() };
        let (balance, user_errors) =
            execute(ctx, command).await?.split(|held| kernel::Money::new(held.minor, held.currency).into());
        Ok(TopUpBalancePayload { balance, user_errors })
    }
}
