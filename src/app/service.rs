//! Kith over an open database: door, schema, edge and worker, as the configuration wants them.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::outside::Outside;
use super::parts;
use crate::command::{Consumer, Door, Env};
use crate::config::Config;
use crate::db::{Db, PerType};
use crate::domains::accounts::password;
use crate::domains::association::Signals;
use crate::domains::audit::Streams;
use crate::domains::certification::Certifier;
use crate::domains::notifications::{ByMessage, Inbox, Inboxes};
use crate::domains::plugins::Keeper;
use crate::domains::service_desk::{Chats, Handover};
use crate::graphql::context;
use crate::graphql::limits::{Check, Limits, Sizes};
use crate::kernel::clock::SharedClock;
use crate::permissions::Sets;
use crate::plugins::Settings;
use crate::server::schema;
use crate::server::sessions::Sessions;
use crate::server::{Edge, EdgeConfig, Validated};
use crate::worker::Worker;

/// One process's Kith.
pub struct Service {
    /// The write door.
    pub door: Arc<Door>,
    /// Makes the context of each request.
    pub sessions: Arc<Sessions>,
    /// The schema.
    pub schema: Validated,
    /// What happens after the answer.
    pub worker: Worker,
    /// Certifies.
    pub certifier: Arc<Certifier>,
    /// What keeps the plugins; none where they are off.
    pub keeper: Option<Arc<Keeper>>,
}

impl Service {
    /// Puts the parts together.
    #[must_use]
    pub fn new(config: &Config, db: Db, clock: SharedClock, outside: Outside) -> Self {
        let argon = config.auth.argon2;
        password::configure(password::Cost {
            memory_kib: argon.m_kib,
            passes: argon.t,
            lanes: argon.p,
            at_once: config.auth.max_concurrent_hashes,
        });
        let door = Arc::new(Door {
            db: db.clone(),
            clock,
            sets: Arc::new(Sets::default()),
            env: Arc::new(parts::env(config, outside.keys, outside.vault)),
            tasks: TaskTracker::new(),
            committed: Arc::new(Notify::new()),
            queues: PerType::default(),
        });
        let settings = context::Settings { session_ttl_hours: i64::from(config.auth.session_ttl_hours) };
        let chats = Chats::new(db.clone(), config.desk.clone());
        let inboxes = Inboxes::new(db.clone(), config.notifications.clone());
        let (streams, introspection) = (Streams::new(db, config.audit.clone()), config.server.introspection);
        let keeper = plugin_settings(config).map(|settings| Keeper::new(&door, settings));
        let schema = Validated::new(|| {
            let mut builder = schema::builder().data(Arc::clone(&streams)).data(Arc::clone(&chats));
            builder = builder.data(Arc::clone(&inboxes)).data(Arc::clone(&outside.certifier));
            if let Some(outbox) = &outside.dev_outbox {
                builder = builder.data(outbox.clone());
            }
            if let Some(keeper) = &keeper {
                builder = builder.data(Arc::clone(keeper));
            }
            if introspection { builder } else { builder.disable_introspection() }
        });
        Self {
            sessions: Arc::new(Sessions { door: Arc::clone(&door), settings }),
            schema,
            worker: Worker::new(Arc::clone(&door), consumers(&door.env), config.worker.clone())
                .with_sender(outside.sender, config.messages.clone())
                .with_gateway(outside.gateway, config.payments.clone())
                .with_certifier(Arc::clone(&outside.certifier)),
            certifier: outside.certifier,
            door,
            keeper,
        }
    }

    /// The edge around the schema, on the address that it will be served from.
    ///
    /// # Errors
    /// The schema cannot be read back, which is a fault of ours.
    pub fn edge(&self, config: &Config, address: SocketAddr) -> Result<Edge<Validated>, String> {
        let sizes = Sizes::from_sdl(&self.schema.strict().sdl()).map_err(|error| error.to_string())?;
        let sessions = Arc::clone(&self.sessions);
        let edge = Edge::new(
            self.schema.clone(),
            Arc::clone(&sessions) as Arc<dyn crate::server::Contexts>,
            Check::new(limits(config), sizes),
            edge_config(config, address),
        );
        Ok(edge.with_readiness(sessions))
    }
}

/// Everybody who takes events.
#[must_use]
pub fn consumers(env: &Arc<Env>) -> Vec<Box<dyn Consumer>> {
    let env = || Arc::clone(env);
    vec![
        Box::new(Inbox),
        Box::new(ByMessage { env: env() }),
        Box::new(Signals { env: env() }),
        Box::new(Handover { env: env() }),
    ]
}

/// How plugins are found and run; `None` where they are off. Demo mode has a folder and a trust of its own.
#[must_use]
pub fn plugin_settings(config: &Config) -> Option<Settings> {
    let section = &config.plugins;
    let (folder, trust_built_in) = match (&section.folder, config.demo.enabled) {
        (Some(folder), demo) => (folder.clone(), if demo { super::demo::plugins::trust() } else { String::new() }),
        (None, true) => (super::demo::plugins::folder(config), super::demo::plugins::trust()),
        (None, false) => return None,
    };
    let milliseconds = std::time::Duration::from_millis;
    Some(Settings {
        trust_file: section.trust_file.clone().or_else(|| config.demo.enabled.then(|| folder.join("trust.toml"))),
        trust_built_in,
        lock_file: section.lock_file.clone(),
        lock_required: section.lock_required && !config.demo.enabled,
        in_process: section.in_process,
        poll: milliseconds(section.poll_interval_ms),
        deadline: milliseconds(section.deadline_ms),
        hard_deadline: milliseconds(section.hard_deadline_ms),
        start_limit: milliseconds(section.start_limit_ms),
        ..Settings::of_folder(folder)
    })
}

fn limits(config: &Config) -> Limits {
    let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let graphql = &config.graphql;
    Limits {
        text: graphql.max_query_bytes,
        tokens: graphql.max_tokens,
        depth: wide(graphql.max_depth),
        aliases: wide(graphql.max_aliases),
        root_fields: wide(graphql.max_root_fields),
        directives: graphql.max_directives,
        cost: graphql.max_cost,
        page: u64::from(graphql.default_page),
        introspectable: config.server.introspection,
        ..Limits::default()
    }
}

fn edge_config(config: &Config, address: SocketAddr) -> EdgeConfig {
    let server = &config.server;
    // The demo gives tokens to whoever asks: no page of the internet may ask in a browser's name (DNS rebinding).
    let local = config.demo.enabled && address.ip().is_loopback();
    EdgeConfig {
        body_limit: server.body_limit_bytes,
        upload_limit: config.certification.max_photo_bytes,
        request_timeout: server.request_timeout(),
        header_timeout: server.header_timeout(),
        idle_timeout: server.idle_timeout(),
        origins: server.allowed_origins.clone(),
        batch: if server.batching { 10 } else { 0 },
        hosts: if local { ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).to_vec() } else { Vec::new() },
        grace: server.shutdown_grace(),
        ..EdgeConfig::default()
    }
}
