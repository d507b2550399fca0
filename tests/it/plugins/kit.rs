//! Kith with a plugin folder, and plugins to drop into it. Isolated ones run as children of the shipped program.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kith::domains::plugins::Keeper;
use kith::kernel::ids::ShopId;
use kith::plugins::sign::{Claims, sign};
use kith::plugins::{Settings, scan};
use kith::server::schema;
use kith_plugin_examples::{ALL, Example};
use kith_plugin_fixtures::{Case, build, cc};
use kith_plugin_manifest::SecretKey;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::app::{Answer, Persona, TestApp};

/// Kith and its plugin folder.
pub struct Kit {
    pub app: TestApp,
    pub keeper: Arc<Keeper>,
    pub owner: Persona,
    pub shop: String,
    folder: Folder,
    stop: CancellationToken,
    watching: Option<JoinHandle<()>>,
}

/// A plugin folder and the keys that are trusted for it.
pub struct Folder {
    at: tempfile::TempDir,
    /// Where the operator's own files lie.
    operators: tempfile::TempDir,
    publisher: Arc<SecretKey>,
    operations: Arc<SecretKey>,
}

impl Folder {
    pub fn new() -> Self {
        Self::of(Arc::new(SecretKey::generate().unwrap()), Arc::new(SecretKey::generate().unwrap()))
    }

    fn of(publisher: Arc<SecretKey>, operations: Arc<SecretKey>) -> Self {
        let folder = |prefix| tempfile::Builder::new().prefix(prefix).tempdir().unwrap();
        Self { at: folder("kith-plugins-"), operators: folder("kith-trust-"), publisher, operations }
    }

    /// An empty folder of another server, for which the same keys are trusted.
    pub fn twin(&self) -> Self {
        Self::of(Arc::clone(&self.publisher), Arc::clone(&self.operations))
    }

    /// Writes one of the operator's files.
    pub fn operators(&self, name: &str, text: &str) -> PathBuf {
        let path = self.operators.path().join(name);
        write(&path, text.as_bytes());
        path
    }

    /// The settings of an operator who trusts by a file.
    pub fn settings_by_file(&self) -> Settings {
        let trust_file = Some(self.operators("trust.toml", &self.trust()));
        Settings { trust_built_in: String::new(), trust_file, ..self.settings() }
    }

    /// The id of the publisher's key.
    pub fn key_id(&self) -> String {
        self.publisher.public().id()
    }

    pub fn path(&self) -> &Path {
        self.at.path()
    }

    /// What the operator trusts: the publisher, for everything that tests drop.
    pub fn trust(&self) -> String {
        format!(
            "[[publisher]]\nname = \"acme\"\nkeys = [{:?}]\nid_prefixes = [\"acme-print\", \"erp-sync\", \"risk-guard\", \"small\", \"other\", \"fixture\"]\n\
             code_prefixes = [\"acme_print\", \"erp_sync\", \"small\", \"other\", \"fixture\"]\nstrongest_mode = \"in_process\"\n\
             advises = [\"refund\", \"audit\", \"platform\"]\n[[countersigner]]\nname = \"operations\"\nkey = {:?}\n",
            self.publisher.public().to_text(),
            self.operations.public().to_text(),
        )
    }

    pub fn settings(&self) -> Settings {
        Settings {
            trust_built_in: self.trust(),
            program: env!("CARGO_BIN_EXE_kith").into(),
            poll: Duration::from_millis(50),
            // Patient: a busy machine is not what these tests are about.
            deadline: Duration::from_millis(500),
            hard_deadline: Duration::from_millis(700),
            start_limit: Duration::from_secs(20),
            ..Settings::of_folder(self.path().to_owned())
        }
    }

    /// Puts a library and its signed manifest into the folder, the manifest last.
    pub fn drop(&self, stem: &str, library: &[u8], claims: &Claims<'_>) {
        let staging = tempfile::Builder::new().prefix("kith-signing-").tempdir().unwrap();
        let name = format!("{stem}.so");
        write(&staging.path().join(&name), library);
        let settings = Settings { folder: staging.path().to_owned(), ..self.settings() };
        let operations = claims.in_process.then_some(&*self.operations);
        let manifest = sign(&settings, &name, claims, &self.publisher, operations).unwrap();
        write(&self.path().join(&name), library);
        write(&self.path().join(format!("{stem}{}", scan::MANIFEST)), &manifest);
    }

