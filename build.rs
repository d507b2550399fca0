//! The migrations are embedded at compile time: a new folder among them is a reason to compile.
//!
//! Lists the built playground (`src/server/playground/dist`) as a table of name and bytes, so that it is in the binary whatever its
//! files are called.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=build.rs");
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let dist = Path::new(&root).join("src/server/playground/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files: Vec<_> = match fs::read_dir(&dist) {
        Ok(entries) => entries.collect::<Result<_, _>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    files.sort_by_key(fs::DirEntry::file_name);
    let mut table = String::from("&[\n");
    for file in files.iter().filter(|f| f.path().is_file()) {
        let name = file.file_name();
        writeln!(table, "    ({:?}, include_bytes!({:?})),", name.to_string_lossy(), file.path())
            .map_err(io::Error::other)?;
    }
    table.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("playground.rs"), table)
}
