//! PostgreSQL's programs, and the user who may run them: the server refuses to run as root.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const HOW_TO_INSTALL: &str = "\
PostgreSQL's server programs (initdb, postgres) were not found: not beside `pg_config`, not in\n\
/usr/lib/postgresql/*/bin, not on PATH. Tests with many connections need a real server. Install it:\n\
\n\
    Debian, Ubuntu:  apt-get update && apt-get install -y postgresql\n\
    Fedora:          dnf install postgresql-server\n\
    macOS:           brew install postgresql\n\
\n\
or run scripts/test, which does this where it may.";

/// Where the programs are, and whether they must run as another user.
pub struct Binaries {
    folder: PathBuf,
    root: bool,
}

impl Binaries {
    /// Looks for the programs; the error says how to install them.
    pub fn find() -> Result<Self, &'static str> {
        let configured = Command::new("pg_config").arg("--bindir").output().ok();
        let configured = configured.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
        let mut packaged: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .filter_map(|version| Some(version.ok()?.path().join("bin")))
            .collect();
        // The newest first.
        packaged.sort_by_key(|path| std::cmp::Reverse(version_of(path)));
        let path = std::env::var_os("PATH").unwrap_or_default();
        configured
            .into_iter()
            .chain(packaged)
            .chain(std::env::split_paths(&path))
            .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
            .map(|folder| Self { folder, root: is_root() })
            .ok_or(HOW_TO_INSTALL)
    }

    /// A command that runs one of the programs as a user who may: `postgres` when we are root, ourselves otherwise.
    pub fn as_server_user(&self, program: &str) -> Command {
        let program = self.folder.join(program);
        let mut command = if self.root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        // Not a folder that the other user may be forbidden to enter.
        command.current_dir("/").env("LC_ALL", "C");
        command
    }

    /// Makes a folder and everything in it the server user's.
    pub fn give_to_server_user(&self, folder: &Path) {
        if self.root {
            run(Command::new("chown").args(["-R", "postgres:postgres"]).arg(folder));
        }
    }

    /// The version, as a name for a folder.
    pub fn version(&self) -> String {
        let output = Command::new(self.folder.join("postgres")).arg("--version").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.trim().replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-")
    }
}

/// Runs a command to its end.
///
/// # Panics
/// When it fails, with what it wrote.
pub fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
}

fn version_of(bin: &Path) -> u32 {
    let version = bin.parent().and_then(Path::file_name).and_then(OsStr::to_str);
    version.and_then(|version| version.parse().ok()).unwrap_or(0)
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
