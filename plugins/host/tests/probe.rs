//! Trying a library in a child that is thrown away.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::{Duration, Instant};

use kith_plugin_host::{Config, Golden, ProbeRefusal, Probed, probe};
use support::{config, library, patient};

fn tried(flags: &[&str], golden: Option<&str>) -> Result<Probed, ProbeRefusal> {
    let golden = golden.map(|json| Golden::parse(json).unwrap());
    probe(&patient(), &library(flags), "{}", golden.as_ref())
}

fn code(flags: &[&str]) -> String {
    tried(flags, None).expect_err("must be refused").code().to_owned()
}

#[test]
fn a_sound_library_passes_and_is_described() {
    let found = tried(&[], None).unwrap();
    assert_eq!(found.description.permissions.len(), 2);
    assert_eq!(found.description.permissions[1].code, "acme.ok");
    assert_eq!(found.description.settings[0].key, "copies");
    found.description.tree(Some("acme")).unwrap();
}

#[test]
fn the_description_is_the_same_as_in_process() {
    let library = library(&["-DSALT=2"]);
    let isolated = probe(&patient(), &library, "{}", None).unwrap().description;
    let in_process = library.load(Box::new(|_, _| ())).unwrap().describe().unwrap();
    assert_eq!(isolated, in_process);
}

/// The contract: `create` gets all settings, defaults filled in.
#[test]
fn what_is_not_set_has_its_default_and_what_is_set_stays() {
    let only = |copies: u8| {
        let library = library(&[&format!(
            "-DCREATE=if (!memmem(settings.ptr, settings.len, \"\\\"copies\\\":{copies}\", 10)) return KITH_BAD_SETTINGS;"
        )]);
        move |settings: &str| probe(&patient(), &library, settings, None).map(|_| ()).map_err(|e| e.code().to_owned())
    };
    for settings in ["{}", "", "{\"other\": 2}", "{\"copies\": 1}"] {
        assert_eq!(only(1)(settings), Ok(()), "{settings:?}");
    }
    assert_eq!(only(7)("{\"copies\": 7}"), Ok(()));
    assert_eq!(only(7)("{}"), Err("CREATE_FAILED".to_owned()));
}

#[test]
fn golden_vectors_are_compared() {
    let vector = |permission: &str, allow: bool| {
        let id = "0".repeat(32);
        format!(
            "{{\"name\":\"{permission}\",\"request\":{{\"permission\":\"{permission}\"}},\
             \"decision\":{{\"allow\":{allow},\"reason_code\":4294967295,\"reason\":\"{id}\"}}}}"
        )
    };
    let file = |vectors: &[String]| format!("{{\"vectors\":[{}]}}", vectors.join(","));
    let good: Vec<String> =
        (0..70).map(|i| vector(if i % 2 == 0 { "acme.ok" } else { "acme.no" }, i % 2 == 0)).collect();
    assert_eq!(tried(&[], Some(&file(&good))).unwrap().vectors, 70);
    let wrong = [vector("acme.ok", true), vector("acme.no", true)];
    match tried(&[], Some(&file(&wrong))).unwrap_err() {
        ProbeRefusal::Golden(mismatches) => {
            assert_eq!(mismatches.len(), 1);
            assert_eq!(mismatches[0].name, "acme.no");
        }
        other => panic!("{other}"),
    }
    assert_eq!(tried(&[], Some(&file(&[vector("acme.abort", false)]))).unwrap_err().code(), "PROBE_DIED");
    assert!(Golden::parse("{\"vectors\":[],\"extra\":1}").is_err());
}

#[test]
fn what_hangs_is_ended_in_time() {
    let impatient = Config { start_limit: Duration::from_millis(400), ..config() };
    for flag in
        ["-DCONSTRUCTOR=for (;;) {}", "-DDESCRIBE=for (;;) {}", "-DCREATE=for (;;) {}", "-DSELF_TEST=for (;;) {}"]
    {
        let library = library(&[flag]);
        let before = Instant::now();
        let refusal = probe(&impatient, &library, "{}", None).unwrap_err();
        assert_eq!(refusal.code(), "CHILD_SLOW", "{flag}");
        assert!(before.elapsed() < Duration::from_secs(2), "{flag}: {:?}", before.elapsed());
    }
}

#[test]
fn golden_vectors_that_hang_are_ended_in_time() {
    let impatient = Config { start_limit: Duration::from_millis(500), ..config() };
    let json =
        "{\"vectors\":[{\"name\":\"x\",\"request\":{\"permission\":\"acme.loop\"},\"decision\":{\"allow\":true}}]}";
    let golden = Golden::parse(json).unwrap();
    let refusal = probe(&impatient, &library(&["-DSALT=3"]), "{}", Some(&golden)).unwrap_err();
    assert!(["PROBE_SLOW", "CHILD_SLOW"].contains(&refusal.code()), "{refusal}");
}

#[test]
fn a_constructor_that_sleeps_or_crashes_does_so_in_the_child() {
    assert_eq!(code(&["-DCONSTRUCTOR=*(volatile int *)8 = 1;"]), "CHILD_DIED");
    assert_eq!(code(&["-DCONSTRUCTOR=abort();"]), "CHILD_DIED");
    assert_eq!(code(&["-DCONSTRUCTOR=_exit(0);"]), "CHILD_DIED");
}

#[test]
fn crashes_in_other_entries_are_seen() {
    assert_eq!(code(&["-DDESCRIBE=abort();"]), "CHILD_DIED");
    assert_eq!(code(&["-DCREATE=abort();"]), "CHILD_DIED");
    assert_eq!(code(&["-DSELF_TEST=abort();"]), "CHILD_DIED");
    assert_eq!(code(&["-DCREATE=return KITH_BAD_SETTINGS;"]), "CREATE_FAILED");
    assert_eq!(code(&["-DSELF_TEST=return KITH_ERROR;"]), "SELF_TEST_FAILED");
    assert_eq!(code(&["-DDESCRIBE=return KITH_ERROR;"]), "DESCRIBE_STATUS");
}

#[test]
fn a_description_beyond_bounds_is_refused() {
    let flood = "for (int i = 0; i < 100000; i++) host->emit_permission(host->ctx, &p);";
    assert_eq!(code(&[&format!("-DDESCRIBE={flood}")]), "DESCRIBE_TOO_MANY");
    assert_eq!(code(&["-DDESCRIBE=p.title_en.len = 1 << 20;"]), "DESCRIBE_TEXT");
}
