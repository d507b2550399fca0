//! The highest `release_seq` that was accepted, per plugin. A release below it is a downgrade: somebody puts an old,
//! perhaps vulnerable, release back. The server may keep this in its database instead; the rule is the same.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::refusal::{Kind, Refusal};

/// A file of `id seq` lines.
#[derive(Debug, Clone)]
pub struct HighWater {
    path: PathBuf,
    marks: BTreeMap<String, u64>,
}

impl HighWater {
    /// Reads the file; one that is not there is empty.
    pub fn open(path: &Path) -> Result<Self, Refusal> {
        let fault = |what: String| Kind::HighWaterFile.because(format!("{}: {what}", path.display()));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => String::new(),
            Err(e) => return Err(fault(e.to_string())),
        };
        let mut marks = BTreeMap::new();
        for line in text.lines() {
            let (id, seq) = line
                .split_once(' ')
                .and_then(|(id, seq)| Some((id, seq.parse().ok()?)))
                .ok_or_else(|| fault(format!("cannot read {line:?}")))?;
            if marks.insert(id.to_owned(), seq).is_some() {
                return Err(fault(format!("{id} stands there twice")));
            }
        }
        Ok(Self { path: path.to_owned(), marks })
    }

    /// The highest release accepted; 0 for a plugin never seen.
    #[must_use]
    pub fn of(&self, id: &str) -> u64 {
        self.marks.get(id).copied().unwrap_or(0)
    }

    /// Raises a mark, never lowers one, and returns once it is on the disk: a crash leaves the old file or the new.
    pub fn raise(&mut self, id: &str, seq: u64) -> Result<(), Refusal> {
        if seq <= self.of(id) {
            return Ok(());
        }
        let mut marks = self.marks.clone();
        marks.insert(id.to_owned(), seq);
        self.write(&marks).map_err(|e| Kind::HighWaterFile.because(format!("{}: {e}", self.path.display())))?;
        self.marks = marks;
        Ok(())
    }

    fn write(&self, marks: &BTreeMap<String, u64>) -> std::io::Result<()> {
        let temporary = self.path.with_extension("tmp");
        let mut file = std::fs::File::create(&temporary)?;
        for (id, seq) in marks {
            writeln!(file, "{id} {seq}")?;
        }
        file.sync_all()?;
        std::fs::rename(&temporary, &self.path)?;
        let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::File::open(folder)?.sync_all()
    }
}
