//! A real PostgreSQL server for the tests that need many connections (design, decision 1): load, locks, kills.
//!
//! Everybody gets a server of their own, in a temporary folder on a Unix socket, so that nextest's processes do not
//! meet and a crash is nobody else's. `initdb` takes a second: it runs once per PostgreSQL version into `target/tmp`,
//! and a server starts from a copy.
//!
//! A watchdog shell starts the server and reads our orders from its standard input. When this process ends, however it
//! ends (`kill -9` too), the pipe closes; then the watchdog stops the server and removes the folder.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod binaries;
mod template;
mod tests;

use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

use binaries::Binaries;

/// How long a server may take to accept connections, after a crash too.
const START_DEADLINE: Duration = Duration::from_secs(60);

/// The watchdog. `$0` is the folder, the rest is the command of the server.
const WATCHDOG: &str = r#"
start() { "$@" </dev/null >>"$folder/log" 2>&1 & server=$!; }
stop() { [ -z "$server" ] || { kill -QUIT "$server"; wait "$server"; server=; }; }
folder=$0
start "$@"
while read -r order; do
  case $order in
    crash) stop ;;
    start) start "$@" ;;
  esac
done
stop
rm -rf "$folder"
"#;

/// What a server does with what it acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As in production: what was acknowledged survives a crash.
    Full,
    /// No `fsync`: faster, for tests that crash nothing.
    None,
}

/// A running server. It ends with this value, or with the process at the latest.
pub struct PgServer {
    folder: PathBuf,
    watchdog: Child,
    /// Closing it ends the server.
    orders: Option<ChildStdin>,
    databases: AtomicU32,
}

impl PgServer {
    /// A server that keeps what it acknowledged, with 300 connections.
    ///
    /// # Panics
    /// Without PostgreSQL's server programs: a test that needs them fails and says how to install them.
    pub async fn start() -> Self {
        Self::start_with(Durability::Full).await
    }

    /// A server with 300 connections.
    ///
    /// # Panics
    /// Like [`PgServer::start`].
    pub async fn start_with(durability: Durability) -> Self {
        let binaries = Binaries::find().unwrap_or_else(|missing| panic!("{missing}"));
        let folder = super::folders::fresh();
        let data = folder.path().join("data");
        template::copy(&binaries, &data).await;
        binaries.give_to_server_user(folder.path());
        // From here on the watchdog removes it.
        let folder = folder.keep();

        let fsync = if durability == Durability::Full { "on" } else { "off" };
        let mut server = binaries.as_server_user("postgres");
        server.arg("-D").arg(&data);
        // After a crash, one call instead of one for each of a thousand files: seconds less. Only Linux has it.
        if cfg!(target_os = "linux") {
            server.args(["-c", "recovery_init_sync_method=syncfs"]);
        }
        for setting in [
            "max_connections=300",
            "listen_addresses=",
            "unix_socket_permissions=0777",
            "timezone=UTC",
            "log_min_messages=warning",
            &format!("unix_socket_directories={}", folder.display()),
            &format!("fsync={fsync}"),
            &format!("full_page_writes={fsync}"),
        ] {
            server.args(["-c", setting]);
        }
        let mut watchdog = Command::new("sh");
        watchdog.args(["-c", WATCHDOG]).arg(&folder).arg(server.get_program()).args(server.get_args());
        // A group of its own: what is sent to the test's group (Ctrl-C, nextest's time-out) must not end the watchdog
        // before it has cleaned up.
        let mut watchdog = watchdog
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let orders = watchdog.stdin.take();
        let server = Self { folder, watchdog, orders, databases: AtomicU32::new(0) };
        server.ready().await;
        server
    }

    /// The address of a database of this server, as `DATABASE_URL` takes it.
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.to_str().unwrap().replace('%', "%25").replace('/', "%2F");
        format!("postgres://kith@{folder}/{database}")
    }

    /// The address of a new, empty database.
    pub async fn fresh_database(&self) -> String {
        let name = format!("fresh_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let client = self.try_connect().await.unwrap();
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        self.url(&name)
    }

    /// Ends the server as a failure would: at once, without a checkpoint, connections cut (h11).
    pub fn crash(&mut self) {
        self.order("crash");
        let pid = self.folder.join("data/postmaster.pid");
        let deadline = Instant::now() + START_DEADLINE;
        while pid.exists() {
            assert!(Instant::now() < deadline, "the server did not end:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Starts it again after [`PgServer::crash`]; gives control back when it accepts connections.
    pub async fn restart(&mut self) {
        self.order("start");
        self.ready().await;
    }

    /// What the server wrote to its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn order(&mut self, order: &str) {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
    }

    async fn ready(&self) {
        let deadline = Instant::now() + START_DEADLINE;
        while let Err(error) = self.try_connect().await {
            assert!(Instant::now() < deadline, "PostgreSQL does not answer: {error}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn try_connect(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(&self.url("postgres"), NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

impl Drop for PgServer {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Err(error) = self.watchdog.wait() {
            eprintln!("waiting for the end of PostgreSQL: {error}");
        }
    }
}
