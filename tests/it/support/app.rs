//! Kith without sockets: the schema, the door and a fresh database, with a clock that the test moves.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_graphql::{Request, Variables};
use diesel_async::SimpleAsyncConnection as _;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use kith::command::{Door, Env};
use kith::config::{self, Sources};
use kith::db::{Db, PerType, migrate};
use kith::domains::accounts::password;
use kith::domains::audit::Streams;
use kith::domains::certification::Certifier;
use kith::domains::notifications::Inboxes;
use kith::graphql::context::Settings;
use kith::kernel::clock::{ManualClock, SharedClock};
use kith::kernel::dice::SeededDice;
use kith::kernel::ids::{AccountId, TypedId};
use kith::kernel::{Clock, Instant, Locale};
use kith::providers::Keys;
use kith::providers::cards::CardVault;
use kith::providers::cards::sealed::SealedVault;
use kith::providers::messages::dev::DevOutbox;
use kith::providers::payments::holders::DemoHolders;
use kith::providers::photos::Photos;
use kith::providers::verify::IdentityVerifier;
use kith::providers::verify::rules::{Faces, Rules};
use kith::server::schema::{self, KithSchema};
use kith::server::sessions::Sessions;
use kith::server::{RequestMeta, Transport};
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::migrated::Migrated;

/// A Saturday noon in Shanghai, so that hours of grants are open unless a test says otherwise.
pub const NOON: &str = "2026-11-21T04:00:00Z";
/// Subscriptions look often, so that tests need not wait.
const EAGER: config::Audit = config::Audit { poll_interval_ms: 20, recheck_interval_ms: 50 };
const EAGER_INBOXES: config::Notifications = config::Notifications { poll_interval_ms: 20, recheck_interval_ms: 50 };
/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery";

/// One Kith.
pub struct TestApp {
    /// The write door.
    pub door: Arc<Door>,
    /// The schema.
    pub schema: KithSchema,
    /// The clock, at [`NOON`] to begin with.
    pub clock: Arc<ManualClock>,
    /// The audit trails that somebody listens to.
    pub streams: Arc<Streams>,
    /// The inboxes that somebody listens to.
    pub inboxes: Arc<Inboxes>,
    /// What the worker would have sent, once a test calls [`TestApp::deliver`].
    pub outbox: Arc<DevOutbox>,
    /// The outside of certification: rules, photos in memory, dice that always roll the same.
    pub certifier: Arc<Certifier>,
    sessions: Sessions,
    /// The embedded database, if that is what there is.
    database: Option<Migrated>,
    names: AtomicU32,
    /// Where requests come from.
    remote: Mutex<IpAddr>,
}

/// How many of them this process has made.
static APPS: AtomicU32 = AtomicU32::new(0);

/// Somebody with an open session.
#[derive(Debug, Clone)]
pub struct Persona {
    /// The log-in name.
    pub login: String,
    /// The id of the account or sub-account.
    pub id: String,
    /// The session's token.
    pub token: String,
}

/// The answer to an operation.
#[derive(Debug, Clone)]
pub struct Answer(pub Value);

impl TestApp {
    /// Kith on a fresh embedded database.
    pub async fn start() -> Self {
        let migrated = Migrated::fresh(settings()).await;
        let app = Self::on(migrated.opened.db.clone());
        Self { database: Some(migrated), ..app }
    }

    /// The same where money does not come from nowhere, as on a real server.
    pub async fn start_without_play_money() -> Self {
        let migrated = Migrated::fresh(settings()).await;
        let app = Self::made(migrated.opened.db.clone(), false);
        Self { database: Some(migrated), ..app }
    }

    /// Kith on a database of a server, which has the migrations already or gets them now.
    pub async fn start_on(url: &str, connections: usize) -> Self {
        Self::start_waiting(url, connections, settings().acquire_timeout_ms).await
    }

    /// The same, where nobody waits for a connection longer than so many milliseconds.
    pub async fn start_waiting(url: &str, connections: usize, wait_ms: u64) -> Self {
        let settings = config::Database { max_connections: connections, acquire_timeout_ms: wait_ms, ..with_url(url) };
        let db = Db::connect(&settings).await.unwrap();
        migrate::run(&db).await.unwrap();
        Self::on(db)
    }

