//! The sections of the configuration. What each key means stands in `default.toml`; here are the types.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::telemetry::Secret;
use crate::telemetry::logging::Format;

/// `[server]`: the HTTP edge.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Limit of a whole request, in milliseconds.
    pub request_timeout_ms: u64,
    /// Limit for the request head, in milliseconds.
    pub header_timeout_ms: u64,
    /// Limit of silence on a connection, in milliseconds.
    pub idle_timeout_ms: u64,
    /// How long a stopping server waits for what is under way, in milliseconds.
    pub shutdown_grace_ms: u64,
    /// Largest body, in bytes.
    pub body_limit_bytes: usize,
    /// Foreign origins that may call.
    pub allowed_origins: Vec<String>,
    /// Whether `GET /` serves the playground.
    pub playground: bool,
    /// Whether introspection is answered.
    pub introspection: bool,
    /// Whether arrays of requests are answered.
    pub batching: bool,
}

impl Server {
    /// Limit of a whole request.
    #[must_use]
    pub const fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// Limit for the request head.
    #[must_use]
    pub const fn header_timeout(&self) -> Duration {
        Duration::from_millis(self.header_timeout_ms)
    }

    /// Limit of silence on a connection.
    #[must_use]
    pub const fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.idle_timeout_ms)
    }

    /// How long a stopping server waits for what is under way.
    #[must_use]
    pub const fn shutdown_grace(&self) -> Duration {
        Duration::from_millis(self.shutdown_grace_ms)
    }
}

/// `[database]`: which PostgreSQL, and how patient to be with it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The server; `None` means the embedded one.
    #[serde(default)]
    pub url: Option<Secret<String>>,
    /// A file with the URL. It is read when the configuration is loaded; afterwards only `url` counts.
    #[serde(default)]
    pub url_file: Option<PathBuf>,
    /// Certificate authorities for the database server.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The folder of the embedded PostgreSQL.
    pub data_dir: PathBuf,
    /// Size of the pool.
    pub max_connections: usize,
    /// Limit of the wait for a connection, in milliseconds.
    pub acquire_timeout_ms: u64,
    /// `statement_timeout`, in milliseconds.
    pub statement_timeout_ms: u64,
    /// `lock_timeout`, in milliseconds.
    pub lock_timeout_ms: u64,
    /// `idle_in_transaction_session_timeout`, in milliseconds.
    pub idle_in_transaction_timeout_ms: u64,
}

impl Database {
    /// Limit of the wait for a connection.
    #[must_use]
    pub const fn acquire_timeout(&self) -> Duration {
        Duration::from_millis(self.acquire_timeout_ms)
    }
}

/// `[graphql]`: what one request may cost.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graphql {
    /// Length of the query's text, in bytes.
    pub max_query_bytes: usize,
    /// Nesting of fields.
    pub max_depth: usize,
    /// Cost of a query.
    pub max_cost: u64,
    /// Fields under another name.
    pub max_aliases: usize,
    /// Fields at the root.
    pub max_root_fields: usize,
    /// Directives.
    pub max_directives: usize,
    /// Tokens of the text.
    pub max_tokens: usize,
    /// Rows of a list when the query does not say.
    pub default_page: u32,
    /// Rows of a list at most.
    pub max_page: u32,
}

/// `[auth]`: log-ins and passwords.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// How long a log-in lasts, in hours.
    pub session_ttl_hours: u32,
    /// How long an access token counts before it has to be refreshed, in minutes.
    pub access_ttl_min: u32,
    /// Failed log-ins of one name before the first wait.
    pub free_tries: u32,
    /// Failed log-ins from one source before the first wait.
    pub free_tries_of_source: u32,
    /// The first wait, in seconds; each failure doubles it.
    pub back_off_s: u32,
    /// The longest wait, in seconds.
    pub longest_back_off_s: u32,
    /// Where the link in a recovery e-mail leads; holds `{token}`.
    pub recovery_link: String,
    /// Passwords that are hashed at once.
    pub max_concurrent_hashes: usize,
    /// What hashing one password costs.
    pub argon2: Argon2,
}

