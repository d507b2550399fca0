//! The ELF rules: each refused before a constructor of the library could run.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::path::Path;
use std::process::Command;

use kith_plugin_loader::elf;
use support::{build, check, folder};

/// Builds with a constructor that leaves a marker, expects the refusal, and sees that the constructor did not run.
fn refused(flags: &[&str]) -> String {
    let folder = folder();
    let marker = folder.path().join("ran");
    let marking = format!("-DMARKER=\"{}\"", marker.display());
    let mut all = vec![marking.as_str()];
    all.extend(flags);
    let refusal = check(&build(folder.path(), "p.so", &all)).expect_err("must be refused");
    assert!(!marker.exists(), "its code ran");
    refusal.code().to_owned()
}

#[test]
fn an_ordinary_library_is_taken() {
    let folder = folder();
    let checked = check(&build(folder.path(), "p.so", &["-DSALT=200"])).unwrap();
    assert_eq!(checked.facts().needed, ["libc.so.6"]);
    assert_eq!(checked.facts().build_id_hex().len(), 40);
}

#[test]
fn an_ordinary_library_of_each_hash_style_is_taken() {
    let folder = folder();
    for (name, flag) in
        [("s.so", "-Wl,--hash-style=sysv"), ("b.so", "-Wl,--hash-style=both"), ("g.so", "-Wl,--hash-style=gnu")]
    {
        check(&build(folder.path(), name, &["-DSALT=201", flag])).unwrap_or_else(|e| panic!("{flag}: {e}"));
    }
}

#[test]
fn runpath_is_refused() {
    assert_eq!(refused(&["-Wl,-rpath,/tmp", "-Wl,--enable-new-dtags"]), "ELF_RUNPATH");
}

#[test]
fn rpath_is_refused() {
    assert_eq!(refused(&["-Wl,-rpath,/tmp", "-Wl,--disable-new-dtags"]), "ELF_RPATH");
}

#[test]
fn a_needed_library_beside_the_c_library_is_refused() {
    let folder = folder();
    let other = folder.path().join("other.c");
    std::fs::write(&other, "int other(void) { return 1; }").unwrap();
    let so = folder.path().join("libother.so");
    assert!(Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&so).arg(&other).status().unwrap().success());
    let place = format!("-L{}", folder.path().display());
    assert_eq!(refused(&["-Wl,--no-as-needed", &place, "-lother"]), "ELF_NEEDED");
}

#[test]
fn an_executable_stack_is_refused() {
    assert_eq!(refused(&["-Wl,-z,execstack"]), "ELF_EXECSTACK");
}

#[test]
fn text_relocations_are_refused() {
    let folder = folder();
    let source = folder.path().join("t.c");
    // A pointer to a symbol of another library, in a constant section of its own.
    let text = "extern char **environ; __attribute__((visibility(\"default\"))) int kith_plugin_v1(void){return 0;}\n\
                __asm__(\".section .text\\n .quad environ\\n .quad kith_plugin_v1\\n\");";
    std::fs::write(&source, text).unwrap();
    let path = support::build_source(folder.path(), "t.so", &source, &["-Wl,-z,notext"]);
    assert_eq!(check(&path).unwrap_err().code(), "ELF_TEXTREL");
}

#[test]
fn initial_exec_thread_locals_are_refused_with_and_without_the_flag() {
    let folder = folder();
    let source = folder.path().join("t.c");
    let text = "static __thread int x __attribute__((tls_model(\"initial-exec\"))); \
                __attribute__((visibility(\"default\"))) int kith_plugin_v1(void){return ++x;}";
    std::fs::write(&source, text).unwrap();
    let path = support::build_source(folder.path(), "t.so", &source, &["-ftls-model=initial-exec"]);
    assert_eq!(check(&path).unwrap_err().code(), "ELF_STATIC_TLS");
    // The flag taken out by hand: the relocation tells all the same.
    let mut bytes = std::fs::read(&path).unwrap();
    let flags = find_dynamic(&bytes, 30).unwrap();
    bytes[flags + 8] &= !0x10;
    assert_eq!(elf::check(&bytes).unwrap_err().code(), "ELF_STATIC_TLS");
}

