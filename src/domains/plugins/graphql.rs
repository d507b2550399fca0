//! Plugins in the API, for operators.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, SimpleObject};
use kith_macros::guarded;

use super::Keeper;
use super::perms::PLUGIN_READ;
use super::store::{self, Row};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::scalars::DateTime;
use crate::kernel::Fault;
use crate::permissions::arbiter::{Arbiter, Said, Word};
use crate::permissions::catalogue;
use crate::plugins::Release;
use crate::plugins::meter::Figures;
use crate::plugins::running::Running;
use crate::plugins::shadow::Shadow;
use crate::plugins::view::PluginView;

/// Where a plugin stands on this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum PluginState {
    /// It answers.
    Ready,
    /// Its first child is starting.
    Starting,
    /// Its child ended; another one is starting. Its codes are denied meanwhile.
    Restarting,
    /// Too many failures in short time: it is left alone for a while. Its codes are denied.
    Broken,
    /// It made a forbidden system call: it is left alone until `releasePlugin`. Its codes are denied.
    Quarantined,
    /// It is installed and does not run on this server: its files are missing or refused, or it does not start. Its codes, and
    /// those of Kith's that it advises on, are denied.
    NotRunning,
    /// It was removed: its codes are held by nobody.
    Removed,
}

/// A plugin that is or was installed.
pub struct Plugin {
    row: Row,
    view: PluginView,
    figures: Figures,
    generation: u64,
}

/// A plugin that is or was installed, as this server has it.
#[guarded(inherits)]
#[Object]
impl Plugin {
    /// Its id.
    async fn id(&self) -> &str {
        &self.row.id
    }

    /// What people call it.
    async fn name(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        let locale = RequestContext::of(ctx)?.locale;
        let release = self.release();
        Ok(release.map_or_else(|| self.row.id.clone(), |release| release.name.get(locale).to_owned()))
    }

    /// Who publishes it.
    async fn publisher(&self) -> &str {
        &self.row.publisher
    }

    /// Where it stands on this server.
    async fn state(&self) -> PluginState {
        match (self.row.is_installed(), &self.view.running) {
            (false, _) => PluginState::Removed,
            (true, None) => PluginState::NotRunning,
            (true, Some(_)) => match self.figures.state {
                "READY" => PluginState::Ready,
                "STARTING" => PluginState::Starting,
                "RESTARTING" => PluginState::Restarting,
                "BROKEN" => PluginState::Broken,
                "QUARANTINED" => PluginState::Quarantined,
                _ => PluginState::NotRunning,
            },
        }
    }

    /// The version in use.
    async fn version(&self) -> &str {
        &self.row.version
    }

    /// The number of the release in use; it grows with each release.
    async fn release_seq(&self) -> i64 {
        self.row.release_seq
    }

    /// The release that `rollbackPlugin` goes back to.
    async fn previous_release_seq(&self) -> Option<i64> {
        self.row.previous_seq
    }

    /// When the release in use was changed last.
    async fn changed_at(&self) -> DateTime {
        DateTime(self.row.changed_at)
    }

    /// Whether it runs in a process of its own.
    async fn isolated(&self) -> Option<bool> {
        self.view.running.as_ref().map(|running| running.release.is_isolated())
    }

    /// The generation of plugins in use on this server. It grows with each change of versions.
    async fn generation(&self) -> i64 {
        i64::try_from(self.generation).unwrap_or(i64::MAX)
    }

    /// How many codes it brings, headings included.
    async fn code_count(&self) -> i32 {
        count(self.release().map_or(0, |release| release.codes.len()))
    }

    /// Kith's permissions that it narrows. While it is installed and does not run, they are denied: `removePlugin` is the way
    /// out.
    async fn advises(&self) -> &[String] {
        &self.row.advises
    }

    /// Its figures on this server.
    async fn figures(&self) -> Option<PluginFigures> {
        self.view.running.as_ref().map(|_| PluginFigures::of(&self.figures))
    }

    /// Every release of it that this server knows, the newest first; at most 20.
    async fn releases(&self) -> Vec<PluginRelease> {
        let used = self.view.running.as_ref().map(|running| running.release.seq());
        let shown = |release: &Arc<Release>| PluginRelease::of(release, used);
        self.view.releases.iter().rev().take(20).map(shown).collect()
    }

