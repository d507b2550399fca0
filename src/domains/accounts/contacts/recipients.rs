//! Where accounts get messages that are no codes: at the e-mail address, or else at the phone.

use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::model::{Address, Kind};
use super::store;
use crate::command::messages::Recipient;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;
use crate::providers::Keys;
use crate::telemetry::Secret;

/// One place for each account that has bound any: the oldest e-mail address, or else the oldest phone.
///
/// # Errors
/// The database's fault, or a contact that was sealed with another key.
pub fn recipients<'a>(
    conn: &'a mut AsyncPgConnection,
    keys: &'a Keys,
    accounts: &'a [AccountId],
) -> BoxFuture<'a, Result<Vec<Recipient>, Fault>> {
    async move {
        let mut found: Vec<Recipient> = Vec::new();
        // In the order of the accounts, e-mail addresses first: the first of an account is the one.
        for row in store::of_accounts(conn, accounts).await? {
            let Some(kind) = Kind::parse(&row.kind) else { continue };
            if found.last().is_some_and(|last| last.account == row.account_id) {
                continue;
            }
            let to = Address::open(keys, kind, &row.value).map_err(Fault::internal)?.expose().to_owned();
            found.push(Recipient { account: row.account_id, channel: kind.channel(), to: Secret::new(to) });
        }
        Ok(found)
    }
    .boxed()
}