#[test]
fn ordinary_thread_locals_are_taken() {
    let folder = folder();
    let source = folder.path().join("t.c");
    let text = "static __thread int x; __attribute__((visibility(\"default\"))) int kith_plugin_v1(void){return ++x;}";
    std::fs::write(&source, text).unwrap();
    let path = support::build_source(folder.path(), "t.so", &source, &[]);
    check(&path).unwrap();
}

#[test]
fn an_extra_export_is_refused() {
    for extra in ["int more(void) { return 1; }", "int more = 1;", "__attribute__((weak)) int more(void) { return 1; }"]
    {
        let folder = folder();
        let header = folder.path().join("more.h");
        std::fs::write(&header, format!("__attribute__((visibility(\"default\"))) {extra}")).unwrap();
        for style in ["-Wl,--hash-style=sysv", "-Wl,--hash-style=gnu"] {
            assert_eq!(refused(&["-include", header.to_str().unwrap(), style]), "ELF_EXPORTS", "{extra}");
        }
    }
}

#[test]
fn a_library_without_the_entry_is_refused() {
    assert_eq!(refused(&["-DNO_ENTRY"]), "ELF_NO_ENTRY");
}

#[test]
fn an_entry_that_is_resolved_by_running_code_is_refused() {
    let folder = folder();
    let source = folder.path().join("t.c");
    let text = "static int real(void){return 0;} static void *pick(void){return real;}\n\
                __attribute__((visibility(\"default\"),ifunc(\"pick\"))) int kith_plugin_v1(void);";
    std::fs::write(&source, text).unwrap();
    let path = support::build_source(folder.path(), "t.so", &source, &[]);
    assert_eq!(check(&path).unwrap_err().code(), "ELF_FEATURE");
    // Nor one that only the library itself calls.
    let text = "static int real(void){return 0;} static void *pick(void){return real;}\n\
                static int own(void) __attribute__((ifunc(\"pick\")));\n\
                __attribute__((visibility(\"default\"))) int kith_plugin_v1(void){return own();}";
    std::fs::write(&source, text).unwrap();
    let path = support::build_source(folder.path(), "u.so", &source, &[]);
    assert_eq!(check(&path).unwrap_err().code(), "ELF_FEATURE");
}

#[test]
fn a_soname_is_refused() {
    assert_eq!(refused(&["-Wl,-soname,libssl.so.3"]), "ELF_SONAME");
}

#[test]
fn a_missing_build_id_is_refused() {
    assert_eq!(refused(&["-Wl,--build-id=none"]), "ELF_BUILD_ID");
    assert_eq!(refused(&["-Wl,--build-id=0x0000000000000000"]), "ELF_BUILD_ID");
    assert_eq!(refused(&["-Wl,--build-id=0x01"]), "ELF_BUILD_ID");
}

#[test]
fn filters_audits_and_global_flags_are_refused() {
    assert_eq!(refused(&["-Wl,--audit,x.so"]), "ELF_FEATURE");
    assert_eq!(refused(&["-Wl,-f,x.so"]), "ELF_FEATURE");
    assert_eq!(refused(&["-Wl,-F,x.so"]), "ELF_FEATURE");
    assert_eq!(refused(&["-Wl,-z,interpose"]), "ELF_FEATURE");
    assert_eq!(refused(&["-Wl,-z,global"]), "ELF_FEATURE");
}

#[test]
fn writable_code_is_refused() {
    let folder = folder();
    let source = folder.path().join("t.c");
    let text = "__asm__(\".section .evil,\\\"awx\\\",@progbits\\n .quad 1\\n .text\\n\");\n\
                __attribute__((visibility(\"default\"))) int kith_plugin_v1(void){return 0;}";
    std::fs::write(&source, text).unwrap();
    let path = support::build_source(folder.path(), "t.so", &source, &[]);
    assert_eq!(check(&path).unwrap_err().code(), "ELF_WRITABLE_CODE");
}