    /// The newer release in its shadow.
    async fn shadow(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<PluginShadow>> {
        let locale = RequestContext::of(ctx)?.locale;
        let shadow = self.view.running.as_ref().and_then(|running| running.shadow());
        Ok(shadow.map(|shadow| PluginShadow::of(&shadow, locale)))
    }
}

impl Plugin {
    /// Whether it is the one of this id.
    #[must_use]
    pub fn is(&self, id: &str) -> bool {
        self.row.id == id
    }

    fn release(&self) -> Option<&Release> {
        let used = self.view.running.as_ref().map(|running| &*running.release);
        used.or_else(|| self.view.releases.last().map(|release| &**release))
    }
}

/// What was counted since the release was started on this server.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PluginFigures {
    /// Questions.
    pub calls: i64,
    /// Questions that it answered with no.
    pub denials: i64,
    /// Questions that it did not answer, or not as the contract wants: they were denied.
    pub faults: i64,
    /// Questions without an answer in time.
    pub timeouts: i64,
    /// Processes of it that ended by themselves.
    pub crashes: i64,
    /// Processes of it that were ended, since they hung or broke the rules.
    pub kills: i64,
    /// Processes that were started after the first.
    pub restarts: i64,
    /// Half of all answers took at most so many microseconds; 0 in process, where it is not measured.
    pub p50_micros: i64,
    /// 99 of 100 answers took at most so many microseconds.
    pub p99_micros: i64,
    /// Why its last process ended; empty when none has.
    pub last_failure: String,
}

impl PluginFigures {
    fn of(figures: &Figures) -> Self {
        let wide = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let micros = |time: std::time::Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        Self {
            calls: wide(figures.calls),
            denials: wide(figures.denials),
            faults: wide(figures.faults),
            timeouts: wide(figures.timeouts),
            crashes: wide(figures.crashes),
            kills: wide(figures.kills),
            restarts: wide(figures.restarts),
            p50_micros: micros(figures.p50),
            p99_micros: micros(figures.p99),
            last_failure: figures.last_failure.clone(),
        }
    }
}

/// A release that this server knows.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PluginRelease {
    /// The number that grows with each release.
    pub release_seq: i64,
    /// The version for people.
    pub version: String,
    /// The digest of its manifest.
    pub digest: String,
    /// The library's name in the folder.
    pub file: String,
    /// Golden vectors that it answered when it was tried out.
    pub golden_vectors: i32,
    /// Until when it may be installed.
    pub valid_until: DateTime,
    /// Whether it is the one in use.
    pub in_use: bool,
}

impl PluginRelease {
    fn of(release: &Arc<Release>, used: Option<u64>) -> Self {
        Self {
            release_seq: store::seq(release.seq()),
            version: release.version().to_owned(),
            digest: release.verified.digest.to_string(),
            file: release.file.clone(),
            golden_vectors: count(release.vectors),
            valid_until: DateTime(release.verified.manifest.not_after),
            in_use: used == Some(release.seq()),
        }
    }
}

/// A newer release that decides beside the one in use; what it says does not count.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PluginShadow {
    /// The number of the release.
    pub release_seq: i64,
    /// Its version.
    pub version: String,
    /// Questions that both answered.
    pub compared: i64,
    /// Questions that they answered differently.
    pub disagreed: i64,
    /// Questions that were not compared, since too much was under way.
    pub skipped: i64,
    /// The last disagreements, the newest first; at most 100.
    pub disagreements: Vec<PluginDisagreement>,
}

/// A question that the release in use and the newer one answered differently.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PluginDisagreement {
    /// The permission.
    pub permission: String,
    /// When.
    pub at: DateTime,
    /// What the release in use said.
    pub used: PluginAnswer,
    /// What the newer one said.
    pub shadow: PluginAnswer,
}

/// What a release said.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PluginAnswer {
    /// Whether it was a yes.
    pub allowed: bool,
    /// Its number for why; 0: none.
    pub reason_code: i64,
    /// Its words for why.
    pub reason: Option<String>,
    /// Why there is no answer that counts: `deadline`, `crashed` …
    pub fault: Option<&'static str>,
    /// The limits of its yes, as JSON; empty when there is none.
    pub limits: String,
}

