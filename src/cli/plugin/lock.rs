//! `kith plugin lock`

use std::collections::HashSet;
use std::path::PathBuf;

use chrono::Utc;
use clap::Args;
use kith_plugin_loader::abi;
use kith_plugin_manifest::Conditions;

use super::verify::{Against, Believed, believe};
use super::{failed, note, read_text, write_whole};
use crate::app::AppError;

const AFTER_HELP: &str = "\
Example:
  kith plugin lock --trust trust.toml /srv/kith/plugins/*.so

Writes plugins.lock, or adds these releases to it: the exact bytes that this installation may run. Pin the next release beside
the one in use to shadow and promote it; with --only the releases that are named are the plugin's only ones, when there is
nothing to go back to any more. Keep the file under version control and review its changes like code.";

/// Pin verified releases in plugins.lock.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Lock {
    #[command(flatten)]
    against: Against,
    /// The file of pins
    #[arg(long, value_name = "FILE", default_value = "plugins.lock")]
    file: PathBuf,
    /// Take the earlier pins of these plugins away
    #[arg(long)]
    only: bool,
    /// The libraries; their manifests lie beside them
    #[arg(required = true)]
    libraries: Vec<PathBuf>,
}

impl Lock {
    pub(super) fn run(self) -> Result<(), AppError> {
        let mut lock = match self.file.try_exists() {
            Ok(true) => kith_plugin_manifest::Lock::parse(&read_text(&self.file)?).map_err(failed)?,
            _ => kith_plugin_manifest::Lock::default(),
        };
        let here = Conditions::here(Utc::now(), (abi::MAJOR, abi::MINOR));
        let mut seen = HashSet::new();
        for library in &self.libraries {
            let Believed { verified, .. } = believe(library, &self.against, &here)?;
            if self.only && seen.insert(verified.manifest.id.clone()) {
                lock.unpin(&verified.manifest.id);
            }
            lock.pin(&verified.manifest, verified.digest);
            note(&format!("pinned {} {}", verified.manifest.id, verified.manifest.version));
        }
        write_whole(&self.file, lock.to_text().map_err(failed)?.as_bytes())?;
        super::print(&format!("{}\n", self.file.display()));
        Ok(())
    }
}
