//! Who a log-in name and a password are, compared before any transaction.

use diesel_async::AsyncPgConnection;

use super::login_name::LoginName;
use super::login_throttle::{Counted, admit, for_names};
use super::ops::fail::LogInFailed;
use super::ops::log_in::LogInRefusal;
use super::ops::recover::Recoverable;
use super::store;
use crate::command::Options;
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::codes::{self, Purpose};
use crate::domains::accounts::contacts::model::{Address, Kind};
use crate::domains::accounts::contacts::store::{self as contacts, Contact};
use crate::domains::accounts::devices::store as devices;
use crate::domains::accounts::password;
use crate::domains::accounts::step_up::verify::to_ask;
use crate::domains::accounts::throttle;
use crate::domains::accounts::token::TokenHash;
use crate::graphql::command::blameless;
use crate::graphql::context::RequestContext;
use crate::kernel::ids::AccountId;
use crate::kernel::names::fold;
use crate::kernel::{Fault, Subject};

/// Whose name and password were right.
#[derive(Debug)]
pub struct Who {
    /// Who.
    pub subject: Subject,
    /// The name that it logs in by, whatever was typed.
    pub name: String,
    /// What its tries are counted by.
    pub counted: Counted,
}

/// What a password is compared with.
struct Candidate {
    subject: Subject,
    name: String,
    password_hash: Option<String>,
    active: bool,
}

/// The active subject of a name and a password. Unknown names take as long as wrong passwords, and count alike (h33). `device` is
/// the token that the device gave, if any: one that the account knows is counted by itself.
///
/// # Errors
/// [`LogInRefusal`], or a fault.
pub async fn who(
    request: &RequestContext,
    login: &str,
    secret: String,
    device: Option<&TokenHash>,
) -> Result<Who, Fault<LogInRefusal>> {
    let name = LoginName::parse(login);
    if name == LoginName::FullWidthColon {
        return Err(Fault::Refused(LogInRefusal::FullWidthColon));
    }
    let (candidate, counted, failures) = {
        let mut conn = request.conn().await.map_err(Fault::widen)?;
        let candidate = candidate(request, &mut conn, name).await.map_err(Fault::widen)?;
        let subject = candidate.as_ref().map(|candidate| candidate.subject);
        let counted = counted(request, &mut conn, name, subject, device).await.map_err(Fault::widen)?;
        let failures = attempt(request, &mut conn, &counted).await?;
        (candidate, counted, failures)
    };
    let hash = candidate.as_ref().and_then(|candidate| candidate.password_hash.clone());
    let right = password::verify(secret, hash).await.map_err(Fault::widen)?;
    match candidate {
        Some(Candidate { subject, name, active: true, .. }) if right => Ok(Who { subject, name, counted }),
        candidate => {
            let subject = candidate.map(|candidate| candidate.subject);
            failed(request, counted, subject, "logIn", Some(failures)).await.map_err(Fault::widen)?;
            Err(Fault::Refused(LogInRefusal::WrongCredentials))
        }
    }
}

