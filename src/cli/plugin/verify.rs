//! `kith plugin verify`

use std::path::{Path, PathBuf};

use chrono::Utc;
use clap::Args;
use kith_plugin_loader::{Checked, Expected, Rules, abi, open};
use kith_plugin_manifest::{
    Conditions, Countersigner, MAX_ENVELOPE, Mode, PublicKey, Publisher, Trust, Verified, inspect, verify,
};

use super::library::{attempt, golden, manifest_path, read_manifest, seal};
use super::{failed, read_text, usage};
use crate::app::AppError;

const AFTER_HELP: &str = "\
Examples:
  kith plugin verify --trust /etc/kith/trust.toml /srv/kith/plugins/libacme_labels.so
  kith plugin verify --key acme.pub target/release/libacme_labels.so      as if an operator trusted this key
  kith plugin verify --trust trust.toml --lock plugins.lock --in-place /srv/kith/plugins/libacme_labels.so

What is refused is said in one line: a stable code, and what to do.";

/// Try a library and its manifest against a trust file, as the server will.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Verify {
    #[command(flatten)]
    against: Against,
    /// Also refuse what the server refuses of files in its plugin folder: owner, mode, links
    #[arg(long)]
    in_place: bool,
    /// Pins that must fit
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    /// Golden vectors to answer, and the settings to try it with [default: none, and its defaults]
    #[arg(long, value_name = "FILE")]
    golden: Option<PathBuf>,
    /// The highest release_seq that was accepted before
    #[arg(long, value_name = "N", default_value_t = 0)]
    accepted: u64,
    /// The library; its manifest lies beside it
    library: PathBuf,
}

/// Whom to believe.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct Against {
    /// The operator's trust file
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// A publisher's public key (kith-pub:… or a file with it), believed for whatever the manifest asks
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
}

/// What was verified.
pub(super) struct Believed {
    pub verified: Verified,
    pub checked: Checked,
}

impl Verify {
    pub(super) fn run(self) -> Result<(), AppError> {
        let lock = match &self.lock {
            Some(path) => Some(kith_plugin_manifest::Lock::parse(&read_text(path)?).map_err(failed)?),
            None => None,
        };
        let here = Conditions {
            lock: lock.as_ref(),
            lock_required: lock.is_some(),
            high_water: self.accepted,
            ..Conditions::here(Utc::now(), (abi::MAJOR, abi::MINOR))
        };
        let Believed { verified, checked } = believe(&self.library, &self.against, &here)?;
        if self.in_place {
            rules_of_the_folder(&self.library)?;
        }
        let golden = golden(self.golden.as_deref(), None)?;
        let found = attempt(&checked, golden.as_ref())?;
        let tree = found.description.tree(verified.manifest.role.code_prefix.as_deref()).map_err(failed)?;
        verified.check_tree(&tree.digest()).map_err(failed)?;
        let manifest = &verified.manifest;
        let mode = match verified.mode {
            Mode::Isolated => "isolated",
            Mode::InProcess => "in process",
        };
        super::print(&format!(
            "ok: {} {} (release {}) of {}, {mode}, signed by {}, valid until {}; {} permissions, tried in the sandbox\n",
            manifest.id,
            manifest.version,
            manifest.release_seq,
            manifest.publisher,
            verified.key,
            manifest.not_after.format("%Y-%m-%d"),
            tree.nodes().len(),
        ));
        Ok(())
    }
}

/// Verifies the manifest beside a library, and that the library is the signed one.
pub(super) fn believe(library: &Path, against: &Against, here: &Conditions<'_>) -> Result<Believed, AppError> {
    let path = manifest_path("verify", library)?;
    let bytes = read_manifest(&path)?;
    let trust = against.trust(&bytes)?;
    let verified = verify(&bytes, &trust, here).map_err(failed)?;
    let checked = seal(library)?.check(&Expected::from(&verified)).map_err(failed)?;
    Ok(Believed { verified, checked })
}

impl Against {
    fn trust(&self, envelope: &[u8]) -> Result<Trust, AppError> {
        if let Some(path) = &self.trust {
            return Trust::parse(&read_text(path)?).map_err(failed);
        }
        let text = self.key.as_deref().unwrap_or_default();
        let key = if text.starts_with("kith-") { text.to_owned() } else { read_text(Path::new(text))? };
        if key.trim_start().starts_with("kith-secret:") {
            return Err(usage("verify", "--key: that is a secret key; give its public half"));
        }
        let key = PublicKey::parse(&key).map_err(failed)?;
        let (_, manifest) = inspect(envelope).map_err(failed)?;
        let publisher = Publisher {
            name: manifest.publisher,
            keys: vec![key],
            id_prefixes: vec![manifest.id],
            code_prefixes: manifest.role.code_prefix.into_iter().collect(),
            strongest_mode: manifest.mode,
            advises: manifest.role.advises,
        };
        Trust::new(vec![publisher], Vec::<Countersigner>::new(), Vec::new(), Vec::new()).map_err(failed)
    }
}

fn rules_of_the_folder(library: &Path) -> Result<(), AppError> {
    let folder = library.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let rules = Rules::standard(MAX_ENVELOPE as u64);
    let manifest = manifest_path("verify", library)?;
    for (path, rules) in [(manifest.as_path(), rules), (library, Rules::standard(64 << 20))] {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        open(folder, name, &rules).map_err(failed)?;
    }
    Ok(())
}
