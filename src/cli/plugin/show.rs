//! What `kith plugin inspect` saw, as a person reads it.

use std::fmt::Write as _;

use kith_plugin_manifest::Mode;

use super::inspect::{Permission, Seen, Setting, Told};

/// A mode in words.
pub(super) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Isolated => "isolated",
        Mode::InProcess => "in_process",
    }
}

/// All of it as text.
pub(super) fn text(seen: &Seen) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = writeln!(out, "{}\n  {} bytes, {}\n  build id {}", seen.file, seen.size, seen.sha256, seen.build_id);
    let _ = writeln!(
        out,
        "  keeps the rules of files: exports {} only, needs {}",
        seen.exports[0],
        if seen.needs.is_empty() { "nothing".to_owned() } else { seen.needs.join(", ") }
    );
    match &seen.told {
        Some(told) => describe(&mut out, told),
        None => out.push_str("\nIt was not run.\n"),
    }
    if let Some(asks) = &seen.asks {
        let list = |items: &[String]| if items.is_empty() { "none".to_owned() } else { items.join(", ") };
        let _ = writeln!(out, "\n{} ({}), from {}", asks.id, asks.mode, asks.source);
        let _ = writeln!(out, "  codes within  {}", asks.code_prefix.as_deref().unwrap_or("none of its own"));
        let _ = writeln!(out, "  advises       {}", list(&asks.advises));
        let _ = writeln!(out, "  is told       {}", list(&asks.attributes));
    }
    if let Some(claims) = &seen.manifest {
        let _ = writeln!(out, "\n{} claims (not verified: that is `kith plugin verify`)", claims.file);
        let _ = writeln!(out, "  version {}, release {}, of {}", claims.version, claims.release_seq, claims.publisher);
        let _ = writeln!(out, "  valid {} to {}", claims.not_before, claims.not_after);
        let _ = writeln!(out, "  signed by {}", claims.signed_by.join(", "));
        if !claims.describes_this_file {
            out.push_str("  of ANOTHER library than this one: sign again\n");
        }
    }
    out
}

fn describe(out: &mut String, told: &Told) {
    let _ = writeln!(out, "\nPermissions: {}", told.permissions.len());
    for permission in told.permissions.iter().filter(|one| one.parent.is_none()) {
        node(out, &told.permissions, permission, 1);
    }
    let _ = writeln!(out, "\nSettings: {}", told.settings.len());
    for setting in &told.settings {
        let _ = writeln!(out, "  {:<20} {}", setting.key, value(setting));
        let _ = writeln!(out, "  {:<20} {}", "", setting.title);
    }
    if told.golden_vectors > 0 {
        let _ = writeln!(out, "\nGolden vectors: {} answered as they should be", told.golden_vectors);
    }
}

fn node(out: &mut String, all: &[Permission], one: &Permission, depth: usize) {
    let flags: Vec<&str> = [(one.group, "group"), (one.high_risk, "HIGH RISK"), (one.money, "money")]
        .iter()
        .filter_map(|(is, word)| is.then_some(*word))
        .collect();
    let code = format!("{:indent$}{}", "", one.code, indent = depth * 2);
    let _ = writeln!(out, "{code:<40} {} / {}  {}", one.title.en, one.title.zh, flags.join(", "));
    for line in one.help.lines() {
        let _ = writeln!(out, "{:40} {line}", "");
    }
    // A parent stands before its children, so there is no circle, and the depth is bounded by the number of nodes.
    for child in all.iter().filter(|child| child.parent.as_deref() == Some(&one.code)) {
        node(out, all, child, depth + 1);
    }
}

fn value(setting: &Setting) -> String {
    let default = setting.default.as_ref().map_or_else(|| "must be set".to_owned(), |value| format!("default {value}"));
    match &setting.schema {
        Some(schema) => format!("{}, {default}, {schema}", setting.kind),
        None => format!("{}, {default}", setting.kind),
    }
}
