//! `kith plugin sign`

use std::path::{Path, PathBuf};

use chrono::{TimeDelta, Timelike as _, Utc};
use clap::Args;
use kith_plugin_loader::abi;
use kith_plugin_manifest::{
    AbiRange, Artefact, Conditions, Draft, Envelope, Manifest, Mode, SecretKey, countersign, inspect, sign,
};

use super::library::{attempt, expected, golden, judge, manifest_path, read_manifest, seal};
use super::{failed, note, read_text, usage, write_whole};
use crate::app::AppError;

const AFTER_HELP: &str = "\
Examples:
  kith plugin sign --key acme.key target/release/libacme_labels.so
  kith plugin sign --countersign --key operator.key /srv/kith/plugins/librisk_guard.so

The author's signature: reads plugin.toml, tries the library in a sandboxed child (its golden vectors too, if golden.json lies
beside plugin.toml), and writes what it found, signed, to the .kith.json beside the library.
The operator's countersignature lets a plugin run inside the server: look at it first with `kith plugin verify`.";

/// Write the signed manifest beside a library, or countersign one.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Sign {
    /// The library
    library: PathBuf,
    /// The file with the secret key, from `kith plugin keygen`
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// What you say of the plugin
    #[arg(long, value_name = "FILE", default_value = "plugin.toml")]
    draft: PathBuf,
    /// Golden vectors to answer first [default: golden.json beside plugin.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    golden: Option<PathBuf>,
    /// For how long the release is valid
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=1830))]
    valid_days: u16,
    /// Add the operator's signature to the manifest that is there
    #[arg(long, conflicts_with_all = ["draft", "golden", "valid_days"])]
    countersign: bool,
}

impl Sign {
    pub(super) fn run(self) -> Result<(), AppError> {
        let key = SecretKey::read(&self.key).map_err(failed)?;
        let path = manifest_path("sign", &self.library)?;
        let (envelope, manifest) = if self.countersign { countersigned(&path, &key)? } else { self.signed(&key)? };
        write_whole(&path, &envelope.to_bytes())?;
        super::print(&format!("{}\n", path.display()));
        note(&format!(
            "{} {} (release {}), signed by {} until {}.",
            manifest.id,
            manifest.version,
            manifest.release_seq,
            key.public().id(),
            manifest.not_after.format("%Y-%m-%d")
        ));
        if manifest.mode == Mode::InProcess && !self.countersign {
            note("It asks to run in process: the operator must add a signature with `kith plugin sign --countersign`.");
        }
        Ok(())
    }

    fn signed(&self, key: &SecretKey) -> Result<(Envelope, Manifest), AppError> {
        if !self.draft.is_file() {
            let reason =
                format!("{} is not there; run it in the plugin's folder, or give --draft", self.draft.display());
            return Err(usage("sign", reason));
        }
        let named = |why| failed(format!("{}: {why}", self.draft.display()));
        let draft = Draft::parse(&read_text(&self.draft)?).map_err(named)?;
        let golden = golden(self.golden.as_deref(), Some(&self.draft))?;
        let checked = judge(seal(&self.library)?)?;
        let found = attempt(&checked, golden.as_ref())?;
        let tree = found.description.tree(draft.role.code_prefix.as_deref()).map_err(failed)?;
        note(&format!(
            "{} permissions, {} settings, {} golden vectors.",
            tree.nodes().len(),
            found.description.settings.len(),
            found.vectors
        ));
        let here = Conditions::here(Utc::now(), (abi::MAJOR, abi::MINOR));
        let artefact = Artefact {
            target: here.target.to_owned(),
            libc: here.libc.to_owned(),
            sha256: expected(&checked).sha256,
            size: expected(&checked).size,
            build_id: checked.facts().build_id_hex(),
        };
        let abi = AbiRange { major: abi::MAJOR, min_minor: 0, minor: abi::MINOR };
        // Valid a little before now: clocks differ.
        let from = here.now - TimeDelta::minutes(5);
        let from = from.with_nanosecond(0).unwrap_or(from);
        let valid = TimeDelta::days(i64::from(self.valid_days));
        let manifest = draft.complete(tree.digest(), abi, vec![artefact], from, valid).map_err(named)?;
        Ok((sign(&manifest, key).map_err(failed)?, manifest))
    }
}

fn countersigned(path: &Path, key: &SecretKey) -> Result<(Envelope, Manifest), AppError> {
    let (envelope, manifest) = inspect(&read_manifest(path)?).map_err(failed)?;
    Ok((countersign(&envelope, key).map_err(failed)?, manifest))
}
