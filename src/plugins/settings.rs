//! The settings of `[plugins]` as they are used, and whom the operator trusts.

use std::path::PathBuf;
use std::time::Duration;

use kith_plugin_manifest::{Lock, Trust};

use super::Refused;
use super::native::operators_file;

/// How plugins are found and run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder that is watched.
    pub folder: PathBuf,
    /// The operator's trust file.
    pub trust_file: Option<PathBuf>,
    /// Trust that is built in, in the form of a trust file: demo mode's.
    pub trust_built_in: String,
    /// The pinned digests.
    pub lock_file: Option<PathBuf>,
    /// Whether a plugin without a pin is refused.
    pub lock_required: bool,
    /// Whether plugins may run inside the server.
    pub in_process: bool,
    /// How often the folder and the table are looked at.
    pub poll: Duration,
    /// After how long a call is denied.
    pub deadline: Duration,
    /// After how long without an answer an isolated plugin is ended.
    pub hard_deadline: Duration,
    /// How long a start may take, the probe included.
    pub start_limit: Duration,
    /// The executable that runs isolated plugins when it is started as `plugin-host`: this one.
    pub program: PathBuf,
}

impl Settings {
    /// Plugins of a folder, everything else as by default.
    #[must_use]
    pub fn of_folder(folder: PathBuf) -> Self {
        Self {
            folder,
            trust_file: None,
            trust_built_in: String::new(),
            lock_file: None,
            lock_required: false,
            in_process: true,
            poll: Duration::from_millis(250),
            deadline: Duration::from_millis(5),
            hard_deadline: Duration::from_millis(50),
            start_limit: Duration::from_secs(2),
            program: "/proc/self/exe".into(),
        }
    }

    /// Whom the operator trusts now, and the pinned digests: read anew each time, since a key can be revoked any time.
    ///
    /// # Errors
    /// A file that others can write, that is no file of its own, that cannot be read or that is none. Then nobody is trusted.
    pub fn trust(&self) -> Result<(Trust, Option<Lock>), Refused> {
        let mut text = self.trust_built_in.clone();
        // Where trust is built in, the file only adds to it. (A link that leads nowhere is there, and refused.)
        let needed = |path: &&PathBuf| self.trust_built_in.is_empty() || path.symlink_metadata().is_ok();
        if let Some(path) = self.trust_file.as_ref().filter(needed) {
            text.push('\n');
            text.push_str(&operators_file("TRUST", path)?);
        }
        let refused = |refusal: kith_plugin_manifest::Refusal| Refused::new(refusal.code(), refusal.to_string());
        let trust = Trust::parse(&text).map_err(refused)?;
        let lock = match &self.lock_file {
            Some(path) => Some(Lock::parse(&operators_file("LOCK", path)?).map_err(refused)?),
            None => None,
        };
        Ok((trust, lock))
    }
}
