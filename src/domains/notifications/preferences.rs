//! Which channels are on, in the API (requirement 3.12).

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::model::Channel;
use super::ops::switch::SwitchChannel;
use super::store;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::kernel::{Fault, Subject};

/// Whether a channel of notifications is on.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct NotificationPreference {
    /// Which.
    pub channel: Channel,
    /// Whether its messages are put into the inbox.
    pub enabled: bool,
    /// Whether it can be switched.
    pub switchable: bool,
    /// Whether they go to the bound e-mail address, or else to the phone, as well. Of security, alarms do.
    pub by_message: bool,
}

/// What `viewer` says of its preferences.
pub struct ViewerPreferences;

#[guarded]
#[Object]
impl ViewerPreferences {
    /// The channels of notifications, and which are on.
    #[requires(account)]
    async fn notification_preferences(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<NotificationPreference>> {
        let request = RequestContext::of(ctx)?;
        preferences(request).await.or_client(request)
    }
}

async fn preferences(request: &RequestContext) -> Result<Vec<NotificationPreference>, Fault> {
    let Subject::Account { id } = request.actor()?.subject else { return Err(Fault::NotFound { what: "inbox" }) };
    let mut conn = request.conn().await?;
    let (muted, messaged) = (store::muted(&mut conn, id).await?, store::messaged(&mut conn, id).await?);
    let has = |list: &[String], channel: Channel| list.iter().any(|one| one == channel.text());
    let shown = Channel::ALL.into_iter().map(|channel| NotificationPreference {
        channel,
        enabled: !has(&muted, channel),
        switchable: channel != Channel::Security,
        by_message: channel == Channel::Security || has(&messaged, channel),
    });
    Ok(shown.collect())
}

/// A channel to switch.
#[derive(InputObject)]
pub struct SetNotificationPreferenceInput {
    /// Which.
    pub channel: Channel,
    /// Whether its messages are to be put into the inbox.
    pub enabled: bool,
    /// Whether they are to go to the bound e-mail address, or else to the phone, as well; left as it is when it is not given.
    pub by_message: Option<bool>,
}

/// The channels after the mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct SetNotificationPreferencePayload {
    /// All channels.
    pub preferences: Vec<NotificationPreference>,
    /// Why nothing was switched.
    pub user_errors: Vec<UserError>,
}

/// Preferences.
#[derive(Default)]
pub struct PreferenceMutation;

#[guarded]
#[Object]
impl PreferenceMutation {
    /// Switches a channel of notifications on or off, for messages from now on. Code: `SECURITY_ALWAYS_ON`.
    #[requires(account)]
    async fn set_notification_preference(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SetNotificationPreferenceInput,
    ) -> async_graphql::Result<SetNotificationPreferencePayload> {
        let SetNotificationPreferenceInput { channel, enabled, by_message } = input;
        let command = SwitchChannel { channel, enabled, by_message };
        let (_, user_errors) = execute(ctx, command).await?.split(|_| ());
        let request = RequestContext::of(ctx)?;
        let preferences = preferences(request).await.or_client(request)?;
        Ok(SetNotificationPreferencePayload { preferences, user_errors })
    }
}
