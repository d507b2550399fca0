//! Purchases and bills in the API, as the two sides of a relation see them.

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::bill::{CSV_HEAD, MonthlyBill as Bill, csv_line, parse_month};
use super::model::{Counted, IntimateUse as Row, State};
use super::{picture, store};
use crate::connection;
use crate::domains::intimate_pay::relations::model::IntimatePay;
use crate::domains::payments::payment::graphql::Payment;
use crate::domains::payments::payment::loaders::PaymentAsOf;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::{DateTime, Money};
use crate::kernel::{Fault, Text};
use crate::permissions::quota::Windows;

/// A purchase that a relative made with the payer's money.
pub struct IntimatePurchase(pub Row);

/// A purchase that a relative made with the payer's money.
#[guarded(inherits)]
#[Object]
impl IntimatePurchase {
    /// The id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The relation it was made with.
    async fn intimate_pay_id(&self) -> ID {
        id(self.0.relation_id)
    }

    /// The order.
    async fn order_id(&self) -> ID {
        id(self.0.order_id)
    }

    /// The payment.
    async fn payment_id(&self) -> ID {
        id(self.0.payment_id)
    }

    /// The payment: which method paid, and where it stands.
    async fn payment(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Payment>> {
        let request = RequestContext::of(ctx)?;
        let found = request.loaders.of::<PaymentAsOf>().load((self.0.payment_id, self.0.changed)).await;
        Ok(found.or_client(request)?.map(|payment| Payment(payment.as_ref().clone())))
    }

    /// What was bought, as it was called then.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Its category.
    async fn category(&self) -> &str {
        &self.0.category
    }

    /// How much.
    async fn amount(&self) -> Money {
        self.0.money().into()
    }

    /// What came back of it. Its quota came back with it, to the month below.
    async fn given_back(&self) -> Money {
        self.0.given_back().into()
    }

    /// Where it stands.
    async fn state(&self) -> State {
        self.0.state()
    }

    /// What it was counted against.
    async fn counted(&self) -> Counted {
        self.0.counted()
    }

    /// The month that it counts in, in the payer's time zone: `2026-11`.
    async fn month(&self) -> String {
        self.0.month.format("%Y-%m").to_string()
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }
}

connection!(
    /// A page of purchases.
    IntimatePurchaseConnection,
    IntimatePurchaseEdge,
    IntimatePurchase
);

/// What a category took of a month.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct CategoryShare {
    /// The category.
    pub category: String,
    /// How many purchases.
    pub purchases: i64,
    /// What was paid or is under way.
    pub spent: Money,
    /// What came back of it.
    pub given_back: Money,
}

/// The bill of a month.
pub struct MonthlyBill(pub Bill);

/// The bill of a month.
#[guarded(inherits)]
#[Object]
impl MonthlyBill {
    /// The month: `2026-11`.
    async fn month(&self) -> String {
        self.0.name()
    }

    /// What was paid or is under way.
    async fn spent(&self) -> Money {
        self.0.spent().into()
    }

    /// What came back.
    async fn given_back(&self) -> Money {
        self.0.given_back().into()
    }

    /// By category, the largest first; 100 at most.
    async fn by_category(&self) -> Vec<CategoryShare> {
        let share = |share: &super::bill::Share| CategoryShare {
            category: share.category.clone(),
            purchases: share.purchases,
            spent: self.0.money(share.spent).into(),
            given_back: self.0.money(share.given_back).into(),
        };
        self.0.shares.iter().take(100).map(share).collect()
    }

    /// Every purchase of the month as CSV (RFC 4180), the oldest first; those that failed too.
    async fn csv(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        let request = RequestContext::of(ctx)?;
        csv(request, &self.0).await.or_client(request)
    }

    /// A picture of the month by category, as SVG.
    async fn picture(&self) -> String {
        picture::svg(&self.0)
    }
}

/// Purchases that are read at once.
const AT_ONCE: usize = 1_000;

/// The purchases of a bill as CSV. They are read in pages, and between two of them the connection is somebody else's.
async fn csv(request: &RequestContext, bill: &Bill) -> Result<String, Fault> {
    let mut csv = String::from(CSV_HEAD);
    let mut behind = None;
    loop {
        let page = {
            let mut conn = request.conn().await?;
            store::of_month(&mut conn, bill.relation, bill.month, behind, AT_ONCE as i64).await?
        };
        csv.extend(page.iter().map(csv_line));
        match page.last() {
            Some(last) if page.len() == AT_ONCE => behind = Some(last.id),
            _ => return Ok(csv),
        }
    }
}

fn bad_month() -> Fault {
    let message = Text::new("Write the month as 2026-11.", "月份请写作 2026-11。");
    Fault::BadInput { field: "month", message }
}

/// A page of the purchases of a relation.
///
/// # Errors
/// Bad page arguments or month, or the database's fault.
pub async fn purchases(
    request: &RequestContext,
    relation: &IntimatePay,
    month: Option<&str>,
    args: PageArgs,
    with_payments: bool,
) -> Result<IntimatePurchaseConnection, Fault> {
    let month = month.map(|text| parse_month(text).ok_or_else(bad_month)).transpose()?;
    let page = args.read()?;
    let slice = {
        let mut conn = request.conn().await?;
        store::page(&mut conn, (relation.payer_account_id, relation.id), month, &page).await?
    };
    if with_payments {
        let keys = slice.rows.iter().map(|row| (row.payment_id, row.changed));
        request.loaders.of::<PaymentAsOf>().prime_from(request.db(), keys).await?;
    }
    Ok(IntimatePurchaseConnection::new(slice, |row| row.id, IntimatePurchase))
}

/// The bill of a month; of the one that is, if none is said.
///
/// # Errors
/// A bad month, or the database's fault.
pub async fn bill(request: &RequestContext, relation: &IntimatePay, month: Option<&str>) -> Result<MonthlyBill, Fault> {
    let month = match month {
        Some(text) => parse_month(text).ok_or_else(bad_month)?,
        None => Windows::of(request.now, relation.zone()).month(),
    };
    let mut conn = request.conn().await?;
    let key = (relation.payer_account_id, relation.id);
    let shares = store::shares(&mut conn, key, month).await?;
    Ok(MonthlyBill(Bill { relation: key, month, currency: relation.currency, shares }))
}
