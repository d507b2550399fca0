//! The workloads, as requests to Kith and to the limit.

use serde_json::json;
use tokio_postgres::Client;

use crate::Failure;
use crate::ids::text;
use crate::world::{APPROVER, COUNTED_APPROVER, MANAGER, World};

/// One request, as `load.lua` reads it: no body is GET, "-" is POST without one.
#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    pub token: String,
    pub body: String,
}

/// The same question to both.
#[derive(Debug, Clone)]
pub struct Question {
    pub kith: Request,
    pub limit: Request,
    /// The key that the SQL that checks the answer takes.
    pub about: uuid::Uuid,
    /// Rows that are asked for.
    pub rows: usize,
}

/// A workload.
pub struct Case {
    pub name: &'static str,
    pub what: &'static str,
    /// The share of the limit that is aimed at.
    pub aim: Option<f64>,
    pub questions: Vec<Question>,
}

const Q1: &str = "query($id: ID!) { node(id: $id) { ... on SubAccount {
    id name displayName state createdAt hasOwnAccount } } }";
const Q2: &str = "query($id: ID!, $rows: Int!) { shop(id: $id) { subAccounts(first: $rows) { edges { node {
    id name position { name } permissions { code } } } } } }";
const Q3: &str = "query($id: ID!) { shop(id: $id) { refunds(first: 50) { edges { node {
    id amount { amount currency } reason state requestedAt
    order { id itemTitle quantity total { amount currency } buyer { id displayName } } } } } } }";
const Q4: &str = "mutation($id: ID!, $key: String!) { approveRefund(input: { refundId: $id }) @idempotent(key: $key) {
    refund { id state amount { amount currency } } userErrors { code message } } }";

pub fn graphql(token: String, query: &str, variables: &serde_json::Value) -> Request {
    let query = query.split_whitespace().collect::<Vec<_>>().join(" ");
    let body = json!({ "query": query, "variables": variables }).to_string();
    Request { path: "/graphql".to_owned(), token, body }
}

fn plain(path: String, body: &str) -> Request {
    Request { path, token: String::new(), body: body.to_owned() }
}

/// One sub-account by id, asked for by a manager of its shop.
pub fn q1(world: World) -> Case {
    let all = (0..world.shops).flat_map(|shop| (0..world.crew_of(shop)).map(move |member| (shop, member)));
    let questions = all.map(|(shop, member)| {
        let about = world.sub_account(shop, member);
        let id = text("sub", about);
        Question {
            kith: graphql(world.token(shop, Some(MANAGER)), Q1, &json!({ "id": id })),
            limit: plain(format!("/q1/{id}"), ""),
            about,
            rows: 1,
        }
    });
    let what = "one sub-account by id, six scalars";
    Case { name: "Q1", what, aim: Some(0.7), questions: questions.collect() }
}

fn q2_of(world: World, shop: usize, rows: usize) -> Question {
    let about = world.shop(shop);
    let id = text("shop", about);
    let token = world.token(shop, Some(MANAGER));
    let kith = if rows <= 100 {
        graphql(token, Q2, &json!({ "id": id, "rows": rows }))
    } else {
        // A page holds 100 rows at most: the pages of a longer list are asked for together.
        let pages = (0..rows / 100).map(|page| {
            let after = match page {
                0 => String::new(),
                page => format!(", after: \"{}\"", text("sub", world.sub_account(shop, page * 100 - 1))),
            };
            format!(
                "p{page}: subAccounts(first: 100{after}) {{ edges {{ node {{
                id name position {{ name }} permissions {{ code }} }} }} }} "
            )
        });
        let query = format!("query($id: ID!) {{ shop(id: $id) {{ {} }} }}", pages.collect::<String>());
        graphql(token, &query, &json!({ "id": id }))
    };
    Question { kith, limit: plain(format!("/q2/{id}/{rows}"), ""), about, rows }
}

/// The first twenty sub-accounts of a shop, asked for by a manager of it.
pub fn q2(world: World) -> Case {
    let questions = (0..world.shops).map(|shop| q2_of(world, shop, 20)).collect();
    let what = "a shop's first 20 sub-accounts, each with position and permission codes";
    Case { name: "Q2", what, aim: Some(0.55), questions }
}