impl PluginAnswer {
    fn of(word: &Word, locale: crate::kernel::Locale) -> Self {
        let limited = !word.limits.is_empty();
        Self {
            allowed: word.said == Said::Allow,
            reason_code: i64::from(word.reason_code),
            reason: word.reason.as_ref().map(|text| text.get(locale).to_owned()),
            fault: match word.said {
                Said::Nothing(why) => Some(why),
                _ => None,
            },
            limits: if limited { serde_json::to_string(&word.limits).unwrap_or_default() } else { String::new() },
        }
    }
}

impl PluginShadow {
    fn of(shadow: &Shadow, locale: crate::kernel::Locale) -> Self {
        let wide = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let compared = shadow.compared();
        let release = &shadow.running.release;
        let disagreements = shadow.disagreements().into_iter().map(|one| PluginDisagreement {
            permission: catalogue::code(one.ask.permission).to_owned(),
            at: DateTime(one.at),
            used: PluginAnswer::of(&one.used, locale),
            shadow: PluginAnswer::of(&one.shadow, locale),
        });
        Self {
            release_seq: store::seq(release.seq()),
            version: release.version().to_owned(),
            compared: wide(compared.compared),
            disagreed: wide(compared.disagreed),
            skipped: wide(compared.skipped),
            disagreements: disagreements.collect(),
        }
    }
}

/// A file of the plugin folder that is not taken.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PluginFault {
    /// The library's name; empty for the folder and the trust file.
    pub file: String,
    /// A stable code: `MANIFEST_SIGNATURE_WRONG`, `FILE_WRITABLE`, `PROBE_GOLDEN` …
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// What operators ask about plugins.
#[derive(Default)]
pub struct PluginQuery;

#[guarded]
#[Object]
impl PluginQuery {
    /// The plugins that are or were installed, by id, with their figures on this server; at most 100.
    #[requires("platform.plugin.read")]
    async fn plugins(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Plugin>> {
        let request = RequestContext::of(ctx)?;
        request.platform_permit(PLUGIN_READ).await.or_client(request)?;
        all(ctx, request).await.or_client(request)
    }

    /// Files of this server's plugin folder that are not taken, and why; at most 100.
    #[requires("platform.plugin.read")]
    async fn plugin_faults(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PluginFault>> {
        let request = RequestContext::of(ctx)?;
        request.platform_permit(PLUGIN_READ).await.or_client(request)?;
        let faults = keeper(ctx).map(|keeper| keeper.plugins.faults()).unwrap_or_default();
        let shown = |fault: crate::plugins::scan::FileFault| PluginFault {
            file: fault.file,
            code: fault.refused.code,
            message: fault.refused.message,
        };
        Ok(faults.into_iter().take(100).map(shown).collect())
    }
}

/// The keeper of this server's plugins; none where plugins are off.
pub fn keeper<'a>(ctx: &Context<'a>) -> Option<&'a Arc<Keeper>> {
    ctx.data_opt::<Arc<Keeper>>()
}

/// Every plugin, by id.
///
/// # Errors
/// The database's fault.
pub async fn all(ctx: &Context<'_>, request: &RequestContext) -> Result<Vec<Plugin>, Fault> {
    let rows = store::all(&mut *request.conn().await?).await?;
    Ok(shown(keeper(ctx), rows))
}

/// Rows of the table with what this server knows of them.
#[must_use]
pub fn shown(keeper: Option<&Arc<Keeper>>, rows: Vec<Row>) -> Vec<Plugin> {
    let mut views = keeper.map(|keeper| keeper.plugins.view()).unwrap_or_default();
    let generation = keeper.map_or(0, |keeper| keeper.plugins.set().generation());
    let show = |row: Row| {
        let at = views.iter().position(|view| view.id == row.id);
        let view = at.map_or_else(
            || PluginView { id: row.id.clone(), running: None, releases: Vec::new() },
            |at| views.swap_remove(at),
        );
        let figures = view.running.as_ref().map(|running: &Arc<Running>| running.figures()).unwrap_or_default();
        Plugin { row, view, figures, generation }
    };
    rows.into_iter().take(100).map(show).collect()
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