/// `auth.argon2`: the parameters of Argon2id.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argon2 {
    /// Memory, in KiB.
    pub m_kib: u32,
    /// Passes.
    pub t: u32,
    /// Lanes.
    pub p: u32,
}

/// `[secrets]`: the key of this installation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// The key: 64 hexadecimal digits.
    #[serde(default)]
    pub key: Option<Secret<String>>,
    /// A file with the key. It is read when the configuration is loaded; afterwards only `key` counts.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
}

/// `[codes]`: one-time codes (requirement 3.4).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    /// Digits of a code.
    pub digits: u32,
    /// How long a code lives, in minutes.
    pub lives_min: u32,
    /// Tries of one code.
    pub max_tries: u32,
    /// Sends for one purpose within a window.
    pub max_sends: u32,
    /// The window, in minutes.
    pub send_window_min: u32,
    /// Sends to one number or address within a day, whoever asks.
    pub max_sends_to_one: u32,
}

/// `[contacts]`: phone numbers and e-mail addresses.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contacts {
    /// Numbers, and addresses, of one account.
    pub most: u32,
    /// Those of an enterprise (requirement 3.9).
    pub most_of_enterprise: u32,
    /// The country of numbers without one.
    pub region: String,
    /// Delivery addresses of one account.
    pub most_addresses: u32,
    /// Friends of one account.
    pub most_friends: u32,
}

/// `[association]`: accounts that may belong together (requirements 1.2 to 1.6).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Association {
    /// The same device.
    pub device: SignalWeight,
    /// The same network.
    pub ip: SignalWeight,
    /// Logged in at once on one device.
    pub together: SignalWeight,
    /// The same real name.
    pub real_name: SignalWeight,
    /// The same phone number.
    pub phone: SignalWeight,
    /// The same e-mail address.
    pub email: SignalWeight,
    /// The same delivery address.
    pub address: SignalWeight,
    /// Most accounts that a value may have and still say something.
    pub max_degree: u32,
    /// The smallest score that is told, in percent.
    pub min_score: u32,
    /// Most accounts that are told.
    pub max_shown: u32,
    /// Accounts that one account may be joined with.
    pub max_associated: u32,
    /// How long a request waits, in days.
    pub request_lives_days: u32,
}

/// What a kind of signal says.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalWeight {
    /// How much, in percent, when it is fresh and only two accounts have it.
    pub weight: u32,
    /// After how many days it says half.
    pub half_life_days: u32,
}

/// `[family]`: invitations to relatives (requirement 0.2).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// How long an invitation is good, in days.
    pub invitation_days: u32,
    /// Invitations of one account that may wait for an answer.
    pub most_pending: u32,
    /// What stands before the token in the link.
    pub invitation_link: String,
}

/// `[intimate_pay]`: a relative pays within limits (requirements 0.3 to 0.14).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntimatePay {
    /// How long shown terms can be confirmed, in minutes.
    pub confirmation_min: u32,
    /// The smallest monthly cap, in whole units of the currency.
    pub least_cap: u32,
    /// The largest monthly cap, in whole units of the currency.
    pub most_cap: u32,
    /// Relations of one payer.
    pub most_relations: u32,
    /// Changes of one relation's cap in a month.
    pub cap_changes_per_month: u32,
    /// Wrong payment passwords until it locks.
    pub password_tries: u32,
    /// For how long it locks, in minutes.
    pub password_lock_min: u32,
    /// The age of a password from which on a reminder is shown, in days.
    pub reminder_days: u32,
    /// How long a request to pay waits, in hours.
    pub request_hours: u32,
}