/// The first sub-accounts of the shop that has a thousand.
pub fn q2_rows(world: World, rows: usize) -> Case {
    let questions = vec![q2_of(world, 0, rows)];
    Case { name: "Q2", what: "sub-accounts of one shop", aim: None, questions }
}

/// The newest fifty refunds of a shop, asked for by a manager of it.
pub fn q3(world: World) -> Case {
    let questions = (0..world.shops).map(|shop| {
        let about = world.shop(shop);
        let id = text("shop", about);
        Question {
            kith: graphql(world.token(shop, Some(MANAGER)), Q3, &json!({ "id": id })),
            limit: plain(format!("/q3/{id}"), ""),
            about,
            rows: 50,
        }
    });
    let what = "a shop's first 50 refunds with order and buyer";
    Case { name: "Q3", what, aim: Some(0.5), questions: questions.collect() }
}

/// How Q4 is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// By somebody whose grant limits the action and the hours.
    Limited,
    /// By somebody whose grant limits the day as well.
    Counted,
    /// As `Counted`, beside a limit that writes all rows that Kith writes.
    All,
}

/// The approval of a refund that waits; each of them once, in a random order.
pub async fn q4(world: World, client: &Client, how: Approval) -> Result<Case, Failure> {
    let (name, what, aim, member, path) = match how {
        Approval::Limited => ("Q4", "approve a refund, limits per action and hours", Some(0.6), APPROVER, "q4"),
        Approval::Counted => {
            ("Q4 counted", "approve a refund, limits per action, hours and day", None, COUNTED_APPROVER, "q4")
        }
        Approval::All => (
            "Q4 all rows",
            "the same beside a limit that writes every row Kith writes",
            None,
            COUNTED_APPROVER,
            "q4-all",
        ),
    };
    let shops: std::collections::HashMap<_, _> = (0..world.shops).map(|shop| (world.shop(shop), shop)).collect();
    let rows =
        client.query("SELECT id, shop_id FROM refunds WHERE state = 'REQUESTED' ORDER BY md5(id::text)", &[]).await?;
    let mut questions = Vec::with_capacity(rows.len());
    for row in rows {
        let about = row.get(0);
        let shop = *shops.get(&row.get(1)).ok_or("a shop of another world: seed anew")?;
        let (id, by) = (text("refund", about), text("sub", world.sub_account(shop, member)));
        questions.push(Question {
            kith: graphql(world.token(shop, Some(member)), Q4, &json!({ "id": id, "key": id })),
            limit: plain(format!("/{path}/{by}/{id}"), "-"),
            about,
            rows: 1,
        });
    }
    Ok(Case { name, what, aim, questions })
}

/// What a manager may not do: approve.
pub fn denied(world: World, refund: &Question, shop: usize) -> Request {
    let id = text("refund", refund.about);
    graphql(world.token(shop, Some(MANAGER)), Q4, &json!({ "id": id, "key": "denied" }))
}

