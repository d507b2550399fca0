//! Help worth reading.

use super::{kith, run};

#[test]
fn help_names_every_command_examples_variables_and_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let (code, help, _) = run(kith(folder.path()).arg("--help"));
    assert_eq!(code, 0);
    for word in [
        "serve",
        "migrate",
        "doctor",
        "completions",
        "Examples:",
        "kith serve --demo",
        "DATABASE_URL",
        "KITH_",
        "Exit codes:",
    ] {
        assert!(help.contains(word), "{word} is missing in {help}");
    }
    for topic in [&["help"][..], &["help", "serve"], &["serve", "--help"], &["help", "migrate"], &["help", "doctor"]] {
        let (code, help, _) = run(kith(folder.path()).args(topic));
        assert_eq!(code, 0, "{topic:?}");
        assert!(help.contains("Usage:"), "{topic:?}: {help}");
    }
}

#[test]
fn help_config_is_a_settings_file_that_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (code, settings, _) = run(kith(folder.path()).args(["help", "config"]));
    assert_eq!(code, 0);
    std::fs::write(folder.path().join("kith.toml"), settings).unwrap();
    let (_, out, err) = run(kith(folder.path()).args(["doctor", "--listen", "127.0.0.1:0"]));
    assert!(out.contains("from default.toml") || out.contains("kith.toml"), "{out} {err}");
    assert!(!out.contains("WRONG"), "{out}");
}

#[test]
fn wrong_usage_exits_with_2() {
    let folder = tempfile::tempdir().unwrap();
    for args in [
        &["frobnicate"][..],
        &["serve", "--frobnicate"],
        &["help", "frobnicate"],
        &["serve", "--allow-remote-demo"],
        &[],
    ] {
        let (code, out, err) = run(kith(folder.path()).args(args));
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(!err.is_empty());
    }
}

#[test]
fn completions_are_scripts_of_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    for (shell, word) in [("bash", "complete -F"), ("zsh", "#compdef kith"), ("fish", "complete -c kith")] {
        let (code, script, _) = run(kith(folder.path()).args(["completions", shell]));
        assert_eq!(code, 0);
        assert!(script.contains(word) && script.contains("serve"), "{shell}");
    }
}
