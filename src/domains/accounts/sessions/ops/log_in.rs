//! `logIn`: opens a session. The password was compared before the transaction.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::command::{By, Chain, Command, Entry, KeyRule, Tx};
use crate::domains::accounts::sessions::policy::Against;
use crate::domains::accounts::sessions::store::{self, NewSession};
use crate::domains::accounts::token::TokenHash;
use crate::kernel::fault::Refusal;
use crate::kernel::ids::SessionId;
use crate::kernel::{Fault, Instant, Subject, Text};

/// Opens a session for somebody whose password was right.
#[derive(Debug, Serialize)]
pub struct LogIn {
    /// Who.
    pub subject: Subject,
    /// The name that was typed, for the record.
    pub name: String,
    /// The client.
    pub client: &'static str,
    /// The hash of the new token.
    #[serde(skip_serializing)]
    pub token_hash: TokenHash,
    /// How long the session counts, in hours.
    pub ttl_hours: i64,
}

/// The new session.
#[derive(Debug, Serialize, Deserialize)]
pub struct LoggedIn {
    /// Its id.
    pub session: SessionId,
    /// Until when it counts.
    pub expires_at: Instant,
}

/// Why nobody is logged in.
#[derive(Debug, Clone, Copy)]
pub enum LogInRefusal {
    /// Name or password is wrong; which of them is not said (requirement 4.20).
    WrongCredentials,
    /// The colon is a full-width one (requirement 4.11).
    FullWidthColon,
    /// Sub-accounts do not buy (requirement 4.12).
    BuyerClient,
    /// The position's login policy, or that nothing is granted (requirement 4.20).
    Policy(Against),
}

impl Refusal for LogInRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "WRONG_CREDENTIALS",
            Self::FullWidthColon => "FULL_WIDTH_COLON",
            Self::BuyerClient => "CLIENT_NOT_ALLOWED",
            Self::Policy(against) => against.code(),
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::WrongCredentials => &[],
            Self::FullWidthColon => &["login"],
            Self::BuyerClient => &["client"],
            Self::Policy(_) => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::WrongCredentials => Text::new(
                "The log-in name or the password is wrong. A sub-account logs in as main:sub.",
                "登录名或密码错误。子账号请使用 主账号:子账号 登录。",
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
        }
    }
}

impl Command for LogIn {
    const NAME: &'static str = "logIn";
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = LoggedIn;
    type Refusal = LogInRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<LoggedIn, Fault<LogInRefusal>> {
        let session = SessionId::generate();
        let expires_at = tx.now + TimeDelta::hours(self.ttl_hours);
        let new = NewSession {
            id: session,
            token_hash: &self.token_hash,
            subject: self.subject,
            client: self.client,
            ip: tx.caller.origin.ip.map(|ip| ip.to_string()),
            user_agent: tx.caller.origin.user_agent.clone(),
            now: tx.now,
            expires_at,
        };
        store::insert(tx.conn, &new).await?;
        tx.record_by(By { subject: self.subject, name: self.name.clone(), session });
        tx.record(Entry {
            chain: Chain::from(self.subject),
            target: self.subject.to_string(),
            permission: None,
            grant: None,
            detail: store::detail(self.client, session),
        });
        Ok(LoggedIn { session, expires_at })
    }
}
