//! Settings: where they come from, and how faults in them are told (h38).

use std::path::Path;

use kith::config::{self, Config, ConfigError, Sources};

use super::{kith, refused};

/// Reads settings from a file with `text`, `environment` and `--listen`.
fn load(folder: &Path, text: &str, environment: &[(&str, &str)], listen: Option<&str>) -> Result<Config, ConfigError> {
    let file = folder.join("kith.toml");
    std::fs::write(&file, text).unwrap();
    config::load(&Sources {
        file: Some(file),
        environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        flags: listen.into_iter().map(|address| ("--listen", "server.listen", address.into())).collect(),
    })
}

#[test]
fn defaults_are_weaker_than_file_environment_and_flags_in_this_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = "[server]\nlisten = \"127.0.0.1:1\"\nidle_timeout_ms = 11\nbody_limit_bytes = 1111";
    let environment = [("KITH_SERVER__LISTEN", "127.0.0.1:2"), ("KITH_SERVER__IDLE_TIMEOUT_MS", "22")];
    let config = load(folder.path(), file, &environment, Some("127.0.0.1:3")).unwrap();
    let defaults = load(folder.path(), "", &[], None).unwrap();
    assert_eq!(config.server.listen.port(), 3, "flag");
    assert_eq!(config.server.idle_timeout_ms, 22, "environment");
    assert_eq!(config.server.body_limit_bytes, 1111, "file");
    assert_eq!(config.server.request_timeout_ms, defaults.server.request_timeout_ms, "default");
    assert_eq!(config.origin("server.listen"), "flag --listen");
    assert_eq!(config.origin("server.idle_timeout_ms"), "environment variable KITH_SERVER__IDLE_TIMEOUT_MS");
    assert!(config.origin("server.body_limit_bytes").ends_with("kith.toml"));
    assert_eq!(config.origin("server.request_timeout_ms"), "default.toml");
}

#[test]
fn kinds_of_values_are_read_from_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [
        ("KITH_SERVER__ALLOWED_ORIGINS", r#"["https://a.example", "http://localhost:3000"]"#),
        ("KITH_SERVER__PLAYGROUND", "false"),
        ("KITH_AUTH__ARGON2__M_KIB", "9000"),
        ("KITH_LOG__FORMAT", "json"),
        ("KITH_DATABASE__DATA_DIR", "1234"),
        ("KITH_SERVICE_HOST", "injected by a cluster manager"),
        ("OTHER__KEY", "of another program"),
    ];
    let config = load(folder.path(), "", &environment, None).unwrap();
    assert_eq!(config.server.allowed_origins.len(), 2);
    assert!(!config.server.playground);
    assert_eq!((config.auth.argon2.m_kib, config.auth.argon2.t), (9000, 2), "the other keys of the table stay");
    assert_eq!(config.log.format, kith::telemetry::logging::Format::Json);
    assert_eq!(config.database.data_dir, Path::new("1234"));
}

#[test]
fn the_database_url_comes_from_whatever_is_strongest() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("url");
    std::fs::write(&secret, "postgres://from-file/db\n").unwrap();
    let from_file = format!("database.url_file = {:?}", secret.display().to_string());
    let url = |config: Config| config.database.url.map(|url| url.expose().clone());

    assert_eq!(url(load(folder.path(), "", &[], None).unwrap()), None);
    assert_eq!(url(load(folder.path(), "", &[("DATABASE_URL", "")], None).unwrap()), None);
    assert_eq!(url(load(folder.path(), &from_file, &[], None).unwrap()).unwrap(), "postgres://from-file/db");
    let stronger = [("DATABASE_URL", "postgres://from-variable/db")];
    assert_eq!(url(load(folder.path(), &from_file, &stronger, None).unwrap()).unwrap(), "postgres://from-variable/db");
    let both = [stronger[0], ("KITH_DATABASE__URL", "postgres://from-setting/db")];
    assert_eq!(url(load(folder.path(), &from_file, &both, None).unwrap()).unwrap(), "postgres://from-setting/db");
    let file = [("KITH_DATABASE__URL_FILE", secret.to_str().unwrap())];
    let weaker = "database.url = \"postgres://inline/db\"";
    assert_eq!(url(load(folder.path(), weaker, &file, None).unwrap()).unwrap(), "postgres://from-file/db");
}

