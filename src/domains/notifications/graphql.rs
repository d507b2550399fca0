//! The inbox in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::model::Channel;
use super::ops::mark_read::MarkRead;
use super::store::{self, Notification as Row};
use crate::connection;
use crate::graphql::command::execute;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError, to_client};
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::graphql::shown::Shown;
use crate::kernel::{Fault, Locale, Subject, Text};

/// A message in the inbox of an account.
pub struct Notification(pub Row);

/// A message in the inbox of an account.
#[guarded(inherits)]
#[Object]
impl Notification {
    /// The id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// What happened, as a stable word such as `refund.approved`.
    async fn topic(&self) -> &str {
        &self.0.topic
    }

    /// What it is about.
    async fn channel(&self) -> Channel {
        Channel::parse(&self.0.channel)
    }

    /// What to show, in the language of `Accept-Language`.
    async fn title(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        Ok(match RequestContext::of(ctx)?.locale {
            Locale::En => &self.0.title_en,
            Locale::ZhCn => &self.0.title_zh,
        })
    }

    /// When it happened.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was read; null while it is unread.
    async fn read_at(&self) -> Option<DateTime> {
        self.0.read_at.map(DateTime)
    }
}

connection!(
    /// A page of an inbox, newest first.
    NotificationConnection,
    NotificationEdge,
    Notification
);

/// What `viewer` says of one's own inbox.
#[derive(Default)]
pub struct ViewerNotifications;

#[guarded]
#[Object]
impl ViewerNotifications {
    /// The inbox of this account, newest first.
    #[requires(account)]
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what was not read yet.")] unread_only: Option<bool>,
        #[graphql(desc = "The newest so many rows, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor: older ones.")] after: Option<String>,
        #[graphql(desc = "The oldest so many rows, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor: newer ones.")] before: Option<String>,
    ) -> async_graphql::Result<Shown<NotificationConnection>> {
        let request = RequestContext::of(ctx)?;
        let args = PageArgs { first, after, last, before };
        page(request, unread_only.unwrap_or(false), args).await.map(Shown).or_client(request)
    }
}

async fn page(request: &RequestContext, unread_only: bool, args: PageArgs) -> Result<NotificationConnection, Fault> {
    let Subject::Account { id } = request.actor()?.subject else { return Err(Fault::NotFound { what: "inbox" }) };
    let page = args.read()?;
    let mut conn = request.conn().await?;
    let slice = store::page(&mut conn, id, unread_only, &page).await?;
    Ok(NotificationConnection::new(slice, |row| row.id, Notification))
}

/// What was seen.
#[derive(InputObject)]
pub struct MarkNotificationsReadInput {
    /// At most 100 notifications; all of the inbox when there is no list.
    pub ids: Option<Vec<ID>>,
}

/// What was marked.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct MarkNotificationsReadPayload {
    /// How many were unread before.
    pub count: Option<usize>,
    /// Always empty.
    pub user_errors: Vec<UserError>,
}

/// The inbox.
#[derive(Default)]
pub struct NotificationMutation;

#[guarded]
#[Object]
impl NotificationMutation {
    /// Marks messages of one's own inbox as read. Ids that are not in it are passed over.
    #[requires(account)]
    async fn mark_notifications_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: MarkNotificationsReadInput,
    ) -> async_graphql::Result<MarkNotificationsReadPayload> {
        let request = RequestContext::of(ctx)?;
        if input.ids.as_ref().is_some_and(|ids| ids.len() > 100) {
            let message = Text::new("Name at most 100 notifications at a time.", "一次最多标记 100 条通知。");
            return Err(to_client(Fault::BadInput { field: "input.ids", message }, request));
        }
        let ids = input.ids.map(|ids| ids.iter().filter_map(|id| id.as_str().parse().ok()).collect());
        let (count, user_errors) = execute(ctx, MarkRead { ids }).await?.split(|marked| marked.count);
        Ok(MarkNotificationsReadPayload { count, user_errors })
    }
}
