//! Plugins need Linux: sealed memory, Landlock, seccomp. Elsewhere a plugin folder is refused at the start.

use std::process::ExitCode;
use std::time::Duration;

use kith_plugin_manifest::{AbiRange, Artefact, Digest, Lock, Trust};

use super::meter::Figures;
use super::release::{Refused, Release};
use super::settings::Settings;
use crate::kernel::Instant;
use crate::permissions::arbiter::{Ask, Word};

const WHY: &str = "plugins run on Linux only; leave plugins.folder empty";

/// Nothing is started for a plugin here.
#[must_use]
pub fn child_entry() -> Option<ExitCode> {
    None
}

/// Isolation is not to be had here.
///
/// # Errors
/// Always.
pub fn check_isolation() -> Result<(), String> {
    Err(WHY.to_owned())
}

/// Nothing is ever found here.
pub enum Found {}

/// What holds for a check: time, pins.
#[derive(Clone, Copy)]
pub struct Here<'a> {
    /// The time.
    pub now: Instant,
    /// The pinned digests.
    pub lock: Option<&'a Lock>,
}

/// Refuses.
///
/// # Errors
/// Always.
pub fn find(
    _: &Settings,
    _: (&str, &str, &str),
    _: &Trust,
    _: Here<'_>,
    _: impl FnOnce(&str) -> u64,
) -> Result<Release, Refused> {
    Err(Refused::new("PLATFORM", WHY))
}

/// Refuses.
///
/// # Errors
/// Always.
pub fn believe(_: &Settings, _: &Release, _: &Trust, _: Option<&Lock>) -> Result<(), Refused> {
    Err(Refused::new("PLATFORM", WHY))
}

/// Refuses.
///
/// # Errors
/// Always.
pub fn operators_file(_: &str, _: &std::path::Path) -> Result<String, Refused> {
    Err(Refused::new("PLATFORM", WHY))
}

/// What a library shows of itself.
pub struct Facts {
    /// The digest of its permissions.
    pub tree: Digest,
    /// The contract's version.
    pub abi: AbiRange,
    /// Its bytes.
    pub artefact: Artefact,
}

/// Refuses.
///
/// # Errors
/// Always.
pub fn facts(_: &Settings, _: &str, _: Option<&str>) -> Result<Facts, Refused> {
    Err(Refused::new("PLATFORM", WHY))
}

impl Found {
    pub(super) fn start(&self, _: &Release, _: &Settings, _: &str) -> Result<Runner, Refused> {
        match *self {}
    }
}

/// Nothing ever runs here.
pub enum Runner {}

impl Runner {
    /// Nobody is there to ask.
    pub async fn ask(&self, _: &Release, _: &[&Ask], _: Duration, _: bool) -> Vec<Word> {
        match *self {}
    }

    /// Nobody is there to ask.
    #[must_use]
    pub fn decide(&self, _: &Release, _: &Ask, _: bool) -> Option<Word> {
        match *self {}
    }

    /// Nothing was counted.
    pub fn add_figures(&self, _: &mut Figures) {
        match *self {}
    }

    /// Nothing to let go on.
    pub fn release(&self) {
        match *self {}
    }
}
