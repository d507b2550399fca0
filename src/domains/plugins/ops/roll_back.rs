//! `rollbackPlugin`: the release before is in use again, on every replica.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::promote::{InUse, VersionRefusal};
use super::{codes as changed, entry, event};
use crate::command::{Command, Tx};
use crate::domains::plugins::perms::PLUGIN_MANAGE;
use crate::domains::plugins::store;
use crate::kernel::Fault;
use crate::permissions::codes;
use crate::plugins::Plugins;

/// Goes back to the release before.
#[derive(Serialize)]
pub struct RollBackPlugin {
    /// The plugin.
    pub id: String,
    /// What is known here.
    #[serde(skip)]
    pub plugins: Arc<Plugins>,
}

impl Command for RollBackPlugin {
    const NAME: &'static str = "rollbackPlugin";
    type Output = InUse;
    type Refusal = VersionRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<InUse, Fault<VersionRefusal>> {
        tx.permit_platform(PLUGIN_MANAGE, &self.id)?;
        let refuse = |refusal| Err(Fault::Refused(refusal));
        let row = store::lock(tx.conn, &self.id).await?.ok_or(Fault::NotFound { what: "plugin" })?;
        if !row.is_installed() {
            return refuse(VersionRefusal::NotInstalled);
        }
        let Some(before) = row.previous_seq else { return refuse(VersionRefusal::NothingBefore) };
        let release = self.plugins.release(&self.id, before.unsigned_abs());
        let Some(release) = release else { return refuse(VersionRefusal::NoSuchRelease) };
        let registered = codes::register(tx.conn, &self.id, &release.codes, tx.now).await?;
        let registered = registered.map_err(VersionRefusal::Codes).map_err(Fault::Refused)?;
        store::use_release(tx.conn, &release, None, tx.now).await?;
        let version = release.version().to_owned();
        let detail = json!({
            "version": version, "release": before, "before": row.version, "codes": changed(&registered),
        });
        tx.record(entry(&self.id, Some(PLUGIN_MANAGE), detail));
        tx.emit(event("plugin.rolled_back", &self.id, &version));
        Ok(InUse { id: self.id.clone(), seq: release.seq(), version })
    }
}
