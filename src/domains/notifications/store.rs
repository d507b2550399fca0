//! The only SQL on `notifications`, `inboxes`, `notification_mutes` and `notification_messages`. An inbox is addressed by its
//! account: there is no way to read another's by id.

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use diesel_async::AsyncPgConnection;

use super::model::Channel;
use crate::db::RunQueryDsl;
use crate::db::schema::{inboxes, notification_messages as b, notification_mutes as m, notifications as n};
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
    /// What it is about, as a word of [`Channel`].
    pub channel: String,
    /// Its number in the inbox; none for messages from before there were numbers.
    pub seq: Option<i64>,
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
    /// What it is about: a channel that is switched off gets nothing.
    pub channel: Channel,
    /// What to show.
    pub title: Text,
    /// When it happened.
    pub at: Instant,
}

impl Told {
    const fn shop(&self) -> Option<ShopId> {
        if let To::MainAccountOf(shop) = self.to { Some(shop) } else { None }
    }

    const fn account(&self) -> Option<AccountId> {
        if let To::Account(account) = self.to { Some(account) } else { None }
    }
}

// The heads of the inboxes are moved first, in the order of their accounts: they stay locked until the commit, so that numbers are
// given in the order of commits, and two workers never wait for one another.
const INSERT: &str = "WITH told AS (
    SELECT DISTINCT ON (1, 2) coalesce(s.main_account_id, a.id) AS account_id, t.event AS id, t.topic, t.channel, t.title_en,
        t.title_zh, t.at
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS t (shop, account, event, topic, channel, title_en, title_zh, at)
    LEFT JOIN shops s ON s.id = t.shop
        AND NOT EXISTS (SELECT FROM accounts m WHERE m.id = s.main_account_id AND m.state = 'DELETED')
    LEFT JOIN accounts a ON a.id = t.account AND a.state <> 'DELETED'
    WHERE coalesce(s.main_account_id, a.id) IS NOT NULL
        AND NOT EXISTS (SELECT FROM notification_mutes m
                        WHERE m.account_id = coalesce(s.main_account_id, a.id) AND m.channel = t.channel)
    ORDER BY 1, 2
), heads AS (
    INSERT INTO inboxes AS i (account_id, head)
    SELECT account_id, count(*) FROM told GROUP BY account_id ORDER BY account_id
    ON CONFLICT (account_id) DO UPDATE SET head = i.head + excluded.head
    RETURNING account_id, head
)
INSERT INTO notifications (account_id, id, topic, channel, title_en, title_zh, created_at, seq)
SELECT t.account_id, t.id, t.topic, t.channel, t.title_en, t.title_zh, t.at,
    h.head - count(*) OVER (PARTITION BY t.account_id) + row_number() OVER (PARTITION BY t.account_id ORDER BY t.id)
FROM told t JOIN heads h ON h.account_id = t.account_id
ON CONFLICT DO NOTHING";

