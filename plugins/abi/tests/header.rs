//! The C header and the Rust structs are one contract: every size, offset and constant is compared.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use kith_plugin_abi as abi;
use kith_plugin_abi::{Attr, Decision, Host, Layout, Obligation, Permission, Plugin, Request, Setting, Str};

/// The figures of one struct: its size and each field's offset and size.
fn figures<T: Layout>(into: &mut BTreeMap<String, i128>) {
    into.insert(T::C_NAME.to_owned(), size_of::<T>() as i128);
    assert_eq!(size_of::<T>(), T::V1_SIZE, "{}", T::C_NAME);
    for field in T::FIELDS {
        into.insert(format!("{}.{}", T::C_NAME, field.name), field.offset as i128);
        into.insert(format!("{}.{}#", T::C_NAME, field.name), field.size as i128);
    }
}

/// Every constant of the header and its value here.
fn constants() -> Vec<(&'static str, i128)> {
    use abi::{effect, feature, limits, log_level, obligation, permission_flag, request_flag, risk, status, tag};
    vec![
        ("KITH_MAJOR", abi::MAJOR.into()),
        ("KITH_MINOR", abi::MINOR.into()),
        ("KITH_HOST_MAGIC", abi::HOST_MAGIC.into()),
        ("KITH_PLUGIN_MAGIC", abi::PLUGIN_MAGIC.into()),
        ("KITH_NO_PARENT", abi::NO_PARENT.into()),
        ("KITH_MAX_SIZE", abi::MAX_SIZE.into()),
        ("KITH_OK", status::OK.into()),
        ("KITH_ERROR", status::ERROR.into()),
        ("KITH_PANIC", status::PANIC.into()),
        ("KITH_BAD_SETTINGS", status::BAD_SETTINGS.into()),
        ("KITH_BAD_ARGUMENT", status::BAD_ARGUMENT.into()),
        ("KITH_REFUSED", status::REFUSED.into()),
        ("KITH_DENY", effect::DENY.into()),
        ("KITH_ALLOW", effect::ALLOW.into()),
        ("KITH_TAG_NONE", tag::NONE.into()),
        ("KITH_TAG_BOOL", tag::BOOL.into()),
        ("KITH_TAG_I64", tag::I64.into()),
        ("KITH_TAG_F64", tag::F64.into()),
        ("KITH_TAG_STR", tag::STR.into()),
        ("KITH_TAG_MONEY", tag::MONEY.into()),
        ("KITH_TAG_JSON", tag::JSON.into()),
        ("KITH_MAX_PER_ACTION", obligation::MAX_PER_ACTION.into()),
        ("KITH_MAX_PER_DAY", obligation::MAX_PER_DAY.into()),
        ("KITH_MAX_PER_MONTH", obligation::MAX_PER_MONTH.into()),
        ("KITH_COUNT_PER_DAY", obligation::COUNT_PER_DAY.into()),
        ("KITH_HOURS", obligation::HOURS.into()),
        ("KITH_VALID_UNTIL", obligation::VALID_UNTIL.into()),
        ("KITH_STEP_UP_ABOVE", obligation::STEP_UP_ABOVE.into()),
        ("KITH_SECOND_APPROVER_ABOVE", obligation::SECOND_APPROVER_ABOVE.into()),
        ("KITH_FEATURE_OBLIGATIONS", feature::OBLIGATIONS.into()),
        ("KITH_FEATURE_BATCH", feature::BATCH.into()),
        ("KITH_FEATURES_KNOWN", feature::KNOWN.into()),
        ("KITH_DRY_RUN", request_flag::DRY_RUN.into()),
        ("KITH_SHADOW", request_flag::SHADOW.into()),
        ("KITH_PROBE", request_flag::PROBE.into()),
        ("KITH_RISK_NORMAL", risk::NORMAL.into()),
        ("KITH_RISK_HIGH", risk::HIGH.into()),
        ("KITH_PERMISSION_GROUP", permission_flag::GROUP.into()),
        ("KITH_PERMISSION_MONEY", permission_flag::MONEY.into()),
        ("KITH_PERMISSION_FLAGS_KNOWN", permission_flag::KNOWN.into()),
        ("KITH_LOG_ERROR", log_level::ERROR.into()),
        ("KITH_LOG_WARN", log_level::WARN.into()),
        ("KITH_LOG_INFO", log_level::INFO.into()),
        ("KITH_LOG_DEBUG", log_level::DEBUG.into()),
        ("KITH_MAX_PERMISSIONS", limits::PERMISSIONS as i128),
        ("KITH_MAX_DEPTH", limits::DEPTH as i128),
        ("KITH_MAX_SETTINGS", limits::SETTINGS as i128),
        ("KITH_MAX_CODE", limits::CODE as i128),
        ("KITH_MAX_TITLE", limits::TITLE as i128),
        ("KITH_MAX_HELP", limits::HELP as i128),
        ("KITH_MAX_KEY", limits::KEY as i128),
        ("KITH_MAX_JSON", limits::JSON as i128),
        ("KITH_MAX_SETTINGS_JSON", limits::SETTINGS_JSON as i128),
        ("KITH_MAX_LOG", limits::LOG as i128),
        ("KITH_MAX_OBLIGATIONS", limits::OBLIGATIONS as i128),
        ("KITH_MAX_TEXT", limits::TEXT as i128),
    ]
}

