//! Where the log-in code of a sub-account goes (requirement 4.20): to the bound phone of the account whose owner certified it.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::login_name::LoginName;
use super::store;
use crate::db::RunQueryDsl;
use crate::db::schema::staff_certifications as c;
use crate::domains::accounts::contacts::model::{Address, Kind};
use crate::domains::accounts::contacts::store as contacts;
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, ShopId, SubAccountId};
use crate::kernel::names::fold;
use crate::providers::Keys;

type Sql<T> = Result<T, diesel::result::Error>;

/// A sub-account, and where its code goes.
#[derive(Debug, Clone)]
pub struct StaffPhone {
    /// The shop.
    pub shop: ShopId,
    /// The sub-account.
    pub id: SubAccountId,
    /// The name that it logs in by.
    pub name: String,
    /// The account that certified it, whose code it is.
    pub account: AccountId,
    /// The phone of that account.
    pub phone: Address,
}

/// The active sub-account of a log-in name; the oldest counts where the main account has several shops, as for passwords.
///
/// # Errors
/// The database's fault.
pub async fn active(conn: &mut AsyncPgConnection, name: LoginName<'_>) -> Sql<Option<(ShopId, SubAccountId, String)>> {
    let LoginName::SubAccount(main, sub) = name else { return Ok(None) };
    let found = store::sub_account_credentials(conn, main, &fold(sub)).await?;
    // One without a password is a manager's, who logs in with their own account.
    let open = found.into_iter().find(|(_, _, hash, active)| hash.is_some() && *active);
    Ok(open.map(|(shop, id, ..)| (shop, id, format!("{main}:{sub}"))))
}

/// Where the code of a sub-account goes; nothing while it is not certified, or when whoever certified it has no phone.
///
/// # Errors
/// The database's fault; ours when the phone cannot be opened.
pub async fn of(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    (shop, id, name): (ShopId, SubAccountId, String),
) -> Result<Option<StaffPhone>, Fault> {
    let passed = c::table.find((shop, id)).filter(c::state.eq("PASSED"));
    let by: Option<Option<String>> = passed.select(c::scanned_by).first(conn).await.optional()?;
    let Some(account) = by.flatten().and_then(|by| by.parse::<AccountId>().ok()) else { return Ok(None) };
    let bound = contacts::of_account(conn, account).await?;
    let Some(phone) = bound.into_iter().find(|contact| contact.kind == Kind::Phone.text()) else { return Ok(None) };
    let phone = Address::open(keys, Kind::Phone, &phone.value).map_err(Fault::internal)?;
    Ok(Some(StaffPhone { shop, id, name, account, phone }))
}