    pub fn remove(&self, stem: &str) {
        std::fs::remove_file(self.path().join(format!("{stem}{}", scan::MANIFEST))).unwrap();
        std::fs::remove_file(self.path().join(format!("{stem}.so"))).unwrap();
    }

    /// Drops one of the examples, as its first release.
    pub fn example(&self, id: &str) {
        let example: &Example = ALL.iter().find(|example| example.id == id).unwrap();
        let claims = Claims {
            id: example.id,
            publisher: "acme",
            version: "1.0.0",
            release_seq: 1,
            in_process: example.in_process,
            code_prefix: example.code_prefix,
            advises: example.advises,
            attributes: example.attributes,
            valid: validity(),
        };
        self.drop(id, example.library, &claims);
    }

    /// Drops the small service as release `seq`, built with `flags`.
    pub fn small(&self, seq: u64, flags: &[&str]) {
        self.small_as("small", seq, flags);
    }

    pub fn small_as(&self, id: &str, seq: u64, flags: &[&str]) {
        let library = small(id, seq, flags);
        let version = format!("{seq}.0.0");
        let adviser = flags.contains(&"-DADVISER");
        let claims = Claims {
            version: &version,
            release_seq: seq,
            code_prefix: (!adviser).then_some(id),
            advises: match adviser {
                true if flags.contains(&"-DREADS") => &["refund.read"],
                true if flags.contains(&"-DAUDIT") => &["audit.read"],
                true if flags.contains(&"-DUNKNOWN") => &["refund.nothing"],
                true => &["refund.approve"],
                false => &[],
            },
            ..claims(id)
        };
        self.drop(&format!("{id}-{seq}"), &library, &claims);
    }

    /// Drops the small service as a countersigned release that runs in process.
    pub fn small_in_process(&self, seq: u64, flags: &[&str]) {
        let version = format!("{seq}.0.0");
        let claims = Claims {
            in_process: true,
            version: &version,
            release_seq: seq,
            code_prefix: Some("small"),
            ..claims("small")
        };
        self.drop(&format!("small-{seq}"), &small("small", seq, flags), &claims);
    }

    /// Drops a plugin that misbehaves, in a child.
    pub fn fixture(&self, case: Case) {
        self.fixture_run(case, false);
    }

    /// Drops a plugin that misbehaves, countersigned to do so in process.
    pub fn fixture_in_process(&self, case: Case) {
        self.fixture_run(case, true);
    }

    fn fixture_run(&self, case: Case, in_process: bool) {
        let at = tempfile::Builder::new().prefix("kith-fixture-").tempdir().unwrap();
        let library = std::fs::read(build(case, at.path())).unwrap();
        self.drop("fixture", &library, &Claims { in_process, code_prefix: Some("fixture"), ..claims("fixture") });
    }
}

/// The claims of an isolated plugin's first release.
pub fn claims(id: &str) -> Claims<'_> {
    Claims {
        id,
        publisher: "acme",
        version: "1.0.0",
        release_seq: 1,
        in_process: false,
        code_prefix: None,
        advises: &[],
        attributes: &[],
        valid: validity(),
    }
}

/// From before every clock of tests on.
fn validity() -> (kith::kernel::Instant, i64) {
    ("2026-01-01T00:00:00Z".parse().unwrap(), 5 * 365)
}

/// The library of a small service.
pub fn small(prefix: &str, salt: u64, flags: &[&str]) -> Vec<u8> {
    let at = tempfile::Builder::new().prefix("kith-small-").tempdir().unwrap();
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/plugins/small.c");
    let to = at.path().join("small.so");
    let mut all = vec![format!("-DPREFIX=\"{prefix}\""), format!("-DSALT={salt}")];
    all.extend(flags.iter().map(|flag| (*flag).to_owned()));
    cc(&source, &to, all);
    std::fs::read(to).unwrap()
}

