//! Connections that are lost, at the worst moment too: a proxy between us and the server cuts them.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use kith::config;
use kith::db::{Db, embedded::Embedded};
use kith::kernel::Fault;
use kith::telemetry::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;

use super::{insert, rows, settings};

const PASS: u8 = 0;
/// The server never gets to see the commit.
const CUT_BEFORE_COMMIT: u8 = 1;
/// The server commits, and we never get to know.
const CUT_AFTER_COMMIT: u8 = 2;

struct Proxy {
    mode: Arc<AtomicU8>,
    cut: Arc<Notify>,
    folder: tempfile::TempDir,
}

impl Proxy {
    fn start(server: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder.path()).unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let mode = Arc::new(AtomicU8::new(PASS));
        let cut = Arc::new(Notify::new());
        let (shared_mode, shared_cut) = (Arc::clone(&mode), Arc::clone(&cut));
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = UnixStream::connect(&server).await.unwrap();
                let cut = Arc::clone(&shared_cut);
                let relay = relay(client, server, Arc::clone(&shared_mode));
                tokio::spawn(async move {
                    tokio::select! { () = relay => {}, () = cut.notified() => {} }
                });
            }
        });
        Self { mode, cut, folder }
    }

    fn settings(&self) -> config::Database {
        let url = format!("postgres://postgres@/template1?host={}", self.folder.path().display());
        config::Database { url: Some(Secret::new(url)), max_connections: 1, ..settings() }
    }
}

/// Relays until either side goes, or the commit comes by.
async fn relay(mut client: UnixStream, mut server: UnixStream, mode: Arc<AtomicU8>) {
    let (mut from_client, mut from_server) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let Ok(length @ 1..) = read else { return };
                let message = &from_client[..length];
                let commits = message.windows(6).any(|word| word == b"COMMIT");
                match mode.load(Ordering::SeqCst) {
                    CUT_BEFORE_COMMIT if commits => return,
                    CUT_AFTER_COMMIT if commits => {
                        server.write_all(message).await.unwrap();
                        let _answer = server.read(&mut from_server).await;
                        return;
                    }
                    _ => server.write_all(message).await.unwrap(),
                }
            }
            read = server.read(&mut from_server) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&from_server[..length]).await.is_err() { return }
            }
        }
    }
}

/// A server on `folder`, a proxy before it, and a pool on the proxy.
async fn through_proxy(folder: &Path) -> (Embedded, Proxy, Db) {
    let embedded = Embedded::start(folder).await.unwrap();
    let proxy = Proxy::start(folder.canonicalize().unwrap().join("run/.s.PGSQL.5432"));
    let db = Db::connect(&proxy.settings()).await.unwrap();
    super::execute(&db, "CREATE TABLE t (id int PRIMARY KEY)").await;
    (embedded, proxy, db)
}

#[tokio::test]
async fn h11_a_connection_lost_during_commit_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let (_embedded, proxy, db) = through_proxy(folder.path()).await;
    for (mode, rows_then) in [(CUT_BEFORE_COMMIT, 0), (CUT_AFTER_COMMIT, 1)] {
        proxy.mode.store(mode, Ordering::SeqCst);
        let done = db.transaction(async |conn| insert(conn, 1).await).await;
        assert!(matches!(done, Err(Fault::Unknown)), "{done:?}");
        proxy.mode.store(PASS, Ordering::SeqCst);
        assert_eq!(rows(&db).await, rows_then);
    }
}

#[tokio::test]
async fn a_lost_connection_is_not_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let (_embedded, proxy, db) = through_proxy(folder.path()).await;
    for id in 0..5 {
        proxy.cut.notify_waiters();
        // Whether the pool has noticed yet or not, a new transaction begins on a connection that works.
        db.transaction(async |conn| insert(conn, id).await).await.unwrap();
    }
    assert_eq!(rows(&db).await, 5);
}
