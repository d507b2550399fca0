//! `refreshSession`: new tokens for old. A refresh token is good once; one that comes again was stolen, from us or from whoever
//! stole it first, so the session ends for both (h34). A sub-account goes on only as its position's login policy allows
//! (requirement 4.20).

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::log_in::Tokens;
use crate::command::{By, Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::accounts::restrictions::{Reason, restrict};
use crate::domains::accounts::sessions::policy::{self, Against};
use crate::domains::accounts::sessions::store;
use crate::domains::accounts::token::TokenHash;
use crate::kernel::fault::Refusal;
use crate::kernel::{Fault, Instant, Subject, Text};

/// Gives a session new tokens.
#[derive(Debug, Serialize)]
pub struct RefreshSession {
    /// The hash of the refresh token.
    #[serde(skip_serializing)]
    pub old: TokenHash,
    /// The new ones.
    #[serde(skip_serializing)]
    pub tokens: Tokens,
    /// How long the access token lives, in minutes.
    pub access_min: i64,
}

/// What became of it.
#[derive(Debug, Serialize, Deserialize)]
pub enum Refreshed {
    /// The session goes on.
    Anew {
        /// Until when its access token counts.
        expires_at: Instant,
    },
    /// The token was used before: the session is over.
    Reused,
}

/// Why there are no new tokens.
#[derive(Debug, Clone, Copy)]
pub enum RefreshRefusal {
    /// The token is none, or its session is over.
    Invalid,
    /// It was used before, and the session was ended for it.
    Reused,
    /// The position's login policy; the token stays good.
    Policy(Against),
}

impl Refusal for RefreshRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid => "REFRESH_INVALID",
            Self::Reused => "REFRESH_REUSED",
            Self::Policy(against) => against.code(),
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Invalid | Self::Reused => &["refreshToken"],
            Self::Policy(_) => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Invalid => Text::new("The session is over. Log in again.", "会话已失效,请重新登录。"),
            Self::Reused => Text::new(
                "This refresh token was used before. Somebody may have copied it, so the session was ended. Log in again.",
                "该刷新令牌已被使用过,可能已泄露,会话已终止,请重新登录。",
            ),
            Self::Policy(against) => against.message(),
        }
    }
}

impl Command for RefreshSession {
    const NAME: &'static str = "refreshSession";
    const WHILE_RESTRICTED: bool = true;
    const KEY: KeyRule = KeyRule::Unsupported;
    const DRY_RUN: bool = false;
    type Output = Refreshed;
    type Refusal = RefreshRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Refreshed, Fault<RefreshRefusal>> {
        let invalid = || Fault::Refused(RefreshRefusal::Invalid);
        let (session, first) = store::use_refresh_token(tx.conn, &self.old, tx.now).await?.ok_or_else(invalid)?;
        let open = store::lock_open(tx.conn, session, tx.now).await?.ok_or_else(invalid)?;
        let subject = open.subject().ok_or_else(|| Fault::internal("a session that is nobody's"))?;
        tx.record_by(By { subject, name: subject.to_string(), session });
        tx.record(Entry {
            chain: Chain::from(subject),
            target: subject.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "session": session, "reused": !first }),
        });
        if !first {
            store::end(tx.conn, session, tx.now).await?;
            let payload = json!({ "account": subject.to_string(), "session": session });
            tx.emit(Event { topic: "security.token_reused", shop: None, payload });
            if let Subject::Account { id } = subject {
                restrict(tx, id, Reason::TokenReused).await?;
            }
            return Ok(Refreshed::Reused);
        }
        if let Subject::SubAccount { shop, id } = subject {
            // Refused, nothing of this happened: within its hours the token is good again.
            let (policy, zone) = policy::of_sub_account(tx.conn, shop, id).await?;
            let how = (open.client.as_str(), open.method.as_deref());
            let zone = zone.parse().unwrap_or(chrono_tz::Tz::UTC);
            let allowed = policy.map_or(Ok(()), |policy| policy::lets_go_on(&policy, zone, how, tx.now));
            allowed.map_err(RefreshRefusal::Policy).map_err(Fault::Refused)?;
        }
        let expires_at = (tx.now + TimeDelta::minutes(self.access_min)).min(open.lasts_until);
        store::rotate(tx.conn, session, &self.tokens.access, expires_at).await?;
        if let Some(refresh) = &self.tokens.refresh {
            store::add_refresh_token(tx.conn, refresh, session, tx.now).await?;
        }
        Ok(Refreshed::Anew { expires_at })
    }
}
