//! Limit A: a minimal poem handler with one hand-written statement per request, on the same tables, with a pool and
//! prepared statements. It answers what Kith answers, and has neither GraphQL nor sessions. `/q4` locks, checks the
//! permission, updates and writes an audit row in one transaction; `/q4-all` writes every row that Kith writes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SecondsFormat, Utc};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use kith::permissions::catalogue;
use poem::listener::TcpListener;
use poem::web::{Data, Json, Path};
use poem::{EndpointExt, Route, Server, get, handler, post};
use serde::Serialize;
use serde_json::{Value, json};
use tokio_postgres::NoTls;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::Failure;
use crate::ids::{key, text};
use crate::world::APPROVE;

const Q1: &str = "SELECT name, display_name, state, created_at, linked_account_id IS NOT NULL
    FROM sub_accounts WHERE id = $1";

/// The positions come once and the grants in one list each; what they make together is a few comparisons here.
fn q2_of(rows: usize) -> String {
    format!(
        "WITH page AS (
            SELECT id, name, position_id FROM sub_accounts WHERE shop_id = $1 ORDER BY id LIMIT {rows}
        ), jobs AS (
            SELECT p.id, p.name, array_agg(pp.permission ORDER BY pp.permission) AS gives
            FROM positions p
            LEFT JOIN position_permissions pp
                ON pp.shop_id = p.shop_id AND pp.position_id = p.id AND pp.valid_to IS NULL
            WHERE p.shop_id = $1 GROUP BY p.id, p.name
        ), own AS (
            SELECT sub_account_id, array_agg(permission) AS numbers, array_agg(effect = 'ALLOW') AS allow
            FROM permission_grants
            WHERE shop_id = $1 AND revoked_at IS NULL AND sub_account_id = ANY (ARRAY(SELECT id FROM page))
            GROUP BY sub_account_id
        )
        SELECT page.id, page.name, jobs.name, jobs.gives, own.numbers, own.allow
        FROM page JOIN jobs ON jobs.id = page.position_id LEFT JOIN own ON own.sub_account_id = page.id
        ORDER BY page.id"
    )
}

const Q3: &str = "SELECT r.id, r.amount_minor, r.currency, r.reason, r.state, r.requested_at,
        o.id, o.item_title, o.quantity, o.total_minor, o.currency, a.id, a.display_name
    FROM (SELECT * FROM refunds WHERE shop_id = $1 ORDER BY id DESC LIMIT 50) r
    JOIN orders o ON o.shop_id = r.shop_id AND o.id = r.order_id
    JOIN accounts a ON a.id = o.buyer_account_id ORDER BY r.id DESC";

const LOCK: &str = "SELECT shop_id, order_id, buyer_account_id, amount_minor, currency, state
    FROM refunds WHERE id = $1 FOR UPDATE";
const MAY: &str = "SELECT g.id, g.constraints FROM sub_accounts u
    JOIN permission_grants g ON g.shop_id = u.shop_id AND g.sub_account_id = u.id
    WHERE u.id = $1 AND u.shop_id = $2 AND u.state = 'ACTIVE'
      AND g.permission = $3 AND g.effect = 'ALLOW' AND g.revoked_at IS NULL";
const APPROVED: &str = "UPDATE refunds SET state = 'APPROVED', decided_by = $3, decided_at = $4, ledger_entry_id = $5
    WHERE shop_id = $1 AND id = $2";
const AUDIT: &str =
    "INSERT INTO audit_entries (chain_id, seq, at, actor, actor_name, action, target, outcome, permission,
        grant_id, request_id, detail, hash)
    VALUES ($1, $2, $3, $4, $4, 'approveRefund', $5, 'DONE', 'refund.approve', $6, $7, $8, '')";

// What Kith writes besides.
const CLAIM: &str = "INSERT INTO idempotency_keys (subject_id, key, command, content_hash, answer, created_at)
    VALUES ($1, $2, 'approveRefund', '', $3, $4) ON CONFLICT DO NOTHING";
const USED: &str = "INSERT INTO quota_usage AS q (owner_id, counter_id, quota_window, starts_on, amount_minor, uses)
    VALUES ($1, $2, 'DAY', $3, $4, 1) ON CONFLICT (owner_id, counter_id, quota_window, starts_on)
    DO UPDATE SET amount_minor = q.amount_minor + excluded.amount_minor, uses = q.uses + 1
    WHERE q.amount_minor <= $5 - $4";
