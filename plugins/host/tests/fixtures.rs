//! Every plugin that is built to misbehave, taken all the way: file, load, description, start, one question. Each must
//! end where this says, and none of them may harm the process that hosts them.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use kith_plugin_fixtures::{Case, TRIES, build, marker};
use kith_plugin_host::{Config, Isolated, probe};
use kith_plugin_loader::{OwnedRequest, Rules, open};
use support::patient;

/// Where a plugin's way ends: the code of a refusal, the name of a fault, `DENY` or `ALLOW`.
fn outcome(case: Case, folder: &Path) -> String {
    let path = build(case, folder);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let sealed = open(folder, name, &Rules::standard(16 << 20)).unwrap().seal().unwrap();
    let measured = match sealed.measure() {
        Ok(measured) => measured,
        Err(refusal) => return refusal.code().to_owned(),
    };
    let checked = sealed.check(&measured).unwrap();
    // Impatient only with what must not end by itself: this machine may be busy.
    let hangs = expected(case) == "CHILD_SLOW";
    let start_limit = Duration::from_secs(if hangs { 1 } else { 60 });
    let most = Duration::from_millis(if expected(case) == "deadline" { 300 } else { 30_000 });
    let config = Config { start_limit, deadline: most, hard_deadline: most, memory: 64 << 20, ..patient() };
    let found = match probe(&config, &checked, "{}", None) {
        Ok(found) => found,
        Err(refusal) => return refusal.code().to_owned(),
    };
    if let Err(refusal) = found.description.tree(Some("fixture")) {
        return refusal.code().to_owned();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let plugin = match Isolated::start(config, checked, "{}").await {
            Ok(plugin) => plugin,
            Err(refusal) => return refusal.code().to_owned(),
        };
        let request = OwnedRequest { permission: "fixture.act".into(), ..OwnedRequest::default() };
        let verdict = plugin.authorize(request).await;
        match verdict.fault() {
            Some(fault) => {
                assert!(!verdict.allowed());
                fault.name().to_owned()
            }
            None if verdict.allowed() => "ALLOW".to_owned(),
            None => "DENY".to_owned(),
        }
    })
}

fn expected(case: Case) -> &'static str {
    use Case as C;
    match case {
        C::Good | C::NullBatch | C::MinorOne | C::GuardPage | C::Obliges | C::DelayedEcho => "ALLOW",
        C::FloodsLog | C::LogGarbage | C::CrashInDestroy | C::DestructorCrashes => "ALLOW",
        C::SymbolsA | C::SymbolsB | C::OwnMalloc | C::PanicsInDrop => "ALLOW",
        C::BadMagic | C::SizeZero | C::SizeHuge | C::NullPlugin | C::MajorTwo | C::UnknownRequires => "LOAD_CONTRACT",
        C::NullDescribe | C::NullCreate | C::NullDestroy | C::NullAuthorize | C::NullSelfTest => "LOAD_CONTRACT",
        C::ShortAtGuardPage => "LOAD_CONTRACT",
        C::NoBuildId => "LOAD_BUILD_ID",
        C::OkWithoutWriting | C::Denies | C::Tries => "DENY",
        C::AllowButFails | C::EmitsLate => "failed",
        C::EffectTwo | C::NineObligations | C::TextTooLong | C::TextOffsetOverflow | C::BadUtf8 => "bad_answer",
        C::UnknownObligation | C::BadObligation | C::ChangesSize => "bad_answer",
        C::Segfault | C::Abort | C::ExitZero | C::StackOverflow | C::AllocationBomb => "crashed",
        // Forbidden calls: a signal to itself, and a write to the server's socket.
        C::Stops | C::WritesStdout => "crashed",
        C::EndlessLoop | C::Sleeps => "deadline",
        C::CrashInEntry | C::CrashInDescribe | C::CrashInCreate | C::CrashInSelfTest => "CHILD_DIED",
        C::ConstructorCrashes => "CHILD_DIED",
        C::HangInEntry | C::HangInDescribe | C::HangInCreate | C::HangInSelfTest => "CHILD_SLOW",
        C::ConstructorSleeps => "CHILD_SLOW",
        C::ConstructorMarks => "CHILD_FORBIDDEN_CALL",
        C::FailDescribe => "DESCRIBE_STATUS",
        C::FailCreate | C::PanicsInCreate => "CREATE_FAILED",
        C::FailSelfTest | C::PanicsInSelfTest => "SELF_TEST_FAILED",
        C::NullInstance => "CREATE_NULL",
        C::TreeCycle | C::TreeBadParent => "DESCRIBE_PARENT",
        C::TreeHuge | C::SettingsHuge => "DESCRIBE_TOO_MANY",
        C::TreeHugeTitle | C::TreeBadUtf8 | C::TreeNullText => "DESCRIBE_TEXT",
        C::TreeBadRisk | C::TreeBadFlags => "DESCRIBE_VALUE",
        C::TreeNull | C::TreeShort => "DESCRIBE_STRUCT",
        C::TreeChanges => "DESCRIBE_CHANGES",
        C::SettingsDoubled => "DESCRIBE_KEY",
        C::TreeDoubledCode => "TREE_DOUBLED",
        C::TreeForeignPrefix | C::TreeIgnoresRefusal => "TREE_FOREIGN",
        C::TreeBadCode => "TREE_CODE",
        C::TreeDeep => "TREE_TOO_DEEP",
        C::TreeBidi => "TREE_TEXT",
        C::ExtraExport | C::NoExport => "ELF_EXPORTS",
        C::RunPath => "ELF_RUNPATH",
        C::RPath => "ELF_RPATH",
        C::ExtraNeeded => "ELF_NEEDED",
        C::ExecStack => "ELF_EXECSTACK",
        C::TextRel => "ELF_TEXTREL",
        C::StaticTls => "ELF_STATIC_TLS",
        C::Filter | C::Auxiliary | C::Audit | C::Indirect => "ELF_FEATURE",
        C::WritableCode => "ELF_WRITABLE_CODE",
        C::Panics | C::PanicsWithSpite => "panicked",
        C::PanicsTwice | C::PanicsAndAborts => "crashed",
    }
}

