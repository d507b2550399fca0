//! What only Linux has: sealing, loading and isolating libraries.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as Moment};

use kith_plugin_host::{Config, Golden, Isolated, State, probe, sandbox};
use kith_plugin_loader::abi::{permission_flag, risk};
use kith_plugin_loader::{Checked, Description, Instance, LogLevel, Rules, SettingKind, fill_in, open, prepare};
use kith_plugin_manifest::{AbiRange, Artefact, Conditions, Digest, Lock, Mode, Refusal, Tree, Trust};

use super::believing::advised;
pub use super::believing::{believe, operators_file};
use super::meter::Figures;
use super::release::{Refused, Release, ServiceSetting};
use super::settings::Settings;
use super::words;
use crate::kernel::{Instant, Text};
use crate::permissions::arbiter::{Ask, Speaker, Word};
use crate::permissions::codes::Told;

/// The largest file of golden vectors.
const MOST_GOLDEN: u64 = 1 << 20;

/// The version of the contract that this host speaks.
pub(super) const ABI: (u16, u16) = (kith_plugin_loader::abi::MAJOR, kith_plugin_loader::abi::MINOR);

/// Runs an isolated plugin when this process was started for one: the first line of `main`, before any thread.
#[must_use]
pub fn child_entry() -> Option<ExitCode> {
    let argument = std::env::args_os().nth(1)?;
    (argument == OsStr::new(kith_plugin_host::child::ARGUMENT)).then(kith_plugin_host::child::main)
}

/// Whether this kernel can isolate plugins.
///
/// # Errors
/// What it lacks.
pub fn check_isolation() -> Result<(), String> {
    sandbox::available().map_err(|refusal| refusal.to_string())
}

/// The sealed and checked bytes of a library.
pub struct Found(Checked);

/// What holds for a check: time, pins.
#[derive(Clone, Copy)]
pub struct Here<'a> {
    /// The time.
    pub now: Instant,
    /// The pinned digests.
    pub lock: Option<&'a Lock>,
}

fn refused(code: &str, error: &impl ToString) -> Refused {
    Refused::new(code, error.to_string())
}

/// Takes two files of the folder through every step before any of the library's code runs in this process: opened, verified,
/// sealed, checked, tried out in a child, the tree compared with the signed one. Blocks for as long as a probe takes.
///
/// # Errors
/// The first step that refuses.
pub fn find(
    settings: &Settings,
    (library, manifest, golden): (&str, &str, &str),
    trust: &Trust,
    here: Here<'_>,
    high_water: impl FnOnce(&str) -> u64,
) -> Result<Release, Refused> {
    let owners = Rules::standard(0).owners;
    let conditions = |id: &str| -> Result<Conditions<'_>, Refusal> {
        Ok(Conditions {
            high_water: high_water(id),
            lock: here.lock,
            lock_required: settings.lock_required,
            ..Conditions::here(here.now, ABI)
        })
    };
    let (verified, checked) = prepare(&settings.folder, manifest, library, &owners, trust, conditions)
        .map_err(|refusal| refused(refusal.code(), &refusal))?;
    let golden = golden_of(&settings.folder, golden)?;
    let defaults = golden.as_ref().map_or_else(|| "{}".to_owned(), Golden::settings_json);
    let config = config(settings, &verified.manifest.id);
    let probed =
        probe(&config, &checked, &defaults, golden.as_ref()).map_err(|refusal| refused(refusal.code(), &refusal))?;
    let tree = probed
        .description
        .tree(verified.manifest.role.code_prefix.as_deref())
        .map_err(|refusal| refused(refusal.code(), &refusal))?;
    verified.check_tree(&tree.digest()).map_err(|refusal| refused(refusal.code(), &refusal))?;
    let name = tree.nodes().iter().find(|node| node.parent.is_none());
    let name = name.map_or_else(
        || Text::made(verified.manifest.id.clone(), verified.manifest.id.clone()),
        |root| Text::made(root.title_en.clone(), root.title_zh.clone()),
    );
    let by = Speaker {
        plugin: verified.manifest.id.clone(),
        version: verified.manifest.version.clone(),
        name: name.clone(),
    };
    advised(&verified.manifest.role.advises)?;
    Ok(Release {
        file: library.to_owned(),
        by: Arc::new(by),
        name,
        codes: codes(&tree),
        settings: settings_of(&probed.description),
        vectors: probed.vectors,
        written_at: 0,
        found_in_look: 0,
        found: Found(checked),
        verified,
    })
}

