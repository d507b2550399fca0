//! `logIn`: opens a session; from a device that is not known, and wherever there is an authenticator, one that waits for a second
//! factor (requirements 3.10, 3.14). The password was compared before the transaction.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{By, Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::accounts::codes::{self, Ask, Purpose, SendRefusal};
use crate::domains::accounts::contacts::store::{self as contacts, Contact};
use crate::domains::accounts::devices::store::{self as devices, Pending};
use crate::domains::accounts::sessions::login_throttle::{Counted, for_names};
use crate::domains::accounts::sessions::policy::Against;
use crate::domains::accounts::sessions::seen;
use crate::domains::accounts::sessions::store::{self, NewSession};
use crate::domains::accounts::step_up::Factor;
use crate::domains::accounts::step_up::verify::{self, to_ask};
use crate::domains::accounts::throttle;
use crate::domains::accounts::token::TokenHash;
use crate::domains::accounts::totp::store as totp;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::{AccountId, ContactId, DeviceId, SessionId};
use crate::kernel::{Fault, Instant, Locale, Subject, Text};

/// The longest name of a device that is kept.
const LONGEST_DEVICE: usize = 100;

/// The hashes of the tokens of a new session.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// Of the access token.
    pub access: TokenHash,
    /// Of the refresh token.
    pub refresh: Option<TokenHash>,
    /// Of the token that a new device will be known by.
    pub device: TokenHash,
    /// Of the token by which a log-in that waits is confirmed.
    pub pending: TokenHash,
}

/// How long a session lives.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Lives {
    /// The access token, in minutes.
    pub access_min: i64,
    /// The session with all its refreshes, in hours.
    pub session_hours: i64,
}

/// What is known of the device.
#[derive(Debug, Clone)]
pub enum Via {
    /// It is the program itself: the demo.
    Trusted,
    /// It gave the token that it has, or none.
    Device(Option<TokenHash>),
}

/// Opens a session for somebody whose password was right.
#[derive(Debug, Serialize)]
pub struct LogIn {
    /// Who.
    pub subject: Subject,
    /// The name it logs in by, for the record; not what was typed, which may be a phone number.
    pub name: String,
    /// The client.
    pub client: &'static str,
    /// How, as login policies name it.
    pub method: &'static str,
    /// The new tokens.
    #[serde(skip_serializing)]
    pub tokens: Tokens,
    /// How long it lives.
    pub lives: Lives,
    /// What is known of the device.
    #[serde(skip_serializing)]
    pub via: Via,
    /// What the log-in is counted by.
    #[serde(skip_serializing)]
    pub counted: Option<Counted>,
    /// The language of the message.
    pub locale: Locale,
}

/// What became of a log-in.
#[derive(Debug, Serialize, Deserialize)]
pub enum LoggedIn {
    /// There is a session.
    Active {
        /// Its id.
        session: SessionId,
        /// Until when its access token counts.
        expires_at: Instant,
        /// Whether the device is new, and has to keep its token.
        new_device: bool,
    },
    /// A second factor has to be shown first.
    Pending {
        /// Until when.
        expires_at: Instant,
        /// Where a code goes, masked; none where an authenticator is asked.
        sent_to: Option<String>,
        /// The factors of which one is wanted.
        factors: Vec<Factor>,
    },
}

/// Why nobody is logged in.
#[derive(Debug, Clone, Copy)]
pub enum LogInRefusal {
    /// Name or password is wrong; which of them is not said (requirement 4.20).
    WrongCredentials,
    /// The code is wrong, or there is nobody whom it could be of; which of them is not said.
    WrongCode,
    /// The colon is a full-width one (requirement 4.11).
    FullWidthColon,
    /// Sub-accounts do not buy (requirement 4.12).
    BuyerClient,
    /// Name or source failed too often (h33).
    TooManyTries {
        /// When it can be tried again.
        again_at: Instant,
    },
    /// The code for a new device is not sent.
    Send(SendRefusal),
    /// The position's login policy, or that nothing is granted (requirement 4.20).
    Policy(Against),
}

