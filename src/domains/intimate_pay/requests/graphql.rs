//! Requests in the API, as the two sides of a relation see them.

use async_graphql::{ID, Object};
use kith_macros::guarded;

use super::model::{PayRequest as Row, State};
use super::store;
use crate::connection;
use crate::domains::intimate_pay::relations::model::IntimatePay;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::ids::id;
use crate::graphql::scalars::{DateTime, Money};
use crate::kernel::{Fault, Instant};

/// A request to the payer to pay what the limits refuse.
pub struct PayRequest {
    /// The request.
    pub row: Row,
    /// The moment that the state is told for.
    pub now: Instant,
}

/// A request to the payer to pay what the limits refuse.
#[guarded(inherits)]
#[Object]
impl PayRequest {
    /// The id.
    async fn id(&self) -> ID {
        id(self.row.id)
    }

    /// The relation.
    async fn intimate_pay_id(&self) -> ID {
        id(self.row.relation_id)
    }

    /// The order.
    async fn order_id(&self) -> ID {
        id(self.row.order_id)
    }

    /// What it is.
    async fn title(&self) -> &str {
        &self.row.title
    }

    /// Its category.
    async fn category(&self) -> &str {
        &self.row.category
    }

    /// How much.
    async fn amount(&self) -> Money {
        self.row.money().into()
    }

    /// The code of what refused it, such as `LIMIT_PER_MONTH`.
    async fn refused(&self) -> &str {
        &self.row.refused
    }

    /// Where it stands.
    async fn state(&self) -> State {
        self.row.state(self.now)
    }

    /// When it was asked.
    async fn asked_at(&self) -> DateTime {
        DateTime(self.row.asked_at)
    }

    /// Until when it can be answered.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.row.expires_at)
    }

    /// The purchase that came of it.
    async fn purchase_id(&self) -> Option<ID> {
        self.row.use_id.map(id)
    }
}

connection!(
    /// A page of requests.
    PayRequestConnection,
    PayRequestEdge,
    PayRequest
);

/// A page of the requests of a relation.
///
/// # Errors
/// Bad page arguments, or the database's fault.
pub async fn requests(
    request: &RequestContext,
    relation: &IntimatePay,
    args: PageArgs,
) -> Result<PayRequestConnection, Fault> {
    let (page, now) = (args.read()?, request.now);
    let mut conn = request.conn().await?;
    let slice = store::page(&mut conn, (relation.payer_account_id, relation.id), &page).await?;
    Ok(PayRequestConnection::new(slice, |row| row.id, |row| PayRequest { row, now }))
}
