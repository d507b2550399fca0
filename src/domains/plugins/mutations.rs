//! What operators do to plugins.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::Keeper;
use super::graphql::{Plugin, all, keeper};
use super::ops::let_go_on::LetPluginGoOn;
use super::ops::promote::{PromotePlugin, Tried};
use super::ops::remove::RemovePlugin;
use super::ops::roll_back::RollBackPlugin;
use super::perms::PLUGIN_MANAGE;
use super::store::{self, Row};
use crate::command::Command;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::kernel::Fault;
use crate::plugins::Plugins;

/// A release to use.
#[derive(InputObject)]
pub struct PromotePluginInput {
    /// The plugin.
    pub plugin_id: String,
    /// The release; the newest that this server has when it is left out.
    pub release_seq: Option<i64>,
}

/// A plugin.
#[derive(InputObject)]
pub struct PluginInput {
    /// The plugin.
    pub plugin_id: String,
}

/// A plugin after a mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PluginPayload {
    /// The plugin as this server has it now; nothing when the rules refused.
    pub plugin: Option<Plugin>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// What operators do to plugins.
#[derive(Default)]
pub struct PluginMutation;

#[guarded]
#[Object]
impl PluginMutation {
    /// Uses a newer release from now on: on this server when this returns, on the others within a second. It is started first: one
    /// that does not start here changes nothing, and where it does not start on another server, the one before goes on there.
    /// Sellers must agree again to codes whose risk grew. Codes: `NOT_INSTALLED`, `NO_SUCH_RELEASE`, `IN_USE`, `OLDER_RELEASE`,
    /// `DOES_NOT_START`, `CODE_TAKEN`, `CODES_EXHAUSTED`.
    #[requires("platform.plugin.manage")]
    async fn promote_plugin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: PromotePluginInput,
    ) -> async_graphql::Result<PluginPayload> {
        let plugins = Arc::clone(&kept(ctx).await?.plugins);
        let seq = input.release_seq.map(|seq| u64::try_from(seq).unwrap_or(0));
        let id = input.plugin_id;
        let newest = || plugins.releases(&id).pop().map(|release| release.seq());
        let tried = match (seq.or_else(newest), row(ctx, &id).await?) {
            (Some(seq), Some(row)) if store::seq(seq) > row.release_seq => Some(tried(&plugins, &id, seq).await),
            _ => None,
        };
        run(ctx, id.clone(), PromotePlugin { id, seq, plugins, tried }).await
    }

    /// Goes back to the release before, once that runs here. Codes: `NOT_INSTALLED`, `NOTHING_BEFORE`, `NO_SUCH_RELEASE`,
    /// `DOES_NOT_START`, `CODE_TAKEN`.
    #[requires("platform.plugin.manage")]
    async fn rollback_plugin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: PluginInput,
    ) -> async_graphql::Result<PluginPayload> {
        let plugins = Arc::clone(&kept(ctx).await?.plugins);
        let id = input.plugin_id;
        let tried = match row(ctx, &id).await?.and_then(|row| row.previous_seq) {
            Some(seq) => Some(tried(&plugins, &id, seq.unsigned_abs()).await),
            None => None,
        };
        run(ctx, id.clone(), RollBackPlugin { id, plugins, tried }).await
    }

    /// Removes a plugin: its codes are held by nobody, their grants wait, and what it advised on is no longer narrowed. Its files
    /// stay where they are; it comes back when they are written anew. Code: `NOT_INSTALLED`.
    #[requires("platform.plugin.manage")]
    async fn remove_plugin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: PluginInput,
    ) -> async_graphql::Result<PluginPayload> {
        run(ctx, input.plugin_id.clone(), RemovePlugin { id: input.plugin_id, by_operator: true }).await
    }

    /// Lets a plugin that is quarantined or broken off on this server start again.
    #[requires("platform.plugin.manage")]
    async fn release_plugin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: PluginInput,
    ) -> async_graphql::Result<PluginPayload> {
        let running = kept(ctx).await?.plugins.set().get(&input.plugin_id).cloned();
        let payload = run(ctx, input.plugin_id.clone(), LetPluginGoOn { id: input.plugin_id }).await?;
        if let Some(running) = running {
            running.let_go_on();
        }
        Ok(payload)
    }
}

/// The keeper, for those who may manage plugins; where plugins are off there is none to be found.
async fn kept<'a>(ctx: &Context<'a>) -> async_graphql::Result<&'a Arc<Keeper>> {
    let request = RequestContext::of(ctx)?;
    request.platform_permit(PLUGIN_MANAGE).await.or_client(request)?;
    keeper(ctx).ok_or(Fault::NotFound { what: "plugin" }).or_client(request)
}

/// An installed plugin as the table has it.
async fn row(ctx: &Context<'_>, id: &str) -> async_graphql::Result<Option<Row>> {
    let request = RequestContext::of(ctx)?;
    let rows = async { Ok::<_, Fault>(store::all(&mut *request.conn().await?).await?) };
    let rows = rows.await.or_client(request)?;
    Ok(rows.into_iter().find(|row| row.id == id && row.is_installed()))
}

/// Starts a release before anything is changed.
async fn tried(plugins: &Plugins, id: &str, seq: u64) -> Tried {
    Tried { seq, refused: plugins.make_ready(id, seq).await.err() }
}

async fn run<C: Command>(ctx: &Context<'_>, id: String, command: C) -> async_graphql::Result<PluginPayload> {
    let request = RequestContext::of(ctx)?;
    let (done, user_errors) = execute(ctx, command).await?.split(|_| ());
    if done.is_none() {
        return Ok(PluginPayload { plugin: None, user_errors });
    }
    if let Some(keeper) = keeper(ctx) {
        // This server follows now; the others look at the table by themselves.
        keeper.look().await.or_client(request)?;
        keeper.plugins.tell();
    }
    let mut plugins = all(ctx, request).await.or_client(request)?;
    plugins.retain(|plugin| plugin.is(&id));
    Ok(PluginPayload { plugin: plugins.pop(), user_errors })
}
