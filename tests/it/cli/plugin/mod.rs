//! `kith plugin`, each verb run as a person runs it.

mod inspect;
mod keygen;
mod lock;
mod manage;
mod new;
mod readme;
mod sign;
mod verify;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use kith_plugin_fixtures::{Case, build};

use super::{kith, run};

/// What the author of the fixtures says of them.
const DRAFT: &str = "id = \"acme-fixture\"\npublisher = \"acme\"\nrelease_seq = 3\nattributes = [\"copies\"]\n\
                     [role]\ncode_prefix = \"fixture\"\n";
/// An operator who believes the key in the place of `KEY`.
const TRUST: &str = "[[publisher]]\nname = \"acme\"\nkeys = [\"KEY\"]\nid_prefixes = [\"acme\"]\n\
                     code_prefixes = [\"fixture\"]\n";

/// An author's desk: a library, what is said of it, a key, and an operator's trust file.
struct Desk {
    folder: tempfile::TempDir,
    library: PathBuf,
    public: String,
}

impl Desk {
    fn with(case: Case) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = build(case, folder.path());
        let (code, out, err) = run(kith(folder.path()).args(["plugin", "keygen", "acme.key"]));
        assert_eq!(code, 0, "{err}");
        let desk = Self { library, public: out.trim().to_owned(), folder };
        desk.write("plugin.toml", DRAFT);
        desk.write("trust.toml", &TRUST.replace("KEY", &desk.public));
        desk
    }

    /// A good library, signed.
    fn signed() -> Self {
        let desk = Self::with(Case::Good);
        let (code, _, err) = desk.run(&["sign", "--key", "acme.key", "libgood.so"]);
        assert_eq!(code, 0, "{err}");
        desk
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        run(kith(self.path()).arg("plugin").args(args))
    }

    /// Runs what must be refused: the exit code, and one line with all the words.
    fn refused(&self, code: i32, args: &[&str], words: &[&str]) {
        let (got, out, err) = self.run(args);
        assert_eq!((got, out.as_str()), (code, ""), "{args:?}: {err}");
        let lines: Vec<&str> = err.lines().filter(|line| line.starts_with("kith: ")).collect();
        assert_eq!(lines.len(), 1, "one line: {err}");
        assert_eq!(err.lines().last(), lines.first().copied(), "{err}");
        for word in words {
            assert!(lines[0].contains(word), "{args:?}: {word:?} is missing in {err}");
        }
    }
}

#[test]
fn help_has_examples_for_every_verb_and_completions_know_them() {
    let folder = tempfile::tempdir().unwrap();
    for verb in ["new", "inspect", "keygen", "sign", "verify", "lock", "list", "promote", "rollback"] {
        let (code, help, _) = run(kith(folder.path()).args(["plugin", verb, "--help"]));
        assert_eq!(code, 0, "{verb}");
        assert!(help.contains("Example") && help.contains(&format!("kith plugin {verb}")), "{verb}: {help}");
        let (code, same, _) = run(kith(folder.path()).args(["help", "plugin", verb]));
        assert_eq!(code, 0, "{verb}");
        assert!(same.contains("Example"), "{verb}: {same}");
    }
    let (code, help, _) = run(kith(folder.path()).args(["plugin", "--help"]));
    assert_eq!(code, 0);
    assert!(help.contains("Exit codes:") && help.contains("keygen"), "{help}");
    for shell in ["bash", "zsh", "fish"] {
        let (code, script, _) = run(kith(folder.path()).args(["completions", shell]));
        assert_eq!(code, 0);
        assert!(script.contains("keygen") && script.contains("countersign"), "{shell}");
    }
}

#[test]
fn the_child_of_isolated_plugins_starts_before_anything_else_and_ends_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    // Standard input is no socket: it fails, and does not go on as a command line.
    let (code, out, err) = run(kith(folder.path()).arg("plugin-host"));
    assert_eq!((code, out.as_str(), err.as_str()), (1, "", ""));
}
