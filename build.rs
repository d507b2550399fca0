//! The migrations are embedded at compile time: a new folder among them is a reason to compile.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=build.rs");
}
