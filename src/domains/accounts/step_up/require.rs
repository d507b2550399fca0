//! Asking for a step-up.

use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::model::{Factor, LASTS, STRONG};
use crate::command::Tx;
use crate::domains::accounts::contacts::store as contacts;
use crate::domains::accounts::sessions::store as sessions;
use crate::domains::accounts::totp::store as totp;
use crate::kernel::fault::Denial;
use crate::kernel::ids::SessionId;
use crate::kernel::{Fault, Instant, Subject, Text};
use crate::permissions::Actor;

/// How far the clocks of two processes may be apart.
const CLOCKS: TimeDelta = TimeDelta::minutes(1);

/// When a session was stepped up, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SteppedUp {
    /// When.
    pub at: Instant,
    /// By what.
    pub factor: Factor,
}

/// Requires that the session of this command was stepped up within `max_age` ([`LASTS`] is what people are told), by
/// whatever factor. Takes the transaction of the command; gives when and by what (requirement 3.10). Reads the session anew,
/// so that a `stepUp` earlier in the same request counts.
///
/// # Errors
/// [`Fault::Denied`] with the reason `STEP_UP_REQUIRED` and the factors that would help; [`Fault::Unauthenticated`] when nobody
/// is logged in; the database's fault.
pub async fn require<E>(tx: &mut Tx<'_>, max_age: TimeDelta) -> Result<SteppedUp, Fault<E>> {
    require_by(tx, max_age, Factor::ALL).await
}

/// As [`require`], where only some factors count: [`super::STRONG`] is all but the password. Whoever has none of them is
/// denied, with an empty list of factors and the advice to bind a phone.
///
/// # Errors
/// As [`require`].
pub async fn require_by<E>(tx: &mut Tx<'_>, max_age: TimeDelta, accepted: &[Factor]) -> Result<SteppedUp, Fault<E>> {
    let actor = tx.actor()?;
    let (session, subject) = (actor.session, actor.subject);
    look(tx.conn, (session, subject), max_age, accepted, tx.now).await
}

/// As [`require`], by more than the password where whoever asks has more: for what somebody who found out the password must
/// not do with it.
///
/// # Errors
/// As [`require`].
pub async fn require_strongest<E>(tx: &mut Tx<'_>, max_age: TimeDelta) -> Result<SteppedUp, Fault<E>> {
    let subject = tx.actor()?.subject;
    let more = held(tx.conn, subject).await?.iter().any(|held| STRONG.contains(held));
    require_by(tx, max_age, if more { STRONG } else { Factor::ALL }).await
}

/// As [`require_by`], once: the step-up is used up with what it confirms, in the same transaction. Of two that want the same one,
/// the second is denied.
///
/// # Errors
/// As [`require`].
pub async fn use_up<E>(tx: &mut Tx<'_>, max_age: TimeDelta, accepted: &[Factor]) -> Result<SteppedUp, Fault<E>> {
    let found = require_by(tx, max_age, accepted).await?;
    let (session, subject) = (tx.actor()?.session, tx.actor()?.subject);
    if sessions::use_up_step_up(tx.conn, session, found.at).await? {
        return Ok(found);
    }
    Err(lacking(tx.conn, subject, accepted).await?)
}

/// The same for the guard of a field: `#[requires(account, step_up_minutes = 15)]`.
///
/// # Errors
/// As [`require`].
pub fn check<'a>(
    conn: &'a mut AsyncPgConnection,
    actor: &'a Actor,
    max_age: TimeDelta,
    now: Instant,
) -> BoxFuture<'a, Result<(), Fault>> {
    async move { look(conn, (actor.session, actor.subject), max_age, Factor::ALL, now).await.map(|_| ()) }.boxed()
}

async fn look<E>(
    conn: &mut AsyncPgConnection,
    (session, subject): (SessionId, Subject),
    max_age: TimeDelta,
    accepted: &[Factor],
    now: Instant,
) -> Result<SteppedUp, Fault<E>> {
    let found = sessions::stepped_up(conn, session).await?;
    let found = found.and_then(|(at, factor)| Some(SteppedUp { at, factor: Factor::parse(&factor)? }));
    let counts =
        |found: &SteppedUp| accepted.contains(&found.factor) && found.at <= now + CLOCKS && now - found.at < max_age;
    match found.filter(counts) {
        Some(found) => Ok(found),
        None => Err(lacking(conn, subject, accepted).await?),
    }
}

/// The denial of a subject, with the accepted factors that it has.
async fn lacking<E>(
    conn: &mut AsyncPgConnection,
    subject: Subject,
    accepted: &[Factor],
) -> Result<Fault<E>, diesel::result::Error> {
    let factors = held(conn, subject).await?;
    Ok(missing(&factors.into_iter().filter(|held| accepted.contains(held)).collect::<Vec<_>>()))
}

/// The factors that a subject has. A sub-account has its password only.
///
/// # Errors
/// The database's fault.
pub async fn held(conn: &mut AsyncPgConnection, subject: Subject) -> Result<Vec<Factor>, diesel::result::Error> {
    let Subject::Account { id } = subject else { return Ok(vec![Factor::Password]) };
    let mut factors = vec![Factor::Password];
    if !contacts::of_account(conn, id).await?.is_empty() {
        factors.push(Factor::Code);
    }
    if totp::active(conn, id).await?.is_some() {
        factors.extend([Factor::Totp, Factor::RecoveryCode]);
    }
    Ok(factors)
}

/// The denial that says which factors would help.
#[must_use]
pub fn missing<E>(factors: &[Factor]) -> Fault<E> {
    let list = |en: bool| {
        let words = factors.iter().map(|factor| factor.words());
        words.map(|w| if en { w.en.into_owned() } else { w.zh.into_owned() }).collect::<Vec<_>>()
    };
    let message = if factors.is_empty() {
        Text::new(
            "This must be confirmed by more than the password. Bind a phone or an e-mail address, or set up an authenticator.",
            "该操作需要密码以外的验证方式,请先绑定手机号、邮箱或启用身份验证器。",
        )
    } else {
        let minutes = LASTS.num_minutes();
        Text::made(
            format!(
                "Confirm that it is you: call stepUp with {}. It lasts {minutes} minutes.",
                list(true).join(" or ")
            ),
            format!("请先验证身份:使用{}调用 stepUp,{minutes} 分钟内有效。", list(false).join("或")),
        )
    };
    Fault::Denied(Box::new(Denial {
        reason: "STEP_UP_REQUIRED",
        message: Some(message),
        step_up: factors.first().map(|factor| factor.text()),
        step_up_factors: factors.iter().map(|factor| factor.text()).collect(),
        ..Denial::default()
    }))
}
