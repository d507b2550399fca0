//! What an account pays with, in the API.

use async_graphql::{Context, Enum, ID, Object};
use kith_macros::guarded;

use super::model::{Method, MethodKind as Kind};
use super::store;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::kernel::ids::AccountId;
use crate::kernel::{Fault, Subject};

/// What kind of payment method it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Kind", name = "PaymentMethodKind")]
pub enum PaymentMethodKind {
    /// The balance of the payment account (支付账户余额).
    Balance,
    /// A debit card (储蓄卡).
    DebitCard,
    /// A credit card (信用卡).
    CreditCard,
}

/// A payment account or a card.
pub struct PaymentMethod(pub Method);

/// A payment account or a card.
#[guarded(inherits)]
#[Object]
impl PaymentMethod {
    /// The id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Which of the three.
    async fn kind(&self) -> PaymentMethodKind {
        self.0.kind().into()
    }

    /// What it is called: the masked log-in name of a payment account, the brand and the last four digits of a card.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// The brand of a card, such as `VISA`.
    async fn brand(&self) -> Option<&str> {
        self.0.brand.as_deref()
    }

    /// The last four digits of a card. The number is kept nowhere.
    async fn last_four(&self) -> Option<&str> {
        self.0.last_four.as_deref()
    }

    /// The last month in which a card is good, such as `2028-09`.
    async fn expires(&self) -> Option<String> {
        self.0.expiry_year.zip(self.0.expiry_month).map(|(year, month)| format!("{year:04}-{month:02}"))
    }

    /// Whether it can pay now: verified, not removed, not expired.
    async fn is_usable(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        let now = RequestContext::of(ctx)?.now;
        Ok(self.0.is_active() && !self.0.is_expired(now))
    }

    /// When it was verified; null for a payment account that waits for its code.
    async fn verified_at(&self) -> Option<DateTime> {
        self.0.verified_at.map(DateTime)
    }

    /// When it was added.
    async fn added_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// The account of a request that is made in its own name.
pub(in crate::domains::payments) fn own_account(request: &RequestContext) -> Result<AccountId, Fault> {
    match request.actor()?.subject {
        Subject::Account { id } => Ok(id),
        Subject::SubAccount { .. } => Err(Fault::NotFound { what: "account" }),
    }
}

/// Whoever is logged in: what they pay with.
pub struct ViewerMethods;

#[guarded]
#[Object]
impl ViewerMethods {
    /// The payment account and the cards, the oldest first; at most 100.
    #[requires(account)]
    async fn payment_methods(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PaymentMethod>> {
        let request = RequestContext::of(ctx)?;
        let account = own_account(request).or_client(request)?;
        let rows = async {
            let mut conn = request.conn().await?;
            Ok::<_, Fault>(store::of_account(&mut conn, account).await?)
        };
        Ok(rows.await.or_client(request)?.into_iter().map(PaymentMethod).collect())
    }
}