    /// Kith on a fresh embedded database, where cards go to another vault than the built-in one.
    pub async fn start_with_vault(vault: impl FnOnce(SharedClock) -> Arc<dyn CardVault>) -> Self {
        let migrated = Migrated::fresh(settings()).await;
        let app = Self::made_with(migrated.opened.db.clone(), played, |clock, _| vault(clock));
        Self { database: Some(migrated), ..app }
    }

    /// Kith on a fresh embedded database, with other figures than those of the configuration.
    pub async fn start_with(change: impl FnOnce(&mut Env)) -> Self {
        let migrated = Migrated::fresh(settings()).await;
        let change = |env: &mut Env| {
            played(env);
            change(env);
        };
        let app = Self::made_with(migrated.opened.db.clone(), change, |_, keys| Arc::new(SealedVault(keys)));
        Self { database: Some(migrated), ..app }
    }

    fn on(db: Db) -> Self {
        Self::made(db, true)
    }

    fn made(db: Db, play_money: bool) -> Self {
        Self::made_with(db, |env| env.payments.play_money = play_money, |_, keys| Arc::new(SealedVault(keys)))
    }

    fn made_with(
        db: Db,
        change: impl FnOnce(&mut Env),
        vault: impl FnOnce(SharedClock, Keys) -> Arc<dyn CardVault>,
    ) -> Self {
        password::configure(password::Cost { memory_kib: 64, passes: 1, lanes: 1, at_once: 8 });
        let clock = Arc::new(ManualClock::at(NOON.parse().unwrap()));
        let keys = Keys::random();
        let vault = vault(Arc::clone(&clock) as SharedClock, keys.clone());
        let mut env = kith::app::parts::env(&patient(), keys, vault);
        change(&mut env);
        let door = Arc::new(Door {
            db,
            clock: Arc::clone(&clock) as SharedClock,
            sets: Arc::default(),
            env: Arc::new(env),
            tasks: TaskTracker::new(),
            committed: Arc::default(),
            queues: PerType::default(),
        });
        let streams = Streams::new(door.db.clone(), EAGER);
        let inboxes = Inboxes::new(door.db.clone(), EAGER_INBOXES);
        let outbox = Arc::new(DevOutbox::new(Arc::clone(&clock) as SharedClock));
        let rules = Arc::new(Rules(Faces::Review));
        let certifier = Arc::new(Certifier {
            identity: Arc::clone(&rules) as Arc<dyn IdentityVerifier>,
            face: rules,
            holders: Arc::new(DemoHolders(&[("certified@pay.example.com", "韩梅梅", "11010519491231002X")])),
            photos: Photos::in_memory(),
            dice: Arc::new(SeededDice::new(1)),
            staff: schema::STAFF_DECIDED,
        });
        Self {
            sessions: Sessions { door: Arc::clone(&door), settings: Settings::default() },
            schema: schema::builder()
                .data(Arc::clone(&streams))
                .data(Arc::clone(&inboxes))
                .data(Arc::clone(&outbox))
                .data(Arc::clone(&certifier))
                .data(chats(&door))
                .finish(),
            streams,
            inboxes,
            outbox,
            certifier,
            door,
            clock,
            database: None,
            // Those of two servers over one database differ.
            names: AtomicU32::new(10_000 * APPS.fetch_add(1, Ordering::Relaxed)),
            remote: Mutex::new([127, 0, 0, 1].into()),
        }
    }

    /// The moment that the clock shows.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Lets requests come from an address, from now on.
    pub fn come_from(&self, address: &str) {
        *self.remote.lock().unwrap() = address.parse().unwrap();
    }

