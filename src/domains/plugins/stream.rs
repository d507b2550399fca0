//! Plugins as they change.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Error, Subscription};
use futures_util::Stream;
use futures_util::stream::unfold;
use kith_macros::guarded;
use tokio::sync::watch;

use super::Keeper;
use super::graphql::{Plugin, keeper, shown};
use super::perms::PLUGIN_READ;
use super::store;
use crate::db::Db;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, to_client};
use crate::graphql::recheck::SharedRecheck;
use crate::kernel::Fault;
use crate::permissions::denial;

/// How long a listener may wait without being asked whether it still may.
const RECHECK: Duration = Duration::from_secs(2);

/// Plugins as they change.
#[derive(Default)]
pub struct PluginSubscription;

#[guarded]
#[Subscription]
impl PluginSubscription {
    /// All plugins, now and each time that something about one changes on this server: a file that is taken or refused, a version, a
    /// state. It ends with a FORBIDDEN error as soon as the permission is taken away.
    #[requires("platform.plugin.read")]
    async fn plugins_changed(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = Result<Vec<Plugin>, Error>>, Error> {
        let request = Arc::clone(RequestContext::of(ctx)?);
        request.platform_permit(PLUGIN_READ).await.or_client(&request)?;
        let recheck = ctx.data_opt::<SharedRecheck>().cloned();
        let recheck = recheck.ok_or_else(|| Fault::internal("the operation has no recheck")).or_client(&request)?;
        let keeper = keeper(ctx).cloned();
        // One that never changes, where plugins are off.
        let changes = keeper.as_ref().map_or_else(|| watch::channel(0).1, |keeper| keeper.plugins.changes());
        let listener = Listener { db: request.db().clone(), keeper, recheck, changes, fresh: true };
        Ok(unfold(Some(listener), move |listener| {
            let request = Arc::clone(&request);
            async move {
                let mut listener = listener?;
                match listener.next().await {
                    Ok(plugins) => Some((Ok(plugins), Some(listener))),
                    Err(fault) => Some((Err(to_client(fault, &request)), None)),
                }
            }
        }))
    }
}

struct Listener {
    db: Db,
    keeper: Option<Arc<Keeper>>,
    recheck: SharedRecheck,
    changes: watch::Receiver<u64>,
    /// Whether nothing was delivered yet.
    fresh: bool,
}

impl Listener {
    async fn next(&mut self) -> Result<Vec<Plugin>, Fault> {
        while !std::mem::take(&mut self.fresh) {
            let changed = tokio::time::timeout(RECHECK, self.changes.changed()).await;
            self.still_allowed().await?;
            match changed {
                Ok(Ok(())) => break,
                // Nobody will ever tell: only the permission is still of interest.
                Ok(Err(_)) => tokio::time::sleep(RECHECK).await,
                Err(_) => {}
            }
        }
        self.changes.borrow_and_update();
        let db = self.db.clone();
        // In a task of its own: a slow reader must not keep a connection.
        let rows = tokio::spawn(async move { Ok::<_, Fault>(store::all(&mut *db.get().await?).await?) });
        let rows = rows.await.map_err(Fault::internal)??;
        // After they were read and before they leave (h17).
        self.still_allowed().await?;
        Ok(shown(self.keeper.as_ref(), rows))
    }

    async fn still_allowed(&self) -> Result<(), Fault> {
        let recheck = Arc::clone(&self.recheck);
        let actor = tokio::spawn(async move { recheck.actor().await }).await.map_err(Fault::internal)??;
        match actor.platform_permit(PLUGIN_READ) {
            Some(_) => Ok(()),
            None => Err(Fault::Denied(Box::new(denial::bare(PLUGIN_READ)))),
        }
    }
}