fn write(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt as _;
    // In one step, as `cp` into a temporary name and `mv` do.
    let temporary = path.with_extension("part");
    std::fs::write(&temporary, bytes).unwrap();
    std::fs::set_permissions(&temporary, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::rename(temporary, path).unwrap();
}

impl Kit {
    /// A shop, and an empty plugin folder that nobody watches yet.
    pub async fn start() -> Self {
        Self::on(TestApp::start().await, Folder::new()).await
    }

    pub async fn on(app: TestApp, folder: Folder) -> Self {
        let settings = folder.settings();
        Self::with(app, folder, settings).await
    }

    /// The same, run in another way.
    pub async fn with(mut app: TestApp, folder: Folder, settings: Settings) -> Self {
        let keeper = Keeper::new(&app.door, settings);
        app.schema = schema::builder().data(Arc::clone(&app.streams)).data(Arc::clone(&keeper)).finish();
        let owner = app.account("aurora").await;
        let shop = app.shop(&owner).await;
        Self { app, keeper, owner, shop, folder, stop: CancellationToken::new(), watching: None }
    }

    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// One look at the folder and the table, as the keeper's task does it.
    pub async fn look(&self) {
        self.keeper.look().await.unwrap();
    }

    /// Lets the keeper's task watch.
    pub fn watch(&mut self) {
        let keeper = Arc::clone(&self.keeper);
        self.watching = Some(tokio::spawn(keeper.run(self.stop.clone())));
    }

    pub async fn stop(self) {
        self.stop.cancel();
        if let Some(watching) = self.watching {
            watching.await.unwrap();
        }
        self.app.stop().await;
    }

    pub fn shop_id(&self) -> ShopId {
        self.shop.parse().unwrap()
    }

    /// Subscribes the shop to a service, as the mutation of the domain `services` does.
    pub async fn subscribe(&self, service: &str) {
        let mut conn = self.app.door.db.get::<std::convert::Infallible>().await.unwrap();
        kith::permissions::codes::subscribe(&mut conn, self.shop_id(), service, self.app.now()).await.unwrap();
    }

    /// A sub-account of the shop.
    pub async fn clerk(&self, name: &str, permissions: &[&str]) -> Persona {
        self.app.clerk(&self.shop, name, permissions).await
    }

    /// Grants a permission as the main account does, on the page where Kith's own are granted.
    pub async fn grant(&self, to: &Persona, permission: &str, constraints: Value) -> Answer {
        self.app
            .run(
                Some(&self.owner.token),
                "mutation($input: GrantPermissionInput!) {
                   grantPermission(input: $input) { grant { id } userErrors { code message } } }",
                json!({ "input": { "subAccountId": to.id, "permission": permission, "constraints": constraints } }),
            )
            .await
    }

    /// The codes of the app services on the permission page.
    pub async fn catalogue(&self) -> Vec<String> {
        let page = self.app.ok(&self.owner, "{ permissionCatalog { family permissions { code } } }", json!({})).await;
        let groups = page["permissionCatalog"].as_array().unwrap();
        let services = groups.iter().find(|group| group["family"] == "APP_SERVICE").unwrap();
        let codes = services["permissions"].as_array().unwrap().iter();
        codes.map(|one| one["code"].as_str().unwrap().to_owned()).collect()
    }

    /// An operator of the platform who may read and manage plugins.
    pub async fn operator(&self) -> Persona {
        self.app.operator(&["platform.plugin.read", "platform.plugin.manage"]).await
    }

    /// A plugin as the operator sees it.
    pub async fn plugin(&self, operator: &Persona, id: &str) -> Value {
        let all = self
            .app
            .ok(
                operator,
                "{ plugins { id state version releaseSeq previousReleaseSeq generation
                     figures { calls denials faults crashes kills restarts p99Micros lastFailure }
                     shadow { releaseSeq compared disagreed disagreements { permission
                       used { allowed reasonCode } shadow { allowed reasonCode reason } } } } }",
                json!({}),
            )
            .await;
        let found = all["plugins"].as_array().unwrap().iter().find(|plugin| plugin["id"] == id).cloned();
        found.unwrap_or(Value::Null)
    }

    /// A mutation of the operator on a plugin; the code of its user error, or nothing.
    pub async fn manage(&self, operator: &Persona, mutation: &str, id: &str) -> String {
        let kind = if mutation == "promotePlugin" { "PromotePluginInput" } else { "PluginInput" };
        let text = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ plugin {{ releaseSeq }} userErrors {{ code }} }} }}"
        );
        let answer = self.app.run(Some(&operator.token), &text, json!({ "input": { "pluginId": id } })).await;
        assert!(answer.0.get("errors").is_none(), "{:#}", answer.0);
        answer.user_error(mutation).to_owned()
    }

    /// Uses a service's permission as somebody, through the door; what the denial says, or nothing.
    pub async fn used(&self, who: &Persona, permission: &str) -> Result<u64, Box<kith::kernel::fault::Denial>> {
        super::using::used(&self.app, who, self.shop_id(), permission).await
    }
}

/// Waits until something is so, a while.
pub async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) -> Duration {
    let before = std::time::Instant::now();
    while !is().await {
        assert!(before.elapsed() < Duration::from_secs(90), "{what}: not so after 90 s");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    before.elapsed()
}
