//! Who a log-in name and a password are, compared before any transaction.

use diesel_async::AsyncPgConnection;

use super::login_name::LoginName;
use super::login_throttle::{Counted, admit};
use super::ops::fail::LogInFailed;
use super::ops::log_in::LogInRefusal;
use super::ops::recover::Recoverable;
use super::store;
use crate::command::Options;
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::contacts::model::{Address, Kind};
use crate::domains::accounts::contacts::store as contacts;
use crate::domains::accounts::password;
use crate::graphql::command::blameless;
use crate::graphql::context::RequestContext;
use crate::kernel::ids::AccountId;
use crate::kernel::names::fold;
use crate::kernel::{Fault, Subject};

/// The active subject of a name and a password. Unknown names take as long as wrong passwords, and count alike (h33).
///
/// # Errors
/// [`LogInRefusal`], or a fault.
pub async fn who(
    request: &RequestContext,
    login: &str,
    secret: String,
) -> Result<(Subject, Counted), Fault<LogInRefusal>> {
    let name = LoginName::parse(login);
    if name == LoginName::FullWidthColon {
        return Err(Fault::Refused(LogInRefusal::FullWidthColon));
    }
    let (candidate, counted) = {
        let mut conn = request.conn().await.map_err(Fault::widen)?;
        let candidate = candidate(request, &mut conn, name).await.map_err(Fault::widen)?;
        let subject = candidate.as_ref().map(|(subject, ..)| *subject);
        let counted = Counted::of(&request.door.env, subject, name, request.caller.origin.ip);
        admitted(request, &mut conn, &counted).await?;
        (candidate, counted)
    };
    let (subject, hash, active) = candidate.map_or((None, None, false), |(s, hash, active)| (Some(s), hash, active));
    let right = password::verify(secret, hash).await.map_err(Fault::widen)?;
    // Once more: many that guess at once were all let in. Whoever comes after the block learns nothing, right or wrong.
    admitted(request, &mut *request.conn().await.map_err(Fault::widen)?, &counted).await?;
    match subject.filter(|_| right && active) {
        Some(subject) => Ok((subject, counted)),
        None => {
            failed(request, counted, subject, "logIn").await.map_err(Fault::widen)?;
            Err(Fault::Refused(LogInRefusal::WrongCredentials))
        }
    }
}

/// Refuses what failed too often.
///
/// # Errors
/// [`LogInRefusal::TooManyTries`], or the database's fault.
pub async fn admitted(
    request: &RequestContext,
    conn: &mut AsyncPgConnection,
    counted: &Counted,
) -> Result<(), Fault<LogInRefusal>> {
    let refuse = |again_at| LogInRefusal::TooManyTries { again_at };
    admit(conn, &request.door.env, counted, request.door.clock.now(), refuse).await
}

/// Compares the password of whoever is logged in.
///
/// # Errors
/// [`LogInRefusal`], or a fault.
pub async fn own_password(request: &RequestContext, secret: String) -> Result<(), Fault<LogInRefusal>> {
    let subject = request.actor().map_err(Fault::widen)?.subject;
    let counted = Counted::of_subject(&request.door.env, "step_up", subject, request.caller.origin.ip);
    let hash = {
        let mut conn = request.conn().await.map_err(Fault::widen)?;
        admitted(request, &mut conn, &counted).await?;
        match subject {
            Subject::Account { id } => accounts::password_hash(&mut conn, id).await?,
            Subject::SubAccount { shop, id } => store::sub_account_password(&mut conn, shop, id).await?,
        }
    };
    if password::verify(secret, hash).await.map_err(Fault::widen)? {
        return Ok(());
    }
    failed(request, counted, Some(subject), "stepUp").await.map_err(Fault::widen)?;
    Err(Fault::Refused(LogInRefusal::WrongCredentials))
}

/// Counts a failure and puts it on record.
///
/// # Errors
/// A fault.
pub async fn failed(
    request: &RequestContext,
    counted: Counted,
    subject: Option<Subject>,
    what: &'static str,
) -> Result<(), Fault> {
    let command = LogInFailed { counted, subject, what };
    let noted = request.door.execute(request.caller.clone(), command, Options::default()).await;
    noted.map(|_| ()).map_err(blameless)
}

/// The subject of a name, its password's hash and whether it is active. A main account with several shops may have the same
/// sub-account name in each; the oldest counts, since one password is compared only.
async fn candidate(
    request: &RequestContext,
    conn: &mut AsyncPgConnection,
    name: LoginName<'_>,
) -> Result<Option<(Subject, Option<String>, bool)>, Fault> {
    match name {
        LoginName::FullWidthColon => Ok(None),
        LoginName::Account(login) => {
            let found = match contact_owner(request, conn, login).await? {
                Some((account, _)) => accounts::credentials_by_id(conn, account).await?,
                None => accounts::credentials(conn, login).await?,
            };
            Ok(found.map(|(id, hash, active)| (Subject::Account { id }, Some(hash), active)))
        }
        LoginName::SubAccount(main, sub) => {
            let found = store::sub_account_credentials(conn, main, &fold(sub)).await?;
            Ok(found
                .into_iter()
                .find(|(_, _, hash, active)| hash.is_some() && *active)
                .map(|(shop, id, hash, active)| (Subject::SubAccount { shop, id }, hash, active)))
        }
    }
}

/// The account that a number or an address is bound to (requirement 1.7).
async fn contact_owner(
    request: &RequestContext,
    conn: &mut AsyncPgConnection,
    login: &str,
) -> Result<Option<(AccountId, Address)>, Fault> {
    let env = &request.door.env;
    let Some(address) = Address::either(login, &env.contacts.region) else { return Ok(None) };
    Ok(contacts::owner(conn, &address.key(&env.keys)).await?.map(|account| (account, address)))
}

/// The account of a name, and the contact that recovers it: the one that was typed, or the first phone, or the first address.
///
/// # Errors
/// A fault.
pub async fn recoverable(request: &RequestContext, login: &str) -> Result<Option<Recoverable>, Fault> {
    let LoginName::Account(login) = LoginName::parse(login) else { return Ok(None) };
    let mut conn = request.conn().await?;
    if let Some((account, address)) = contact_owner(request, &mut conn, login).await? {
        return Ok(Some(Recoverable { account, address }));
    }
    let Some(account) = accounts::by_login(&mut conn, login).await? else { return Ok(None) };
    let all = contacts::of_account(&mut conn, account.id).await?;
    let Some(contact) = super::ops::log_in::to_ask(&all) else { return Ok(None) };
    let kind = Kind::parse(&contact.kind).ok_or_else(|| Fault::internal("a contact of no kind"))?;
    let address = Address::open(&request.door.env.keys, kind, &contact.value).map_err(Fault::internal)?;
    Ok(Some(Recoverable { account: account.id, address }))
}