const GIVEN_BACK: &str = "UPDATE orders SET refunded_minor = refunded_minor + $3
    WHERE shop_id = $1 AND id = $2 AND refunded_minor <= total_minor - $3";
const MOVED: &str = "INSERT INTO ledger_entries
    (shop_id, id, debit_account_id, credit_account_id, amount_minor, currency, kind, reference, at)
    SELECT $1, $2::uuid, s.id, b.id, $4::bigint, $5::text, 'REFUND', $6::text, $7::timestamptz FROM ledger_accounts s, ledger_accounts b
    WHERE s.owner_id = $1 AND s.kind = 'ESCROW' AND s.currency = $5
      AND b.owner_id = $3 AND b.kind = 'BALANCE' AND b.currency = $5";
const TOLD: &str = "INSERT INTO outbox (id, topic, shop_id, payload, created_at, available_at)
    VALUES ($1, 'refund.approved', $2, $3, $4, $4)";
const CHAINED: &str = "SELECT audit_append($1, $2, $3, $4, $4, 'approveRefund', $5, 'DONE', 'refund.approve', $6, NULL,
    NULL, NULL, $7, $8)";

/// Serves until it is ended.
pub async fn run(url: &str, listen: SocketAddr, connections: usize) -> Result<(), Failure> {
    let mut config: tokio_postgres::Config = url.parse()?;
    // Every statement here is a look-up by key: one plan for all values is right, and twice as fast for the joins.
    config.options("-c plan_cache_mode=force_generic_plan");
    let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    let pool = Pool::builder(manager).max_size(connections).build()?;
    let routes = Route::new()
        .at("/q1/:id", get(q1))
        .at("/q2/:shop/:rows", get(q2))
        .at("/q3/:shop", get(q3))
        .at("/q4/:member/:refund", post(q4))
        .at("/q4-all/:member/:refund", post(q4_all))
        .data(pool)
        .data(Arc::new(AtomicI64::new(1)));
    Ok(Server::new(TcpListener::bind(listen)).run(routes).await?)
}

/// Everything that goes wrong is a 500 with the reason: it must not happen.
fn failed(error: impl std::fmt::Display) -> poem::Error {
    poem::Error::from_string(error.to_string(), poem::http::StatusCode::INTERNAL_SERVER_ERROR)
}

