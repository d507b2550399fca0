//! The outside, as the configuration wants it: the key of this installation, and the way of messages.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use super::{AppError, demo};
use crate::config::Config;
use crate::domains::certification::Certifier;
use crate::kernel::clock::SharedClock;
use crate::kernel::dice::SystemDice;
use crate::providers::Keys;
use crate::providers::cards::http::HttpVault;
use crate::providers::cards::sealed::SealedVault;
use crate::providers::cards::{CardVault, NoVault};
use crate::providers::messages::dev::DevOutbox;
use crate::providers::messages::http::HttpSender;
use crate::providers::messages::{MessageSender, NoSender};
use crate::providers::payments::demo::DemoGateway;
use crate::providers::payments::holders::{AccountHolders, DemoHolders, HttpHolders, NoHolders};
use crate::providers::payments::http::HttpGateway;
use crate::providers::payments::{Gateway, NoGateway};
use crate::providers::photos::Photos;
use crate::providers::signed::{Patience, SignedClient};
use crate::providers::verify::http::HttpVerifier;
use crate::providers::verify::rules::{Faces, Rules};
use crate::providers::verify::{FaceVerifier, IdentityVerifier};
use crate::server::schema::STAFF_DECIDED;

/// The file with the key, in the data folder.
pub const KEY_FILE: &str = "kith.key";

/// What a service asks of the outside.
pub struct Outside {
    /// The keys.
    pub keys: Keys,
    /// Sends messages.
    pub sender: Arc<dyn MessageSender>,
    /// Certifies.
    pub certifier: Arc<Certifier>,
    /// What would have been sent: in demo mode without a gateway, on loopback only.
    pub dev_outbox: Option<Arc<DevOutbox>>,
    /// Takes card numbers.
    pub vault: Arc<dyn CardVault>,
    /// Takes money from cards.
    pub gateway: Arc<dyn Gateway>,
}

impl Outside {
    /// What the configuration says.
    ///
    /// # Errors
    /// A key is missing or cannot be read; the gateway cannot be used as it is configured.
    pub fn of(config: &Config, clock: &SharedClock) -> Result<Self, AppError> {
        let keys = keys(config)?;
        let (sender, dev_outbox): (Arc<dyn MessageSender>, _) = if config.messages.gateway_url.is_some() {
            let sender = HttpSender::new(&config.messages, Arc::clone(clock));
            (Arc::new(sender.map_err(|error| config.fault("messages.gateway_url", error.to_string()))?), None)
        } else if config.demo.enabled {
            let outbox = Arc::new(DevOutbox::new(Arc::clone(clock)));
            // Whoever reads it can be anybody: it is shown where demo log-ins are.
            let shown = config.server.listen.ip().is_loopback().then(|| Arc::clone(&outbox));
            (outbox, shown)
        } else {
            tracing::warn!("messages.gateway_url is not set: no text message and no e-mail can be sent");
            (Arc::new(NoSender), None)
        };
        let (vault, gateway) = cards(config, clock, &keys)?;
        let certifier = Arc::new(certifier(config, clock)?);
        Ok(Self { keys, sender, certifier, dev_outbox, vault, gateway })
    }
}

/// The vault and the gateway of cards.
type Cards = (Arc<dyn CardVault>, Arc<dyn Gateway>);

/// The configured vault and gateway, those of demo mode, or none.
fn cards(config: &Config, clock: &SharedClock, keys: &Keys) -> Result<Cards, AppError> {
    let settings = &config.payments;
    let (Some(gateway), Some(vault), Some(secret)) =
        (&settings.gateway_url, &settings.vault_url, &settings.gateway_secret)
    else {
        if config.demo.enabled {
            return Ok((Arc::new(SealedVault(keys.clone())), Arc::new(DemoGateway(keys.clone()))));
        }
        tracing::info!("payments.gateway_url is not set: nobody can pay by card");
        return Ok((Arc::new(NoVault), Arc::new(NoGateway)));
    };
    let client = |key: &str, url: &str| {
        SignedClient::new(url, secret.clone(), patience(config), Arc::clone(clock))
            .map_err(|error| config.fault(key, error.to_string()))
    };
    let vault = HttpVault(client("payments.vault_url", vault)?);
    Ok((Arc::new(vault), Arc::new(HttpGateway(client("payments.gateway_url", gateway)?))))
}

