//! The only SQL on `notifications`. An inbox is addressed by its account: there is no way to read another's by id.

use diesel::prelude::*;
use diesel::sql_types::{Array, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::Prepare as _;
use crate::db::schema::notifications as n;
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

/// Whose inbox a message goes to.
#[derive(Debug, Clone, Copy)]
pub enum To {
    /// That of a shop's main account.
    MainAccountOf(ShopId),
    /// An account's, if there is one.
    Account(AccountId),
}

/// What an event tells somebody.
#[derive(Debug, Clone)]
pub struct Told {
    /// Whom.
    pub to: To,
    /// The event, whose id the message takes.
    pub event: EventId,
    /// What happened.
    pub topic: String,
    /// What to show.
    pub title: Text,
    /// When it happened.
    pub at: Instant,
}

const INSERT: &str = "INSERT INTO notifications (account_id, id, topic, title_en, title_zh, created_at)
    SELECT coalesce(s.main_account_id, a.id), t.event, t.topic, t.title_en, t.title_zh, t.at
    FROM unnest($1, $2, $3, $4, $5, $6, $7) AS t (shop, account, event, topic, title_en, title_zh, at)
    LEFT JOIN shops s ON s.id = t.shop
    LEFT JOIN accounts a ON a.id = t.account
    WHERE coalesce(s.main_account_id, a.id) IS NOT NULL
    ON CONFLICT DO NOTHING";

/// Puts messages into inboxes: one for each event and account, however often it is told.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, told: &[Told]) -> Sql<()> {
    if told.is_empty() {
        return Ok(());
    }
    let shop = |told: &Told| if let To::MainAccountOf(shop) = told.to { Some(shop) } else { None };
    let account = |told: &Told| if let To::Account(account) = told.to { Some(account) } else { None };
    diesel::sql_query(INSERT)
        .bind::<Array<Nullable<SqlUuid>>, _>(told.iter().map(shop).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(told.iter().map(account).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(told.iter().map(|told| told.event).collect::<Vec<_>>())
        .bind::<Array<SqlText>, _>(told.iter().map(|told| &told.topic).collect::<Vec<_>>())
        .bind::<Array<SqlText>, _>(told.iter().map(|told| &*told.title.en).collect::<Vec<_>>())
        .bind::<Array<SqlText>, _>(told.iter().map(|told| &*told.title.zh).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(told.iter().map(|told| told.at).collect::<Vec<_>>())
        .prepared()
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

/// Whether an inbox has a message.
///
/// # Errors
/// The database's fault.
pub async fn exists(conn: &mut AsyncPgConnection, account: AccountId, id: NotificationId) -> Sql<bool> {
    let found = n::table.filter(n::account_id.eq(account).and(n::id.eq(id))).select(n::id);
    Ok(found.first::<NotificationId>(conn).await.optional()?.is_some())
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
