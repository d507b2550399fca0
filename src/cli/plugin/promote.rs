//! `kith plugin promote`

use clap::Args;
use serde_json::json;

use super::client::{Server, refused};
use super::list::describe;
use crate::app::AppError;

const AFTER_HELP: &str = "\
Examples:
  KITH_TOKEN=… kith plugin promote acme-labels                 the newest release that the server has
  KITH_TOKEN=… kith plugin promote acme-labels --release 3

`kith plugin list` shows which release stands in the shadow of the one in use, and how often they disagree.";

/// Use a newer release of a plugin from now on.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Promote {
    #[command(flatten)]
    server: Server,
    /// The plugin
    id: String,
    /// The release_seq of the release [default: the newest]
    #[arg(long, value_name = "N")]
    release: Option<i32>,
}

/// What is shown of a plugin after a change.
pub(super) const AFTER: &str = "plugin { id state version releaseSeq isolated publisher } userErrors { code message }";

impl Promote {
    pub(super) fn run(&self) -> Result<(), AppError> {
        let query = format!("mutation($input: PromotePluginInput!) {{ promotePlugin(input: $input) {{ {AFTER} }} }}");
        let input = json!({ "input": { "pluginId": self.id, "releaseSeq": self.release } });
        let payload = &self.server.run("promote", &query, input)?["promotePlugin"];
        refused(payload)?;
        let mut out = String::new();
        describe(&mut out, &payload["plugin"]);
        super::print(&out);
        Ok(())
    }
}
