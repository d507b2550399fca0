//! Calling a loaded plugin: what it says is checked, and everything odd is a denial.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::sync::{Arc, Mutex};

use kith_plugin_loader::abi::BadAnswer;
use kith_plugin_loader::{Attr, Fault, LogLevel, OwnedAttr, OwnedRequest, OwnedValue, Parts, Request, Text, Verdict};
use support::{build, check, folder, load};

fn answer(code: &str) -> Verdict {
    let folder = folder();
    let plugin = load(&build(folder.path(), "p.so", &[&format!("-DAUTHORIZE={code}")]));
    let instance = plugin.create("").unwrap();
    let request = Request::new(&Parts { principal: "anna", ..Parts::default() });
    let one = instance.authorize(&request);
    let mut several = [Verdict::fault_of(Fault::Unavailable); 3];
    instance.authorize_batch(&[request, request, request], &mut several);
    for other in several {
        assert_eq!(one, other, "a batch answers as a single call does");
    }
    one
}

fn refused_answer(code: &str) -> BadAnswer {
    let verdict = answer(code);
    assert!(!verdict.allowed());
    match verdict.fault() {
        Some(Fault::Answer(bad)) => bad,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sound_answer_comes_through() {
    let folder = folder();
    let instance = load(&build(folder.path(), "p.so", &["-DSALT=300"])).create("{}").unwrap();
    instance.self_test().unwrap();
    let ask = |principal: &str| instance.authorize(&Request::new(&Parts { principal, ..Parts::default() }));
    let verdict = ask("anna");
    assert!(verdict.allowed());
    assert_eq!((verdict.reason_code(), verdict.reason(), verdict.fault()), (7, "because", None));
    let obligation = verdict.obligations()[0];
    assert_eq!((obligation.kind, obligation.value, verdict.text_of(&obligation)), (1, 1000, "cau"));
    assert!(!ask("berta").allowed());
    assert_eq!(ask("berta").fault(), None);
}

#[test]
fn ok_without_writing_is_a_denial() {
    let verdict = answer("return KITH_OK;");
    assert!(!verdict.allowed());
    assert_eq!(verdict.fault(), None);
}

#[test]
fn allow_with_a_bad_status_is_a_denial() {
    for status in [1, -1, -2, i32::MIN] {
        let verdict = answer(&format!("decision->effect = KITH_ALLOW; return {status};"));
        assert_eq!((verdict.allowed(), verdict.fault()), (false, Some(Fault::Status(status))));
    }
}

#[test]
fn effect_two_is_a_denial() {
    assert_eq!(refused_answer("decision->effect = 2; return 0;"), BadAnswer::Effect);
    assert_eq!(refused_answer("decision->effect = 0xffffffff; return 0;"), BadAnswer::Effect);
}

#[test]
fn nine_obligations_are_a_denial() {
    assert_eq!(
        refused_answer("decision->effect = 1; decision->n_obligations = 9; return 0;"),
        BadAnswer::TooManyObligations
    );
}

#[test]
fn an_unknown_obligation_is_a_denial() {
    assert_eq!(
        refused_answer(
            "decision->effect = 1; decision->n_obligations = 1; decision->obligations[0].kind = 99; return 0;"
        ),
        BadAnswer::UnknownObligation
    );
}

#[test]
fn an_overlong_text_is_a_denial() {
    assert_eq!(refused_answer("decision->effect = 1; decision->text_len = 297; return 0;"), BadAnswer::TextRange);
}

#[test]
fn an_offset_that_overflows_is_a_denial() {
    let code = "decision->effect = 1; decision->n_obligations = 1; \
                decision->obligations[0] = (kith_obligation){1, 0, 5, 0xfffffff0u, 0x20}; return 0;";
    assert_eq!(refused_answer(code), BadAnswer::TextRange);
}

#[test]
fn bad_utf8_is_a_denial() {
    let code = "decision->effect = 1; decision->text[0] = 0xff; decision->text_len = 1; return 0;";
    assert_eq!(refused_answer(code), BadAnswer::TextEncoding);
    // Cut in the middle of a character.
    let code =
        "decision->effect = 1; memcpy(decision->text, \"\\xe6\\x89\\x93\", 3); decision->text_len = 2; return 0;";
    assert_eq!(refused_answer(code), BadAnswer::TextEncoding);
}

#[test]
fn a_changed_size_is_a_denial() {
    // One at a time: in a batch the helper walks by the size that was just broken.
    let folder = folder();
    let code = "-DAUTHORIZE=decision->effect = 1; decision->size = 0; return 0;";
    let instance = load(&build(folder.path(), "p.so", &[code])).create("").unwrap();
    let verdict = instance.authorize(&Request::new(&Parts::default()));
    assert_eq!((verdict.allowed(), verdict.fault()), (false, Some(Fault::Answer(BadAnswer::Size))));
}

#[test]
fn a_batch_of_more_than_fits_one_call_is_split() {
    let folder = folder();
    for (flag, salt) in [("-DNO_BATCH", "-DSALT=301"), ("-DSOME", "-DSALT=302")] {
        let instance = load(&build(folder.path(), "p.so", &[flag, salt])).create("").unwrap();
        let names: Vec<String> = (0..100).map(|i| if i % 3 == 0 { format!("a{i}") } else { format!("b{i}") }).collect();
        let parts: Vec<Parts<'_>> = names.iter().map(|principal| Parts { principal, ..Parts::default() }).collect();
        let requests: Vec<Request<'_>> = parts.iter().map(Request::new).collect();
        let mut verdicts = vec![Verdict::fault_of(Fault::Unavailable); 100];
        instance.authorize_batch(&requests, &mut verdicts);
        for (i, verdict) in verdicts.iter().enumerate() {
            assert_eq!((verdict.allowed(), verdict.fault()), (i % 3 == 0, None), "{i}");
        }
    }
}

#[test]
fn every_kind_of_attribute_and_role_arrives() {
    let code = "const kith_attr *a = request->attrs; size_t ok = request->n_attrs == 6 && request->n_roles == 2 \
                && request->roles[1].len == 5 && a[0].tag == KITH_TAG_NONE && a[1].v.i == 1 && a[2].v.i == -5 \
                && a[3].v.f == 2.5 && a[4].v.s.len == 6 && a[5].tag == KITH_TAG_MONEY && a[5].aux == 156 && a[5].v.i == 99 \
                && request->request_id[15] == 9 && request->size == sizeof *request; \
                decision->effect = ok; return 0;";
    let folder = folder();
    let instance = load(&build(folder.path(), "p.so", &[&format!("-DAUTHORIZE={code}")])).create("").unwrap();
    let roles = [Text::new("clerk"), Text::new("night")];
    let attrs = [
        Attr::none("a"),
        Attr::bool("b", true),
        Attr::i64("c", -5),
        Attr::f64("d", 2.5),
        Attr::text("e", "打印"),
        Attr::money("f", 99, 156),
    ];
    let mut request_id = [0; 16];
    request_id[15] = 9;
    let parts = Parts { request_id, roles: &roles, attrs: &attrs, ..Parts::default() };
    assert!(instance.authorize(&Request::new(&parts)).allowed());
    let attr = |key: &str, value| OwnedAttr { key: key.into(), value };
    let owned = OwnedRequest {
        request_id,
        roles: vec!["clerk".into(), "night".into()],
        attrs: vec![
            attr("a", OwnedValue::None),
            attr("b", OwnedValue::Bool(true)),
            attr("c", OwnedValue::I64(-5)),
            attr("d", OwnedValue::F64(2.5)),
            attr("e", OwnedValue::Str("打印".into())),
            attr("f", OwnedValue::Money(99, 156)),
        ],
        ..OwnedRequest::default()
    };
    assert!(owned.with(|request| instance.authorize(request)).allowed());
}

#[test]
fn the_description_is_copied_and_logged() {
    let folder = folder();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = lines.clone();
    let plugin = check(&build(folder.path(), "p.so", &["-DSALT=303"]))
        .unwrap()
        .load(Box::new(move |level, line| sink.lock().unwrap().push((level, line.to_owned()))))
        .unwrap();
    let told = plugin.describe().unwrap();
    assert_eq!(told, plugin.describe().unwrap(), "the same each time");
    assert_eq!(told.permissions[1].code, "acme.print");
    assert_eq!(told.permissions[1].parent, Some(0));
    assert_eq!(told.settings[0].key, "copies");
    told.tree(Some("acme")).unwrap();
    assert_eq!(told.tree(Some("other")).unwrap_err().code(), "TREE_FOREIGN");
    assert_eq!(lines.lock().unwrap()[0], (LogLevel::Info, "described here".to_owned()));
}

#[test]
fn bad_descriptions_are_refused() {
    let emit = |change: &str| {
        format!(
            "kith_permission p = {{sizeof p, KITH_NO_PARENT, 0, 0, KITH_STR(\"acme.a\"), KITH_STR(\"A\"), KITH_STR(\"A\"), \
             KITH_STR(\"\")}}; {change} host->emit_permission(host->ctx, &p); return KITH_OK;"
        )
    };
    let setting = |change: &str| {
        format!(
            "kith_setting s = {{sizeof s, KITH_TAG_I64, KITH_STR(\"copies\"), KITH_STR(\"C\"), KITH_STR(\"1\"), \
             KITH_STR(\"{{}}\")}}; {change} host->emit_setting(host->ctx, &s); return KITH_OK;"
        )
    };
    let cases = [
        (emit("p.size = 0;"), "DESCRIBE_STRUCT"),
        (emit("p.size = 0xffffffff;"), "DESCRIBE_STRUCT"),
        (emit("host->emit_permission(host->ctx, 0);"), "DESCRIBE_STRUCT"),
        (emit("p.parent = 0;"), "DESCRIBE_PARENT"),
        (emit("p.risk = 7;"), "DESCRIBE_VALUE"),
        (emit("p.flags = 0x80000000u;"), "DESCRIBE_VALUE"),
        (emit("p.code.ptr = 0;"), "DESCRIBE_TEXT"),
        (emit("p.title_en.len = 1 << 20;"), "DESCRIBE_TEXT"),
        (emit("p.title_en.len = (size_t)-1;"), "DESCRIBE_TEXT"),
        (emit("p.title_en.ptr = (const uint8_t *)\"\\xff\";"), "DESCRIBE_TEXT"),
        (emit("for (int i = 0; i < 100000; i++) host->emit_permission(host->ctx, &p);"), "DESCRIBE_TOO_MANY"),
        (emit("host->emit_permission(host->ctx, &p);"), "TREE_DOUBLED"),
        (emit("p.code = KITH_STR(\"refund.approve\");"), "TREE_FOREIGN"),
        (setting("s.kind = 77;"), "DESCRIBE_VALUE"),
        (setting("s.key = KITH_STR(\"No good\");"), "DESCRIBE_KEY"),
        (setting("host->emit_setting(host->ctx, &s);"), "DESCRIBE_KEY"),
        (setting("s.default_json = KITH_STR(\"{\");"), "DESCRIBE_JSON"),
        (setting("s.schema_json.len = 1 << 20;"), "DESCRIBE_TEXT"),
        ("return KITH_ERROR;".to_owned(), "DESCRIBE_STATUS"),
        (emit("static int turn; p.risk = turn++ & 1;"), "DESCRIBE_CHANGES"),
    ];
    let folder = folder();
    for (i, (code, expected)) in cases.iter().enumerate() {
        let plugin = load(&build(folder.path(), &format!("p{i}.so"), &[&format!("-DDESCRIBE={code}")]));
        let refusal = plugin.describe().and_then(|told| told.tree(Some("acme"))).expect_err(code);
        assert_eq!(refusal.code(), *expected, "{code}");
    }
}

#[test]
fn an_entry_that_breaks_the_contract_is_refused_once_and_for_all() {
    let folder = folder();
    let cases = [
        "return 0;",
        "plugin.magic ^= 1;",
        "plugin.size = 0;",
        "plugin.size = 0xffffffffu;",
        "plugin.size -= 1;",
        "plugin.major = 2;",
        "plugin.requires = 1ull << 63;",
        "plugin.authorize = 0;",
        "plugin.self_test = 0;",
        "return (const kith_plugin *)((const char *)&plugin + 4);",
    ];
    for (i, code) in cases.iter().enumerate() {
        let path = build(folder.path(), &format!("p{i}.so"), &[&format!("-DENTRY={code}")]);
        let refusal = check(&path).unwrap().load(Box::new(|_, _| ())).expect_err(code);
        assert_eq!(refusal.code(), "LOAD_CONTRACT", "{code}");
        // Not loaded a second time: nothing in it runs again.
        assert_eq!(check(&path).unwrap().load(Box::new(|_, _| ())).expect_err(code), refusal);
    }
    let path = build(folder.path(), "build.so", &["-DENTRY=plugin.build_id[0] ^= 1;"]);
    assert_eq!(check(&path).unwrap().load(Box::new(|_, _| ())).unwrap_err().code(), "LOAD_BUILD_ID");
}

#[test]
fn a_later_minor_version_with_more_functions_is_taken() {
    let folder = folder();
    let code = "static struct { kith_plugin now; void *later[9]; } big; big.now = plugin; big.now.minor = 1; \
                big.now.size = sizeof big; big.now.features = ~0ull; return &big.now;";
    let plugin = load(&build(folder.path(), "p.so", &[&format!("-DENTRY={code}")]));
    assert_eq!(plugin.version(), (1, 1));
    let request = Request::new(&Parts { principal: "anna", ..Parts::default() });
    assert!(plugin.create("").unwrap().authorize(&request).allowed());
}

#[test]
fn an_unresolvable_symbol_is_refused_at_loading() {
    let folder = folder();
    let code = "extern int nowhere_to_be_found(void); return nowhere_to_be_found();";
    let path = build(folder.path(), "p.so", &[&format!("-DAUTHORIZE={code}")]);
    let refusal = check(&path).unwrap().load(Box::new(|_, _| ())).unwrap_err();
    assert_eq!(refusal.code(), "LOAD_FAILED");
    assert!(refusal.to_string().contains("nowhere_to_be_found"), "{refusal}");
}

#[test]
fn settings_that_do_not_suit_are_refused() {
    let folder = folder();
    let plugin = load(&build(folder.path(), "p.so", &["-DSALT=304"]));
    assert_eq!(plugin.create("fail").unwrap_err().code(), "CREATE_FAILED");
    assert_eq!(plugin.create(&"x".repeat(70_000)).unwrap_err().code(), "CREATE_SETTINGS");
}

#[test]
fn plugins_with_the_same_symbols_and_a_malloc_of_their_own_do_not_meet() {
    let folder = folder();
    let own = "-Dmalloc=own_malloc -Dfree=own_free";
    let code = "static char pool[64]; static int used; void *own_malloc(size_t n){return pool + 8 * (used++ % 8);} \
                void own_free(void *p){(void)p;}";
    std::fs::write(folder.path().join("own.h"), format!("#include <stddef.h>\n{code}")).unwrap();
    let include = format!("-include{}/own.h", folder.path().display());
    let mut flags: Vec<&str> = own.split(' ').collect();
    flags.extend([include.as_str(), "-DAUTHORIZE=decision->reason_code = 1; return 0;"]);
    let first = load(&build(folder.path(), "a.so", &flags)).create("").unwrap();
    let second = load(&build(folder.path(), "b.so", &["-DAUTHORIZE=decision->reason_code = 2; return 0;"]));
    let second = second.create("").unwrap();
    let request = Request::new(&Parts::default());
    for _ in 0..10 {
        assert_eq!(first.authorize(&request).reason_code(), 1);
        assert_eq!(second.authorize(&request).reason_code(), 2);
    }
}

#[test]
fn a_thousand_reloads_of_the_same_bytes_leave_one_library() {
    let folder = folder();
    let path = build(folder.path(), "p.so", &["-DSALT=305"]);
    let first = load(&path);
    let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = descriptors();
    for _ in 0..1000 {
        let plugin = load(&path);
        assert_eq!(plugin.digest(), first.digest());
        drop(plugin.create("").unwrap());
    }
    // Other tests of this process load their own meanwhile.
    assert!(descriptors() < before + 60);
}

#[test]
fn all_threads_share_an_instance() {
    let folder = folder();
    let instance = load(&build(folder.path(), "p.so", &["-DSALT=306"])).create("").unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let instance = &instance;
            scope.spawn(move || {
                let name = format!("{}{thread}", if thread % 2 == 0 { "a" } else { "b" });
                let parts = Parts { principal: &name, ..Parts::default() };
                let request = Request::new(&parts);
                for _ in 0..20_000 {
                    assert_eq!(instance.authorize(&request).allowed(), thread % 2 == 0);
                }
            });
        }
    });
}

/// Run with `cargo test --release -p kith-plugin-loader --test calls measured -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn measured_a_validated_call() {
    let folder = folder();
    let request = Request::new(&Parts { principal: "anna", permission: "acme.print", ..Parts::default() });
    for (what, code) in [
        ("allow, one obligation, 7 bytes of text", None),
        ("allow, nothing else", Some("-DAUTHORIZE=decision->effect = 1; return 0;")),
    ] {
        let instance = load(&build(folder.path(), "p.so", &[code.unwrap_or("-DSALT=307"), "-O2"])).create("").unwrap();
        let mut best = f64::MAX;
        for _ in 0..20 {
            let before = std::time::Instant::now();
            let mut allowed = 0_u32;
            for _ in 0..100_000 {
                allowed +=
                    u32::from(std::hint::black_box(&instance).authorize(std::hint::black_box(&request)).allowed());
            }
            assert_eq!(allowed, 100_000);
            best = best.min(before.elapsed().as_nanos() as f64 / 100_000.0);
        }
        eprintln!("{what}: {best:.1} ns a call");
    }
}
