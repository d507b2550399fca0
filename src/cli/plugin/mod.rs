//! `kith plugin`: what authors and operators do with plugins. All of it is offline but `list`, `promote` and `rollback`, which
//! ask the running server over its API.

mod client;
mod inspect;
mod keygen;
mod library;
mod list;
mod lock;
mod new;
mod promote;
mod rollback;
mod show;
mod sign;
mod verify;

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::print;
use crate::app::AppError;
use crate::config::ConfigError;

const AFTER_HELP: &str = "\
Examples, from nothing to a plugin that an operator can install:
  kith plugin new acme-labels && cd acme-labels
  cargo test && cargo build --release
  kith plugin inspect target/release/libacme_labels.so
  kith plugin keygen acme.key > acme.pub
  kith plugin sign --key acme.key target/release/libacme_labels.so
  kith plugin verify --key acme.pub target/release/libacme_labels.so

Exit codes: 0 done, 1 failed or refused, 2 wrong usage. A refusal is one line: its stable code, and what to do.
A library runs only in a sandboxed child process, never in this one.";

/// Write, look at, sign and manage plugins.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Plugin {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Write a crate that works, to start a plugin from
    New(new::New),
    /// Show what Kith will see of a library: permissions, settings, attributes, the rules of files
    Inspect(inspect::Inspect),
    /// Make the key that signs plugins; prints its public half
    Keygen(keygen::Keygen),
    /// Write the signed manifest beside a library, or countersign one
    Sign(sign::Sign),
    /// Try a library and its manifest against a trust file, as the server will
    Verify(verify::Verify),
    /// Pin verified releases in plugins.lock
    Lock(lock::Lock),
    /// List the plugins of a running server
    List(list::List),
    /// Use a newer release of a plugin from now on
    Promote(promote::Promote),
    /// Go back to the release that a plugin used before
    Rollback(rollback::Rollback),
}

impl Plugin {
    pub(super) fn run(self) -> Result<ExitCode, AppError> {
        match self.action {
            Action::New(new) => new.run(),
            Action::Inspect(inspect) => inspect.run(),
            Action::Keygen(keygen) => keygen.run(),
            Action::Sign(sign) => sign.run(),
            Action::Verify(verify) => verify.run(),
            Action::Lock(lock) => lock.run(),
            Action::List(list) => list.run(),
            Action::Promote(promote) => promote.run(),
            Action::Rollback(rollback) => rollback.run(),
        }
        .map(|()| ExitCode::SUCCESS)
    }
}

/// Wrong usage: exit code 2.
fn usage(verb: &str, reason: impl Into<String>) -> AppError {
    ConfigError::new(format!("kith plugin {verb}"), "", reason).into()
}

/// Something that did not work or was refused, in its own words: exit code 1.
fn failed(why: impl std::fmt::Display) -> AppError {
    AppError::Failed(why.to_string())
}

/// What a command has to say about itself: standard error, so that its result can be piped.
fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn read_text(path: &Path) -> Result<String, AppError> {
    std::fs::read_to_string(path).map_err(|error| failed(format!("{} cannot be read: {error}", path.display())))
}

/// Writes a file whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    let fault = |error: std::io::Error| failed(format!("{} cannot be written: {error}", path.display()));
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    std::fs::write(&temporary, bytes).map_err(fault)?;
    // Whatever the umask: the server takes no file that others may write.
    std::fs::set_permissions(&temporary, std::fs::Permissions::from_mode(0o644)).map_err(fault)?;
    std::fs::rename(&temporary, path).map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        fault(error)
    })
}
