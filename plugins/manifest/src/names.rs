//! Names: plugin ids and permission codes, and what lies within a prefix. Prefixes are whole segments, so that `acme`
//! never covers `acmeevil`.

/// Whether a plugin id is well formed: 3 to 64 of `a-z0-9`, in parts joined by single `-`, beginning with a letter.
#[must_use]
pub fn valid_id(id: &str) -> bool {
    (3..=64).contains(&id.len())
        && id.as_bytes()[0].is_ascii_lowercase()
        && id
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

/// Whether a permission code is well formed: at most 96 bytes, parts of `a-z0-9_` that begin with a letter, joined by
/// dots.
#[must_use]
pub fn valid_code(code: &str) -> bool {
    code.len() <= 96
        && code.split('.').all(|part| {
            part.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        })
}

/// Whether an id is the prefix or continues it after a `-`.
#[must_use]
pub fn id_within(id: &str, prefix: &str) -> bool {
    within(id, prefix, '-')
}

/// Whether a code is the prefix or continues it after a dot.
#[must_use]
pub fn code_within(code: &str, prefix: &str) -> bool {
    within(code, prefix, '.')
}

/// The name of the manifest that stands beside a library: `libacme_print.so` has `libacme_print.kith.json`. `None` for what
/// is not named as a library.
#[must_use]
pub fn manifest_name(library: &str) -> Option<String> {
    library.strip_suffix(".so").filter(|stem| !stem.is_empty()).map(|stem| format!("{stem}{MANIFEST_SUFFIX}"))
}

/// The name of the library that a manifest stands beside; `None` for what is not named as a manifest.
#[must_use]
pub fn library_name(manifest: &str) -> Option<String> {
    manifest.strip_suffix(MANIFEST_SUFFIX).filter(|stem| !stem.is_empty()).map(|stem| format!("{stem}.so"))
}

/// What the name of a manifest ends with.
pub const MANIFEST_SUFFIX: &str = ".kith.json";

fn within(name: &str, prefix: &str, joint: char) -> bool {
    !prefix.is_empty() && name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(joint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifest_and_library_stand_beside_each_other() {
        assert_eq!(manifest_name("libacme.so").as_deref(), Some("libacme.kith.json"));
        assert_eq!(library_name("libacme.kith.json").as_deref(), Some("libacme.so"));
        for other in ["libacme", ".so", "libacme.so.1", ".kith.json", "libacme.json", ""] {
            assert_eq!((manifest_name(other), library_name(other)), (None, None), "{other}");
        }
    }
}