/// What a library shows of itself, for its manifest.
pub struct Facts {
    /// The digest of its permissions.
    pub tree: Digest,
    /// The contract's version.
    pub abi: AbiRange,
    /// Its bytes.
    pub artefact: Artefact,
}

/// Tries a library of the folder out, for signing it. Blocks for as long as a probe takes.
///
/// # Errors
/// The library breaks the rules.
pub fn facts(settings: &Settings, library: &str, prefix: Option<&str>) -> Result<Facts, Refused> {
    let opened = open(&settings.folder, library, &Rules::standard(64 << 20));
    let sealed = opened.map_err(|refusal| refused(refusal.code(), &refusal))?.seal();
    let sealed = sealed.map_err(|refusal| refused(refusal.code(), &refusal))?;
    let expected = sealed.measure().map_err(|refusal| refused(refusal.code(), &refusal))?;
    let here = Conditions::here(Instant::default(), ABI);
    let build_id = sealed.facts().map_err(|refusal| refused(refusal.code(), &refusal))?.build_id_hex();
    let artefact = Artefact {
        target: here.target.to_owned(),
        libc: here.libc.to_owned(),
        sha256: sealed.digest(),
        size: sealed.size(),
        build_id,
    };
    let checked = sealed.check(&expected).map_err(|refusal| refused(refusal.code(), &refusal))?;
    let probed = probe(&config(settings, library), &checked, "{}", None);
    let probed = probed.map_err(|refusal| refused(refusal.code(), &refusal))?;
    let tree = probed.description.tree(prefix).map_err(|refusal| refused(refusal.code(), &refusal))?;
    Ok(Facts { tree: tree.digest(), abi: AbiRange { major: ABI.0, min_minor: 0, minor: ABI.1 }, artefact })
}

fn golden_of(folder: &Path, name: &str) -> Result<Option<Golden>, Refused> {
    if !folder.join(name).exists() {
        return Ok(None);
    }
    let bytes = open(folder, name, &Rules::standard(MOST_GOLDEN)).and_then(|file| file.read());
    let bytes = bytes.map_err(|refusal| refused(refusal.code(), &refusal))?;
    let text = String::from_utf8(bytes).map_err(|error| refused("GOLDEN_FILE", &error))?;
    Golden::parse(&text).map(Some).map_err(|error| refused("GOLDEN_FILE", &error))
}

fn codes(tree: &Tree) -> Vec<Told> {
    let told = |node: &kith_plugin_manifest::Node| Told {
        code: node.code.clone(),
        parent: tree.parent(node).map(str::to_owned),
        title: (node.title_en.clone(), node.title_zh.clone()),
        help: node.help.clone(),
        heading: node.flags & permission_flag::GROUP != 0,
        money: node.flags & permission_flag::MONEY != 0,
        high_risk: node.risk != risk::NORMAL,
    };
    tree.nodes().iter().map(told).collect()
}

fn settings_of(description: &Description) -> Vec<ServiceSetting> {
    let kind = |kind| match kind {
        SettingKind::Bool => "BOOL",
        SettingKind::I64 => "INT",
        SettingKind::F64 => "FLOAT",
        SettingKind::Str => "TEXT",
        SettingKind::Money => "MONEY",
        SettingKind::Json => "JSON",
    };
    let setting = |setting: &kith_plugin_loader::Setting| ServiceSetting {
        key: setting.key.clone(),
        title: setting.title.clone(),
        kind: kind(setting.kind),
        default_json: setting.default_json.clone(),
        schema_json: setting.schema_json.clone(),
    };
    description.settings.iter().map(setting).collect()
}

fn config(settings: &Settings, id: &str) -> Config {
    let plugin = id.to_owned();
    Config {
        program: settings.program.clone(),
        deadline: settings.deadline,
        hard_deadline: settings.hard_deadline,
        start_limit: settings.start_limit,
        log: Arc::new(move |level, line| log(&plugin, level, line)),
        ..Config::default()
    }
}

/// A line of a plugin's log: third-party text, at most as grave as a warning of ours.
fn log(plugin: &str, level: LogLevel, line: &str) {
    match level {
        LogLevel::Error | LogLevel::Warn => tracing::warn!(plugin, line, "plugin"),
        LogLevel::Info => tracing::info!(plugin, line, "plugin"),
        LogLevel::Debug => tracing::debug!(plugin, line, "plugin"),
    }
}

