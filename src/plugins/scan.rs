//! The plugin folder: which files are new, which are gone, what each is worth. Looked at, not listened to: a look is one
//! `readdir` and a few `stat`s, misses nothing when a burst of changes comes, works on every file system, and needs no library
//! (`notify` would be one more, and still needs the look after each event).

use std::collections::BTreeMap;
use std::fs::symlink_metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use kith_plugin_manifest::{Lock, Trust};

use super::native::{self, Here};
use super::release::{Refused, Release};
use super::settings::Settings;
use crate::kernel::Instant;

/// What the name of a manifest ends with; the library of the same stem ends with `.so`.
pub use kith_plugin_manifest::MANIFEST_SUFFIX as MANIFEST;
/// What the name of golden vectors ends with.
pub const GOLDEN: &str = ".golden.json";
/// The most plugins of a folder; more are not looked at.
pub const MOST: usize = 200;

/// What tells that a file is another one than before: time, size, inode.
type Print = Option<(i64, i64, u64, u64)>;

/// Three files of one stem.
type Prints = [Print; 3];

/// What a mode, an owner or a link more is told by: when anything of the file changed, mode, owner, links.
type Rights = Option<((i64, i64), u32, u32, u64)>;

struct Seen {
    prints: Prints,
    /// Of the three files.
    rights: [Rights; 3],
    worth: Result<Arc<Release>, Refused>,
    /// When to try again what was refused for the moment, and how often that was tried.
    again: Option<(Moment, u32)>,
    /// The look that found the files as they are.
    found: u64,
}

/// Refusals that a busy machine can be the cause of: tried again after a while, each time a longer one.
const FOR_THE_MOMENT: [&str; 5] = ["CHILD_SLOW", "PROBE_SLOW", "CHILD_IO", "SEAL_IO", "FILE_IO"];
/// The first wait; doubled up to 64 times as long.
const AGAIN: Duration = Duration::from_secs(5);

/// Whether what was refused with this code can be taken without a change of the file, so that it is tried again.
#[must_use]
pub fn passes(code: &str) -> bool {
    FOR_THE_MOMENT.contains(&code)
}

impl Seen {
    fn new(
        (prints, rights): (Prints, [Rights; 3]),
        worth: Result<Arc<Release>, Refused>,
        (tried, found): (u32, u64),
    ) -> Self {
        let refused = worth.as_ref().err().is_some_and(|refused| passes(&refused.code));
        let again = refused.then(|| (Moment::now() + AGAIN * (1 << tried.min(6)), tried + 1));
        Self { prints, rights, worth, again, found }
    }
}

/// What the folder held at the last look.
#[derive(Default)]
pub struct Folder {
    seen: BTreeMap<String, Seen>,
    trust: [Print; 2],
    unreadable: bool,
    /// Mode and owner of the folder itself.
    rights: Option<(u32, u32)>,
    /// Why the folder or the trust file cannot be read.
    fault: Option<Refused>,
    /// How often it was looked at.
    looks: u64,
}

/// Whom the operator trusts, and what is pinned.
pub type Believed = Result<(Trust, Option<Lock>), Refused>;

/// A file that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// The library's name, or the folder.
    pub file: String,
    /// Why.
    pub refused: Refused,
}

/// What changed since the look before.
#[derive(Debug, Default)]
pub struct Change {
    /// Releases that were not there, the lowest first.
    pub appeared: Vec<Arc<Release>>,
    /// Releases whose files are gone.
    pub vanished: Vec<Arc<Release>>,
    /// Releases whose files are as they were and whom the operator trusts no more.
    pub distrusted: Vec<Arc<Release>>,
    /// Whom the operator trusts now, if that changed.
    pub trust: Option<Believed>,
    /// Which look it was, counted from 1; the one before when the folder could not be looked at.
    pub look: u64,
}

impl Change {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.appeared.is_empty() && self.vanished.is_empty() && self.distrusted.is_empty()
    }

    /// Adds what a later look found: what came back is not gone, and what went or is trusted no more is not new.
    pub fn add(&mut self, later: Self) {
        self.vanished.retain(|gone| later.appeared.iter().all(|new| new.id() != gone.id()));
        self.appeared.retain(|new| {
            let ended = later.distrusted.iter().any(|other| other.verified.digest == new.verified.digest);
            !ended && later.vanished.iter().all(|gone| gone.id() != new.id())
        });
        self.appeared.extend(later.appeared);
        self.appeared.sort_by_key(|release| release.seq());
        self.vanished.extend(later.vanished);
        self.distrusted.extend(later.distrusted);
        (self.trust, self.look) = (later.trust, later.look);
    }
}

