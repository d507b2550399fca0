//! What log-ins are counted by, and what follows (h33). A name that nobody has is counted like one that somebody has, so that
//! the answers are the same.

use std::net::IpAddr;

use diesel_async::AsyncPgConnection;

use super::login_name::LoginName;
use crate::command::Env;
use crate::config;
use crate::domains::accounts::throttle::{self, BackOff};
use crate::kernel::ids::{DeviceId, TypedId};
use crate::kernel::names::fold;
use crate::kernel::{Fault, Instant, Subject};
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
    /// By whom it is, whichever of its names was typed; a name that nobody has, by itself. And by the source.
    #[must_use]
    pub fn of(env: &Env, subject: Option<Subject>, name: LoginName<'_>, source: Option<IpAddr>) -> Self {
        if let Some(subject) = subject {
            return Self::of_subject(env, "log_in", subject, source);
        }
        let name = match name {
            LoginName::Account(name) => fold(name),
            LoginName::SubAccount(main, sub) => format!("{}:{}", fold(main), fold(sub)),
            LoginName::FullWidthColon => String::new(),
        };
        Self { name: env.keys.hash("log_in.name", &[name.as_bytes()]), source: source_key(env, source) }
    }

    /// By a device that the account knows: strangers who guess elsewhere do not lock its owner out.
    #[must_use]
    pub fn of_device(env: &Env, device: DeviceId, source: Option<IpAddr>) -> Self {
        Self { name: env.keys.hash("log_in.device", &[device.uuid().as_bytes()]), source: source_key(env, source) }
    }

    /// By who it is, for one thing that they try.
    #[must_use]
    pub fn of_subject(env: &Env, what: &str, subject: Subject, source: Option<IpAddr>) -> Self {
        let name = env.keys.hash("log_in.subject", &[what.as_bytes(), subject.uuid().as_bytes()]);
        Self { name, source: source_key(env, source) }
    }
}

/// A source: an IPv4 address, or the first half of an IPv6 one, of which one customer has all.
fn source_key(env: &Env, source: Option<IpAddr>) -> KeyedHash {
    let bytes = match source {
        Some(IpAddr::V4(v4)) => v4.octets().to_vec(),
        Some(IpAddr::V6(v6)) => v6.octets()[..8].to_vec(),
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
    conn: &mut AsyncPgConnection,
    env: &Env,
    counted: &Counted,
    now: Instant,
    refuse: impl FnOnce(Instant) -> E,
) -> Result<(), Fault<E>> {
    let keys = [counted.name, counted.source];
    match throttle::blocked_until(conn, &keys, now, for_names(&env.auth)).await? {
        Some(until) => Err(Fault::Refused(refuse(until))),
        None => Ok(()),
    }
}
