//! `kith plugin rollback`

use clap::Args;
use serde_json::json;

use super::client::{Server, refused};
use super::list::describe;
use super::promote::AFTER;
use crate::app::AppError;

const AFTER_HELP: &str = "\
Example:
  KITH_TOKEN=… kith plugin rollback acme-labels";

/// Go back to the release that a plugin used before.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Rollback {
    #[command(flatten)]
    server: Server,
    /// The plugin
    id: String,
}

impl Rollback {
    pub(super) fn run(&self) -> Result<(), AppError> {
        let query = format!("mutation($input: PluginInput!) {{ rollbackPlugin(input: $input) {{ {AFTER} }} }}");
        let payload =
            &self.server.run("rollback", &query, json!({ "input": { "pluginId": self.id } }))?["rollbackPlugin"];
        refused(payload)?;
        let mut out = String::new();
        describe(&mut out, &payload["plugin"]);
        super::print(&out);
        Ok(())
    }
}
