//! A plugin folder for measuring: libraries built with optimisation, signed with keys made for it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use kith::plugins::sign::{Claims, sign};
use kith::plugins::{Settings, scan};
use kith_plugin_loader::{Checked, Instance, Rules, open};
use kith_plugin_manifest::SecretKey;

use crate::Failure;

/// The name of the library that is measured by itself.
const GUARD: &str = "librisk_guard.so";

/// See the module. Gone with this value.
pub struct Folder {
    at: PathBuf,
    publisher: SecretKey,
    operations: SecretKey,
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nobody needs it, and what is left lies in the temporary folder.
        let _ = fs::remove_dir_all(&self.at);
    }
}

fn kith() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// `risk-guard` in release, as an author ships it.
fn risk_guard() -> Result<Vec<u8>, Failure> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/plugins");
    let mut cargo = Command::new("cargo");
    cargo.current_dir(kith()).args(["build", "--release", "--locked", "-p", "risk-guard", "--target-dir"]).arg(&target);
    run(&mut cargo)?;
    Ok(fs::read(target.join("release").join(GUARD))?)
}

/// A plugin in C that says yes to everything, as an adviser or with a code of its own.
pub fn yes(prefix: &str, flags: &[&str]) -> Result<Vec<u8>, Failure> {
    let to = std::env::temp_dir().join(format!("kith-bench-{}-{prefix}.so", std::process::id()));
    let mut cc = Command::new("cc");
    cc.arg(format!("@{}", kith().join("plugins/abi/plugin.flags").display()));
    cc.arg("-O2").arg("-I").arg(kith().join("plugins/abi/include")).arg("-o").arg(&to);
    cc.arg(kith().join("tests/it/plugins/small.c")).arg(format!("-DPREFIX=\"{prefix}\"")).args(flags);
    run(&mut cc)?;
    let library = fs::read(&to)?;
    fs::remove_file(to)?;
    Ok(library)
}

impl Folder {
    /// A folder with `risk-guard` in it, not signed yet.
    pub fn new() -> Result<Self, Failure> {
        let folder = Self::empty("guards")?;
        folder.write(GUARD, &risk_guard()?)?;
        Ok(folder)
    }

    pub fn empty(name: &str) -> Result<Self, Failure> {
        let at = fs::canonicalize(std::env::temp_dir())?.join(format!("kith-bench-{name}-{}", std::process::id()));
        fs::create_dir_all(&at)?;
        fs::set_permissions(&at, fs::Permissions::from_mode(0o755))?;
        let key = || SecretKey::generate().map_err(|refusal| Failure::from(refusal.to_string()));
        Ok(Self { at, publisher: key()?, operations: key()? })
    }

    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Whom an operator has to trust for it.
    pub fn trust(&self) -> String {
        format!(
            "[[publisher]]\nname = \"bench\"\nkeys = [{:?}]\nid_prefixes = [\"bench\"]\ncode_prefixes = [\"bench\"]\n\
             strongest_mode = \"in_process\"\nadvises = [\"refund\"]\n[[countersigner]]\nname = \"bench\"\nkey = {:?}\n",
            self.publisher.public().to_text(),
            self.operations.public().to_text(),
        )
    }

    pub fn settings(&self) -> Settings {
        Settings { trust_built_in: self.trust(), ..Settings::of_folder(self.at.clone()) }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let part = self.at.join(format!(".{name}"));
        fs::write(&part, bytes)?;
        fs::set_permissions(&part, fs::Permissions::from_mode(0o644))?;
        Ok(fs::rename(part, self.at.join(name))?)
    }

    /// The sealed and checked library.
    pub fn checked(&self) -> Result<Checked, Failure> {
        let opened = open(&self.at, GUARD, &Rules::standard(64 << 20)).map_err(|refusal| refusal.to_string())?;
        let sealed = opened.seal().map_err(|refusal| refusal.to_string())?;
        let expected = sealed.measure().map_err(|refusal| refusal.to_string())?;
        Ok(sealed.check(&expected).map_err(|refusal| refusal.to_string())?)
    }

    /// The library in this process.
    pub fn instance(&self) -> Result<Instance, Failure> {
        let plugin = self.checked()?.load(Box::new(|_, _| ())).map_err(|refusal| refusal.to_string())?;
        Ok(plugin.create("{}").map_err(|refusal| refusal.to_string())?)
    }

    /// The signed manifest of a library.
    pub fn sign(&self, library: &[u8], claims: &Claims<'_>) -> Result<Vec<u8>, Failure> {
        let staging = Self::empty("signing")?;
        staging.write("plugin.so", library)?;
        let operations = claims.in_process.then_some(&self.operations);
        let settings = Settings { folder: staging.at.clone(), ..self.settings() };
        Ok(sign(&settings, "plugin.so", claims, &self.publisher, operations).map_err(|refused| refused.to_string())?)
    }

    /// Puts a library and its manifest there, the manifest last.
    pub fn put(&self, stem: &str, library: &[u8], manifest: &[u8]) -> Result<(), Failure> {
        self.write(&format!("{stem}.so"), library)?;
        self.write(&format!("{stem}{}", scan::MANIFEST), manifest)
    }

    pub fn take_away(&self, stem: &str) -> Result<(), Failure> {
        fs::remove_file(self.at.join(format!("{stem}{}", scan::MANIFEST)))?;
        Ok(fs::remove_file(self.at.join(format!("{stem}.so")))?)
    }

    /// Signs `risk-guard` as an adviser, to run in the server or beside it.
    pub fn guard(&self, in_process: bool) -> Result<(), Failure> {
        let library = fs::read(self.at.join(GUARD))?;
        let claims = Claims {
            in_process,
            advises: &["refund.approve"],
            attributes: &["amount", "local_minute"],
            ..claims("bench-guard")
        };
        let manifest = self.sign(&library, &claims)?;
        self.put("guard", &library, &manifest)
    }
}

/// The claims of an isolated plugin's first release.
pub fn claims(id: &str) -> Claims<'_> {
    Claims {
        id,
        publisher: "bench",
        version: "1.0.0",
        release_seq: 1,
        in_process: false,
        code_prefix: None,
        advises: &[],
        attributes: &[],
        valid: (chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_454), 5 * 365),
    }
}
