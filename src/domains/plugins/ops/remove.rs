//! `removePlugin`, and what happens when its files are gone: its codes are held by nobody, their grants wait (requirement 5.9).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{entry, event};
use crate::command::{Command, Tx};
use crate::domains::plugins::perms::PLUGIN_MANAGE;
use crate::domains::plugins::store;
use crate::kernel::fault::Refusal;
use crate::kernel::{Fault, Text};
use crate::permissions::codes;

/// Removes a plugin.
#[derive(Debug, Serialize)]
pub struct RemovePlugin {
    /// The plugin.
    pub id: String,
    /// Whether an operator says so, who is asked for the permission; else its files are gone.
    pub by_operator: bool,
}

/// What was removed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Removed {
    /// The plugin.
    pub id: String,
    /// How many of its codes are dormant now.
    pub dormant: usize,
}

/// Why it is not removed.
#[derive(Debug)]
pub enum RemoveRefusal {
    /// It is removed.
    NotInstalled,
}

impl Refusal for RemoveRefusal {
    fn code(&self) -> &'static str {
        "NOT_INSTALLED"
    }

    fn field(&self) -> &'static [&'static str] {
        &["pluginId"]
    }

    fn message(&self) -> Text {
        Text::new("The plugin is not installed.", "插件未安装。")
    }
}

impl Command for RemovePlugin {
    const NAME: &'static str = "removePlugin";
    type Output = Removed;
    type Refusal = RemoveRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Removed, Fault<RemoveRefusal>> {
        if self.by_operator {
            tx.permit_platform(PLUGIN_MANAGE, &self.id)?;
        }
        let row = store::lock(tx.conn, &self.id).await?.ok_or(Fault::NotFound { what: "plugin" })?;
        if !row.is_installed() {
            return Err(Fault::Refused(RemoveRefusal::NotInstalled));
        }
        let dormant = codes::retire(tx.conn, &self.id, tx.now).await?;
        store::remove(tx.conn, &self.id, tx.now).await?;
        let by = if self.by_operator { "operator" } else { "plugin folder" };
        let permission = self.by_operator.then_some(PLUGIN_MANAGE);
        tx.record(entry(&self.id, permission, json!({ "by": by, "version": row.version, "dormant": dormant })));
        tx.emit(event("plugin.removed", &self.id, &row.version));
        Ok(Removed { id: self.id.clone(), dormant })
    }
}
