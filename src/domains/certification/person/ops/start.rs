//! `startPersonSession`: a gesture to show, within minutes (requirements 2.4, 2.5, 2.8).

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::super::model::{Gesture, PersonRefusal};
use super::super::store::{self, PersonSession};
use crate::command::{Chain, Command, Entry, Tx};
use crate::domains::certification::identity::store as identities;
use crate::kernel::ids::{PersonSessionId, ShopId, TypedId};
use crate::kernel::{Fault, Instant, Subject};

/// Starts a session for the account that asks.
#[derive(Debug, Serialize)]
pub struct StartPersonSession {
    /// What chance chose.
    pub gesture: Gesture,
}

/// The session that was started.
#[derive(Debug, Serialize, Deserialize)]
pub struct Started {
    /// Its id.
    pub session: PersonSessionId,
    /// What is asked for.
    pub gesture: Gesture,
    /// When it is over.
    pub expires_at: Instant,
}

impl Command for StartPersonSession {
    const NAME: &'static str = "startPersonSession";
    type Output = Started;
    type Refusal = PersonRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Started, Fault<PersonRefusal>> {
        let Subject::Account { id: account } = tx.actor()?.subject else {
            return Err(Fault::NotFound { what: "account" });
        };
        let certification = identities::lock(tx.conn, account).await?;
        if certification.is_none_or(|found| found.real_name != "PASSED") {
            return Err(Fault::Refused(PersonRefusal::RealNameFirst));
        }
        let started = start(tx, account.uuid(), None, self.gesture).await?;
        tx.record(Entry {
            chain: Chain::Account(account),
            target: started.session.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "gesture": self.gesture.text() }),
        });
        Ok(started)
    }
}

/// Starts a session of an owner whom the caller has locked.
///
/// # Errors
/// [`PersonRefusal::UsedUp`], or the database's fault.
pub async fn start(
    tx: &mut Tx<'_>,
    owner: Uuid,
    shop: Option<ShopId>,
    gesture: Gesture,
) -> Result<Started, Fault<PersonRefusal>> {
    let figures = &tx.env.certification;
    let most = figures.sessions_a_day;
    if store::started_since(tx.conn, owner, tx.now - TimeDelta::days(1)).await? >= i64::from(most) {
        return Err(Fault::Refused(PersonRefusal::UsedUp { most }));
    }
    let (session, expires_at) =
        (PersonSessionId::generate(), tx.now + TimeDelta::minutes(i64::from(figures.session_min)));
    let new = PersonSession {
        owner_id: owner,
        id: session,
        shop_id: shop,
        gesture: gesture.text().to_owned(),
        state: "OPEN".to_owned(),
        photo: None,
        reason: None,
        created_at: tx.now,
        expires_at,
    };
    store::start(tx.conn, &new).await?;
    Ok(Started { session, gesture, expires_at })
}
