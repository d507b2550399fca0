//! `promotePlugin`: the release in the shadow is in use from now on, on every replica.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{installed, use_release};
use crate::command::{Command, Tx};
use crate::domains::plugins::store;
use crate::kernel::fault::Refusal;
use crate::kernel::{Fault, Text};
use crate::permissions::codes::CodesRefusal;
use crate::plugins::{Plugins, Refused, Release};

/// Promotes a release.
#[derive(Serialize)]
pub struct PromotePlugin {
    /// The plugin.
    pub id: String,
    /// The release; the newest that the folder has when it is left out.
    pub seq: Option<u64>,
    /// What is known here.
    #[serde(skip)]
    pub plugins: Arc<Plugins>,
    /// What was started for it.
    #[serde(skip)]
    pub tried: Option<Tried>,
}

/// A release that was started before anything is changed: "a failure before publishing changes nothing" (contract, "Reload").
#[derive(Debug)]
pub struct Tried {
    /// The release.
    pub seq: u64,
    /// Why it does not start.
    pub refused: Option<Refused>,
}

impl Tried {
    /// Whether a release is the one that was started, and runs.
    ///
    /// # Errors
    /// It does not start; another one was started, as what is known has changed meanwhile.
    pub fn check(tried: Option<&Self>, release: &Release) -> Result<(), Fault<VersionRefusal>> {
        match tried.filter(|tried| tried.seq == release.seq()) {
            Some(Self { refused: None, .. }) => Ok(()),
            Some(Self { refused: Some(why), .. }) => Err(Fault::Refused(VersionRefusal::DoesNotStart(why.clone()))),
            None => Err(Fault::Busy { retry_after: Duration::from_millis(100) }),
        }
    }
}

/// The release in use.
#[derive(Debug, Serialize, Deserialize)]
pub struct InUse {
    /// The plugin.
    pub id: String,
    /// The release.
    pub seq: u64,
    /// Its version.
    pub version: String,
}

/// Why the release in use is not changed.
#[derive(Debug)]
pub enum VersionRefusal {
    /// The plugin is removed.
    NotInstalled,
    /// No such release is known on this server.
    NoSuchRelease,
    /// It is in use.
    InUse,
    /// It is older than the one in use.
    Older,
    /// There is none to go back to.
    NothingBefore,
    /// It does not start here.
    DoesNotStart(Refused),
    /// Its codes.
    Codes(CodesRefusal),
}

impl Refusal for VersionRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotInstalled => "NOT_INSTALLED",
            Self::NoSuchRelease => "NO_SUCH_RELEASE",
            Self::InUse => "IN_USE",
            Self::Older => "OLDER_RELEASE",
            Self::NothingBefore => "NOTHING_BEFORE",
            Self::DoesNotStart(_) => "DOES_NOT_START",
            Self::Codes(why) => why.code(),
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::NoSuchRelease | Self::InUse | Self::Older | Self::DoesNotStart(_) => &["releaseSeq"],
            _ => &["pluginId"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::NotInstalled => Text::new("The plugin is not installed.", "插件未安装。"),
            Self::NoSuchRelease => Text::new(
                "This server has no such release. Put its two files into the plugin folder; pluginFaults says if it is refused.",
                "本服务器没有该版本,请将其两个文件放入插件目录;若被拒绝,可查询 pluginFaults。",
            ),
            Self::InUse => Text::new("This release is in use.", "该版本正在使用。"),
            Self::Older => Text::new(
                "This release is older than the one in use. rollbackPlugin goes back to the one before.",
                "该版本早于当前版本,请使用 rollbackPlugin 回滚。",
            ),
            Self::NothingBefore => Text::new("There is no release to go back to.", "没有可回滚的版本。"),
            Self::DoesNotStart(why) => Text::made(
                format!("The release does not start on this server, so nothing was changed. {why}"),
                format!("该版本无法在本服务器启动,未做任何更改。{why}"),
            ),
            Self::Codes(why) => Text::made(why.to_string(), why.to_string()),
        }
    }
}

impl Command for PromotePlugin {
    const NAME: &'static str = "promotePlugin";
    type Output = InUse;
    type Refusal = VersionRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<InUse, Fault<VersionRefusal>> {
        let row = installed(tx, &self.id).await?;
        let refuse = |refusal| Err(Fault::Refused(refusal));
        let known = self.plugins.releases(&self.id);
        let release = match self.seq {
            Some(seq) => known.into_iter().find(|release| release.seq() == seq),
            None => known.into_iter().next_back(),
        };
        let Some(release) = release else { return refuse(VersionRefusal::NoSuchRelease) };
        match store::seq(release.seq()).cmp(&row.release_seq) {
            Ordering::Equal => refuse(VersionRefusal::InUse),
            Ordering::Less => refuse(VersionRefusal::Older),
            Ordering::Greater => {
                Tried::check(self.tried.as_ref(), &release)?;
                use_release(tx, (&row, &release), Some(row.release_seq), "plugin.promoted").await
            }
        }
    }
}
