//! A schema with something of every kind that the edge has to live with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use async_graphql::{Context, Data, Error, Object, Result, Schema, SimpleObject, Subscription};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use kith::server::{Contexts, EndOperation, Refusal, RequestMeta};

pub type TestSchema = Schema<Query, Mutation, Ticks>;

#[derive(Default)]
pub struct State {
    pub begun: AtomicUsize,
    pub done: AtomicUsize,
    pub cancelled: AtomicUsize,
    pub contexts: AtomicUsize,
    pub revoked: AtomicBool,
    pub ticked: AtomicUsize,
}

/// Counts what is dropped before it is done.
struct Begun<'a>(&'a State, bool);

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if self.1 { &self.0.done } else { &self.0.cancelled }.fetch_add(1, SeqCst);
    }
}

async fn work(state: &State, ms: u64) {
    state.begun.fetch_add(1, SeqCst);
    let mut begun = Begun(state, false);
    tokio::time::sleep(Duration::from_millis(ms)).await;
    begun.1 = true;
}

fn explode(text: &str) -> bool {
    panic!("{text}")
}

pub fn build(state: Arc<State>) -> TestSchema {
    Schema::build(Query, Mutation, Ticks).data(state).finish()
}

/// Knows the tokens `busy`, `broken` and `forged`, and all others as callers until they are revoked.
pub struct Callers(pub Arc<State>);

impl Contexts for Callers {
    fn context(&self, meta: RequestMeta) -> BoxFuture<'_, Result<Data, Refusal>> {
        self.0.contexts.fetch_add(1, SeqCst);
        let revoked = self.0.revoked.load(SeqCst);
        async move {
            match meta.authorization.as_deref() {
                Some("Bearer forged") => return Err(Refusal::unauthenticated()),
                Some("Bearer busy") => return Err(Refusal::busy(Duration::from_millis(2_500))),
                Some("Bearer broken") => panic!("the session store: password=hunter2"),
                Some(_) if revoked => return Err(Refusal::unauthenticated()),
                _ => {}
            }
            let mut data = Data::default();
            data.insert(meta);
            Ok(data)
        }
        .boxed()
    }
}

fn state<'a>(context: &Context<'a>) -> &'a State {
    context.data_unchecked::<Arc<State>>()
}

pub struct Query;

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "hello"
    }

    async fn echo(&self, text: String) -> String {
        text
    }

    async fn count(&self, values: Vec<i32>) -> usize {
        values.len()
    }

    async fn slow(&self, context: &Context<'_>, ms: u64) -> bool {
        work(state(context), ms).await;
        true
    }

    async fn boom(&self) -> bool {
        explode("SELECT password FROM accounts: secret in a panic")
    }

    async fn fails(&self) -> Result<bool> {
        Err(Error::new("it failed"))
    }

    async fn maybe(&self) -> Option<Result<bool>> {
        Some(Err(Error::new("it failed")))
    }

    async fn caller(&self, context: &Context<'_>) -> Caller {
        let meta = context.data_unchecked::<RequestMeta>();
        Caller {
            request_id: meta.request_id.to_string(),
            locale: meta.locale.tag().into(),
            remote: meta.remote.map(|r| r.to_string()),
            user_agent: meta.user_agent.clone(),
            authorization: meta.authorization.clone(),
            client: meta.client.clone(),
            transport: format!("{:?}", meta.transport),
        }
    }

    async fn thing(&self) -> Thing {
        Thing
    }
}

#[derive(SimpleObject)]
struct Caller {
    request_id: String,
    locale: String,
    remote: Option<String>,
    user_agent: Option<String>,
    authorization: Option<String>,
    client: Option<String>,
    transport: String,
}

struct Thing;

#[Object]
impl Thing {
    async fn name(&self) -> &str {
        "thing"
    }

    async fn thing(&self) -> Thing {
        Thing
    }

    async fn few(&self, #[graphql(default)] ids: Vec<i32>) -> Vec<Thing> {
        ids.into_iter().map(|_| Thing).collect()
    }

    async fn things(&self, first: Option<i32>, last: Option<i32>) -> ThingConnection {
        let _ = (first, last);
        ThingConnection { nodes: vec![Thing] }
    }
}

#[derive(SimpleObject)]
struct ThingConnection {
    nodes: Vec<Thing>,
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn bump(&self, context: &Context<'_>, #[graphql(default)] ms: u64) -> usize {
        work(state(context), ms).await;
        state(context).done.load(SeqCst)
    }

    async fn boom(&self) -> bool {
        explode("secret in a panic")
    }

    /// The bytes of each file; nothing for one that did not come.
    async fn weigh(&self, context: &Context<'_>, files: Vec<kith::graphql::upload::Upload>) -> Vec<Option<usize>> {
        files.into_iter().map(|file| file.bytes(context).map(|bytes| bytes.len())).collect()
    }
}

pub struct Ticks;

#[Subscription]
impl Ticks {
    async fn ticks(&self, n: u64, #[graphql(default)] ms: u64) -> impl Stream<Item = u64> {
        stream::iter(0..n).then(move |i| async move {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            i
        })
    }

    /// As much as the reader takes in.
    async fn flood(&self, context: &Context<'_>, bytes: usize) -> impl Stream<Item = String> {
        let state = context.data_unchecked::<Arc<State>>().clone();
        stream::repeat_with(move || {
            state.ticked.fetch_add(1, SeqCst);
            "x".repeat(bytes)
        })
    }

    async fn never(&self) -> impl Stream<Item = u64> {
        stream::pending()
    }

    async fn ends(&self, close: bool) -> impl Stream<Item = Result<u64>> {
        let end = Error::new_with_source(EndOperation { close_connection: close });
        stream::iter([Ok(1), Err(end), Ok(2)])
    }

    async fn boom(&self) -> impl Stream<Item = u64> {
        stream::iter(0..3).map(|i| if i == 1 { panic!("secret in a panic") } else { i })
    }
}