    /// A name that no other call gave.
    pub fn unique(&self, stem: &str) -> String {
        format!("{stem}{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    /// Runs SQL, outside of everything.
    pub async fn sql(&self, sql: &str) {
        let mut conn = self.door.db.get::<std::convert::Infallible>().await.unwrap();
        conn.batch_execute(sql).await.unwrap();
    }

    /// Runs an operation as the owner of a token, or as nobody.
    pub async fn run(&self, token: Option<&str>, query: &str, variables: Value) -> Answer {
        self.run_in(token, query, variables, Locale::En).await
    }

    /// Runs an operation in a language.
    pub async fn run_in(&self, token: Option<&str>, query: &str, variables: Value, locale: Locale) -> Answer {
        match self.request(token, query, variables, locale).await {
            Ok(request) => Answer::of(&self.schema.execute(request).await),
            Err(code) => Answer(json!({ "data": null, "errors": [{ "extensions": { "code": code } }] })),
        }
    }

    /// Runs a query as it is shown at once and as async-graphql resolves it by itself: both must say the same.
    pub async fn both_ways(&self, who: &Persona, query: &str, variables: Value) {
        let mut answers = Vec::new();
        for stock in [false, true] {
            let request = self.request(Some(&who.token), query, variables.clone(), Locale::En).await.unwrap();
            let request = if stock { request.data(kith::graphql::shown::Stock) } else { request };
            answers.push(Answer::of(&self.schema.execute(request).await).data());
        }
        assert_eq!(answers[0], answers[1], "{query}");
    }

    /// Opens a subscription as the owner of a token.
    pub async fn subscribe(&self, who: &Persona, query: &str, variables: Value) -> BoxStream<'static, Answer> {
        self.subscribe_as(Some(&who.token), query, variables).await
    }

    /// Opens a subscription as the owner of a token, or as nobody.
    pub async fn subscribe_as(&self, token: Option<&str>, query: &str, variables: Value) -> BoxStream<'static, Answer> {
        let lasting = true;
        let request = self.request_of(token, query, variables, (Locale::En, lasting)).await.unwrap();
        self.schema.execute_stream(request).map(|answer| Answer::of(&answer)).boxed()
    }

