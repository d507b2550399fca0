//! One verified release of a plugin: signed by somebody whom the operator trusts, tried out in a child, its tree compared with
//! the signed one. It can be started any time.

use std::fmt;
use std::sync::Arc;

use kith_plugin_manifest::{Mode, Verified};

use super::Settings;
use super::native::{Found, Runner};
use crate::kernel::Text;
use crate::permissions::arbiter::Speaker;
use crate::permissions::codes::Told;

/// Why a release is not taken or not started: a stable code, and what to do about it in English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The code: `MANIFEST_SIGNATURE_WRONG`, `FILE_WRITABLE`, `PROBE_GOLDEN` …
    pub code: String,
    /// In words.
    pub message: String,
}

impl Refused {
    /// A refusal. A message that begins with its code is not given it twice.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        let (code, message) = (code.into(), message.into());
        let message = message.strip_prefix(&format!("{code}: ")).map_or(message.clone(), str::to_owned);
        Self { code, message }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// A setting that a service has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSetting {
    /// The key in the settings object.
    pub key: String,
    /// The title on the form.
    pub title: String,
    /// `BOOL`, `INT`, `FLOAT`, `TEXT`, `MONEY` or `JSON`.
    pub kind: &'static str,
    /// The value when nobody set one, as JSON; empty: it must be set.
    pub default_json: String,
    /// The JSON Schema of the value; empty: any of its kind.
    pub schema_json: String,
}

/// A verified release.
pub struct Release {
    /// What the manifest says and the operator believes.
    pub verified: Verified,
    /// The library's name in the folder.
    pub file: String,
    /// What people call the plugin: the title at the root of its tree, or its id.
    pub name: Text,
    /// The same as the one who speaks in its words.
    pub by: Arc<Speaker>,
    /// The codes it brings, in the order of its tree.
    pub codes: Vec<Told>,
    /// The settings it has.
    pub settings: Vec<ServiceSetting>,
    /// When its manifest was written, in seconds after 1970, as the file system has it.
    pub written_at: i64,
    /// The look at the folder, counted from 1, that found its files as they are.
    pub found_in_look: u64,
    /// Golden vectors that it answered in the probe.
    pub vectors: usize,
    pub(super) found: Found,
}

impl Release {
    /// The plugin's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.verified.manifest.id
    }

    /// The number that grows with each release.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.verified.manifest.release_seq
    }

    /// The version for people.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.verified.manifest.version
    }

    /// Kith's permissions that it narrows.
    #[must_use]
    pub fn advises(&self) -> &[String] {
        &self.verified.manifest.role.advises
    }

    /// Whether it runs in a child of its own.
    #[must_use]
    pub fn is_isolated(&self) -> bool {
        self.verified.mode == Mode::Isolated
    }

    /// Starts it with what was set for it, a JSON object (`{}`: its defaults), and has it test itself. Blocks while a child
    /// starts: for a thread that may.
    ///
    /// # Errors
    /// Why it does not run; nothing of it stays.
    pub fn start(&self, settings: &Settings, set: &str) -> Result<Runner, Refused> {
        if !self.is_isolated() && !settings.in_process {
            return Err(Refused::new(
                "IN_PROCESS_OFF",
                "the plugin runs in process only, and plugins.in_process is false; set it, or ask for an isolated release",
            ));
        }
        self.found.start(self, settings, set)
    }
}

impl fmt::Debug for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.id(), self.version(), self.seq())
    }
}
