//! What `viewer` says of its sessions and devices (requirement 3.14).

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::store;
use crate::domains::accounts::devices::store as devices;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::kernel::{Fault, Subject};

/// An open session of this account.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct Session {
    /// The id, for `endSession`.
    pub id: ID,
    /// Whether it is the one that asks.
    pub current: bool,
    /// The client: `WEB`, `SELLER_APP`, `BUYER_APP` or `API`.
    pub client: String,
    /// The address that it was opened from.
    pub ip: Option<String>,
    /// The program, as it named itself.
    pub user_agent: Option<String>,
    /// The device, if it is one that is known.
    pub device_id: Option<ID>,
    /// When it was opened.
    pub opened_at: DateTime,
    /// Until when it can be refreshed.
    pub lasts_until: DateTime,
}

/// A device that this account has logged in from, and that is not asked for a code again.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct Device {
    /// The id, for `removeDevice`.
    pub id: ID,
    /// What it called itself.
    pub name: String,
    /// When it was first seen.
    pub first_seen_at: DateTime,
    /// When it last logged in.
    pub last_seen_at: DateTime,
}

/// What `viewer` says of its sessions and devices.
pub struct ViewerSessions;

#[guarded]
#[Object]
impl ViewerSessions {
    /// The open sessions, the newest first; at most 100.
    #[requires(account)]
    async fn sessions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Session>> {
        let request = RequestContext::of(ctx)?;
        sessions(request).await.or_client(request)
    }

    /// The devices that are known, the newest first; at most 100.
    #[requires(account)]
    async fn devices(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Device>> {
        let request = RequestContext::of(ctx)?;
        known_devices(request).await.or_client(request)
    }
}

async fn sessions(request: &RequestContext) -> Result<Vec<Session>, Fault> {
    let actor = request.actor()?;
    let Subject::Account { id: account } = actor.subject else { return Ok(Vec::new()) };
    let rows = store::open_of_account(&mut *request.conn().await?, account, request.now).await?;
    let shown = rows.into_iter().map(|row| Session {
        id: id(row.id),
        current: row.id == actor.session,
        client: row.client,
        ip: row.ip,
        user_agent: row.user_agent,
        device_id: row.device_id.map(id),
        opened_at: DateTime(row.created_at),
        lasts_until: DateTime(row.lasts_until.unwrap_or(row.expires_at)),
    });
    Ok(shown.collect())
}

async fn known_devices(request: &RequestContext) -> Result<Vec<Device>, Fault> {
    let Subject::Account { id: account } = request.actor()?.subject else { return Ok(Vec::new()) };
    let rows = devices::of_account(&mut *request.conn().await?, account).await?;
    let shown = rows.into_iter().map(|row| Device {
        id: id(row.id),
        name: row.name,
        first_seen_at: DateTime(row.first_seen_at),
        last_seen_at: DateTime(row.last_seen_at),
    });
    Ok(shown.collect())
}