#[test]
fn executables_other_machines_and_other_files_are_refused() {
    let own = std::fs::read("/proc/self/exe").unwrap();
    assert_eq!(elf::check(&own).unwrap_err().code(), "ELF_NOT_SHARED");
    let folder = folder();
    let mut bytes = std::fs::read(build(folder.path(), "p.so", &["-DSALT=202"])).unwrap();
    bytes[18] = 0x28;
    assert_eq!(elf::check(&bytes).unwrap_err().code(), "ELF_MACHINE");
    for other in [&b""[..], b"\x7fELF", b"#!/bin/sh\n", &[0; 4096]] {
        assert_eq!(elf::check(other).unwrap_err().code(), "ELF_MALFORMED");
    }
}

#[test]
fn a_doubled_dynamic_entry_is_refused() {
    let folder = folder();
    let mut bytes = std::fs::read(build(folder.path(), "p.so", &["-DSALT=203"])).unwrap();
    // The entry of the finaliser becomes a second string table.
    let fini = find_dynamic(&bytes, 13).unwrap();
    bytes[fini..fini + 8].copy_from_slice(&5_u64.to_le_bytes());
    assert_eq!(elf::check(&bytes).unwrap_err().code(), "ELF_MALFORMED");
}

#[test]
fn rules_are_judged_by_program_headers_and_not_by_section_headers() {
    let folder = folder();
    let mut bytes = std::fs::read(build(folder.path(), "p.so", &["-Wl,-rpath,/tmp"])).unwrap();
    // No section headers at all: the linker does not need them, nor do we.
    bytes[40..48].fill(0);
    bytes[58..64].fill(0);
    assert_eq!(elf::check(&bytes).unwrap_err().code(), "ELF_RUNPATH");
}

#[test]
fn the_c_library_itself_is_no_plugin() {
    for path in ["/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6"] {
        if Path::new(path).exists() {
            assert!(elf::check(&std::fs::read(path).unwrap()).is_err());
        }
    }
}

#[test]
fn random_changes_and_cuts_never_panic_the_judge() {
    let folder = folder();
    let good = std::fs::read(build(folder.path(), "p.so", &["-DSALT=204", "-Wl,--hash-style=both"])).unwrap();
    let mut state = 99_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below.max(1)
    };
    let dynamic = find_dynamic(&good, 5).unwrap() & !0xff;
    for round in 0..30_000 {
        let mut bytes = good.clone();
        for _ in 0..=random(6) {
            // Where it hurts: headers, the dynamic section, tables; else anywhere.
            let at = match random(4) {
                0 => random(64 + 56 * 12),
                1 => dynamic + random(512),
                2 => 0x200 + random(0x600),
                _ => random(good.len()),
            } % good.len();
            bytes[at] = [0, 1, 0x7f, 0x80, 0xff, random(256) as u8][random(6)];
        }
        if round % 7 == 0 {
            bytes.truncate(random(good.len()));
        }
        kith_plugin_loader::fuzz_elf(&bytes);
    }
}

#[test]
fn judging_takes_well_under_a_millisecond() {
    let folder = folder();
    let bytes = std::fs::read(build(folder.path(), "p.so", &["-DSALT=205"])).unwrap();
    let before = std::time::Instant::now();
    for _ in 0..100 {
        elf::check(&bytes).unwrap();
    }
    eprintln!("ELF rules: {:?} for {} bytes", before.elapsed() / 100, bytes.len());
    assert!(before.elapsed().as_millis() < 1000);
}

/// Where the entry of a tag stands in the file.
fn find_dynamic(bytes: &[u8], wanted: u64) -> Option<usize> {
    let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let table = u64_at(32) as usize;
    let header = (0..20).map(|i| table + 56 * i).find(|at| bytes[*at..at + 4] == 2_u32.to_le_bytes())?;
    let start = u64_at(header + 8) as usize;
    (0..60).map(|i| start + 16 * i).find(|at| u64_at(*at) == wanted)
}
