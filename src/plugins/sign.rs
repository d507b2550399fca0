//! Signing what lies in a plugin folder: for the demo's own examples, and for tests of the whole way. Authors sign with
//! `kith plugin sign`.

use kith_plugin_manifest::{Mode, Role, SecretKey};

use super::native::{Facts, facts};
use super::release::Refused;
use super::settings::Settings;
use crate::kernel::Instant;

/// What a manifest is to say, beside what the library itself shows.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'a> {
    /// The plugin.
    pub id: &'a str,
    /// Who publishes it.
    pub publisher: &'a str,
    /// The version for people.
    pub version: &'a str,
    /// The number that grows with each release.
    pub release_seq: u64,
    /// Whether it is to run inside the server.
    pub in_process: bool,
    /// The prefix of its own codes.
    pub code_prefix: Option<&'a str>,
    /// Kith's permissions that it narrows.
    pub advises: &'a [&'a str],
    /// The attributes that it must be given.
    pub attributes: &'a [&'a str],
    /// From when, and for how many days, it may be installed.
    pub valid: (Instant, i64),
}

/// The signed manifest of a library in the folder. The library is tried out in a child to learn its permissions.
///
/// # Errors
/// The library breaks the rules, or a value of the claims does.
pub fn sign(
    settings: &Settings,
    library: &str,
    claims: &Claims<'_>,
    publisher: &SecretKey,
    countersigner: Option<&SecretKey>,
) -> Result<Vec<u8>, Refused> {
    let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let draft = kith_plugin_manifest::Draft {
        id: claims.id.to_owned(),
        publisher: claims.publisher.to_owned(),
        release_seq: claims.release_seq,
        version: Some(claims.version.to_owned()),
        mode: if claims.in_process { Mode::InProcess } else { Mode::Isolated },
        attributes: owned(claims.attributes),
        role: Role { code_prefix: claims.code_prefix.map(str::to_owned), advises: owned(claims.advises) },
    };
    let Facts { tree, abi, artefact } = facts(settings, library, claims.code_prefix)?;
    let refused = |refusal: kith_plugin_manifest::Refusal| Refused::new(refusal.code(), refusal.to_string());
    let days = chrono::TimeDelta::days(claims.valid.1);
    let manifest = draft.complete(tree, abi, vec![artefact], claims.valid.0, days).map_err(refused)?;
    let mut envelope = kith_plugin_manifest::sign(&manifest, publisher).map_err(refused)?;
    if let Some(key) = countersigner {
        envelope = kith_plugin_manifest::countersign(&envelope, key).map_err(refused)?;
    }
    Ok(envelope.to_bytes())
}