    /// What the edge makes of an operation; the code of its refusal for a token that is no good.
    async fn request(
        &self,
        token: Option<&str>,
        query: &str,
        variables: Value,
        locale: Locale,
    ) -> Result<Request, &'static str> {
        self.request_of(token, query, variables, (locale, false)).await
    }

    async fn request_of(
        &self,
        token: Option<&str>,
        query: &str,
        variables: Value,
        (locale, lasting): (Locale, bool),
    ) -> Result<Request, &'static str> {
        let meta = RequestMeta {
            request_id: Uuid::now_v7(),
            client_request_id: None,
            remote: Some(*self.remote.lock().unwrap()),
            user_agent: Some("test".to_owned()),
            authorization: token.map(|t| format!("Bearer {t}")),
            locale,
            client: None,
            transport: Transport::Http,
            lasting,
        };
        let recheck = kith::server::recheck::of(&self.door, meta.authorization.clone());
        let context = Arc::new(self.sessions.request(meta).await.map_err(|refusal| refusal.code)?);
        Ok(Request::new(query).variables(Variables::from_json(variables)).data(context).data(recheck))
    }

    /// Runs an operation with a file in the place of `variables.input.photo`, as the edge puts it there.
    pub async fn run_with_file(&self, who: &Persona, query: &str, mut variables: Value, file: Vec<u8>) -> Answer {
        variables["input"]["photo"] = json!(kith::graphql::upload::reference(0));
        let mut request = self.request(Some(&who.token), query, variables, Locale::En).await.unwrap();
        let file = async_graphql::UploadValue { filename: String::new(), content_type: None, content: file.into() };
        request.uploads.push(file);
        Answer::of(&self.schema.execute(request).await)
    }

    /// Runs an operation that must go well, and gives its data.
    pub async fn ok(&self, who: &Persona, query: &str, variables: Value) -> Value {
        self.run(Some(&who.token), query, variables).await.data()
    }

    /// A registered account that is logged in.
    pub async fn account(&self, stem: &str) -> Persona {
        let login = self.unique(stem);
        let input = json!({ "input": { "login": login, "password": PASSWORD, "displayName": login } });
        let made = self
            .run(
                None,
                "mutation($input: RegisterAccountInput!) { registerAccount(input: $input) { accountId userErrors { code } } }",
                input,
            )
            .await
            .data();
        let id = made["registerAccount"]["accountId"].as_str().unwrap().to_owned();
        let token = self.log_in(&login).await;
        Persona { login, id, token }
    }

    /// An account that operates the platform with these permissions.
    pub async fn operator(&self, permissions: &[&str]) -> Persona {
        let persona = self.account("operator").await;
        let id = TypedId::uuid(persona.id.parse::<AccountId>().unwrap());
        self.sql(&format!("UPDATE accounts SET kind = 'OPERATOR' WHERE id = '{id}'")).await;
        for code in permissions {
            let number = kith::permissions::catalogue::by_code(code).unwrap().number;
            self.sql(&format!("INSERT INTO platform_grants VALUES ('{id}', {number}, now())")).await;
        }
        persona
    }

    /// A token for a log-in name.
    pub async fn log_in(&self, login: &str) -> String {
        let answer = self
            .run(
                None,
                "mutation($input: LogInInput!) { logIn(input: $input) { token pendingToken userErrors { code message } } }",
                json!({ "input": { "login": login, "password": PASSWORD } }),
            )
            .await
            .data();
        if let Some(pending) = answer["logIn"]["pendingToken"].as_str() {
            // From a new device: with the code that was just sent.
            self.deliver().await;
            let sent = self.outbox.newest(20).into_iter().find(|sent| sent.message.template == "code.log_in");
            let text = sent.unwrap().message.text.expose().clone();
            let code = text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).unwrap();
            let confirm =
                "mutation($input: ConfirmLogInInput!) { confirmLogIn(input: $input) { token userErrors { code } } }";
            let input = json!({ "pendingToken": pending, "code": code });
            let confirmed = self.run(None, confirm, json!({ "input": input })).await.data();
            return confirmed["confirmLogIn"]["token"].as_str().unwrap_or_else(|| panic!("{confirmed}")).to_owned();
        }
        answer["logIn"]["token"].as_str().unwrap_or_else(|| panic!("{login}: {answer}")).to_owned()
    }

    /// Lets the worker hand on every event and send every message that is due.
    pub async fn deliver(&self) {
        let worker = self.worker();
        let never = tokio_util::sync::CancellationToken::new();
        worker.drain(&never).await.unwrap();
        worker.send(&never).await.unwrap();
    }

    /// A worker with everything that it can do.
    pub fn worker(&self) -> kith::worker::Worker {
        kith::worker::Worker::new(
            Arc::clone(&self.door),
            kith::app::service::consumers(&self.door.env),
            config().worker,
        )
        .with_sender(Arc::clone(&self.outbox) as Arc<dyn kith::providers::messages::MessageSender>, config().messages)
        .with_certifier(Arc::clone(&self.certifier))
    }

    /// The same Kith with another outside of certification.
    pub fn certified_by(self, change: impl FnOnce(&mut Certifier)) -> Self {
        let mut certifier = Certifier {
            identity: Arc::clone(&self.certifier.identity),
            face: Arc::clone(&self.certifier.face),
            holders: Arc::clone(&self.certifier.holders),
            photos: self.certifier.photos.clone(),
            dice: Arc::clone(&self.certifier.dice),
            staff: self.certifier.staff,
        };
        change(&mut certifier);
        let certifier = Arc::new(certifier);
        let schema = schema::builder()
            .data(Arc::clone(&self.streams))
            .data(Arc::clone(&self.inboxes))
            .data(Arc::clone(&self.outbox))
            .data(Arc::clone(&certifier))
            .data(chats(&self.door))
            .finish();
        Self { schema, certifier, ..self }
    }

    /// The newest code that was sent to a number or an address.
    pub async fn code_to(&self, to: &str) -> String {
        self.deliver().await;
        let sent = self.outbox.newest(100).into_iter().find(|sent| {
            // A notice to the same place may have gone out with it.
            sent.message.template.starts_with("code.") && sent.message.to.expose() == to
        });
        let text = sent.unwrap_or_else(|| panic!("nothing was sent to {to}")).message.text.expose().clone();
        let code = text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6);
        code.unwrap_or_else(|| panic!("no code in {text}")).to_owned()
    }

    /// Makes the session of somebody strong, by the password.
    pub async fn step_up(&self, who: &Persona) {
        let step_up = "mutation($p: String!) { stepUp(input: { password: $p }) { until userErrors { code } } }";
        let done = self.ok(who, step_up, json!({ "p": PASSWORD })).await;
        assert!(done["stepUp"]["until"].is_string(), "{done}");
    }

    /// Binds an e-mail address to an account; gives the contact's id.
    pub async fn bind_email(&self, who: &Persona, email: &str) -> String {
        let send = "mutation($e: String!) { sendEmailCode(input: { email: $e }) { codeId userErrors { code } } }";
        self.ok(who, send, json!({ "e": email })).await;
        let code = self.code_to(email).await;
        let bind = "mutation($e: String!, $c: String!) { bindEmail(input: { email: $e, code: $c }) {
            contact { id } userErrors { code } } }";
        let bound = self.ok(who, bind, json!({ "e": email, "c": code })).await;
        bound["bindEmail"]["contact"]["id"].as_str().unwrap_or_else(|| panic!("{bound}")).to_owned()
    }

    /// Binds a number to an account; gives the contact's id.
    pub async fn bind_phone(&self, who: &Persona, phone: &str) -> String {
        let send =
            "mutation($phone: String!) { sendPhoneCode(input: { phone: $phone }) { codeId userErrors { code } } }";
        let sent = self.ok(who, send, json!({ "phone": phone })).await;
        assert!(sent["sendPhoneCode"]["codeId"].is_string(), "{sent}");
        let bind = "mutation($phone: String!, $code: String!) {
            bindPhone(input: { phone: $phone, code: $code }) { contact { id } userErrors { code } } }";
        let code = self.code_to(phone).await;
        let bound = self.ok(who, bind, json!({ "phone": phone, "code": code })).await;
        bound["bindPhone"]["contact"]["id"].as_str().unwrap_or_else(|| panic!("{bound}")).to_owned()
    }

    /// Every row of the tables that a text could hide in, as text, one table after the other.
    pub async fn dump(&self) -> String {
        use diesel::sql_types::Text;
        use diesel_async::RunQueryDsl as _;
        let mut conn = self.door.db.get::<std::convert::Infallible>().await.unwrap();
        let tables: Vec<String> = diesel::dsl::sql::<Text>(
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
        )
        .load(&mut *conn)
        .await
        .unwrap();
        let mut all = String::new();
        for table in tables {
            let rows: Vec<String> =
                diesel::dsl::sql::<Text>(&format!("SELECT t::text FROM {table} t")).load(&mut *conn).await.unwrap();
            all += &rows.join("\n");
            // Bytes are written as hexadecimal digits: also what is hidden in them in the clear.
            all.push('\n');
        }
        all
    }

    /// A shop of an account, which is certified for it.
    pub async fn shop(&self, owner: &Persona) -> String {
        self.shop_in(owner, "CNY").await
    }

    /// The same, in a currency.
    pub async fn shop_in(&self, owner: &Persona, currency: &str) -> String {
        let name = self.unique("Shop ");
        let (owner_name, owner_phone) = self.certify(owner).await;
        // Only as long as it takes: a bound phone changes what an account may do by its password alone.
        self.bind_by_hand(owner, &owner_phone).await;
        let answer = self
            .ok(
                owner,
                "mutation($input: OpenShopInput!) { openShop(input: $input) { shopId userErrors { code } } }",
                json!({ "input": {
                    "name": name, "currency": currency, "ownerName": owner_name, "ownerPhone": owner_phone,
                } }),
            )
            .await;
        self.unbind_by_hand(owner, &owner_phone).await;
        answer["openShop"]["shopId"].as_str().unwrap().to_owned()
    }

    /// An item of a shop, on sale at a price.
    pub async fn item(&self, owner: &Persona, shop: &str, price: &str) -> String {
        let answer = self
            .ok(
                owner,
                "mutation($input: CreateItemInput!) { createItem(input: $input) { itemId userErrors { code } } }",
                json!({ "input": { "shopId": shop, "title": "Lamp", "price": { "amount": price } } }),
            )
            .await;
        answer["createItem"]["itemId"].as_str().unwrap().to_owned()
    }

    /// An order of a buyer.
    pub async fn order(&self, buyer: &Persona, shop: &str, item: &str, quantity: i32) -> String {
        let key = Uuid::now_v7().to_string();
        let answer = self
            .ok(
                buyer,
                "mutation($input: PlaceOrderInput!, $key: String!) {
                   placeOrder(input: $input) @idempotent(key: $key) { order { id } userErrors { code } } }",
                json!({ "input": { "shopId": shop, "itemId": item, "quantity": quantity }, "key": key }),
            )
            .await;
        answer["placeOrder"]["order"]["id"].as_str().unwrap().to_owned()
    }

    /// A refund that a buyer asks for.
    pub async fn refund(&self, buyer: &Persona, order: &str, amount: &str) -> String {
        let answer = self
            .ok(
                buyer,
                "mutation($input: RequestRefundInput!) {
                   requestRefund(input: $input) { refund { id } userErrors { code message } } }",
                json!({ "input": { "orderId": order, "amount": { "amount": amount }, "reason": "does not shine" } }),
            )
            .await;
        answer["requestRefund"]["refund"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Approves a refund.
    pub async fn approve(&self, who: &Persona, refund: &str, key: &str) -> Answer {
        self.run(
            Some(&who.token),
            "mutation($input: ApproveRefundInput!, $key: String!) {
               approveRefund(input: $input) @idempotent(key: $key) {
                 refund { id state amount { amount } } userErrors { code message } } }",
            json!({ "input": { "refundId": refund }, "key": key }),
        )
        .await
    }

    /// Ledger and audit trail verify: what `kith ledger verify` and `kith audit verify` find is nothing.
    pub async fn verified(&self) {
        let ledger = kith::domains::payments::ledger::verify(&self.door.db).await.unwrap();
        assert!(ledger.findings.is_empty(), "{:?}", ledger.findings);
        let audit = kith::domains::audit::verify_all(&self.door.db).await.unwrap();
        assert!(audit.findings.is_empty(), "{:?}", audit.findings);
    }

    /// A number that the database gives.
    pub async fn count(&self, sql: &str) -> i64 {
        use diesel_async::RunQueryDsl as _;
        let mut conn = self.door.db.get::<std::convert::Infallible>().await.unwrap();
        diesel::dsl::sql::<diesel::sql_types::BigInt>(sql).get_result(&mut *conn).await.unwrap()
    }

    /// What every ledger account holds, and how many movements there are.
    pub async fn sums(&self) -> (i64, i64, i64) {
        (
            self.count("SELECT coalesce(sum(balance_minor), 0)::bigint FROM ledger_accounts").await,
            self.count("SELECT coalesce(sum(amount_minor), 0)::bigint FROM ledger_entries").await,
            self.count("SELECT count(*) FROM ledger_entries").await,
        )
    }

    /// Ends everything in good order, so that the embedded server's folder is removed.
    pub async fn stop(self) {
        self.door.tasks.close();
        self.door.tasks.wait().await;
        if let Some(database) = self.database {
            database.close().await;
        }
    }
}

