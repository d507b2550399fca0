//! What becomes of commands that share a transaction, by one that does what it is told.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::result::QueryResult;
use diesel::sql_types::Bool;
use futures_util::future::join_all;
use kith::command::{Caller, Command, Door, Options, Origin, Outcome, Shared, Sheet, Tx};
use kith::db::{Connection, Write};
use kith::domains::accounts::sessions::authenticate;
use kith::domains::accounts::token::Token;
use kith::kernel::ids::ShopId;
use kith::kernel::{Fault, Instant};
use kith::permissions::catalogue::number;
use kith::permissions::{Actor, Number, WholeShop};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::support::app::TestApp;
use crate::support::pg::{Durability, PgServer};

const CREATE: Number = number("item.create");

/// How a command behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum How {
    /// It does what it is to do.
    Plain,
    /// It needs more than what is in hand.
    Asks,
    /// What it writes with others breaks.
    Breaks,
    /// It has a fault.
    Panics,
    /// It runs until it is let go.
    Stays,
}

/// What was seen of the commands.
struct Seen {
    let_go: Semaphore,
    stay: AtomicUsize,
    alone: AtomicUsize,
    /// How many were in the last group.
    group: AtomicUsize,
}

/// Does nothing but be on record.
#[derive(Serialize)]
struct Note {
    shop: ShopId,
    how: How,
    #[serde(skip)]
    seen: Arc<Seen>,
}

/// Whether it ran alone.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Noted {
    alone: bool,
}

impl Command for Note {
    const NAME: &'static str = "note";
    type Output = Noted;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Noted, Fault> {
        if self.how == How::Stays {
            self.seen.stay.fetch_add(1, Ordering::SeqCst);
            self.seen.let_go.acquire().await.unwrap().forget();
            return Err(Fault::NotFound { what: "note" });
        }
        self.seen.alone.fetch_add(1, Ordering::SeqCst);
        let permit = tx.permit(CREATE, Some(WholeShop(self.shop))).await?;
        tx.record_under(&permit, &self.shop, json!({}));
        Ok(Noted { alone: true })
    }
}

impl Shared for Note {
    type Locked = ();
    type Change = How;

    fn is_plain(&self, _: &Actor) -> bool {
        true
    }

    async fn lock_all(_: &mut Connection, commands: &[&Self]) -> QueryResult<Vec<Option<()>>> {
        commands[0].seen.group.store(commands.len(), Ordering::SeqCst);
        Ok(vec![Some(()); commands.len()])
    }

    fn decide(&self, sheet: &mut Sheet<'_>, (): ()) -> Option<(Noted, How)> {
        assert!(self.how != How::Panics, "as it was told");
        let permit = sheet.permit(CREATE, WholeShop(self.shop))?;
        sheet.record_under(&permit, &self.shop, json!({}));
        (self.how != How::Asks).then_some((Noted { alone: false }, self.how))
    }

    fn write_all(changes: &[How], _: Instant) -> Vec<Box<dyn Write>> {
        let breaks = changes.contains(&How::Breaks);
        breaks.then(|| Box::new(diesel::dsl::sql::<Bool>("1 / 0 = 1")) as Box<dyn Write>).into_iter().collect()
    }
}

struct World {
    app: TestApp,
    shop: ShopId,
    caller: Caller,
    seen: Arc<Seen>,
    _server: PgServer,
}

type Told = Result<Outcome<Noted>, Fault>;

impl World {
    async fn new() -> Self {
        let server = PgServer::start_with(Durability::None).await;
        let app = TestApp::start_on(&server.fresh_database().await, 8).await;
        let seller = app.account("seller").await;
        let shop = app.shop(&seller).await.parse().unwrap();
        let token = Token::of_header(&format!("Bearer {}", seller.token)).unwrap().hash();
        let actor = authenticate(&app.door.db, &app.door.sets, &token, app.now()).await.unwrap();
        let origin = Origin { request_id: uuid::Uuid::now_v7(), ip: None, user_agent: None };
        let [stay, alone, group] = [0; 3].map(AtomicUsize::new);
        let seen = Arc::new(Seen { let_go: Semaphore::new(0), stay, alone, group });
        Self { app, shop, caller: Caller { actor, origin }, seen, _server: server }
    }

    fn note(&self, how: How) -> impl Future<Output = Told> + Send + 'static {
        let door: Arc<Door> = Arc::clone(&self.app.door);
        let (caller, command) = (self.caller.clone(), Note { shop: self.shop, how, seen: Arc::clone(&self.seen) });
        async move { door.execute_shared(caller, command, Options::default()).await }
    }

    /// Sends these while the two turns there are are taken, so that they come up together; again, until they did: on a machine
    /// that is busy they may lose their patience.
    async fn together(&self, hows: &[How]) -> Vec<Told> {
        for _ in 0..50 {
            let mut before = Vec::new();
            for turn in 1..=2 {
                before.push(tokio::spawn(self.note(How::Stays)));
                while self.seen.stay.load(Ordering::SeqCst) < turn {
                    tokio::task::yield_now().await;
                }
            }
            self.seen.alone.store(0, Ordering::SeqCst);
            let all = join_all(hows.iter().map(|how| self.note(*how)));
            let (told, ()) = tokio::join!(all, async { self.seen.let_go.add_permits(2) });
            join_all(before).await;
            self.seen.stay.store(0, Ordering::SeqCst);
            if self.seen.group.swap(0, Ordering::SeqCst) == hows.len() {
                return told;
            }
        }
        panic!("they never came up together");
    }

    fn alone(&self) -> usize {
        self.seen.alone.load(Ordering::SeqCst)
    }
}

fn ran_alone(told: &Told) -> bool {
    told.as_ref().unwrap().output.alone
}

#[tokio::test(flavor = "multi_thread")]
async fn server_who_can_be_decided_by_what_is_in_hand_shares_a_transaction_and_the_others_run_alone() {
    let world = World::new().await;
    let told = world.together(&[How::Plain, How::Asks, How::Plain, How::Plain]).await;
    assert_eq!(told.iter().map(ran_alone).collect::<Vec<_>>(), [false, true, false, false]);
    assert_eq!(world.alone(), 1);
    let newest = "audit_entries WHERE action = 'note' ORDER BY seq DESC LIMIT 4";
    let transactions = format!("SELECT count(DISTINCT x) FROM (SELECT xmin::text AS x FROM {newest}) AS t");
    assert_eq!(world.app.count(&transactions).await, 2, "three in one, and one");
    world.app.verified().await;
    world.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_where_what_was_written_together_breaks_each_runs_alone() {
    let world = World::new().await;
    let on_record = "SELECT count(*) FROM audit_entries WHERE action = 'note'";
    let before = world.app.count(on_record).await;
    let told = world.together(&[How::Plain, How::Breaks, How::Plain]).await;
    assert!(told.iter().all(ran_alone));
    assert_eq!(world.alone(), 3);
    assert!(world.app.count(on_record).await - before >= 3);
    world.app.verified().await;
    world.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_after_a_panic_nobody_knows_and_the_next_ones_are_served() {
    let world = World::new().await;
    let told = world.together(&[How::Plain, How::Panics, How::Plain]).await;
    assert!(told.iter().all(|told| matches!(told, Err(Fault::Unknown))), "{told:?}");
    for _ in 0..3 {
        assert!(ran_alone(&world.note(How::Plain).await), "whoever comes by itself");
    }
    let told = world.together(&[How::Plain, How::Plain]).await;
    assert!(!told.iter().any(ran_alone));
    world.app.verified().await;
    world.app.stop().await;
}
