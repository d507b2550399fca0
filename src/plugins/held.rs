//! What the registry holds: the folder, what is kept to go back to, what does not start, what is trusted no more.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant as Moment;

use kith_plugin_manifest::Digest;

use super::native;
use super::registry::Wanted;
use super::release::{Refused, Release};
use super::running::Running;
use super::scan::{Believed, Folder};
use super::set::{PluginSet, Silent};
use super::settings::Settings;
use crate::kernel::Text;
use crate::permissions::arbiter::Speaker;

/// One that does not start, since when, and why.
pub type Failed = (Moment, Refused);

/// What is behind the lock of [`Plugins`](super::registry::Plugins).
#[derive(Default)]
pub struct Inner {
    /// What the folder held at the last look.
    pub folder: Folder,
    /// Releases that were in use: to go back to, though their files are gone.
    pub retained: BTreeMap<(String, u64), Arc<Release>>,
    /// What did not start a short while ago, by its manifest.
    pub failed: HashMap<Digest, Failed>,
    /// Releases that were verified and that the operator trusts no more, by their manifests.
    pub distrusted: HashSet<Digest>,
    /// One that was started before the table says that it is wanted.
    pub ready: Option<(Moment, Arc<Running>)>,
    /// Faults that are not the folder's own: codes that belong to others, starts that failed.
    pub refused: BTreeMap<String, Refused>,
    /// The generation in use.
    pub generation: u64,
}

impl Inner {
    /// Whether the operator believes a release that was verified.
    pub fn trusts(&self, release: &Release) -> bool {
        !self.distrusted.contains(&release.verified.digest)
    }

    /// A release that can be started.
    pub fn known(&self, id: &str, seq: u64) -> Option<Arc<Release>> {
        let (releases, _) = self.folder.holds();
        let found = releases.into_iter().find(|release| release.id() == id && release.seq() == seq);
        let found = found.or_else(|| self.retained.get(&(id.to_owned(), seq)).cloned());
        found.filter(|release| self.trusts(release))
    }

    /// A release that runs in the shadow of the one in use.
    pub fn shadow_of(&self, used: Option<&Arc<Running>>, seq: u64) -> Option<Arc<Running>> {
        let shadow = used?.shadow()?;
        let running = &shadow.running;
        (running.release.seq() == seq && self.trusts(&running.release)).then(|| Arc::clone(running))
    }

    /// What an installed plugin advises on and nobody here answers for.
    pub fn silent(&self, one: &Wanted, running: Option<&Running>) -> Option<Silent> {
        let answered = |code: &String| running.is_some_and(|running| running.release.advises().contains(code));
        let codes: Vec<String> = one.advises.iter().filter(|code| !answered(code)).cloned().collect();
        let by = || {
            let known = self.known(&one.id, one.seq).map(|release| Arc::clone(&release.by));
            known.unwrap_or_else(|| {
                let name = Text::made(one.id.clone(), one.id.clone());
                Arc::new(Speaker { plugin: one.id.clone(), version: String::new(), name })
            })
        };
        (!codes.is_empty()).then(|| Silent { by: by(), codes })
    }

    /// What runs or is kept to go back to may have no files any more, or others: it is checked again by itself when the
    /// operator's trust changes.
    pub fn believe_again(&mut self, settings: &Settings, set: &PluginSet, trust: &Believed) {
        let mut all: Vec<Arc<Release>> = self.retained.values().cloned().collect();
        for running in set.running() {
            all.push(Arc::clone(&running.release));
            all.extend(running.shadow().map(|shadow| Arc::clone(&shadow.running.release)));
        }
        for release in all {
            let believed = match trust {
                Ok((trust, lock)) => native::believe(settings, &release, trust, lock.as_ref()),
                Err(refused) => Err(refused.clone()),
            };
            match believed {
                Ok(()) => {
                    if self.distrusted.remove(&release.verified.digest) {
                        self.refused.remove(&release.file);
                    }
                }
                Err(refused) => {
                    if self.distrusted.insert(release.verified.digest) {
                        tracing::warn!(plugin = release.id(), %refused, "a plugin is trusted no more");
                    }
                    self.refused.insert(release.file.clone(), refused);
                }
            }
        }
    }
}