fn rust_figures() -> BTreeMap<String, i128> {
    let mut all = BTreeMap::new();
    figures::<Str>(&mut all);
    figures::<Attr>(&mut all);
    figures::<Request>(&mut all);
    figures::<Obligation>(&mut all);
    figures::<Decision>(&mut all);
    figures::<Permission>(&mut all);
    figures::<Setting>(&mut all);
    figures::<Host>(&mut all);
    figures::<Plugin>(&mut all);
    all.extend(constants().into_iter().map(|(name, value)| (name.to_owned(), value)));
    all
}

fn cc(dir: &Path, source: &str, flags: &[&str]) -> std::process::Output {
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    std::fs::write(dir.join("figures.c"), source).unwrap();
    Command::new("cc")
        .current_dir(dir)
        .args(["-Wall", "-Wextra", "-Wpadded", "-Werror", "-I"])
        .arg(include)
        .args(flags)
        .args(["-o", "figures", "figures.c"])
        .output()
        .unwrap()
}

fn scratch(name: &str) -> std::path::PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

#[test]
fn the_header_has_the_sizes_offsets_and_constants_of_the_rust_structs() {
    let ours = rust_figures();
    let mut source = String::from("#include <stdio.h>\n#include \"kith_plugin.h\"\nint main(void) {\n");
    for name in ours.keys() {
        let value = match name.split_once('.') {
            None if name.starts_with("kith_") => format!("sizeof({name})"),
            None => name.clone(),
            Some((of, field)) => match field.strip_suffix('#') {
                Some(field) => format!("sizeof((({of} *)0)->{field})"),
                None => format!("offsetof({of}, {field})"),
            },
        };
        // Unsigned constants beyond the signed range are printed as such.
        let (format, kind) = if ours[name] < 0 { ("%lld", "long long") } else { ("%llu", "unsigned long long") };
        writeln!(source, "    printf(\"{name} {format}\\n\", ({kind}){value});").unwrap();
    }
    source.push_str("    return 0;\n}\n");
    let dir = scratch("figures");
    let built = cc(&dir, &source, &["-std=c11", "-DKITH_NO_HELPERS"]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let ran = Command::new(dir.join("figures")).output().unwrap();
    let theirs: BTreeMap<String, i128> = String::from_utf8(ran.stdout)
        .unwrap()
        .lines()
        .map(|line| line.split_once(' ').map(|(name, value)| (name.to_owned(), value.parse().unwrap())).unwrap())
        .collect();
    assert_eq!(ours, theirs);
}

#[test]
fn every_constant_of_the_header_is_compared() {
    let header = include_str!("../include/kith_plugin.h");
    let compared = rust_figures();
    let macros = ["KITH_PLUGIN_H", "KITH_EXPORT"];
    for line in header.lines().filter_map(|line| line.strip_prefix("#define ")) {
        let name = line.split([' ', '(']).next().unwrap();
        let function = line[name.len()..].starts_with('(');
        assert!(function || macros.contains(&name) || compared.contains_key(name), "{name} is not compared");
    }
}

#[test]
fn the_header_compiles_without_a_warning_as_c11_and_later_with_its_helpers() {
    let source = "#include \"kith_plugin.h\"\nint main(void) { uint8_t id[32]; kith_build_id(id); return 0; }\n";
    for std in ["-std=c11", "-std=gnu11", "-std=c17", "-std=c2x"] {
        let built = cc(&scratch(std), source, &[std, "-O2", "-fPIE", "-Wconversion", "-Wshadow"]);
        assert!(built.status.success(), "{std}: {}", String::from_utf8_lossy(&built.stderr));
    }
}

#[test]
fn the_compiler_itself_sees_no_padding_even_when_told_to_look() {
    let padded = "struct gap { char a; long b; };\nint main(void) { return (int)sizeof(struct gap); }\n";
    let built = cc(&scratch("padded"), padded, &["-std=c11"]);
    assert!(!built.status.success(), "-Wpadded is at work in these tests");
}