/// In four parts, which can run side by side.
#[test]
fn every_misbehaviour_in_c_ends_where_it_must_1() {
    all(Case::ALL.iter().filter(|case| !case.is_rust()).step_by(4));
}

#[test]
fn every_misbehaviour_in_c_ends_where_it_must_2() {
    all(Case::ALL.iter().filter(|case| !case.is_rust()).skip(1).step_by(4));
}

#[test]
fn every_misbehaviour_in_c_ends_where_it_must_3() {
    all(Case::ALL.iter().filter(|case| !case.is_rust()).skip(2).step_by(4));
}

#[test]
fn every_misbehaviour_in_c_ends_where_it_must_4() {
    all(Case::ALL.iter().filter(|case| !case.is_rust()).skip(3).step_by(4));
}

/// Panics: caught, in `Drop`, with a payload whose `Drop` panics, twice, and with `panic = "abort"`.
#[test]
fn every_misbehaviour_in_rust_ends_where_it_must() {
    all(Case::ALL.iter().filter(|case| case.is_rust()));
}

fn all<'a>(cases: impl Iterator<Item = &'a Case>) {
    let folder = tempfile::Builder::new().prefix("kith-fixtures-").tempdir().unwrap();
    let mut wrong = Vec::new();
    for &case in cases {
        let before = std::time::Instant::now();
        let got = outcome(case, folder.path());
        eprintln!("{case:?}: {got} after {:?}", before.elapsed());
        if got != expected(case) {
            wrong.push(format!("{case:?}: {got}, expected {}", expected(case)));
        }
        if case.is_refused_by_file() {
            assert!(!marker(case, folder.path()).exists(), "{case:?} ran");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_that_a_plugin_tries_is_let_through() {
    let folder = tempfile::Builder::new().prefix("kith-fixtures-").tempdir().unwrap();
    let path = build(Case::Tries, folder.path());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let sealed = open(folder.path(), "libtries.so", &Rules::standard(16 << 20)).unwrap().seal().unwrap();
        let expected = sealed.measure().unwrap();
        let plugin = Isolated::start(patient(), sealed.check(&expected).unwrap(), "{}").await.unwrap();
        for &what in TRIES {
            let request =
                OwnedRequest { permission: "fixture.act".into(), field: what.into(), ..OwnedRequest::default() };
            let verdict = plugin.authorize(request).await;
            assert!(!verdict.allowed(), "{what} was let through");
            if plugin.stats().state != kith_plugin_host::State::Ready || plugin.child_id().is_none() {
                support::until_state(&plugin, kith_plugin_host::State::Quarantined).await;
            }
            plugin.release();
            support::until_state(&plugin, kith_plugin_host::State::Ready).await;
        }
    });
}
