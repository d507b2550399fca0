//! Starting and stopping.

use std::net::TcpListener;

use super::{Server, kith, refused, run};

#[test]
fn h37_a_server_starts_on_a_new_folder_and_stops_in_good_order() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["-TERM", "-INT"] {
        let server = Server::start(kith(folder.path()).args(["serve", "--listen", "127.0.0.1:0"]));
        assert!(std::net::TcpStream::connect(&server.address).is_ok());
        assert!(folder.path().join("data/postgres").exists());
        assert_eq!(server.signal(signal), Some(0));
        assert!(!folder.path().join("data/run").exists(), "the socket is gone");
    }
}

#[test]
fn a_server_starts_again_after_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let server = Server::start(kith(folder.path()).args(["serve", "--listen", "127.0.0.1:0"]));
        assert_eq!(server.signal("-KILL"), None);
    }
    let (code, out, _) = run(kith(folder.path()).args(["migrate", "status"]));
    assert_eq!(code, 0, "{out}");
}

#[test]
fn h38_a_port_that_is_taken_is_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(
        kith(folder.path()).args(["serve", "--listen", &address]),
        &["flag --listen", "server.listen", &address, "in use"],
    );
    refused(kith(folder.path()).args(["serve", "--listen", "192.0.2.1:80"]), &["server.listen", "192.0.2.1:80"]);
    assert!(!folder.path().join("data").exists());
}

#[test]
fn h38_a_folder_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Server::start(kith(folder.path()).args(["serve", "--listen", "127.0.0.1:0"]));
    let mut second = kith(folder.path());
    refused(
        second.args(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]),
        &["flag --data-dir", "database.data_dir", "in use"],
    );
}

#[test]
fn h38_a_database_that_does_not_answer_is_one_line_without_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://kith:hunter2@{free}/kith");
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate", "status"]] {
        let (code, out, err) = run(kith(folder.path()).args(command).env("DATABASE_URL", &url));
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert!(err.contains("the database does not answer") && err.contains("refused"), "{err}");
        assert!(
            !err.contains("hunter2") && err.lines().filter(|line| line.starts_with("kith: ")).count() == 1,
            "{err}"
        );
    }
}

#[test]
fn demo_mode_refuses_what_others_can_reach() {
    let folder = tempfile::tempdir().unwrap();
    let demo = || {
        let mut command = kith(folder.path());
        command.args(["serve", "--demo"]);
        command
    };
    refused(demo().args(["--listen", "0.0.0.0:0"]), &["flag --listen", "server.listen", "--allow-remote-demo"]);
    refused(demo().args(["--listen", "[::]:0"]), &["server.listen", "--allow-remote-demo"]);
    let external = "postgres://kith:hunter2@db.example/kith";
    let line = refused(demo().env("DATABASE_URL", external), &["DATABASE_URL", "--allow-external-demo-database"]);
    assert!(!line.contains("hunter2"));
    refused(
        kith(folder.path()).arg("serve").env("KITH_DEMO__ENABLED", "true").env("KITH_SERVER__LISTEN", "0.0.0.0:0"),
        &["server.listen"],
    );

    let allowed = Server::start(demo().args(["--listen", "0.0.0.0:0", "--allow-remote-demo"]));
    assert_eq!(allowed.signal("-TERM"), Some(0));
}
