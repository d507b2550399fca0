//! `kith doctor`

use std::net::TcpListener;

use super::{Server, kith, run};

#[test]
fn a_healthy_installation_is_well_before_and_after_its_first_start() {
    let folder = tempfile::tempdir().unwrap();
    let doctor = || run(kith(folder.path()).args(["doctor", "--listen", "127.0.0.1:0"]));
    let (code, report, err) = doctor();
    assert_eq!(code, 0, "{report} {err}");
    assert!(report.contains("will be made"), "{report}");
    assert!(!folder.path().join("data").exists(), "looking makes nothing");

    let server = Server::start(kith(folder.path()).args(["serve", "--listen", "127.0.0.1:0"]));
    assert_eq!(server.signal("-TERM"), Some(0));
    let (code, report, err) = doctor();
    assert_eq!(code, 0, "{report} {err}");
    for check in ["settings", "port", "clock", "data folder", "connection", "PostgreSQL 17", "migrations"] {
        assert!(report.contains(check), "{check} is missing in {report}");
    }
}

#[test]
fn each_fault_is_a_line_and_the_password_is_in_none() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = kith(folder.path());
    let url = "postgres://kith:hunter2@127.0.0.1:1/kith";
    let (code, report, err) =
        run(command.args(["doctor", "--listen", &address]).env("DATABASE_URL", url).env("KITH_LISTEN", "127.0.0.1:0"));
    assert_eq!(code, 1, "{report}");
    let wrong: Vec<&str> = report.lines().filter(|line| line.starts_with("WRONG")).collect();
    assert_eq!(wrong.len(), 2, "{report}");
    assert!(wrong[0].contains("port") && wrong[0].contains(&address));
    assert!(wrong[1].contains("connection") && wrong[1].contains("does not answer"));
    assert!(report.contains("note") && report.contains("KITH_LISTEN is not a setting"), "{report}");
    assert!(report.contains("postgres://kith:***@127.0.0.1:1/kith"), "{report}");
    assert!(!format!("{report}{err}").contains("hunter2"));
}

#[test]
fn settings_that_cannot_be_read_exit_with_2() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kith.toml"), "[server]\nlistn = 1").unwrap();
    let (code, report, _) = run(kith(folder.path()).arg("doctor"));
    assert_eq!(code, 2);
    assert!(report.starts_with("WRONG") && report.contains("server.listn") && report.lines().count() == 1, "{report}");
}