#[test]
fn h35_settings_do_not_show_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [("DATABASE_URL", "postgres://kith:hunter2@db/kith")];
    let config = load(folder.path(), "", &environment, None).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    for text in [
        "server.listen = \"hunter2\"",
        "log.format = \"hunter2\"",
        "[server\nhunter2 = hunter2",
        "[database]\nurl = 'hunter2",
        "server.body_limit_bytes = \"hunter2\"",
    ] {
        let error = load(folder.path(), text, &environment, None).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[test]
fn h38_a_fault_is_one_line_with_file_and_key() {
    let folder = tempfile::tempdir().unwrap();
    for (text, words) in [
        ("[server]\nlistn = \"127.0.0.1:0\"", &["server.listn", "did you mean listen?"][..]),
        ("[sever]\nlisten = \"127.0.0.1:0\"", &["sever", "did you mean server?"]),
        ("frobnicate = 1", &["frobnicate", "unknown key"]),
        ("[auth.argon2]\nx = 1", &["auth.argon2.x", "unknown key"]),
        ("[server]\nlisten = \"here\"", &["server.listen"]),
        ("[server]\nlisten = 8000", &["server.listen"]),
        ("[server]\nplayground = \"yes\"", &["server.playground"]),
        ("[server]\nidle_timeout_ms = -1", &["server.idle_timeout_ms"]),
        ("[server]\nidle_timeout_ms = 0", &["server.idle_timeout_ms", "must be 1 to"]),
        ("[server]\nallowed_origins = [\"*\"]", &["server.allowed_origins"]),
        ("[graphql]\ndefault_page = 50\nmax_page = 20", &["graphql.default_page", "must be 1 to 20"]),
        ("[log]\nformat = \"xml\"", &["log.format", "text, json"]),
        ("[log]\nlevel = \"kith=loud\"", &["log.level"]),
        ("server = 1", &["server"]),
        ("[server", &["line 1"]),
        ("\n\nx = = 1", &["line 3"]),
        ("[database]\nurl = \"a\"\nurl_file = \"b\"", &["database.url", "not both"]),
        ("[database]\nurl_file = \"/nowhere\"", &["database.url_file", "/nowhere", "cannot be read"]),
        ("[database]\nurl = \"nonsense\"", &["database.url", "not a PostgreSQL URL"]),
        (
            "[database]\nurl = \"postgres://h/d?sslmode=verify-full\"\nca_file = \"/nowhere\"",
            &["database.ca_file", "/nowhere"],
        ),
        ("[database]\ndata_dir = \"/dev/null/data\"", &["database.data_dir", "/dev/null/data"]),
    ] {
        std::fs::write(folder.path().join("kith.toml"), text).unwrap();
        let line = refused(kith(folder.path()).arg("serve").env("KITH_SERVER__REQUEST_TIMEOUT_MS", "1000"), words);
        assert!(line.starts_with("kith: kith.toml"), "{line}");
    }
}

#[test]
fn h38_a_fault_in_a_variable_or_a_flag_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    let serve = || {
        let mut command = kith(folder.path());
        command.arg("serve");
        command
    };
    refused(serve().env("KITH_SERVER__LISTEN", "here"), &["environment variable KITH_SERVER__LISTEN", "server.listen"]);
    refused(
        serve().env("KITH_SERVER__LISTN", "127.0.0.1:0"),
        &["KITH_SERVER__LISTN", "server.listn", "did you mean listen?"],
    );
    refused(serve().env("KITH_DATABASE__MAX_CONNECTIONS", "many"), &["KITH_DATABASE__MAX_CONNECTIONS"]);
    refused(serve().env("KITH_DATABASE__URL_FILE", &empty), &["KITH_DATABASE__URL_FILE", "is empty"]);
    refused(
        serve().env("DATABASE_URL", "postgres://kith:pa@ss@h:x/d"),
        &["environment variable DATABASE_URL", "database.url"],
    );
    refused(serve().args(["--listen", "here"]), &["flag --listen", "server.listen"]);
    refused(serve().args(["--config", "missing.toml"]), &["missing.toml", "cannot be read"]);
    refused(serve().env("KITH_CONFIG", "missing.toml"), &["missing.toml", "cannot be read"]);
}