/// The SQL that says what the answer to a question is: `$1` is what it is about, `$2` how many rows. Ids are keys, moments
/// are microseconds, permissions are numbers; see `check.rs`.
pub fn truth(case: &Case) -> &'static str {
    match case.name {
        "Q1" => {
            "SELECT jsonb_build_object('node', jsonb_build_object('id', id, 'name', name, 'displayName', display_name,
                'state', state, 'createdAt', (extract(epoch FROM created_at) * 1000000)::bigint,
                'hasOwnAccount', linked_account_id IS NOT NULL))
             FROM sub_accounts WHERE id = $1 AND $2::bigint > 0"
        }
        "Q2" => {
            "SELECT jsonb_build_object('shop', jsonb_build_object('subAccounts', jsonb_build_object('edges',
                jsonb_agg(jsonb_build_object('node', jsonb_build_object('id', u.id, 'name', u.name,
                    'position', jsonb_build_object('name', p.name), 'permissions', (
                        SELECT coalesce(jsonb_agg(jsonb_build_object('code', n) ORDER BY n), '[]') FROM (
                            SELECT permission AS n FROM position_permissions pp
                            WHERE pp.shop_id = u.shop_id AND pp.position_id = u.position_id AND pp.valid_to IS NULL
                              AND NOT EXISTS (SELECT FROM permission_grants g WHERE g.sub_account_id = u.id
                                AND g.shop_id = u.shop_id AND g.permission = pp.permission AND g.revoked_at IS NULL)
                            UNION SELECT permission FROM permission_grants g WHERE g.sub_account_id = u.id
                                AND g.shop_id = u.shop_id AND g.effect = 'ALLOW' AND g.revoked_at IS NULL) held)))
                    ORDER BY u.id))))
             FROM (SELECT * FROM sub_accounts WHERE shop_id = $1 ORDER BY id LIMIT $2) u
             JOIN positions p ON p.shop_id = u.shop_id AND p.id = u.position_id"
        }
        "Q3" => {
            "SELECT jsonb_build_object('shop', jsonb_build_object('refunds', jsonb_build_object('edges',
                coalesce(jsonb_agg(jsonb_build_object('node', jsonb_build_object('id', r.id,
                    'amount', jsonb_build_object('amount', to_char(r.amount_minor / 100.0, 'FM9999999990.00'),
                        'currency', r.currency),
                    'reason', r.reason, 'state', r.state,
                    'requestedAt', (extract(epoch FROM r.requested_at) * 1000000)::bigint,
                    'order', jsonb_build_object('id', o.id, 'itemTitle', o.item_title, 'quantity', o.quantity,
                        'total', jsonb_build_object('amount', to_char(o.total_minor / 100.0, 'FM9999999990.00'),
                            'currency', o.currency),
                        'buyer', jsonb_build_object('id', a.id, 'displayName', a.display_name))))
                    ORDER BY r.id DESC), '[]'))))
             FROM (SELECT * FROM refunds WHERE shop_id = $1 ORDER BY id DESC LIMIT $2) r
             JOIN orders o ON o.id = r.order_id JOIN accounts a ON a.id = o.buyer_account_id"
        }
        _ => {
            "SELECT jsonb_build_object('approveRefund', jsonb_build_object('refund', jsonb_build_object('id', id,
                'state', 'APPROVED', 'amount', jsonb_build_object(
                    'amount', to_char(amount_minor / 100.0, 'FM9999999990.00'), 'currency', currency)),
                'userErrors', '[]'::jsonb))
             FROM refunds WHERE id = $1 AND state = 'APPROVED' AND decided_by LIKE 'sub\\_%' AND $2::bigint > 0
               AND EXISTS (SELECT FROM audit_entries e WHERE e.chain_id = shop_id AND e.outcome = 'DONE'
                 AND e.actor = decided_by AND e.detail IS NOT NULL AND e.request_id IS NOT NULL)"
        }
    }
}

/// What must be true of a refund besides, when every row was written. The event is in the outbox or delivered already.
pub const EVERY_ROW: &str = "SELECT count(*) FROM refunds r
    JOIN orders o ON o.id = r.order_id AND o.refunded_minor = r.amount_minor
    JOIN ledger_entries e ON e.shop_id = r.shop_id AND e.id = r.ledger_entry_id AND e.amount_minor = r.amount_minor
    JOIN idempotency_keys k ON k.command = 'approveRefund'
    JOIN audit_entries a ON a.chain_id = r.shop_id AND a.target = k.key AND a.outcome = 'DONE'
    JOIN shops s ON s.id = r.shop_id
    WHERE r.id = $1 AND k.key = $2 AND r.state = 'APPROVED' AND (
        EXISTS (SELECT FROM outbox b WHERE b.shop_id = r.shop_id AND b.topic = 'refund.approved'
            AND b.payload ->> 'refund' = k.key)
        OR EXISTS (SELECT FROM notifications n WHERE n.account_id = s.main_account_id AND n.topic = 'refund.approved'
            AND n.created_at = r.decided_at))";

/// Requests of an approver's shop for checking that others are refused.
pub fn shop_of(world: World, question: &Question) -> Option<usize> {
    (0..world.shops).find(|shop| {
        question.kith.token == world.token(*shop, Some(APPROVER))
            || question.kith.token == world.token(*shop, Some(COUNTED_APPROVER))
    })
}
