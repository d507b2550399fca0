//! Payments in the API.

use async_graphql::{Context, Enum, ID, Object};
use kith_macros::guarded;

use super::model::{Payment as Row, PaymentState as State};
use super::store;
use crate::connection;
use crate::domains::payments::methods::graphql::{PaymentMethod, PaymentMethodKind, own_account};
use crate::domains::payments::methods::loaders::MethodByKey;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::{DateTime, Money};
use crate::graphql::shown::Shown;
use crate::kernel::{Fault, Subject};

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "State", name = "PaymentState")]
pub enum PaymentState {
    /// The card's bank is asked; this takes seconds as a rule.
    Pending,
    /// The money moved.
    Captured,
    /// No method could pay.
    Failed,
}

/// A payment of a bill.
pub struct Payment(pub Row);

/// A payment of a bill.
#[guarded(inherits)]
#[Object]
impl Payment {
    /// The id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The order that it pays; nothing when it pays a deposit.
    async fn order_id(&self) -> Option<ID> {
        self.0.order().map(id)
    }

    /// The shop that gets the money.
    async fn shop_id(&self) -> ID {
        id(self.0.shop_id)
    }

    /// How much.
    async fn amount(&self) -> Money {
        self.0.money().into()
    }

    /// What went back of it so far.
    async fn refunded(&self) -> Money {
        self.0.refunded().into()
    }

    /// Where it stands.
    async fn state(&self) -> PaymentState {
        self.0.state().into()
    }

    /// What kind of method paid; while it is pending, which is asked, and where no method could pay, which was the last.
    async fn method_kind(&self) -> PaymentMethodKind {
        self.0.method_kind().into()
    }

    /// The place of that method in the payer's order of preference, from 1.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// That method. For the payer only: nobody else is told which card it was.
    async fn method(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<PaymentMethod>> {
        let request = RequestContext::of(ctx)?;
        let payer = self.0.payer_account_id;
        if request.actor().or_client(request)?.subject != (Subject::Account { id: payer }) {
            return Ok(None);
        }
        let found = request.loaders.of::<MethodByKey>().load((payer, self.0.method_id)).await.or_client(request)?;
        Ok(found.map(|method| PaymentMethod(method.as_ref().clone())))
    }

    /// Why the last method that was asked did not pay: `CARD_DECLINED`, `INSUFFICIENT_FUNDS`, `BALANCE_TOO_LOW` and the like; or
    /// why no other was: `RELATION_FROZEN`, `RELATION_ENDED`.
    async fn failure(&self) -> Option<&str> {
        self.0.failure.as_deref()
    }

    /// When it began.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was captured or failed.
    async fn settled_at(&self) -> Option<DateTime> {
        self.0.settled_at.map(DateTime)
    }
}

connection!(
    /// A page of payments.
    PaymentConnection,
    PaymentEdge,
    Payment
);

/// Whoever is logged in: what they paid.
pub struct ViewerPayments;

#[guarded]
#[Object]
impl ViewerPayments {
    /// Payments by this account, the newest first, whoever's order they paid.
    #[requires(account)]
    async fn payments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Shown<PaymentConnection>> {
        let request = RequestContext::of(ctx)?;
        let page = PageArgs { first, after, last, before };
        let with_methods = ctx.look_ahead().field("edges").field("node").field("method").exists();
        payments(request, page, with_methods).await.map(Shown).or_client(request)
    }
}

async fn payments(request: &RequestContext, args: PageArgs, with_methods: bool) -> Result<PaymentConnection, Fault> {
    let account = own_account(request)?;
    let page = args.read()?;
    let slice = {
        let mut conn = request.conn().await?;
        store::of_payer(&mut conn, account, &page).await?
    };
    if with_methods {
        let keys = slice.rows.iter().map(|row| (account, row.method_id));
        request.loaders.of::<MethodByKey>().prime_from(request.db(), keys).await?;
    }
    Ok(PaymentConnection::new(slice, |row| row.id, Payment))
}
