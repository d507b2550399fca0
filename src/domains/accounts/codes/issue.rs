//! Sending a code.

use chrono::TimeDelta;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::model::{Purpose, SendRefusal};
use super::store::{self, NewCode};
use crate::command::Tx;
use crate::command::messages::{self, NewMessage};
use crate::domains::accounts::contacts::model::Address;
use crate::domains::accounts::throttle;
use crate::domains::accounts::token::{Kind, Token};
use crate::kernel::ids::{AccountId, CodeId, MessageId};
use crate::kernel::{Fault, Instant, Locale};
use crate::providers::messages::Channel;

/// What parts the account from the token in a link.
const LINK: char = '~';
/// What the hash of a code is for.
pub(super) const CODE: &str = "code";
/// What the hash of a recipient is for.
pub(super) const TARGET: &str = "code.target";

/// What a code looks like.
#[derive(Debug, Clone)]
pub enum Form {
    /// Digits to type.
    Digits,
    /// A link to follow: `address` with `{token}` in it, which the account and a long random text take the place of.
    Link {
        /// Where it leads.
        address: String,
    },
}

/// A code to be sent.
pub struct Ask<'a> {
    /// Whose it is.
    pub account: AccountId,
    /// What it is for.
    pub purpose: Purpose,
    /// The way.
    pub channel: Channel,
    /// Where it goes: a number in E.164, or an e-mail address.
    pub to: &'a str,
    /// The language of the message.
    pub locale: Locale,
    /// What it looks like.
    pub form: Form,
}

impl<'a> Ask<'a> {
    /// A code of digits to a number or an address.
    #[must_use]
    pub fn digits(account: AccountId, purpose: Purpose, to: &'a Address, locale: Locale) -> Self {
        Self { account, purpose, channel: to.kind.channel(), to: to.expose(), locale, form: Form::Digits }
    }

    /// A link to an address.
    #[must_use]
    pub fn link(account: AccountId, purpose: Purpose, to: &'a Address, locale: Locale, address: String) -> Self {
        Self { form: Form::Link { address }, ..Self::digits(account, purpose, to, locale) }
    }
}

/// A code that is on its way.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Issued {
    /// Its id.
    pub id: CodeId,
    /// Until when it is good.
    pub expires_at: Instant,
    /// How often it may still be sent.
    pub sends_left: i32,
}

/// Makes a code, puts it in the place of the one before, and queues the message that carries it.
///
/// # Errors
/// [`SendRefusal`] when too many were sent, or the database's fault.
pub async fn issue(tx: &mut Tx<'_>, ask: &Ask<'_>) -> Result<Issued, Fault<SendRefusal>> {
    let figures = &tx.env.codes;
    let most = i32::try_from(figures.max_sends).unwrap_or(i32::MAX);
    let purpose = ask.purpose.key(ask.channel);
    let target_key = tx.env.keys.hash(TARGET, &[ask.to.as_bytes()]);
    let day = TimeDelta::days(1);
    let most_to_one = i32::try_from(figures.max_sends_to_one).unwrap_or(i32::MAX);
    if !throttle::take(tx.conn, &target_key, tx.now, day, most_to_one).await? {
        let again_at = throttle::resets_at(tx.conn, &target_key).await?.unwrap_or(tx.now + day);
        return Err(Fault::Refused(SendRefusal::UsedUp { again_at }));
    }
    let id = CodeId::generate();
    let code = match ask.form {
        Form::Digits => random_code(figures.digits),
        Form::Link { .. } => link_code(ask.account),
    };
    let expires_at = tx.now + TimeDelta::minutes(i64::from(figures.lives_min));
    let window_ends_at = tx.now + TimeDelta::minutes(i64::from(figures.send_window_min));
    let message = MessageId::generate();
    let new = NewCode {
        account: ask.account,
        purpose: &purpose,
        id,
        target_key: &target_key,
        code_hash: &tx.env.keys.hash(CODE, &[id.to_string().as_bytes(), code.as_bytes()]),
        message,
        now: tx.now,
        expires_at,
        window_ends_at,
        most,
    };
    let Some(counted) = store::put(tx.conn, &new).await? else {
        let old = store::get(tx.conn, ask.account, &purpose).await?;
        let again_at = old.map_or(window_ends_at, |old| old.window_ends_at);
        return Err(Fault::Refused(SendRefusal::UsedUp { again_at }));
    };
    // Only now: a caller that keeps a refusal to itself must not send a code that does not count.
    let text = match &ask.form {
        Form::Digits => ask.purpose.text(&code, figures.lives_min, ask.locale),
        Form::Link { address } => {
            ask.purpose.text_of_link(&address.replace("{token}", &code), figures.lives_min, ask.locale)
        }
    };
    let carrier = NewMessage {
        id: message,
        account: ask.account,
        channel: ask.channel,
        template: &ask.purpose.template(),
        to: ask.to,
        text: &text,
        expires_at,
    };
    messages::queue(tx, &carrier).await?;
    Ok(Issued { id, expires_at, sends_left: (most - counted.sends).max(0) })
}

/// What a link carries: whose it is, and a token that nobody can foresee.
fn link_code(account: AccountId) -> String {
    format!("{account}{LINK}{}", Token::generate_of(Kind::Recovery).reveal())
}

/// Whose a link's code is; `None` when it cannot be one.
#[must_use]
pub fn account_of_link(code: &str) -> Option<AccountId> {
    let (account, token) = code.trim().split_once(LINK)?;
    Token::parse_of(Kind::Recovery, token)?;
    account.parse().ok()
}

/// Digits that nobody can foresee, each number as likely as every other.
pub fn random_code(digits: u32) -> String {
    let width = usize::try_from(digits).unwrap_or(6);
    format!("{:0width$}", rand::rng().random_range(0..10_u64.saturating_pow(digits)))
}