impl Answer {
    /// What the edge would send.
    fn of(answer: &async_graphql::Response) -> Self {
        Self(serde_json::from_str(&kith::graphql::shown::to_string(answer).unwrap()).unwrap())
    }

    /// The data, of an answer that must have no errors.
    pub fn data(self) -> Value {
        assert!(self.0.get("errors").is_none(), "unexpected errors: {:#}", self.0);
        self.0["data"].clone()
    }

    /// The code of the first error.
    pub fn code(&self) -> &str {
        self.0["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }

    /// The extensions of the first error.
    pub fn extensions(&self) -> &Value {
        &self.0["errors"][0]["extensions"]
    }

    /// The code of the first user error of a mutation.
    pub fn user_error(&self, mutation: &str) -> &str {
        self.0["data"][mutation]["userErrors"][0]["code"].as_str().unwrap_or_default()
    }
}

/// The settings of tests: the defaults, with a wait for connections that a busy machine keeps.
pub fn settings() -> config::Database {
    config::Database { acquire_timeout_ms: 60_000, ..config().database }
}

/// As in demo mode: balances are topped up from nowhere, and orders without a method count as paid outside.
fn played(env: &mut Env) {
    env.payments.play_money = true;
}

/// The configuration, with access tokens that live as long as their session, so that tests may move the clock.
fn patient() -> config::Config {
    let mut config = config();
    config.auth.access_ttl_min = 12 * 60;
    config
}

/// The conversations that somebody listens to, looked at as often as [`EAGER`] says.
fn chats(door: &Door) -> Arc<kith::domains::service_desk::Chats> {
    let config::Audit { poll_interval_ms, recheck_interval_ms } = EAGER;
    let settings = config::Desk { poll_interval_ms, recheck_interval_ms, ..door.env.desk.clone() };
    kith::domains::service_desk::Chats::new(door.db.clone(), settings)
}

/// The configuration as it is without a file.
pub fn config() -> config::Config {
    config::load(&Sources { file: Some("/dev/null".into()), ..Sources::default() }).unwrap()
}

fn with_url(url: &str) -> config::Database {
    config::Database { url: Some(kith::telemetry::Secret::new(url.to_owned())), ..settings() }
}