/// `[messages]`: text messages and e-mails.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Messages {
    /// The gateway; without it nothing is sent.
    #[serde(default)]
    pub gateway_url: Option<String>,
    /// The secret that requests are signed with.
    #[serde(default)]
    pub gateway_secret: Option<Secret<String>>,
    /// A file with the secret. It is read when the configuration is loaded.
    #[serde(default)]
    pub gateway_secret_file: Option<PathBuf>,
    /// Limit of one try, in milliseconds.
    pub timeout_ms: u64,
    /// Tries of one message.
    pub max_attempts: u32,
    /// Failures in a row after which the gateway is left alone.
    pub breaker_failures: u32,
    /// For how long, in seconds.
    pub breaker_pause_s: u64,
    /// Messages that are taken at once.
    pub batch: u32,
}

/// `[payments]`: cards, and where their money comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    /// The gateway; without it no card pays.
    #[serde(default)]
    pub gateway_url: Option<String>,
    /// The vault of card numbers.
    #[serde(default)]
    pub vault_url: Option<String>,
    /// The secret that requests to both are signed with.
    #[serde(default)]
    pub gateway_secret: Option<Secret<String>>,
    /// A file with the secret. It is read when the configuration is loaded.
    #[serde(default)]
    pub gateway_secret_file: Option<PathBuf>,
    /// Limit of one request, in milliseconds.
    pub timeout_ms: u64,
    /// Failures in a row after which the gateway is left alone.
    pub breaker_failures: u32,
    /// For how long, in seconds.
    pub breaker_pause_s: u64,
    /// Payments that are taken at once.
    pub batch: u32,
    /// After how many minutes a payment is given up that the gateway never saw.
    pub give_up_min: u32,
    /// After how many days an order's money is the shop's whose buyer does not confirm the receipt.
    pub settle_after_days: u32,
    /// For how many days after its last order was settled a shop keeps its deposit, and stays.
    pub close_after_settled_days: u32,
    /// Whether money may come from nowhere.
    pub play_money: bool,
}

/// `[refunds]`: what one call may approve.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refunds {
    /// Refunds of one batch.
    pub batch_most: u32,
    /// What they may come to together, for each currency, in its minor units. Refunds in another one are approved one by one.
    pub batch_total_minor: BTreeMap<String, i64>,
}

/// `[certification]`: identities, faces, photos and reviews (requirements 2.1–2.10).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certification {
    /// The verifier; without it Kith's own rules decide, or an operator.
    #[serde(default)]
    pub verifier_url: Option<String>,
    /// The secret that requests to it are signed with.
    #[serde(default)]
    pub verifier_secret: Option<Secret<String>>,
    /// A file with the secret. It is read when the configuration is loaded.
    #[serde(default)]
    pub verifier_secret_file: Option<PathBuf>,
    /// Limit of one try, in milliseconds.
    pub timeout_ms: u64,
    /// Tries of one question before an operator has to look.
    pub max_attempts: u32,
    /// Failures in a row after which the verifier is left alone.
    pub breaker_failures: u32,
    /// For how long, in seconds.
    pub breaker_pause_s: u64,
    /// Where photos are kept: a folder or `s3://bucket/prefix`.
    #[serde(default)]
    pub photos: Option<String>,
    /// The S3 service, if it is not Amazon's.
    #[serde(default)]
    pub s3_endpoint: Option<String>,
    /// Its region.
    #[serde(default)]
    pub s3_region: Option<String>,
    /// The id of the access key.
    #[serde(default)]
    pub s3_key_id: Option<String>,
    /// The secret of the access key.
    #[serde(default)]
    pub s3_secret: Option<Secret<String>>,
    /// A file with it. It is read when the configuration is loaded.
    #[serde(default)]
    pub s3_secret_file: Option<PathBuf>,
    /// How long photos are kept after their answer, in days.
    pub keep_photos_days: u32,
    /// How long a photo waits for an answer, in days.
    pub undecided_photos_days: u32,
    /// Bytes of one photo.
    pub max_photo_bytes: usize,
    /// How long a real-person session is open, in minutes.
    pub session_min: u32,
    /// Sessions that one may start within a day.
    pub sessions_a_day: u32,
    /// How long the QR code of a sub-account is good, in minutes.
    pub qr_min: u32,
    /// The clients that may scan it.
    pub scan_clients: Vec<String>,
    /// How long a sub-account may go uncertified, in days.
    pub staff_days: u32,
    /// After how many months everybody is reviewed again.
    pub review_months: u32,
    /// Over how many days the reviews of one day are spread.
    pub review_spread_days: u32,
    /// The shortest time to a random review, in days.
    pub random_review_min_days: u32,
    /// The longest, in days.
    pub random_review_max_days: u32,
    /// How long one has for a review that was announced, in days.
    pub review_notice_days: u32,
    /// Reviews that are announced at once.
    pub review_batch: u32,
}

