//! What can be done with associations.

pub mod answer;
pub mod end;
pub mod request;

use serde_json::json;

use super::model::{Association, LinkRefusal};
use super::store;
use crate::command::{Chain, Entry, Event, Tx};
use crate::domains::accounts::account::store as accounts;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;

/// Locks two accounts, always in the same order, so that what is counted of them stays as it is until the end.
async fn lock_both(tx: &mut Tx<'_>, one: AccountId, two: AccountId) -> Result<(), Fault<LinkRefusal>> {
    for id in [one.min(two), one.max(two)] {
        accounts::lock(tx.conn, id).await?.ok_or(Fault::NotFound { what: "account" })?;
    }
    Ok(())
}

/// Refuses one more association than an account may have.
async fn room(tx: &mut Tx<'_>, account: AccountId) -> Result<(), Fault<LinkRefusal>> {
    let most = tx.env.association.max_associated;
    let have = store::accepted(tx.conn, account).await?.len();
    let fits = have < usize::try_from(most).unwrap_or(usize::MAX);
    if fits { Ok(()) } else { Err(Fault::Refused(LinkRefusal::Limit { most })) }
}

/// How long a request waits.
fn lives(tx: &Tx<'_>) -> chrono::TimeDelta {
    chrono::TimeDelta::days(i64::from(tx.env.association.request_lives_days))
}

/// Puts on record what `account` did, and tells the other side.
fn tell(tx: &mut Tx<'_>, account: AccountId, topic: &'static str, about: &Association) {
    tx.record(Entry {
        chain: Chain::Account(account),
        target: about.id.to_string(),
        permission: None,
        grant: None,
        detail: json!({ "other": about.side_of(account), "state": about.state }),
    });
    let payload = json!({ "account": about.side_of(account), "association": about.id });
    tx.emit(Event { topic, shop: None, payload });
}