impl Folder {
    /// Looks. Blocks: for a thread that may. `high_water` is the lowest release of a plugin that is taken.
    pub fn look(&mut self, settings: &Settings, now: Instant, high_water: impl Fn(&str) -> u64) -> Change {
        let mut change = Change::default();
        let stems = match stems(&settings.folder) {
            Ok(stems) => stems,
            Err(error) => {
                // What was there goes on: a folder that is not there for a moment is no reason to remove a service.
                let message = format!("{}: {error}", settings.folder.display());
                self.fault = Some(Refused::new("FOLDER_MISSING", message));
                change.look = self.looks.max(1);
                return change;
            }
        };
        self.looks += 1;
        change.look = self.looks;
        let files = [settings.trust_file.as_deref(), settings.lock_file.as_deref()];
        let trust_now = files.map(|file| file.and_then(print_with_mode));
        let trust = settings.trust();
        // Also when the folder that they lie in is what changed.
        let as_before = std::mem::replace(&mut self.unreadable, trust.is_err()) == trust.is_err();
        let trust_changed = std::mem::replace(&mut self.trust, trust_now) != trust_now || !as_before;
        self.fault = trust.as_ref().err().cloned();
        change.trust = trust_changed.then(|| trust.clone());
        let rights_now = symlink_metadata(&settings.folder).ok().map(|found| (found.mode(), found.uid()));
        let folder_mended = std::mem::replace(&mut self.rights, rights_now) != rights_now;
        self.gone(&stems, &mut change);
        for stem in stems {
            let names = [format!("{stem}.so"), format!("{stem}{MANIFEST}"), format!("{stem}{GOLDEN}")];
            let told = names.each_ref().map(|name| tell(&settings.folder.join(name)));
            let (prints, rights) = (told.map(|(print, _)| print), told.map(|(_, rights)| rights));
            let before = self.seen.get(&stem);
            let same_files = before.is_some_and(|seen| seen.prints == prints);
            let again = before.and_then(|seen| seen.again).filter(|_| same_files);
            // What was refused for its mode or owner is the same file once that is mended.
            let mended = before.is_some_and(|seen| seen.worth.is_err() && (folder_mended || seen.rights != rights));
            if same_files && !trust_changed && !mended && again.is_none_or(|(at, _)| Moment::now() < at) {
                continue;
            }
            let tried = again.map_or(0, |(_, tried)| tried);
            let found = before.filter(|_| same_files).map_or(self.looks, |seen| seen.found);
            let [library, manifest, golden] = names.each_ref().map(String::as_str);
            let known = before.filter(|_| same_files).and_then(|seen| seen.worth.as_ref().ok());
            let worth = match (&trust, known) {
                // The bytes are in memory, sealed and tried out: only whether they are still believed is in question.
                (Ok((trust, lock)), Some(old)) => {
                    native::believe(settings, old, trust, lock.as_ref()).map(|()| Arc::clone(old))
                }
                (Ok((trust, lock)), None) => {
                    let here = Here { now, lock: lock.as_ref() };
                    let release = native::find(settings, (library, manifest, golden), trust, here, &high_water);
                    let written_at = prints[1].map_or(0, |(seconds, ..)| seconds);
                    release.map(|release| Arc::new(Release { written_at, found_in_look: found, ..release }))
                }
                (Err(refused), _) => Err(refused.clone()),
            };
            let before = self
                .seen
                .insert(stem, Seen::new((prints, rights), worth.clone(), (tried, found)))
                .and_then(|seen| seen.worth.ok());
            match (worth, before) {
                (Ok(new), Some(old)) if same_files && new.verified == old.verified => {}
                (Ok(new), old) => {
                    if let Some(old) = old.filter(|old| old.id() != new.id()) {
                        change.vanished.push(old);
                    }
                    change.appeared.push(new);
                }
                (Err(refused), Some(old)) if same_files && !FOR_THE_MOMENT.contains(&refused.code.as_str()) => {
                    tracing::warn!(plugin = old.id(), %refused, "a plugin is trusted no more");
                    change.distrusted.push(old);
                }
                (Err(refused), old) => {
                    tracing::warn!(file = library, %refused, "a plugin is not taken");
                    // A file that was spoilt while it is in use: what was checked is in memory, and goes on.
                    drop(old);
                }
            }
        }
        change.appeared.sort_by_key(|release| release.seq());
        change
    }

    fn gone(&mut self, stems: &[String], change: &mut Change) {
        let gone: Vec<String> = self.seen.keys().filter(|stem| !stems.contains(stem)).cloned().collect();
        for stem in gone {
            if let Some(Seen { worth: Ok(release), .. }) = self.seen.remove(&stem) {
                change.vanished.push(release);
            }
        }
        // Another release of it is still there, or the same one under another name.
        let here: Vec<_> = self.seen.values().filter_map(|seen| seen.worth.as_ref().ok()).collect();
        change.vanished.retain(|old| here.iter().all(|release| release.id() != old.id()));
    }

    /// The releases that can be used, and those that are not taken.
    #[must_use]
    pub fn holds(&self) -> (Vec<Arc<Release>>, Vec<FileFault>) {
        let mut releases = Vec::new();
        let mut faults: Vec<_> =
            self.fault.iter().map(|r| FileFault { file: String::new(), refused: r.clone() }).collect();
        for (stem, seen) in &self.seen {
            match &seen.worth {
                Ok(release) => releases.push(Arc::clone(release)),
                Err(refused) => faults.push(FileFault { file: format!("{stem}.so"), refused: refused.clone() }),
            }
        }
        (releases, faults)
    }
}

/// The stems of what looks like a plugin, in order.
fn stems(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut stems = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        if let Some(stem) = name.strip_suffix(".so").or_else(|| name.strip_suffix(MANIFEST)) {
            stems.push(stem.to_owned());
        }
    }
    stems.sort();
    stems.dedup();
    stems.truncate(MOST);
    Ok(stems)
}

/// The same, told by whatever changes of the file, its mode and owner included.
fn print_with_mode(path: &Path) -> Print {
    let found = symlink_metadata(path).ok()?;
    Some((found.ctime(), found.ctime_nsec(), found.size(), found.ino()))
}

fn tell(path: &Path) -> (Print, Rights) {
    let Ok(found) = symlink_metadata(path) else { return (None, None) };
    let changed = (found.ctime(), found.ctime_nsec());
    (
        Some((found.mtime(), found.mtime_nsec(), found.size(), found.ino())),
        Some((changed, found.mode(), found.uid(), found.nlink())),
    )
}