/// `[staff]`: sub-accounts.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// Sub-accounts of one shop at most; those who departed do not count.
    pub most_sub_accounts: u32,
}

/// `[demo]`: data and log-ins to try Kith out.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    /// Whether demo mode is on.
    pub enabled: bool,
    /// Whether it may listen beyond loopback.
    pub allow_remote: bool,
    /// Whether it may use a database server.
    pub allow_external_database: bool,
    /// The moment that the demo's clock starts at; the real one without it.
    #[serde(default)]
    pub clock: Option<chrono::DateTime<chrono::Utc>>,
}

/// `[worker]`: what happens after the answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// How often to look for events that nobody told of, in milliseconds.
    pub poll_interval_ms: u64,
    /// Events of one transaction.
    pub batch: u32,
    /// How often to look for old rows, in seconds.
    pub sweep_interval_s: u64,
    /// How long an idempotency key counts, in days.
    pub keep_idempotency_keys_days: u32,
    /// How long sessions are kept that have ended or expired, in days.
    pub keep_ended_sessions_days: u32,
    /// How long messages are kept that were sent or given up, in days.
    pub keep_messages_days: u32,
    /// How long signals of association are kept that are not seen again, in days.
    pub keep_association_signals_days: u32,
}

/// `[plugins]`: third-party services' libraries.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plugins {
    /// The folder that is watched; without it plugins are off.
    #[serde(default)]
    pub folder: Option<PathBuf>,
    /// Whose signatures count.
    #[serde(default)]
    pub trust_file: Option<PathBuf>,
    /// Which digests this installation runs.
    #[serde(default)]
    pub lock_file: Option<PathBuf>,
    /// Whether a plugin that is not pinned is refused.
    pub lock_required: bool,
    /// Whether plugins may run inside the server.
    pub in_process: bool,
    /// How often to look at the folder and at what other replicas use, in milliseconds.
    pub poll_interval_ms: u64,
    /// After how long a question counts as denied, in milliseconds.
    pub deadline_ms: u64,
    /// After how long without an answer an isolated plugin is ended, in milliseconds.
    pub hard_deadline_ms: u64,
    /// How long a start may take, in milliseconds.
    pub start_limit_ms: u64,
}

/// `[desk]`: the service desk of shops (requirement 4.17).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// With more buyers waiting than that an agent is busy.
    pub busy_above: u32,
    /// How long an agent is online after a heartbeat, in seconds.
    pub online_s: u32,
    /// For how long who served a buyer serves them again, in days.
    pub served_days: u32,
    /// How often to look for new messages while somebody listens, in milliseconds.
    pub poll_interval_ms: u64,
    /// How long a listener may wait without being asked whether it still may, in milliseconds.
    pub recheck_interval_ms: u64,
}

/// `[audit]`: the audit trail, live.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// How often to look for new entries while somebody listens, in milliseconds.
    pub poll_interval_ms: u64,
    /// How long a listener may wait without being asked whether it still may, in milliseconds.
    pub recheck_interval_ms: u64,
}

/// `[notifications]`: inboxes, live.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notifications {
    /// How often to look for new messages while somebody listens, in milliseconds.
    pub poll_interval_ms: u64,
    /// How long a listener may wait without being asked whether its session still stands, in milliseconds.
    pub recheck_interval_ms: u64,
}

/// `[log]`: how the server tells what it does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Text or JSON.
    pub format: Format,
    /// The level, also per module.
    pub level: String,
}
