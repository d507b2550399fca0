//! `#[guarded]` with the real async-graphql: what runs, and what the schema says.

mod graphql;
mod permissions;
mod walked;

use std::sync::Arc;

use async_graphql::{
    ComplexObject, Context, EmptyMutation, MergedObject, Object, Request, Schema, SimpleObject, Subscription,
};
use futures_util::{Stream, StreamExt, stream};
use graphql::context::RequestContext;
use kith_macros::guarded;
use permissions::catalogue::number;

/// What everybody may see of a refund: the edge was checked.
#[guarded(inherits)]
#[derive(SimpleObject, Default)]
#[graphql(complex)]
struct Refund {
    /// Its number.
    id: i32,
    #[requires("refund.read", "shop.read")]
    #[graphql(name = "why", deprecation = "ask")]
    reason: String,
    #[graphql(skip)]
    secret: i32,
}

#[guarded(inherits)]
#[ComplexObject]
impl Refund {
    async fn order(&self) -> i32 {
        self.secret
    }

    #[requires(any("refund.approve", "shop.read"))]
    async fn buyer(&self, #[graphql(default = 1)] length: i32) -> i32 {
        length
    }
}

#[derive(Default)]
struct Refunds;

#[guarded(requires("refund.read"))]
#[Object]
impl Refunds {
    /// A refund.
    async fn refund(&self, _ctx: &Context<'_>) -> Refund {
        Refund::default()
    }

    #[requires("refund.approve")]
    async fn approvals(&self) -> async_graphql::Result<i32> {
        Ok(self.helper())
    }

    #[graphql(skip)]
    fn helper(&self) -> i32 {
        7
    }
}

#[derive(Default)]
struct People;

#[guarded]
#[Object]
impl People {
    #[requires(login)]
    async fn viewer(&self) -> i32 {
        1
    }

    #[requires(account)]
    async fn orders(&self) -> i32 {
        2
    }

    #[public = "how to log in: \"anyone\""]
    #[graphql(name = "help")]
    #[graphql(complexity = 3)]
    async fn help_text(&self) -> i32 {
        3
    }
}

#[derive(MergedObject, Default)]
struct Query(Refunds, People);

struct Events;

#[guarded]
#[Subscription]
impl Events {
    #[requires("refund.read")]
    async fn refunds(&self) -> impl Stream<Item = i32> {
        stream::iter([1, 2])
    }

    #[public = "a clock"]
    async fn ticks(&self) -> impl Stream<Item = i32> {
        stream::iter([1])
    }
}

type TestSchema = Schema<Query, EmptyMutation, Events>;

fn schema() -> TestSchema {
    Schema::new(Query::default(), EmptyMutation, Events)
}

fn request(query: &str, held: Option<&[&str]>, sub_account: bool) -> Request {
    let held = held.map(|codes| codes.iter().map(|code| number(code)).collect());
    Request::new(query).data(Arc::new(RequestContext { held, sub_account }))
}

async fn passes(field: &str, held: Option<&[&str]>) -> bool {
    schema().execute(request(&format!("{{ {field} }}"), held, false)).await.is_ok()
}

#[tokio::test]
async fn r5_1_each_requirement_passes_whom_it_names_and_nobody_else() {
    for (field, held, wanted) in [
        ("approvals", None, false),
        ("approvals", Some(&[] as &[&str]), false),
        ("approvals", Some(&["refund.read", "shop.read"]), false),
        ("approvals", Some(&["refund.approve"]), true),
        // The type's default, and a field that inherits below it.
        ("refund { id order }", Some(&["refund.approve"]), false),
        ("refund { id order }", Some(&["refund.read"]), true),
        // All of two, under its other name.
        ("refund { why }", Some(&["refund.read"]), false),
        ("refund { why }", Some(&["refund.read", "shop.read"]), true),
        // One of two.
        ("refund { buyer }", Some(&["refund.read"]), false),
        ("refund { buyer }", Some(&["refund.read", "shop.read"]), true),
        ("viewer", None, false),
        ("viewer", Some(&[]), true),
        ("orders", None, false),
        ("orders", Some(&[]), true),
        ("help", None, true),
    ] {
        assert_eq!(passes(field, held).await, wanted, "{field} with {held:?}");
    }
    assert!(schema().execute(request("{ orders }", Some(&[]), true)).await.is_err(), "a sub-account is refused");
    assert!(schema().execute("{ viewer }").await.is_err(), "no context is no right");
}

#[tokio::test]
async fn r5_1_a_subscription_is_checked_before_it_starts() {
    for (held, wanted) in [(None, false), (Some(&["shop.read"] as &[&str]), false), (Some(&["refund.read"]), true)] {
        let answers: Vec<_> = schema().execute_stream(request("subscription { refunds }", held, false)).collect().await;
        assert_eq!(answers.iter().all(|answer| answer.is_ok()), wanted, "{held:?}");
        assert_eq!(answers.len(), if wanted { 2 } else { 1 }, "{held:?}");
    }
}

#[test]
fn r5_1_the_schema_says_what_is_enforced() {
    let sdl = schema().sdl();
    for line in [
        r#"refund: Refund! @requires(permission: "refund.read")"#,
        r#"approvals: Int! @requires(permission: "refund.approve")"#,
        r#"viewer: Int! @requires(login: true)"#,
        r#"orders: Int! @requires(account: true)"#,
        r#"help: Int! @public(reason: "how to log in: \"anyone\"")"#,
        r#"type Refund @inherits {"#,
        "\tid: Int!\n",
        r#"why: String! @deprecated(reason: "ask") @requires(permission: "refund.read") @requires(permission: "shop.read")"#,
        r#"order: Int! @inherits"#,
        r#"buyer(length: Int! = 1): Int! @requires(anyOf: ["refund.approve", "shop.read"])"#,
        r#"refunds: Int! @requires(permission: "refund.read")"#,
        r#"directive @requires(permission: String, anyOf: [String!], login: Boolean, account: Boolean, service: Boolean) repeatable on FIELD_DEFINITION"#,
        "directive @public(reason: String!) on FIELD_DEFINITION",
        "directive @inherits on FIELD_DEFINITION | OBJECT",
    ] {
        assert!(sdl.contains(line), "{line}\n\n{sdl}");
    }
    assert!(!sdl.contains("helper") && !sdl.contains("secret"), "{sdl}");
}
