//! The server of the tests is a real one: it keeps, crashes, restarts and goes away.

use super::*;

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn server_takes_200_connections_at_once_in_fresh_databases() {
    let server = PgServer::start_with(Durability::None).await;
    let (one, other) = (server.fresh_database().await, server.fresh_database().await);
    assert_ne!(one, other);
    connect(&one).await.batch_execute("CREATE TABLE seen (id int)").await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..200 {
        clients.push(connect(&one).await);
    }
    for client in &clients {
        client.execute("INSERT INTO seen VALUES (1)", &[]).await.unwrap();
    }
    let row = clients[0].query_one("SELECT count(*), current_setting('fsync') FROM seen", &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, String>(1)), (200, "off".to_owned()));
    assert!(connect(&other).await.query("SELECT * FROM seen", &[]).await.is_err(), "the other database is empty");
}

#[tokio::test]
async fn server_keeps_what_it_acknowledged_through_a_crash() {
    let mut server = PgServer::start().await;
    let url = server.fresh_database().await;
    let before = connect(&url).await;
    before.batch_execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)").await.unwrap();
    before.batch_execute("BEGIN; INSERT INTO kept VALUES (2)").await.unwrap();
    server.crash();
    assert!(before.batch_execute("COMMIT").await.is_err(), "the connection is cut");
    assert!(tokio_postgres::connect(&url, NoTls).await.is_err(), "nobody answers");
    server.restart().await;
    let after = connect(&url).await;
    let row = after.query_one("SELECT array_agg(id), current_setting('fsync') FROM kept", &[]).await.unwrap();
    assert_eq!((row.get::<_, Vec<i32>>(0), row.get::<_, String>(1)), (vec![1], "on".to_owned()));
    assert!(server.log().contains("automatic recovery in progress"), "{}", server.log());
}

#[tokio::test]
async fn server_leaves_nothing_behind() {
    let server = PgServer::start_with(Durability::None).await;
    let folder = server.folder.clone();
    let pid = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
    let process = PathBuf::from("/proc").join(pid.lines().next().unwrap());
    drop(server);
    assert!(!folder.exists(), "{}", folder.display());
    assert!(!process.exists(), "{}", process.display());
}