/// How patient to be with the provider of payments.
fn patience(config: &Config) -> Patience {
    Patience {
        timeout: std::time::Duration::from_millis(config.payments.timeout_ms),
        failures: config.payments.breaker_failures,
        pause: std::time::Duration::from_secs(config.payments.breaker_pause_s),
    }
}

/// The configured verifier, or rules; in demo mode usable photos pass.
fn certifier(config: &Config, clock: &SharedClock) -> Result<Certifier, AppError> {
    let section = &config.certification;
    let photos = Photos::of(section, &config.database.data_dir.join("photos"))
        .map_err(|reason| config.fault("certification.photos", reason))?;
    let (identity, face): (Arc<dyn IdentityVerifier>, Arc<dyn FaceVerifier>) = match &section.verifier_url {
        Some(_) => {
            let verifier = HttpVerifier::new(section, Arc::clone(clock));
            let verifier =
                Arc::new(verifier.map_err(|error| config.fault("certification.verifier_url", error.to_string()))?);
            (Arc::clone(&verifier) as Arc<dyn IdentityVerifier>, verifier)
        }
        None => {
            let rules = Arc::new(Rules(if config.demo.enabled { Faces::Pass } else { Faces::Review }));
            (Arc::clone(&rules) as Arc<dyn IdentityVerifier>, rules)
        }
    };
    let holders = holders(config, clock)?;
    Ok(Certifier { identity, face, holders, photos, dice: Arc::new(SystemDice), staff: STAFF_DECIDED })
}

/// Whom to ask who holds a payment account: the gateway, the demo's own in demo mode, or nobody.
fn holders(config: &Config, clock: &SharedClock) -> Result<Arc<dyn AccountHolders>, AppError> {
    let settings = &config.payments;
    let (Some(gateway), Some(secret)) = (&settings.gateway_url, &settings.gateway_secret) else {
        return Ok(if config.demo.enabled {
            Arc::new(DemoHolders(demo::certified::HOLDERS))
        } else {
            Arc::new(NoHolders)
        });
    };
    let client = SignedClient::new(gateway, secret.clone(), patience(config), Arc::clone(clock));
    Ok(Arc::new(HttpHolders(client.map_err(|error| config.fault("payments.gateway_url", error.to_string()))?)))
}

/// The configured key; with the embedded PostgreSQL and in demo mode, the one in the data folder, which the first start makes.
fn keys(config: &Config) -> Result<Keys, AppError> {
    if let Some(key) = &config.secrets.key {
        let reason = "is 64 hexadecimal digits, as `openssl rand -hex 32` prints";
        return Keys::parse(key.expose()).ok_or_else(|| config.fault("secrets.key", reason).into());
    }
    if config.database.url.is_some() && !config.demo.enabled {
        let reason = "is needed with a database server: a file with the output of `openssl rand -hex 32`, the same for \
                      every process on this database";
        return Err(config.fault("secrets.key_file", reason).into());
    }
    let path = config.database.data_dir.join(KEY_FILE);
    let unusable = |reason: String| config.fault("secrets.key_file", format!("{} {reason}", path.display()));
    let text = read_or_make(&path).map_err(|error| unusable(format!("cannot be read or made: {error}")))?;
    let reason = "is no key: restore it from a backup, or remove it if nothing was sealed with it yet";
    Ok(Keys::parse(&text).ok_or_else(|| unusable(reason.to_owned()))?)
}

/// Reads the key, or makes it for this user alone. Two processes that start at once end with the same.
pub fn read_or_make(path: &Path) -> std::io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        read => return read,
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // Whole before it has its name: whoever finds the file finds all of it. A link does not replace what is there.
    let unfinished = path.with_extension(format!("key.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    let written = writeln!(file, "{}", Keys::generate_text())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&unfinished, path));
    let removed = fs::remove_file(&unfinished);
    match written {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => removed.and_then(|()| fs::read_to_string(path)),
    }
}