/// Puts messages into inboxes: one for each event and account, however often it is told.
///
/// # Errors
/// The database's fault.
pub async fn insert(conn: &mut AsyncPgConnection, told: &[Told]) -> Sql<()> {
    if told.is_empty() {
        return Ok(());
    }
    diesel::sql_query(INSERT)
        .bind::<Array<Nullable<SqlUuid>>, _>(told.iter().map(Told::shop).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(told.iter().map(Told::account).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(told.iter().map(|told| told.event).collect::<Vec<_>>())
        .bind::<Array<SqlText>, _>(told.iter().map(|told| &told.topic).collect::<Vec<_>>())
        .bind::<Array<SqlText>, _>(told.iter().map(|told| told.channel.text()).collect::<Vec<_>>())
        .bind::<Array<SqlText>, _>(told.iter().map(|told| &*told.title.en).collect::<Vec<_>>())
        .bind::<Array<SqlText>, _>(told.iter().map(|told| &*told.title.zh).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(told.iter().map(|told| told.at).collect::<Vec<_>>())
        .execute(conn)
        .await?;
    Ok(())
}

const BY_MESSAGE: &str = "SELECT DISTINCT coalesce(s.main_account_id, a.id) AS account_id, t.event AS id
    FROM unnest($1, $2, $3, $4, $5) AS t (shop, account, event, channel, alarm)
    LEFT JOIN shops s ON s.id = t.shop
        AND NOT EXISTS (SELECT FROM accounts m WHERE m.id = s.main_account_id AND m.state = 'DELETED')
    LEFT JOIN accounts a ON a.id = t.account AND a.state <> 'DELETED'
    WHERE coalesce(s.main_account_id, a.id) IS NOT NULL
        AND (t.alarm OR EXISTS (SELECT FROM notification_messages b
                                WHERE b.account_id = coalesce(s.main_account_id, a.id) AND b.channel = t.channel))";

#[derive(QueryableByName)]
struct Wanted {
    #[diesel(sql_type = SqlUuid)]
    account_id: AccountId,
    #[diesel(sql_type = SqlUuid)]
    id: EventId,
}

/// Who is told of which event by message as well.
///
/// # Errors
/// The database's fault.
pub async fn by_message(conn: &mut AsyncPgConnection, told: &[Told]) -> Sql<Vec<(AccountId, EventId)>> {
    let rows: Vec<Wanted> = diesel::sql_query(BY_MESSAGE)
        .bind::<Array<Nullable<SqlUuid>>, _>(told.iter().map(Told::shop).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(told.iter().map(Told::account).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(told.iter().map(|told| told.event).collect::<Vec<_>>())
        .bind::<Array<SqlText>, _>(told.iter().map(|told| told.channel.text()).collect::<Vec<_>>())
        .bind::<Array<Bool>, _>(told.iter().map(|told| super::topics::is_alarm(&told.topic)).collect::<Vec<_>>())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.account_id, row.id)).collect())
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

/// How many messages inboxes have had; nothing for those that never had one.
///
/// # Errors
/// The database's fault.
pub async fn heads(conn: &mut AsyncPgConnection, accounts: &[AccountId]) -> Sql<Vec<(AccountId, i64)>> {
    let wanted = inboxes::table.filter(inboxes::account_id.eq_any(accounts));
    wanted.select((inboxes::account_id, inboxes::head)).load(conn).await
}

/// The messages of an inbox behind a number, in the order that they came.
///
/// # Errors
/// The database's fault.
pub async fn behind(conn: &mut AsyncPgConnection, account: AccountId, seq: i64, most: i64) -> Sql<Vec<Notification>> {
    n::table
        .filter(n::account_id.eq(account).and(n::seq.gt(seq)))
        .order(n::seq)
        .limit(most)
        .select(Notification::as_select())
        .load(conn)
        .await
}

/// The channels that an account has switched off.
///
/// # Errors
/// The database's fault.
pub async fn muted(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Vec<String>> {
    m::table.filter(m::account_id.eq(account)).select(m::channel).load(conn).await
}

/// Switches a channel off.
///
/// # Errors
/// The database's fault.
pub async fn mute(conn: &mut AsyncPgConnection, account: AccountId, channel: &str, now: Instant) -> Sql<usize> {
    diesel::insert_into(m::table)
        .values((m::account_id.eq(account), m::channel.eq(channel), m::muted_at.eq(now)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await
}

/// Switches a channel on.
///
/// # Errors
/// The database's fault.
pub async fn unmute(conn: &mut AsyncPgConnection, account: AccountId, channel: &str) -> Sql<usize> {
    diesel::delete(m::table.find((account, channel))).execute(conn).await
}

/// The channels that an account gets by message as well.
///
/// # Errors
/// The database's fault.
pub async fn messaged(conn: &mut AsyncPgConnection, account: AccountId) -> Sql<Vec<String>> {
    b::table.filter(b::account_id.eq(account)).select(b::channel).load(conn).await
}

/// Sends a channel by message as well, or no longer.
///
/// # Errors
/// The database's fault.
pub async fn set_messaged(conn: &mut AsyncPgConnection, account: AccountId, channel: &str, on: bool) -> Sql<usize> {
    if !on {
        return diesel::delete(b::table.find((account, channel))).execute(conn).await;
    }
    let row = (b::account_id.eq(account), b::channel.eq(channel));
    diesel::insert_into(b::table).values(row).on_conflict_do_nothing().execute(conn).await
}
