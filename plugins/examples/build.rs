//! Builds the examples: the Rust ones with cargo (a `cdylib` cannot be a dependency), the C one with the C compiler.
#![expect(clippy::expect_used, clippy::panic, reason = "a build script talks to cargo so")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const RUST: &[&str] = &["waybill-print", "risk-guard"];

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("OUT_DIR"));
    // As cargo says when it runs this, not when it compiled it: a target folder may be shared by several checkouts.
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("CARGO_MANIFEST_DIR"));
    let plugins = package.parent().expect("a parent").to_owned();
    for folder in ["abi", "sdk", "waybill-print", "risk-guard", "erp-sync"] {
        for part in ["Cargo.toml", "build.rs", "src", "include", "plugin.flags", "erp_sync.c", "golden.json"] {
            let path = plugins.join(folder).join(part);
            if path.exists() {
                println!("cargo:rerun-if-changed={}", path.display());
            }
        }
    }
    with_cargo(&plugins, &out);
    let cc = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let mut command = Command::new(cc);
    command.arg(format!("@{}", plugins.join("abi/plugin.flags").display()));
    command.arg("-I").arg(plugins.join("abi/include"));
    command.arg("-o").arg(out.join("liberp_sync.so")).arg(plugins.join("erp-sync/erp_sync.c"));
    run(&mut command);
}

/// A target folder of its own, because cargo holds the lock of the one in use; the workspace's lock file.
fn with_cargo(plugins: &Path, out: &Path) {
    let folder = out.join("target");
    let mut command = Command::new(env::var_os("CARGO").expect("CARGO"));
    command.current_dir(plugins.join("examples"));
    // Under clippy the variables would lint what is only to be built.
    command.env_remove("RUSTC_WORKSPACE_WRAPPER").env_remove("CLIPPY_ARGS").env_remove("CARGO_BUILD_TARGET");
    // As optimised as what loads them: a released server and the bench have released examples.
    let (profile, built) = if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        ("release", "release")
    } else {
        ("dev", "debug")
    };
    let strip = format!("profile.{profile}.strip=true");
    command.args(["build", "--profile", profile, "--config", &strip, "--target-dir"]).arg(&folder);
    for name in RUST {
        command.args(["-p", name]);
    }
    run(&mut command);
    for name in RUST {
        let file = format!("lib{}.so", name.replace('-', "_"));
        std::fs::copy(folder.join(built).join(&file), out.join(&file)).expect("a library");
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