impl Refusal for LogInRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "WRONG_CREDENTIALS",
            Self::WrongCode => "LOG_IN_CODE_WRONG",
            Self::FullWidthColon => "FULL_WIDTH_COLON",
            Self::BuyerClient => "CLIENT_NOT_ALLOWED",
            Self::TooManyTries { .. } => "TOO_MANY_TRIES",
            Self::Send(refusal) => refusal.code(),
            Self::Policy(against) => against.code(),
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::FullWidthColon => &["login"],
            Self::BuyerClient => &["client"],
            _ => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::WrongCredentials => Text::new(
                "The log-in name or the password is wrong. A sub-account logs in as main:sub.",
                "登录名或密码错误。子账号请使用 主账号:子账号 登录。",
            ),
            Self::WrongCode => Text::new(
                "The code is wrong or too old, or none was sent: a sub-account gets one once it is certified by somebody with a                  bound phone, and if its position allows the method. Ask for a new one, or use the password.",
                "验证码错误、已过期或未发送。子账号须由已绑定手机的人员完成认证,且岗位允许验证码登录。请重新获取,或使用密码登录。",
            ),
            Self::FullWidthColon => Text::new(
                "The colon between main account and sub-account must be an ASCII one (:), not a full-width one (：).",
                "主账号与子账号之间请使用英文冒号(:),而不是中文冒号(：)。",
            ),
            Self::Policy(against) => against.message(),
            Self::BuyerClient => Text::new(
                "A sub-account cannot log in to the buyer app. Use SELLER_APP, WEB or API.",
                "子账号不能登录买家客户端,请使用千牛、网页或 API。",
            ),
            Self::TooManyTries { again_at } => {
                let at = again_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
                Text::made(
                    format!("Too many tries failed. Wait until {at}, or recover the account."),
                    format!("失败次数过多,请在 {at} 之后重试,或找回账号。"),
                )
            }
            Self::Send(refusal) => refusal.message(),
        }
    }
}

impl LogIn {
    /// The hash of the token that the device gave: the same for every account that logs in from it.
    fn given_device(&self) -> Option<&TokenHash> {
        match &self.via {
            Via::Device(token) => token.as_ref(),
            Via::Trusted => None,
        }
    }
}

impl Command for LogIn {
    const NAME: &'static str = "logIn";
    const WHILE_RESTRICTED: bool = true;
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = LoggedIn;
    type Refusal = LogInRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<LoggedIn, Fault<LogInRefusal>> {
        let mut unusual = false;
        if let Some(counted) = &self.counted {
            // A success after many failures may be a guess that hit: then the device alone is not believed. This try is counted
            // as well.
            let tries = throttle::failures(tx.conn, &counted.name, tx.now).await?;
            unusual = tries > for_names(&tx.env.auth).free;
            throttle::clear(tx.conn, &counted.name).await?;
        }
        let (Subject::Account { id }, Via::Device(token)) = (self.subject, &self.via) else {
            return open(tx, self, None, false).await;
        };
        let known = match token {
            Some(token) => devices::seen(tx.conn, id, token, tx.now).await?,
            None => None,
        };
        if totp::active(tx.conn, id).await?.is_some() {
            return wait_for_authenticator(tx, self, id, known).await;
        }
        if known.is_some() && !unusual {
            return open(tx, self, known, false).await;
        }
        let contacts = contacts::of_account(tx.conn, id).await?;
        let Some(contact) = to_ask(&contacts) else {
            if known.is_some() {
                return open(tx, self, known, false).await;
            }
            // Nobody can be asked: an account without contacts is prompted to bind one (requirement 3.1).
            let name = device_name(tx, self.client);
            let device = devices::insert(tx.conn, id, &self.tokens.device, &name, tx.now).await?;
            return open(tx, self, Some(device), true).await;
        };
        wait_for_code(tx, self, id, contact, known).await
    }
}

/// What a device calls itself.
pub(super) fn device_name(tx: &Tx<'_>, client: &str) -> String {
    let agent = tx.caller.origin.user_agent.as_deref().unwrap_or(client);
    agent.chars().filter(|c| !c.is_control()).take(LONGEST_DEVICE).collect()
}

