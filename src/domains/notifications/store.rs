//! The only SQL on `notifications`. An inbox is addressed by its account: there is no way to read another's by id.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::schema::{accounts, notifications as n, shops};
use crate::kernel::ids::{AccountId, EventId, NotificationId, ShopId};
use crate::kernel::page::{Page, Slice};
use crate::kernel::{Instant, Text};

type Sql<T> = Result<T, diesel::result::Error>;

/// A message in somebody's inbox.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = n)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Notification {
    /// The message.
    pub id: NotificationId,
    /// What happened.
    pub topic: String,
    /// What to show, in English.
    pub title_en: String,
    /// 要显示的标题。
    pub title_zh: String,
    /// When it happened.
    pub created_at: Instant,
    /// When it was read.
    pub read_at: Option<Instant>,
}

/// The main account of a shop.
///
/// # Errors
/// The database's fault.
pub async fn main_account(conn: &mut AsyncPgConnection, shop: ShopId) -> Sql<Option<AccountId>> {
    shops::table.find(shop).select(shops::main_account_id).first(conn).await.optional()
}

/// Whether there is such an account.
///
/// # Errors
/// The database's fault.
pub async fn account_exists(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<bool> {
    diesel::select(diesel::dsl::exists(accounts::table.find(account))).get_result(conn).await
}

/// Puts a message into an inbox, once for each event.
///
/// # Errors
/// The database's fault.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    event: EventId,
    topic: &str,
    title: &Text,
    at: Instant,
) -> Sql<()> {
    diesel::insert_into(n::table)
        .values((
            n::account_id.eq(account),
            n::id.eq(NotificationId::generate()),
            n::event_id.eq(event),
            n::topic.eq(topic),
            n::title_en.eq(&*title.en),
            n::title_zh.eq(&*title.zh),
            n::created_at.eq(at),
        ))
        .on_conflict((n::account_id, n::event_id))
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// A page of an inbox, newest first.
///
/// # Errors
/// The database's fault.
pub async fn page(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    unread_only: bool,
    page: &Page<NotificationId>,
) -> Sql<Slice<Notification>> {
    let mut query = n::table.filter(n::account_id.eq(account)).select(Notification::as_select()).into_boxed();
    if unread_only {
        query = query.filter(n::read_at.is_null());
    }
    if let Some(after) = page.after {
        query = query.filter(n::id.lt(after));
    }
    if let Some(before) = page.before {
        query = query.filter(n::id.gt(before));
    }
    query = if page.backward { query.order(n::id.asc()) } else { query.order(n::id.desc()) };
    Ok(Slice::from_fetched(page, query.limit(page.fetch()).load(conn).await?))
}

/// Marks messages as read, all of the inbox when none are named. Says how many were unread.
///
/// # Errors
/// The database's fault.
pub async fn mark_read(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    ids: Option<&[NotificationId]>,
    now: Instant,
) -> Sql<usize> {
    let unread = n::account_id.eq(account).and(n::read_at.is_null());
    match ids {
        Some(ids) => {
            diesel::update(n::table.filter(unread.and(n::id.eq_any(ids)))).set(n::read_at.eq(now)).execute(conn).await
        }
        None => diesel::update(n::table.filter(unread)).set(n::read_at.eq(now)).execute(conn).await,
    }
}
