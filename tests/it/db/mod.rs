//! The database layer on the embedded PostgreSQL: what can be shown with one connection.

mod embedded;
mod lost;
mod migrate;
mod plans;
mod pool;
mod prepared;
mod server;
mod tls;
mod transaction;

use std::time::Duration;

use diesel::sql_types::BigInt;
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use kith::config::{self, Sources};
use kith::db::{Connection, Db, Opened};
use kith::kernel::Fault;

/// What everything is given to end in. No test measures it.
pub const GRACE: Duration = Duration::from_secs(30);

/// The defaults, with a wait for connections that a busy machine keeps.
pub fn settings() -> config::Database {
    let defaults = config::load(&Sources { file: Some("/dev/null".into()), ..Sources::default() }).unwrap();
    config::Database { acquire_timeout_ms: 30_000, ..defaults.database }
}

/// A new database with an empty table `t (id int PRIMARY KEY)`.
pub async fn database() -> Opened {
    let opened = Opened::temporary(&settings()).await.unwrap();
    execute(&opened.db, "CREATE TABLE t (id int PRIMARY KEY)").await;
    opened
}

/// Runs SQL outside of a transaction.
pub async fn execute(db: &Db, sql: &str) {
    let mut conn = db.get::<std::convert::Infallible>().await.unwrap();
    conn.batch_execute(sql).await.unwrap();
}

/// Adds a row to `t`.
pub async fn insert(conn: &mut Connection, id: i32) -> Result<(), Fault> {
    Ok(conn.batch_execute(&format!("INSERT INTO t VALUES ({id})")).await?)
}

/// How many rows `t` has.
pub async fn rows(db: &Db) -> i64 {
    let mut conn = db.get::<std::convert::Infallible>().await.unwrap();
    diesel::dsl::sql::<BigInt>("SELECT count(*) FROM t").get_result(&mut *conn).await.unwrap()
}

/// This test binary, told to run one ignored test of it: a process to kill.
pub fn child(test: &str, folder: &std::path::Path) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--ignored", "--nocapture"]).env("KITH_CHILD_FOLDER", folder);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
    command
}

/// The folder that [`child`] was given.
pub fn child_folder() -> std::path::PathBuf {
    std::env::var_os("KITH_CHILD_FOLDER").expect("only runs as a child of another test").into()
}

/// How a child talks to its parent.
#[expect(clippy::print_stdout, reason = "its standard output is a pipe to the parent")]
pub fn say(text: &str) {
    println!("{text}");
}
