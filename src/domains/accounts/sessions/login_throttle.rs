//! What log-ins are counted by, and what follows (h33). A name that nobody has is counted like one that somebody has, so that
//! the answers are the same.

use super::login_name::LoginName;
use crate::command::Env;
use crate::config;
use crate::domains::accounts::throttle::BackOff;
use crate::kernel::names::fold;
use crate::kernel::{Fault, Subject};
use crate::providers::keys::KeyedHash;

/// What a log-in is counted by.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    /// The name.
    pub name: KeyedHash,
    /// The address that it comes from.
    pub source: KeyedHash,
}

impl Counted {
    /// By the name as it is compared, and by the source.
    #[must_use]
    pub fn of(env: &Env, name: LoginName<'_>, source: Option<std::net::IpAddr>) -> Self {
        let name = match name {
            LoginName::Account(name) => fold(name),
            LoginName::SubAccount(main, sub) => format!("{}:{}", fold(main), fold(sub)),
            LoginName::FullWidthColon => String::new(),
        };
        Self { name: env.keys.hash("log_in.name", &[name.as_bytes()]), source: source_key(env, source) }
    }

    /// By who it is, for what somebody does who is logged in.
    #[must_use]
    pub fn of_subject(env: &Env, subject: Subject, source: Option<std::net::IpAddr>) -> Self {
        let name = env.keys.hash("log_in.subject", &[subject.uuid().as_bytes()]);
        Self { name, source: source_key(env, source) }
    }
}

/// A source: an IPv4 address, or the first half of an IPv6 one, of which one customer has all.
fn source_key(env: &Env, source: Option<std::net::IpAddr>) -> KeyedHash {
    let bytes = match source {
        Some(std::net::IpAddr::V4(v4)) => v4.octets().to_vec(),
        Some(std::net::IpAddr::V6(v6)) => v6.octets()[..8].to_vec(),
        None => Vec::new(),
    };
    env.keys.hash("log_in.source", &[&bytes])
}

/// The figures for a name.
#[must_use]
pub fn for_names(auth: &config::Auth) -> BackOff {
    figures(auth, auth.free_tries)
}

/// The figures for a source, from which many may log in.
#[must_use]
pub fn for_sources(auth: &config::Auth) -> BackOff {
    figures(auth, auth.free_tries_of_source)
}

fn figures(auth: &config::Auth, free: u32) -> BackOff {
    BackOff {
        free: i32::try_from(free).unwrap_or(i32::MAX),
        first_s: f64::from(auth.back_off_s),
        longest_s: f64::from(auth.longest_back_off_s),
    }
}

/// Refuses before anything is computed, when name or source failed too often.
///
/// # Errors
/// What `refuse` makes of the moment; the database's fault.
pub async fn admit<E>(
    conn: &mut diesel_async::AsyncPgConnection,
    env: &Env,
    counted: &Counted,
    now: crate::kernel::Instant,
    refuse: impl FnOnce(crate::kernel::Instant) -> E,
) -> Result<(), Fault<E>> {
    let keys = [counted.name, counted.source];
    match crate::domains::accounts::throttle::blocked_until(conn, &keys, now, for_names(&env.auth)).await? {
        Some(until) => Err(Fault::Refused(refuse(until))),
        None => Ok(()),
    }
}
