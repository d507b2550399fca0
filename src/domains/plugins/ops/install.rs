//! A plugin appeared in the folder: its first release is in use from now on, and its codes stand in the catalogue.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{codes_changed, entry, event};
use crate::command::{Command, Tx};
use crate::domains::plugins::store;
use crate::kernel::fault::Refusal;
use crate::kernel::{Fault, Text};
use crate::permissions::codes::{self, CodesRefusal};
use crate::plugins::Release;

/// Installs a release.
#[derive(Debug, Serialize)]
pub struct InstallPlugin {
    /// The plugin.
    pub id: String,
    /// The release.
    pub seq: u64,
    /// Whether it takes the place of one that is in use and no longer to be had.
    pub replace: bool,
    /// What was verified.
    #[serde(skip)]
    pub release: Arc<Release>,
}

/// What was installed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Installed {
    /// The version.
    pub version: String,
}

/// Why it is not installed.
#[derive(Debug)]
pub enum InstallRefusal {
    /// Another replica was first.
    Already,
    /// Its codes.
    Codes(CodesRefusal),
}

impl Refusal for InstallRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Already => "ALREADY_INSTALLED",
            Self::Codes(why) => why.code(),
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Already => Text::new("The plugin is installed.", "插件已安装。"),
            Self::Codes(why) => Text::made(why.to_string(), why.to_string()),
        }
    }
}

impl Command for InstallPlugin {
    const NAME: &'static str = "installPlugin";
    type Output = Installed;
    type Refusal = InstallRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Installed, Fault<InstallRefusal>> {
        let before = store::lock(tx.conn, &self.id).await?;
        if before.as_ref().is_some_and(|row| row.is_installed() && !self.replace) {
            return Err(Fault::Refused(InstallRefusal::Already));
        }
        let registered = codes::register(tx.conn, &self.id, &self.release.codes, tx.now).await?;
        let registered = registered.map_err(InstallRefusal::Codes).map_err(Fault::Refused)?;
        store::install(tx.conn, &self.release, tx.now).await?;
        let version = self.release.version().to_owned();
        let digest = self.release.verified.digest.to_string();
        let detail = json!({
            "by": "plugin folder", "version": version, "release": self.seq, "digest": digest, "codes": codes_changed(&registered),
        });
        tx.record(entry(&self.id, None, detail));
        tx.emit(event("plugin.installed", &self.id, &version));
        Ok(Installed { version })
    }
}
