//! `rollbackPlugin`: the release before is in use again, on every replica.

use std::sync::Arc;

use serde::Serialize;

use super::promote::{InUse, Tried, VersionRefusal};
use super::{installed, use_release};
use crate::command::{Command, Tx};
use crate::kernel::Fault;
use crate::plugins::Plugins;

/// Goes back to the release before.
#[derive(Serialize)]
pub struct RollBackPlugin {
    /// The plugin.
    pub id: String,
    /// What is known here.
    #[serde(skip)]
    pub plugins: Arc<Plugins>,
    /// What was started for it.
    #[serde(skip)]
    pub tried: Option<Tried>,
}

impl Command for RollBackPlugin {
    const NAME: &'static str = "rollbackPlugin";
    type Output = InUse;
    type Refusal = VersionRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<InUse, Fault<VersionRefusal>> {
        let row = installed(tx, &self.id).await?;
        let refuse = |refusal| Err(Fault::Refused(refusal));
        let Some(before) = row.previous_seq else { return refuse(VersionRefusal::NothingBefore) };
        let release = self.plugins.release(&self.id, before.unsigned_abs());
        let Some(release) = release else { return refuse(VersionRefusal::NoSuchRelease) };
        Tried::check(self.tried.as_ref(), &release)?;
        use_release(tx, (&row, &release), None, "plugin.rolled_back").await
    }
}
