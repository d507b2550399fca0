//! What stands over every permission of a sub-account: its certification (requirements 4.5, 4.6) and when it may log in (4.20).

use chrono_tz::Tz;
use diesel_async::AsyncPgConnection;

use super::store;
use crate::domains::accounts::sessions::policy::{self, Policy};
use crate::domains::staff::sub_accounts::model::SubAccount;
use crate::kernel::{Instant, Text};
use crate::permissions::Seat;
use crate::permissions::catalogue::Entry;
use crate::permissions::explain::{self, Explanation, Step};
use crate::permissions::login::{Under, open_at};

/// Whether a sub-account was not certified at a moment, and whether its time was over, which went until `by`.
fn uncertified(who: &SubAccount, by: Option<Instant>, at: Instant) -> Option<bool> {
    let certified = who.certified_at.is_some_and(|since| since <= at);
    (!certified).then(|| by.is_some_and(|by| at >= by))
}

/// Whether a sub-account was restricted at a moment, because it had not been certified in time (requirement 4.6).
///
/// # Errors
/// The database's fault.
pub async fn was_restricted(
    conn: &mut AsyncPgConnection,
    who: &SubAccount,
    at: Instant,
) -> Result<bool, diesel::result::Error> {
    let by = store::certify_by_at(conn, who.shop_id, who.id, at).await?;
    Ok(uncertified(who, by, at) == Some(true))
}

/// Turns a yes into a no while the sub-account is restricted (see [`restrict`](explain::restrict)).
///
/// # Errors
/// The database's fault.
pub async fn restrict(
    conn: &mut AsyncPgConnection,
    answer: &mut Explanation,
    entry: &Entry,
    (name, who): (&str, &SubAccount),
    at: Instant,
) -> Result<(), diesel::result::Error> {
    if was_restricted(conn, who, at).await? {
        explain::restrict(answer, entry, (name, who.id, who.linked_account_id.is_some()));
    }
    Ok(())
}

/// The log-in policy of a sub-account's position, and its shop's time zone.
///
/// # Errors
/// The database's fault.
pub async fn policy(
    conn: &mut AsyncPgConnection,
    who: &SubAccount,
) -> Result<Option<(Policy, Tz)>, diesel::result::Error> {
    let (policy, zone) = policy::of_sub_account(conn, who.shop_id, who.id).await?;
    Ok(policy.map(|policy| (policy, zone.parse().unwrap_or(Tz::UTC))))
}

/// Turns a yes into a no while the policy keeps a manager with an account of their own from acting (see [`shut`](explain::shut)).
/// Of somebody else it is not known by which session they would act, so that the hours and days alone count.
pub fn shut(
    answer: &mut Explanation,
    entry: &Entry,
    (seat, who): (&Seat, &SubAccount),
    policy: Option<&(Policy, Tz)>,
    at: Instant,
) {
    let Some((policy, zone)) = policy.filter(|_| who.linked_account_id.is_some()) else { return };
    let under = Under { policy, opened: seat.opened.as_deref(), zone: *zone };
    if let Some(against) = under.against(at) {
        explain::shut(answer, entry, (seat.name.as_str(), who.position_id), (under, against));
    }
}

/// What holds the sub-account back besides, without changing the answer: that it is muted, and that it may not log in now.
#[must_use]
pub fn notes(name: &str, who: &SubAccount, policy: Option<&(Policy, Tz)>, at: Instant) -> Vec<Step> {
    let mut notes = Vec::new();
    if uncertified(who, who.certify_by, at) == Some(false) {
        let text = Text::made(
            format!("{name} is not certified and therefore muted: what it sends to buyers does not arrive."),
            format!("{name} 尚未认证,已被禁言:发送给买家的消息不会送达。"),
        );
        notes.push(Step { kind: "MUTED", text, source: Some(who.id.to_string()) });
    }
    let text = policy.and_then(|(policy, zone)| match who.linked_account_id {
        // The hours and days are part of the answer itself.
        Some(_) => means(name, policy),
        None => log_in(name, policy, *zone, at),
    });
    if let Some(text) = text {
        notes.push(Step { kind: "LOGIN_POLICY", text, source: Some(who.position_id.to_string()) });
    }
    notes
}

/// What a policy says of a log-in at a moment, by whatever client and method it allows; nothing when it limits neither.
fn log_in(name: &str, policy: &Policy, zone: Tz, at: Instant) -> Option<Text> {
    let Err(against) = open_at(policy, zone, at) else { return means(name, policy) };
    let (from, until) = policy.hours();
    let (en, zh) = match against {
        policy::Against::Hours => (format!("from {from} to {until}"), format!("{from} 至 {until}")),
        _ => ("on other days of the week".to_owned(), "在其他日期".to_owned()),
    };
    Some(Text::made(
        format!(
            "{name} may log in only {en}; an open session goes on until its next refresh. setLoginPolicy of its position says when."
        ),
        format!("{name} 仅可{zh}登录;已有会话可使用至下次刷新。可通过 setLoginPolicy 调整岗位的登录策略。"),
    ))
}

/// What a policy says of the clients and methods of a log-in.
fn means(name: &str, policy: &Policy) -> Option<Text> {
    let only = |all: Option<&Vec<String>>| all.map(|all| all.join(", "));
    let limits: Vec<String> =
        [only(policy.clients.as_ref()), only(policy.methods.as_ref())].into_iter().flatten().collect();
    (!limits.is_empty()).then(|| {
        let limits = limits.join("; ");
        Text::made(
            format!("{name} may log in only with: {limits}. setLoginPolicy of its position says how."),
            format!("{name} 仅可通过以下方式登录:{limits}。可通过 setLoginPolicy 调整岗位的登录策略。"),
        )
    })
}
