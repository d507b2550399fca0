//! The library names its build; Kith refuses one that does not. Most compilers do so by themselves.
#![allow(clippy::print_stdout, reason = "a build script talks to cargo so")]

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-arg=-Wl,--build-id=sha1");
}
