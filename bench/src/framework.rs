//! What the framework itself allows: async-graphql behind a poem handler, answering Q1 to Q3 from memory. A plain schema
//! with plain resolvers; no database, no sessions, no guards, no limits, no log.

use std::net::SocketAddr;

use async_graphql::{EmptyMutation, EmptySubscription, Enum, ID, Interface, Object, Request, Schema, SimpleObject};
use chrono::{DateTime, SecondsFormat, Utc};
use kith::permissions::catalogue;
use poem::listener::TcpListener;
use poem::web::{Data, Json};
use poem::{EndpointExt, IntoResponse, Response, Route, Server, handler, post};

use crate::Failure;
use crate::ids::text;
use crate::world::{self, POSITIONS, World};

/// Rows of Q3: what a shop has in the mean of the data set.
const REFUNDS: usize = 25;

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
enum State {
    Active,
    Requested,
}

#[derive(Clone, SimpleObject)]
struct Money {
    amount: String,
    currency: &'static str,
}

#[derive(Clone, SimpleObject)]
struct Position {
    name: &'static str,
}

#[derive(Clone, SimpleObject)]
struct Permission {
    code: &'static str,
}

#[derive(Clone, SimpleObject)]
struct SubAccount {
    id: ID,
    name: String,
    display_name: String,
    state: State,
    created_at: String,
    has_own_account: bool,
    position: Position,
    permissions: Vec<Permission>,
}

#[derive(Clone, SimpleObject)]
struct Buyer {
    id: ID,
    display_name: String,
}

#[derive(Clone, SimpleObject)]
struct Order {
    id: ID,
    item_title: String,
    quantity: i32,
    total: Money,
    buyer: Buyer,
}

#[derive(Clone, SimpleObject)]
struct Refund {
    id: ID,
    amount: Money,
    reason: &'static str,
    state: State,
    requested_at: String,
    order: Order,
}

#[derive(SimpleObject)]
struct SubAccountEdge {
    node: SubAccount,
}

#[derive(SimpleObject)]
struct SubAccountConnection {
    edges: Vec<SubAccountEdge>,
}

#[derive(SimpleObject)]
struct RefundEdge {
    node: Refund,
}

#[derive(SimpleObject)]
struct RefundConnection {
    edges: Vec<RefundEdge>,
}

#[derive(Interface)]
#[graphql(field(name = "id", ty = "&ID"))]
enum Node {
    SubAccount(SubAccount),
}

/// The rows of every answer.
struct Memory {
    staff: Vec<SubAccount>,
    refunds: Vec<Refund>,
}

struct Shop<'a>(&'a Memory);

#[Object]
impl Shop<'_> {
    async fn sub_accounts(&self, first: usize) -> SubAccountConnection {
        let rows = self.0.staff.iter().take(first);
        SubAccountConnection { edges: rows.map(|row| SubAccountEdge { node: row.clone() }).collect() }
    }

    async fn refunds(&self, first: usize) -> RefundConnection {
        let rows = self.0.refunds.iter().take(first);
        RefundConnection { edges: rows.map(|row| RefundEdge { node: row.clone() }).collect() }
    }
}

struct Query(Memory);

#[Object]
impl Query {
    async fn node(&self, id: ID) -> Option<Node> {
        let row = self.0.staff.first()?;
        Some(Node::SubAccount(SubAccount { id, ..row.clone() }))
    }

    async fn shop(&self, id: ID) -> Option<Shop<'_>> {
        (!id.is_empty()).then_some(Shop(&self.0))
    }
}

type Plain = Schema<Query, EmptyMutation, EmptySubscription>;

fn memory(world: World) -> Memory {
    let now: DateTime<Utc> = DateTime::UNIX_EPOCH;
    let moment = now.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let code = |number: i32| catalogue::code(u16::try_from(number).unwrap_or(u16::MAX));
    let staff = (0..20).map(|member| {
        let position = &POSITIONS[world::position_of(member)];
        SubAccount {
            id: text("sub", world.sub_account(0, member)).into(),
            name: format!("staff-{member:04}"),
            display_name: format!("Staff 员工 {member}"),
            state: State::Active,
            created_at: moment.clone(),
            has_own_account: false,
            position: Position { name: position.name },
            permissions: position.gives.iter().map(|number| Permission { code: code(*number) }).collect(),
        }
    });
    let money = || Money { amount: "149.50".to_owned(), currency: "CNY" };
    let refunds = (0..REFUNDS).map(|number| Refund {
        id: text("refund", world.buyer(number)).into(),
        amount: money(),
        reason: world::REASONS[number % world::REASONS.len()],
        state: State::Requested,
        requested_at: moment.clone(),
        order: Order {
            id: text("order", world.buyer(number)).into(),
            item_title: format!("Lamp 台灯 {number}"),
            quantity: 1,
            total: money(),
            buyer: Buyer {
                id: text("acct", world.buyer(number)).into(), display_name: format!("Buyer 买家 {number}")
            },
        },
    });
    Memory { staff: staff.collect(), refunds: refunds.collect() }
}

#[handler]
async fn graphql(Json(request): Json<Request>, Data(schema): Data<&Plain>) -> Response {
    Json(schema.execute(request).await).into_response()
}

/// Serves until it is ended.
pub async fn run(listen: SocketAddr, world: World) -> Result<(), Failure> {
    let schema = Schema::new(Query(memory(world)), EmptyMutation, EmptySubscription);
    let routes = Route::new().at("/graphql", post(graphql)).data(schema);
    Ok(Server::new(TcpListener::bind(listen)).run(routes).await?)
}