async fn open(
    tx: &mut Tx<'_>,
    log_in: &LogIn,
    device: Option<DeviceId>,
    new_device: bool,
) -> Result<LoggedIn, Fault<LogInRefusal>> {
    let (session, expires_at) = open_session(
        tx,
        log_in.subject,
        &log_in.name,
        (log_in.client, Some(log_in.method)),
        &log_in.tokens,
        log_in.lives,
        device,
    )
    .await?;
    if let Subject::Account { id } = log_in.subject {
        // A device that gave no token is known by the one that it gets now.
        let key = log_in.given_device().or_else(|| new_device.then_some(&log_in.tokens.device));
        let event = seen::logged_in(tx, id, session, key.map(Vec::as_slice));
        tx.emit(event);
    }
    Ok(LoggedIn::Active { session, expires_at, new_device })
}

/// Opens a session with a client, by a method if it is known, and puts it on record.
pub(super) async fn open_session<E>(
    tx: &mut Tx<'_>,
    subject: Subject,
    name: &str,
    (client, method): (&str, Option<&str>),
    tokens: &Tokens,
    lives: Lives,
    device: Option<DeviceId>,
) -> Result<(SessionId, Instant), Fault<E>> {
    let session = SessionId::generate();
    let lasts_until = tx.now + TimeDelta::hours(lives.session_hours);
    let expires_at = (tx.now + TimeDelta::minutes(lives.access_min)).min(lasts_until);
    let new = NewSession {
        id: session,
        token_hash: &tokens.access,
        subject,
        client,
        ip: tx.caller.origin.ip.map(|ip| ip.to_string()),
        user_agent: tx.caller.origin.user_agent.clone(),
        now: tx.now,
        expires_at,
        lasts_until,
        device,
        method,
    };
    store::insert(tx.conn, &new).await?;
    if let Some(refresh) = &tokens.refresh {
        store::add_refresh_token(tx.conn, refresh, session, tx.now).await?;
    }
    tx.record_by(By { subject, name: name.to_owned(), session });
    tx.record(Entry {
        chain: Chain::from(subject),
        target: subject.to_string(),
        permission: None,
        grant: None,
        detail: store::detail(client, session),
    });
    Ok((session, expires_at))
}

async fn wait_for_code(
    tx: &mut Tx<'_>,
    log_in: &LogIn,
    account: AccountId,
    contact: &Contact,
    device: Option<DeviceId>,
) -> Result<LoggedIn, Fault<LogInRefusal>> {
    let address = verify::open(tx, contact)?;
    let ask = Ask::digits(account, Purpose::LogIn, &address, log_in.locale);
    let code = codes::issue(tx, &ask).await.map_err(|fault| fault.map_refusal(LogInRefusal::Send))?;
    let sent_to = Some(address.masked());
    let (expires_at, factors) = (code.expires_at, vec![Factor::Code]);
    wait(tx, log_in, account, Some(contact.id), device, expires_at).await?;
    Ok(LoggedIn::Pending { expires_at, sent_to, factors })
}

async fn wait_for_authenticator(
    tx: &mut Tx<'_>,
    log_in: &LogIn,
    account: AccountId,
    device: Option<DeviceId>,
) -> Result<LoggedIn, Fault<LogInRefusal>> {
    let expires_at = tx.now + TimeDelta::minutes(i64::from(tx.env.codes.lives_min));
    wait(tx, log_in, account, None, device, expires_at).await?;
    Ok(LoggedIn::Pending { expires_at, sent_to: None, factors: vec![Factor::Totp, Factor::RecoveryCode] })
}

/// Keeps a log-in that waits, and tells the account of one from a device that it does not know.
async fn wait(
    tx: &mut Tx<'_>,
    log_in: &LogIn,
    account: AccountId,
    contact_id: Option<ContactId>,
    device_id: Option<DeviceId>,
    expires_at: Instant,
) -> Result<(), Fault<LogInRefusal>> {
    let pending = Pending {
        token_hash: log_in.tokens.pending.clone(),
        account_id: account,
        contact_id,
        device_id,
        device_key: log_in.given_device().cloned(),
        name: log_in.name.clone(),
        client: log_in.client.to_owned(),
        created_at: tx.now,
        expires_at,
    };
    devices::put_pending(tx.conn, &pending).await?;
    tx.record(Entry {
        chain: Chain::Account(account),
        target: account.to_string(),
        permission: None,
        grant: None,
        detail: json!({ "client": log_in.client, "waits": true, "knownDevice": device_id.is_some() }),
    });
    if device_id.is_none() {
        tx.emit(Event { topic: "security.new_device", shop: None, payload: json!({ "account": account }) });
    }
    Ok(())
}
