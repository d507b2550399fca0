//! `releasePlugin`: a plugin that is quarantined or broken off may start again. What it does is this server's alone; that it was
//! done is on record.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::entry;
use crate::command::{Command, Tx};
use crate::domains::plugins::perms::PLUGIN_MANAGE;
use crate::domains::plugins::store;
use crate::kernel::Fault;

/// Lets a plugin go on.
#[derive(Debug, Serialize)]
pub struct LetPluginGoOn {
    /// The plugin.
    pub id: String,
}

/// Which plugin goes on.
#[derive(Debug, Serialize, Deserialize)]
pub struct GoesOn {
    /// The plugin.
    pub id: String,
}

impl Command for LetPluginGoOn {
    const NAME: &'static str = "releasePlugin";
    type Output = GoesOn;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<GoesOn, Fault> {
        tx.permit_platform(PLUGIN_MANAGE, &self.id)?;
        let row = store::lock(tx.conn, &self.id).await?.ok_or(Fault::NotFound { what: "plugin" })?;
        tx.record(entry(&self.id, Some(PLUGIN_MANAGE), json!({ "version": row.version })));
        Ok(GoesOn { id: self.id.clone() })
    }
}