/// Lines of a plugin in this process that are kept in one second, as of one in a child: a plugin that panics at every question
/// writes one for each.
pub const LINES_PER_SECOND: u32 = 100;

/// Hands over so many lines a second and forgets the others.
pub fn within_budget(sink: impl Fn(LogLevel, &str) + Send + Sync) -> impl Fn(LogLevel, &str) + Send + Sync {
    let spent = Mutex::new((Moment::now(), 0_u32));
    move |level, line| {
        let lines = {
            let mut spent = spent.lock().unwrap_or_else(PoisonError::into_inner);
            if spent.0.elapsed() >= Duration::from_secs(1) {
                *spent = (Moment::now(), 0);
            }
            spent.1 = spent.1.saturating_add(1);
            spent.1
        };
        if lines <= LINES_PER_SECOND {
            sink(level, line);
        }
    }
}

impl Found {
    /// Starts a release with what was set for it (a JSON object): in this process, or in a child.
    pub(super) fn start(&self, release: &Release, settings: &Settings, set: &str) -> Result<Runner, Refused> {
        let checked = self.0.try_clone().map_err(|refusal| refused(refusal.code(), &refusal))?;
        let id = release.id();
        let defaults = release.settings.iter().map(|one| (one.key.as_str(), one.default_json.as_str()));
        let set = &fill_in(set, defaults);
        match release.verified.mode {
            Mode::Isolated => Isolated::start_blocking(config(settings, id), checked, set)
                .map(Runner::Isolated)
                .map_err(|refusal| refused(refusal.code(), &refusal)),
            Mode::InProcess => {
                let plugin = id.to_owned();
                let started = checked
                    .load(Box::new(within_budget(move |level, line| log(&plugin, level, line))))
                    .and_then(|plugin| plugin.create(set))
                    .and_then(|instance| instance.self_test().map(|()| instance));
                started.map(Runner::InProcess).map_err(|refusal| refused(refusal.code(), &refusal))
            }
        }
    }
}

fn decide(instance: &Instance, release: &Release, ask: &Ask, shadow: bool) -> Word {
    let verdict = words::with_request(release, ask, shadow, |request| instance.authorize(request));
    words::word(release, ask, &verdict)
}

/// A started release.
pub enum Runner {
    /// In this process.
    InProcess(Instance),
    /// In a child of its own.
    Isolated(Isolated),
}

impl Runner {
    /// Asks it, an isolated one within `deadline`; in the same order, and always as many words. `shadow`: the answers are
    /// compared and not used.
    pub async fn ask(&self, release: &Release, asks: &[&Ask], deadline: Duration, shadow: bool) -> Vec<Word> {
        let isolated = match self {
            Self::InProcess(instance) => {
                return asks.iter().map(|ask| decide(instance, release, ask, shadow)).collect();
            }
            Self::Isolated(isolated) => isolated,
        };
        let requests = asks.iter().map(|ask| words::request(release, ask, shadow)).collect();
        let verdicts = isolated.authorize_batch(requests, deadline).await;
        asks.iter().zip(&verdicts).map(|(ask, verdict)| words::word(release, ask, verdict)).collect()
    }

    /// What one in this process says; nothing from one in a child.
    #[must_use]
    pub fn decide(&self, release: &Release, ask: &Ask, shadow: bool) -> Option<Word> {
        match self {
            Self::InProcess(instance) => Some(decide(instance, release, ask, shadow)),
            Self::Isolated(_) => None,
        }
    }

    /// Adds what the host counted to the figures.
    pub fn add_figures(&self, figures: &mut Figures) {
        let Self::Isolated(isolated) = self else { return };
        let stats = isolated.stats();
        figures.state = match stats.state {
            State::Starting => "STARTING",
            State::Ready => "READY",
            State::Restarting => "RESTARTING",
            State::Broken => "BROKEN",
            State::Quarantined => "QUARANTINED",
            State::Stopped => "STOPPED",
        };
        figures.crashes = stats.crashes;
        figures.kills = stats.kills;
        figures.restarts = stats.restarts;
        figures.timeouts = stats.timeouts;
        (figures.p50, figures.p99) = (stats.p50, stats.p99);
        figures.last_failure = stats.last_failure;
        figures.process = isolated.child_id();
    }

    /// Lets one that is quarantined or broken off start again.
    pub fn release(&self) {
        if let Self::Isolated(isolated) = self {
            isolated.release();
        }
    }
}