/// What a log-in is counted by: a device that the account knows, or whoever it is.
async fn counted(
    request: &RequestContext,
    conn: &mut AsyncPgConnection,
    name: LoginName<'_>,
    subject: Option<Subject>,
    device: Option<&TokenHash>,
) -> Result<Counted, Fault> {
    let (env, source) = (&request.door.env, request.caller.origin.ip);
    let account = subject.and_then(|subject| match subject {
        Subject::Account { id } => Some(id),
        Subject::SubAccount { .. } => None,
    });
    let known = match device {
        Some(token) => devices::known(conn, account, token).await?,
        None => None,
    };
    Ok(match known {
        Some(device) => Counted::of_device(env, device, source),
        None => Counted::of(env, subject, name, source),
    })
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

/// Counts a try before anything is compared, so that of many that guess at once no more are compared than are free. The counter
/// is no record of anybody's and must stand whatever becomes of the try, so it does not go through the command door.
///
/// # Errors
/// [`LogInRefusal::TooManyTries`], or the database's fault.
pub(super) async fn attempt(
    request: &RequestContext,
    conn: &mut AsyncPgConnection,
    counted: &Counted,
) -> Result<i32, Fault<LogInRefusal>> {
    admitted(request, conn, counted).await?;
    let figures = for_names(&request.door.env.auth);
    match throttle::attempt(conn, &counted.name, request.door.clock.now(), figures).await? {
        Some(failures) => Ok(failures),
        // Somebody else's try has blocked it meanwhile.
        None => {
            admitted(request, conn, counted).await?;
            Err(Fault::Busy { retry_after: std::time::Duration::from_secs(1) })
        }
    }
}

/// The own password, which was right.
#[derive(Debug)]
pub struct OwnPassword {
    /// What the try is counted by: a success clears it.
    pub counted: Counted,
    /// The hash that it was compared with.
    pub hash: String,
}

/// Compares the password of whoever is logged in; `what` is what for.
///
/// # Errors
/// [`LogInRefusal`], or a fault.
pub async fn own_password(
    request: &RequestContext,
    secret: String,
    what: &'static str,
) -> Result<OwnPassword, Fault<LogInRefusal>> {
    let subject = request.actor().map_err(Fault::widen)?.subject;
    let counted = Counted::of_subject(&request.door.env, "step_up", subject, request.caller.origin.ip);
    let (hash, failures) = {
        let mut conn = request.conn().await.map_err(Fault::widen)?;
        let failures = attempt(request, &mut conn, &counted).await?;
        let hash = match subject {
            Subject::Account { id } => accounts::password_hash(&mut conn, id).await?,
            Subject::SubAccount { shop, id } => store::sub_account_password(&mut conn, shop, id).await?,
        };
        (hash, failures)
    };
    let right = password::verify(secret, hash.clone()).await.map_err(Fault::widen)?;
    if let Some(hash) = hash.filter(|_| right) {
        return Ok(OwnPassword { counted, hash });
    }
    failed(request, counted, Some(subject), what, Some(failures)).await.map_err(Fault::widen)?;
    Err(Fault::Refused(LogInRefusal::WrongCredentials))
}

/// Puts a failure on record. `failures` is how many there were when the try was counted already.
///
/// # Errors
/// A fault.
pub async fn failed(
    request: &RequestContext,
    counted: Counted,
    subject: Option<Subject>,
    what: &'static str,
    failures: Option<i32>,
) -> Result<(), Fault> {
    let command = LogInFailed { counted, subject, what, failures };
    let noted = request.door.execute(request.caller.clone(), command, Options::default()).await;
    noted.map(|_| ()).map_err(blameless)
}

/// Whom a name means. Were there two of one name in several shops of a main account, which creating them refuses, the oldest would
/// count, since one password is compared only.
async fn candidate(
    request: &RequestContext,
    conn: &mut AsyncPgConnection,
    name: LoginName<'_>,
) -> Result<Option<Candidate>, Fault> {
    match name {
        LoginName::FullWidthColon => Ok(None),
        LoginName::Account(login) => {
            let found = match contact_owner(request, conn, login).await? {
                Some((account, _)) => accounts::credentials_by_id(conn, account).await?,
                None => accounts::credentials(conn, login).await?,
            };
            Ok(found.map(|found| Candidate {
                subject: Subject::Account { id: found.id },
                name: found.login,
                password_hash: Some(found.password_hash),
                active: found.active,
            }))
        }
        LoginName::SubAccount(main, sub) => {
            let found = store::sub_account_credentials(conn, main, &fold(sub)).await?;
            let open = found.into_iter().find(|(_, _, hash, active)| hash.is_some() && *active);
            Ok(open.map(|(shop, id, password_hash, active)| Candidate {
                subject: Subject::SubAccount { shop, id },
                name: format!("{main}:{sub}"),
                password_hash,
                active,
            }))
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

/// The account of a name, and the contact that recovers it: the one that was typed, or of the kind that is wanted, or the first
/// phone, or the first address.
///
/// # Errors
/// A fault.
pub async fn recoverable(
    request: &RequestContext,
    login: &str,
    wanted: Option<Kind>,
) -> Result<Option<Recoverable>, Fault> {
    let LoginName::Account(login) = LoginName::parse(login) else { return Ok(None) };
    let mut conn = request.conn().await?;
    let account = match contact_owner(request, &mut conn, login).await? {
        Some((account, address)) if wanted.is_none_or(|kind| kind == address.kind) => {
            return Ok(Some(Recoverable { account, address }));
        }
        Some((account, _)) => account,
        None => match accounts::by_login(&mut conn, login).await? {
            Some(account) => account.id,
            None => return Ok(None),
        },
    };
    let mut all = contacts::of_account(&mut conn, account).await?;
    all.retain(|contact| wanted.is_none_or(|kind| kind.text() == contact.kind));
    let Some(contact) = to_ask(&all) else { return Ok(None) };
    Ok(Some(Recoverable { account, address: open(request, contact)? }))
}

/// The account of a recovery link, and the address that it was sent to.
///
/// # Errors
/// A fault.
pub async fn recoverable_by_link(request: &RequestContext, link: &str) -> Result<Option<Recoverable>, Fault> {
    let Some(account) = codes::account_of_link(link) else { return Ok(None) };
    let mut conn = request.conn().await?;
    let all = contacts::of_account(&mut conn, account).await?;
    let mails = all.iter().filter(|contact| contact.kind == Kind::Email.text());
    let mails = mails.map(|contact| open(request, contact)).collect::<Result<Vec<_>, _>>()?;
    let keys = &request.door.env.keys;
    let to = codes::sent_to(&mut conn, keys, account, Purpose::Recover, &mails).await?;
    Ok(to.map(|address| Recoverable { account, address: address.clone() }))
}

fn open(request: &RequestContext, contact: &Contact) -> Result<Address, Fault> {
    let kind = Kind::parse(&contact.kind).ok_or_else(|| Fault::internal("a contact of no kind"))?;
    Address::open(&request.door.env.keys, kind, &contact.value).map_err(Fault::internal)
}
