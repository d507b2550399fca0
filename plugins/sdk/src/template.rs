//! The crate that `kith plugin new` writes.

/// The folder of this kit, for a path dependency, as long as it is not on crates.io.
pub const SDK_PATH: &str = env!("CARGO_MANIFEST_DIR");

/// Path and contents, with `{{…}}` where a name goes.
const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../template/Cargo.toml.in")),
    ("build.rs", include_str!("../template/build.rs.in")),
    ("src/lib.rs", include_str!("../template/src/lib.rs.in")),
    ("golden.json", include_str!("../template/golden.json.in")),
    ("plugin.toml", include_str!("../template/plugin.toml.in")),
    (".gitignore", include_str!("../template/gitignore.in")),
];

/// The files of a new plugin: relative paths and contents.
///
/// # Errors
/// The name is none: 3 to 64 of `a-z 0-9`, in parts with single dashes between, beginning with a letter, and a part
/// that begins a permission code.
pub fn render(name: &str, publisher: &str, sdk: &str) -> Result<Vec<(&'static str, String)>, String> {
    for (what, word) in [("name", name), ("publisher", publisher)] {
        if !is_name(word) {
            return Err(format!("{what}: 3 to 64 of a-z and 0-9, single dashes between, beginning with a letter"));
        }
    }
    if RESERVED.contains(&name) {
        return Err(format!("name: {name} is a word of Rust's; add one of yours, such as acme-{name}"));
    }
    let capital = |part: &str| part[..1].to_uppercase() + &part[1..];
    let words = [
        ("{{name}}", name.to_owned()),
        ("{{publisher}}", publisher.to_owned()),
        ("{{prefix}}", name.replace('-', "_")),
        // With a suffix, so that no name meets one that the code uses.
        ("{{type}}", name.split('-').map(capital).collect::<String>() + "Plugin"),
        ("{{title}}", name.split('-').map(capital).collect::<Vec<_>>().join(" ")),
        // In a TOML string.
        ("{{sdk}}", sdk.replace('\\', "\\\\").replace('"', "\\\"")),
    ];
    let fill = |text: &str| words.iter().fold(text.to_owned(), |text, (mark, word)| text.replace(mark, word));
    Ok(FILES.iter().map(|(path, text)| (*path, fill(text))).collect())
}

/// What cargo does not take as the name of a library.
const RESERVED: &[&str] = &[
    "abstract", "alloc", "async", "await", "become", "box", "break", "const", "continue", "core", "crate", "dyn",
    "else", "enum", "extern", "false", "final", "for", "gen", "impl", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "self", "static", "std", "struct", "super", "test", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

fn is_name(word: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (3..=64).contains(&word.len()) && word.as_bytes()[0].is_ascii_lowercase() && word.split('-').all(part)
}
