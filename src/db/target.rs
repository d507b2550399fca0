//! Where the database is and what every session is set to.

use std::fmt::Write as _;
use std::time::Duration;

use tokio_postgres::config::{Host, SslMode};

use super::tls::{self, Tls, Verify};
use crate::config;

/// Why there is no database. Every text is one line and shows no password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The embedded server does not run.
    #[cfg(feature = "embedded")]
    #[error(transparent)]
    Embedded(#[from] super::embedded::EmbeddedError),
    /// Neither a URL nor an embedded server.
    #[error("no database server is configured and this binary has no embedded PostgreSQL; set DATABASE_URL")]
    NotConfigured,
    /// The URL cannot be read. What it was is not repeated.
    #[error("database.url: {0}")]
    Url(&'static str),
    /// The certificate authorities cannot be read.
    #[error("database.ca_file: {0}")]
    CaFile(String),
    /// The server does not answer or does not let us in.
    #[error("the database does not answer: {0}")]
    Unreachable(String),
    /// The server is older than [`super::OLDEST_VERSION`].
    #[error("the database server is PostgreSQL {}; Kith needs 14 or later", version / 10_000)]
    TooOld {
        /// As `server_version_num`.
        version: u32,
    },
}

/// Everything that is needed to open a session.
pub(super) struct Target {
    pub(super) config: tokio_postgres::Config,
    pub(super) tls: Tls,
    /// What is sent first in every session.
    pub(super) session: String,
}

impl Target {
    pub(super) fn new(settings: &config::Database) -> Result<Self, ConnectError> {
        let url = settings.url.as_ref().ok_or(ConnectError::NotConfigured)?.expose();
        let (url, mode) = take_ssl_mode(url)?;
        let mut config: tokio_postgres::Config = url.parse().map_err(|_| {
            ConnectError::Url(
                "not a PostgreSQL URL; it looks like postgres://user:password@host:5432/database?sslmode=require, \
                 with @ : / ? and # in the password written as %40 %3A %2F %3F and %23",
            )
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(ConnectError::Url("names no host"));
        }
        let socket = config.get_hosts().iter().any(|host| !matches!(host, Host::Tcp(_)));
        let mode = if socket { Mode::Disable } else { mode };
        config.ssl_mode(match mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyFull => SslMode::Require,
        });
        let verify = match mode {
            Mode::VerifyFull => Verify::Full,
            // As libpq has it: whoever names authorities wants them used.
            Mode::Require if settings.ca_file.is_some() => Verify::Full,
            Mode::Disable | Mode::Prefer | Mode::Require => Verify::Nothing,
        };
        let tls = tls::connector(verify, settings.ca_file.as_deref())?;
        if config.get_application_name().is_none() {
            config.application_name("kith");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(settings.acquire_timeout());
        }
        // A server that vanished without a word must not hold a request until TCP gives up after a quarter of an hour.
        config.keepalives_idle(Duration::from_secs(30));
        config.tcp_user_timeout(Duration::from_secs(30));
        Ok(Self { config, tls, session: session(settings) })
    }
}

/// One batch, one round trip. `SET` rather than start-up options, which connection poolers refuse.
fn session(settings: &config::Database) -> String {
    let mut sql = String::new();
    for (name, value) in [
        ("statement_timeout", settings.statement_timeout_ms),
        ("lock_timeout", settings.lock_timeout_ms),
        ("idle_in_transaction_session_timeout", settings.idle_in_transaction_timeout_ms),
    ] {
        // Writing to a String does not fail.
        let _ = write!(sql, "SET {name} = {value}; ");
    }
    // Every statement is by key and prepared, and planning one anew costs more than running it (0.5 ms beside 0.04 ms for the
    // session look-up).
    sql.push_str("SET plan_cache_mode = force_generic_plan; ");
    // Such a plan is made of what the tables hold when a statement first comes. While a table is nearly empty it costs least to
    // read it all, and that plan would stay until statistics are taken the next time, however much the table has grown by then
    // (6,000 keys in a minute: 0.75 ms a look-up, and every row a bit more). So whatever has an index is found by it.
    // Reading all rows where there is none counts as very dear then, which would start the compiler.
    sql.push_str("SET enable_seqscan = off; SET jit = off; ");
    sql.push_str("SET default_transaction_isolation = 'read committed'");
    sql
}

/// `sslmode`, with the one value that the driver does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyFull,
}

/// Takes `sslmode` out of a URL, because the driver does not know `verify-full`. Keyword strings (`host=… sslmode=…`) are read too.
pub fn take_ssl_mode(url: &str) -> Result<(String, Mode), ConnectError> {
    let is_url = url.contains("://");
    let (head, options, separator) = match url.split_once('?') {
        Some((head, options)) if is_url => (Some(head), options, '&'),
        None if is_url => return Ok((url.to_owned(), Mode::Prefer)),
        _ => (None, url, ' '),
    };
    let mut mode = Mode::Prefer;
    let mut kept = Vec::new();
    for option in options.split(separator) {
        match option.split_once('=') {
            Some(("sslmode", value)) => {
                mode = match value {
                    "disable" => Mode::Disable,
                    "prefer" => Mode::Prefer,
                    "require" => Mode::Require,
                    "verify-full" => Mode::VerifyFull,
                    _ => return Err(ConnectError::Url("sslmode is one of disable, prefer, require, verify-full")),
                };
            }
            _ => kept.push(option),
        }
    }
    let options = kept.join(&separator.to_string());
    let url = match head {
        Some(head) if options.is_empty() => head.to_owned(),
        Some(head) => format!("{head}?{options}"),
        None => options,
    };
    Ok((url, mode))
}