fn wanted(id: &str) -> poem::Result<Uuid> {
    key(id).ok_or_else(|| failed("no id"))
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[derive(Serialize)]
struct Money {
    amount: String,
    currency: String,
}

fn money(minor: i64, currency: String) -> Money {
    Money { amount: format!("{}.{:02}", minor / 100, minor % 100), currency }
}

#[derive(Serialize)]
struct Answer<T> {
    data: T,
}

#[derive(Serialize)]
struct Node<T> {
    node: T,
}

#[derive(Serialize)]
struct Edges<T> {
    edges: Vec<Node<T>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SubAccount {
    id: String,
    name: String,
    display_name: String,
    state: String,
    created_at: String,
    has_own_account: bool,
}

#[handler]
async fn q1(Path(id): Path<String>, Data(pool): Data<&Pool>) -> poem::Result<Json<Answer<Node<SubAccount>>>> {
    let client = pool.get().await.map_err(failed)?;
    let statement = client.prepare_cached(Q1).await.map_err(failed)?;
    let row = client.query_one(&statement, &[&wanted(&id)?]).await.map_err(failed)?;
    let node = SubAccount {
        id,
        name: row.get(0),
        display_name: row.get(1),
        state: row.get(2),
        created_at: moment(row.get(3)),
        has_own_account: row.get(4),
    };
    Ok(Json(Answer { data: Node { node } }))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Staff {
    shop: SubAccounts,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SubAccounts {
    sub_accounts: Edges<Member>,
}

#[derive(Serialize)]
struct Member {
    id: String,
    name: String,
    position: Position,
    permissions: Vec<Permission>,
}

#[derive(Serialize)]
struct Position {
    name: String,
}

#[derive(Serialize)]
struct Permission {
    code: &'static str,
}

#[handler]
async fn q2(Path((shop, rows)): Path<(String, usize)>, Data(pool): Data<&Pool>) -> poem::Result<Json<Answer<Staff>>> {
    let client = pool.get().await.map_err(failed)?;
    let statement = client.prepare_cached(&q2_of(rows)).await.map_err(failed)?;
    let rows = client.query(&statement, &[&wanted(&shop)?]).await.map_err(failed)?;
    let members = rows.iter().map(|row| {
        let numbers: Option<Vec<i32>> = row.get(4);
        let allow: Option<Vec<bool>> = row.get(5);
        let (numbers, allow) = (numbers.unwrap_or_default(), allow.unwrap_or_default());
        let mut held: Vec<i32> = row.get(3);
        held.retain(|number| !numbers.contains(number));
        held.extend(numbers.iter().zip(&allow).filter(|(_, allow)| **allow).map(|(number, _)| *number));
        held.sort_unstable();
        let code = |number: i32| catalogue::code(u16::try_from(number).unwrap_or(u16::MAX));
        Member {
            id: text("sub", row.get(0)),
            name: row.get(1),
            position: Position { name: row.get(2) },
            permissions: held.into_iter().map(|number| Permission { code: code(number) }).collect(),
        }
    });
    let edges = members.map(|node| Node { node }).collect();
    Ok(Json(Answer { data: Staff { shop: SubAccounts { sub_accounts: Edges { edges } } } }))
}

#[derive(Serialize)]
struct Sales {
    shop: Refunds,
}

#[derive(Serialize)]
struct Refunds {
    refunds: Edges<Refund>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refund {
    id: String,
    amount: Money,
    reason: String,
    state: String,
    requested_at: String,
    order: Order,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    id: String,
    item_title: String,
    quantity: i32,
    total: Money,
    buyer: Buyer,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Buyer {
    id: String,
    display_name: String,
}

#[handler]
async fn q3(Path(shop): Path<String>, Data(pool): Data<&Pool>) -> poem::Result<Json<Answer<Sales>>> {
    let client = pool.get().await.map_err(failed)?;
    let statement = client.prepare_cached(Q3).await.map_err(failed)?;
    let rows = client.query(&statement, &[&wanted(&shop)?]).await.map_err(failed)?;
    let refunds = rows.iter().map(|row| Refund {
        id: text("refund", row.get(0)),
        amount: money(row.get(1), row.get(2)),
        reason: row.get(3),
        state: row.get(4),
        requested_at: moment(row.get(5)),
        order: Order {
            id: text("order", row.get(6)),
            item_title: row.get(7),
            quantity: row.get(8),
            total: money(row.get(9), row.get(10)),
            buyer: Buyer { id: text("acct", row.get(11)), display_name: row.get(12) },
        },
    });
    let edges = refunds.map(|node| Node { node }).collect();
    Ok(Json(Answer { data: Sales { shop: Refunds { refunds: Edges { edges } } } }))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Approval {
    approve_refund: Payload,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    refund: Decided,
    user_errors: [(); 0],
}

#[derive(Serialize)]
struct Decided {
    id: String,
    state: &'static str,
    amount: Money,
}

type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A refund that is locked and may be approved.
struct Locked {
    shop: Uuid,
    order: Uuid,
    buyer: Uuid,
    amount: i64,
    currency: String,
    grant: Uuid,
    per_day: Option<i64>,
}

async fn lock(transaction: &deadpool_postgres::Transaction<'_>, member: Uuid, refund: Uuid) -> poem::Result<Locked> {
    let statement = transaction.prepare_cached(LOCK).await.map_err(failed)?;
    let row = transaction.query_one(&statement, &[&refund]).await.map_err(failed)?;
    let (shop, amount): (Uuid, i64) = (row.get(0), row.get(3));
    let statement = transaction.prepare_cached(MAY).await.map_err(failed)?;
    let may = transaction.query_opt(&statement, &[&member, &shop, &APPROVE]).await.map_err(failed)?;
    let may = may.ok_or_else(|| failed("not permitted"))?;
    let constraints: Value = may.get(1);
    if constraints["perAction"].as_i64().is_some_and(|most| amount > most) || row.get::<_, &str>(5) != "REQUESTED" {
        return Err(failed("not permitted"));
    }
    Ok(Locked {
        shop,
        order: row.get(1),
        buyer: row.get(2),
        amount,
        currency: row.get(4),
        grant: may.get(0),
        per_day: constraints["perDay"].as_i64(),
    })
}

fn approval(refund: String, locked: Locked) -> Json<Answer<Approval>> {
    let refund = Decided { id: refund, state: "APPROVED", amount: money(locked.amount, locked.currency) };
    Json(Answer { data: Approval { approve_refund: Payload { refund, user_errors: [] } } })
}

async fn client(pool: &Pool) -> poem::Result<Object> {
    pool.get().await.map_err(failed)
}

#[handler]
async fn q4(
    Path((member, refund)): Path<(String, String)>,
    Data(pool): Data<&Pool>,
    Data(places): Data<&Arc<AtomicI64>>,
) -> poem::Result<Json<Answer<Approval>>> {
    let (key, now, entry) = (wanted(&refund)?, Utc::now(), Uuid::new_v4());
    let mut client = client(pool).await?;
    let transaction = client.transaction().await.map_err(failed)?;
    let locked = lock(&transaction, wanted(&member)?, key).await?;
    let statement = transaction.prepare_cached(APPROVED).await.map_err(failed)?;
    transaction.execute(&statement, &[&locked.shop, &key, &member, &now, &entry]).await.map_err(failed)?;
    let statement = transaction.prepare_cached(AUDIT).await.map_err(failed)?;
    let place = places.fetch_add(1, Ordering::Relaxed);
    let (grant, detail) = (text("grant", locked.grant), json!({ "amount": locked.amount }));
    transaction
        .execute(&statement, &[&locked.shop, &place, &now, &member, &refund, &grant, &entry, &detail])
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    Ok(approval(refund, locked))
}

#[handler]
async fn q4_all(
    Path((member, refund)): Path<(String, String)>,
    Data(pool): Data<&Pool>,
) -> poem::Result<Json<Answer<Approval>>> {
    let (key, by, now, entry) = (wanted(&refund)?, wanted(&member)?, Utc::now(), Uuid::new_v4());
    let mut client = client(pool).await?;
    let transaction = client.transaction().await.map_err(failed)?;
    let answer = json!({ "refund": refund, "state": "APPROVED" });
    let statement = transaction.prepare_cached(CLAIM).await.map_err(failed)?;
    transaction.execute(&statement, &[&by, &refund, &answer, &now]).await.map_err(failed)?;
    let locked = lock(&transaction, by, key).await?;
    if let Some(most) = locked.per_day {
        let statement = transaction.prepare_cached(USED).await.map_err(failed)?;
        let day = (now + chrono::TimeDelta::hours(8)).date_naive();
        let values: Values<'_> = &[&locked.shop, &locked.grant, &day, &locked.amount, &most];
        transaction.execute(&statement, values).await.map_err(failed)?;
    }
    let statement = transaction.prepare_cached(GIVEN_BACK).await.map_err(failed)?;
    transaction.execute(&statement, &[&locked.shop, &locked.order, &locked.amount]).await.map_err(failed)?;
    let statement = transaction.prepare_cached(MOVED).await.map_err(failed)?;
    let values: Values<'_> = &[&locked.shop, &entry, &locked.buyer, &locked.amount, &locked.currency, &refund, &now];
    transaction.execute(&statement, values).await.map_err(failed)?;
    let statement = transaction.prepare_cached(APPROVED).await.map_err(failed)?;
    transaction.execute(&statement, &[&locked.shop, &key, &member, &now, &entry]).await.map_err(failed)?;
    let statement = transaction.prepare_cached(TOLD).await.map_err(failed)?;
    let payload = json!({
        "shop": text("shop", locked.shop),
        "refund": refund,
        "buyer": text("acct", locked.buyer),
        "amount": locked.amount.to_string(),
        "currency": locked.currency,
    });
    transaction.execute(&statement, &[&entry, &locked.shop, &payload, &now]).await.map_err(failed)?;
    let statement = transaction.prepare_cached(CHAINED).await.map_err(failed)?;
    let (grant, detail) = (text("grant", locked.grant), json!({ "amount": locked.amount }));
    let canonical = refund.as_bytes();
    let values: Values<'_> = &[&locked.shop, &canonical, &now, &member, &refund, &grant, &entry, &detail];
    transaction.query_one(&statement, values).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    Ok(approval(refund, locked))
}
