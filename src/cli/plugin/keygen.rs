//! `kith plugin keygen`

use std::path::PathBuf;

use clap::Args;
use kith_plugin_manifest::SecretKey;

use super::{failed, note};
use crate::app::AppError;

const AFTER_HELP: &str = "\
Example:
  kith plugin keygen acme.key > acme.pub

The secret key stays in the file, which only you may read; it is never printed, and an existing file is never overwritten.
The public half goes to standard output: hand it to the operators who are to trust your plugins.";

/// Make the key that signs plugins; prints its public half.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Keygen {
    /// The file for the secret key
    file: PathBuf,
}

impl Keygen {
    pub(super) fn run(&self) -> Result<(), AppError> {
        let key = SecretKey::generate().map_err(failed)?;
        key.write(&self.file).map_err(failed)?;
        let public = key.public();
        super::print(&format!("{}\n", public.to_text()));
        note(&format!(
            "The secret key {} is in {}. Keep a copy of it safe, and never commit it.",
            public.id(),
            self.file.display()
        ));
        Ok(())
    }
}
