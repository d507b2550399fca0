//! `kith plugin new`

use std::path::{Path, PathBuf};

use clap::Args;
use kith_plugin_sdk::template::{SDK_PATH, render};

use super::{failed, note, usage};
use crate::app::AppError;

const AFTER_HELP: &str = "\
Examples:
  kith plugin new acme-labels
  kith plugin new acme-labels --publisher acme --sdk ~/src/kith/plugins/sdk

The kit (kith-plugin-sdk) is not on crates.io: the new crate depends on it by its path in a checkout of Kith. Without --sdk
that is the checkout around the current folder, or the one that this kith was built from.";

/// Write a crate that works: permissions, a setting, a decision and golden vectors.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct New {
    /// The plugin's id and the folder to make: 3 to 64 of a-z and 0-9, single dashes between
    name: String,
    /// Who publishes it [default: the name's first part]
    #[arg(long, value_name = "NAME")]
    publisher: Option<String>,
    /// The folder of kith-plugin-sdk
    #[arg(long, value_name = "DIR")]
    sdk: Option<PathBuf>,
    /// Where to make the folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    into: PathBuf,
}

impl New {
    pub(super) fn run(self) -> Result<(), AppError> {
        let sdk = self.sdk()?;
        let publisher = match &self.publisher {
            Some(publisher) => publisher,
            None => first_part(&self.name),
        };
        let text =
            sdk.to_str().ok_or_else(|| usage("new", "the path of the kit is not UTF-8; give another with --sdk"))?;
        let files = render(&self.name, publisher, text).map_err(|why| usage("new", why))?;
        let folder = self.into.join(&self.name);
        // Never into a folder that is there: nothing of anybody's is overwritten.
        std::fs::create_dir(&folder)
            .map_err(|error| failed(format!("{} cannot be made: {error}; choose another name", folder.display())))?;
        for (path, contents) in files {
            let path = folder.join(path);
            write(&path, &contents)
                .map_err(|error| failed(format!("{} cannot be written: {error}", path.display())))?;
        }
        super::print(&format!("{}\n", folder.display()));
        note(&format!(
            "It uses the kit at {}, since the kit is not on crates.io; another checkout: --sdk.",
            sdk.display()
        ));
        note(&format!("Next: cd {} && cargo test && cargo build --release", folder.display()));
        Ok(())
    }

    fn sdk(&self) -> Result<PathBuf, AppError> {
        if let Some(given) = &self.sdk {
            let path = given.canonicalize().ok().filter(|path| is_sdk(path));
            return path.ok_or_else(|| {
                usage("new", format!("--sdk: {} is not the folder of kith-plugin-sdk", given.display()))
            });
        }
        let here = std::env::current_dir().unwrap_or_default();
        let around = here.ancestors().map(|folder| folder.join("plugins/sdk"));
        around.chain([PathBuf::from(SDK_PATH)]).find(|path| is_sdk(path)).ok_or_else(|| {
            usage("new", "the kit is not on crates.io: give the folder plugins/sdk of a checkout of Kith with --sdk")
        })
    }
}

/// `acme` of `acme-labels`; all of it when that is too short for a publisher.
fn first_part(name: &str) -> &str {
    name.split('-').next().filter(|part| part.len() >= 3).unwrap_or(name)
}

fn is_sdk(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join("Cargo.toml"))
        .is_ok_and(|text| text.lines().any(|line| line.trim() == r#"name = "kith-plugin-sdk""#))
}

fn write(path: &Path, contents: &str) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, contents)
}
