//! The exported symbol from the host's side, in one process.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::ffi::c_void;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use kith_plugin_sdk::abi::{self, Status, Str, status};
use kith_plugin_sdk::{
    Ask, Decision, Host, Kind, Money, Obligation, Permission, Plugin, Request, Setting, kith_plugin, settings,
};

/// Instances of the test that ends one.
static LIVING: AtomicUsize = AtomicUsize::new(0);

struct Sample {
    most: i64,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SampleSettings {
    most: i64,
}

/// A payload that panics when it is dropped.
struct Spiteful;

impl Drop for Spiteful {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

impl Plugin for Sample {
    const PERMISSIONS: &'static [Permission] = &[
        Permission::new("sample.b.deep.one", "One", "一").high_risk(),
        Permission::group("sample", "Sample", "样例"),
        Permission::group("sample.b", "B", "乙").money().help("All of B."),
        Permission::new("sample.bb", "BB", "乙乙"),
    ];
    const SETTINGS: &'static [Setting] =
        &[Setting::new("most", "At most", Kind::Integer).default("10").schema(r#"{"minimum":1}"#)];

    fn create(json: &str, _host: Host) -> Result<Self, String> {
        let SampleSettings { most } = settings::<Self, _>(json)?;
        assert_ne!(most, 13, "an unlucky number");
        LIVING.fetch_add(usize::from(most == 77), Ordering::SeqCst);
        Ok(Self { most })
    }

    fn authorize(&self, request: &Request<'_>) -> Decision {
        match request.permission() {
            "sample.panic" => panic!("as asked"),
            "sample.spite" => std::panic::panic_any(Spiteful),
            "sample.nine" => (0..9).fold(Decision::allow(), |d, n| d.oblige(Obligation::CountPerDay(n + 1))),
            "sample.long" => Decision::deny(4, "宝".repeat(200)).zh("短"),
            "sample.texts" => Decision::allow()
                .oblige_because(Obligation::CountPerDay(5), "Five a day.")
                .oblige(Obligation::SecondApproverAbove(Money { minor: 7, currency: 156 }))
                .zh("可以"),
            _ if request.i64("n").is_some_and(|n| n <= self.most) => Decision::allow(),
            _ => Decision::deny(3, format_args!("At most {}.", self.most)).zh(format_args!("最多 {}。", self.most)),
        }
    }

    fn self_test(&self) -> Result<(), String> {
        if self.most == 99 { Err("99 never works".to_owned()) } else { Ok(()) }
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        LIVING.fetch_sub(usize::from(self.most == 77), Ordering::SeqCst);
        assert_ne!(self.most, 66, "panics when it ends");
    }
}

kith_plugin!(Sample);

unsafe extern "C" {
    fn kith_plugin_v1(host: *const abi::Host) -> *const abi::Plugin;
}

#[derive(Default)]
struct Heard {
    permissions: Vec<(String, Option<u32>, u32, u32)>,
    settings: Vec<(String, String)>,
    lines: Vec<String>,
}

static HEARD: Mutex<Heard> = Mutex::new(Heard { permissions: Vec::new(), settings: Vec::new(), lines: Vec::new() });

fn own(text: Str) -> String {
    // SAFETY: lent for the call.
    unsafe { text.text() }.unwrap().to_owned()
}

unsafe extern "C" fn log(_: *mut c_void, _: u32, text: Str) {
    HEARD.lock().unwrap().lines.push(own(text));
}

unsafe extern "C" fn mono(_: *mut c_void) -> u64 {
    5
}

unsafe extern "C" fn permission(_: *mut c_void, one: *const abi::Permission) -> Status {
    // SAFETY: lent for the call.
    let one = unsafe { *one };
    let parent = (one.parent != abi::NO_PARENT).then_some(one.parent);
    HEARD.lock().unwrap().permissions.push((own(one.code), parent, one.risk, one.flags));
    status::OK
}

unsafe extern "C" fn setting(_: *mut c_void, one: *const abi::Setting) -> Status {
    // SAFETY: lent for the call.
    let one = unsafe { *one };
    HEARD.lock().unwrap().settings.push((own(one.key), own(one.default_json)));
    status::OK
}

static HOST: abi::Host = abi::Host {
    magic: abi::HOST_MAGIC,
    size: abi::Host::SIZE,
    major: abi::MAJOR,
    minor: abi::MINOR,
    features: abi::feature::KNOWN,
    ctx: ptr::null_mut(),
    log: Some(log),
    mono_ns: Some(mono),
    emit_permission: Some(permission),
    emit_setting: Some(setting),
};

fn plugin() -> abi::Plugin {
    // SAFETY: the host and the plugin of this file.
    unsafe { abi::read_plugin(kith_plugin_v1(&HOST), abi::feature::KNOWN) }.unwrap()
}

fn create(json: &str) -> Result<*mut c_void, Status> {
    let mut instance = ptr::null_mut();
    // SAFETY: as the contract has it.
    match unsafe { plugin().create.unwrap()(&HOST, Str::new(json), &mut instance) } {
        status::OK => Ok(instance),
        failed => Err(failed),
    }
}

fn decide(instance: *mut c_void, ask: &Ask) -> (Status, abi::Decision) {
    let mut decision = abi::Decision::DENY;
    // SAFETY: as the contract has it.
    let status = ask.raw(|request| unsafe { plugin().authorize.unwrap()(instance, request, &mut decision) });
    (status, decision)
}

#[test]
fn hosts_that_are_none_get_no_plugin() {
    let other = abi::Host { magic: 3, ..HOST };
    let short = abi::Host { size: 8, ..HOST };
    let major = abi::Host { major: 2, ..HOST };
    for host in [ptr::null(), &raw const other, &raw const short, &raw const major] {
        // SAFETY: NULL or a whole struct.
        assert!(unsafe { kith_plugin_v1(host) }.is_null());
    }
}

#[test]
fn permissions_stand_below_the_longest_code_that_begins_theirs() {
    // SAFETY: as the contract has it.
    assert_eq!(unsafe { plugin().describe.unwrap()(&HOST) }, status::OK);
    let heard = HEARD.lock().unwrap();
    let expected = [("sample.b.deep.one", Some(2), 1, 0), ("sample", None, 0, 1), ("sample.b", Some(1), 0, 3)];
    for (got, (code, parent, risk, flags)) in heard.permissions.iter().zip(expected) {
        assert_eq!(*got, (code.to_owned(), parent, risk, flags));
    }
    assert_eq!(heard.permissions[3], ("sample.bb".to_owned(), Some(1), 0, 0), "sample.b is no parent of sample.bb");
    assert_eq!(heard.settings, [("most".to_owned(), "10".to_owned())]);
}

#[test]
fn settings_have_defaults_and_wrong_ones_are_refused() {
    let of = |json| decide(create(json).unwrap(), &Ask::new("sample.b").attr("n", 11)).1.verdict().unwrap().allowed();
    assert!(!of(""));
    assert!(!of("{}"));
    assert!(of(r#"{"most": 11}"#));
    for wrong in [r#"{"most": "x"}"#, r#"{"other": 1}"#, "[]", "nonsense"] {
        assert_eq!(create(wrong), Err(status::BAD_SETTINGS), "{wrong}");
    }
    let mut instance = ptr::null_mut();
    let broken = Str { ptr: b"\xFF".as_ptr(), len: 1 };
    // SAFETY: as the contract has it.
    unsafe {
        assert_eq!(plugin().create.unwrap()(&HOST, broken, &mut instance), status::BAD_ARGUMENT);
        assert_eq!(plugin().create.unwrap()(&HOST, Str::EMPTY, ptr::null_mut()), status::BAD_ARGUMENT);
    }
}

#[test]
fn panics_are_statuses_and_their_payload_is_never_dropped() {
    let instance = create("{}").unwrap();
    for code in ["sample.panic", "sample.spite"] {
        let (status, decision) = decide(instance, &Ask::new(code));
        assert_eq!(status, status::PANIC);
        assert!(!decision.verdict().unwrap().allowed());
    }
    assert!(HEARD.lock().unwrap().lines.iter().any(|line| line.contains("as asked")), "the host's log has it");
    assert_eq!(create(r#"{"most": 13}"#), Err(status::PANIC));
    let (ok, decision) = decide(instance, &Ask::new("sample.b").attr("n", 1));
    assert_eq!((ok, decision.verdict().unwrap().allowed()), (status::OK, true), "the instance goes on");
    // SAFETY: as the contract has it; the panic in `Drop` must not come out.
    unsafe { plugin().destroy.unwrap()(create(r#"{"most": 66}"#).unwrap()) };
}

#[test]
fn more_obligations_than_fit_deny() {
    let (status, decision) = decide(create("{}").unwrap(), &Ask::new("sample.nine"));
    assert_eq!(status, status::ERROR);
    assert_eq!(decision.effect, abi::effect::DENY);
}

#[test]
fn texts_are_cut_at_a_character_and_reasons_stand_before_explanations() {
    let instance = create("{}").unwrap();
    let (_, decision) = decide(instance, &Ask::new("sample.long"));
    let reason = decision.verdict().unwrap().reason().to_owned();
    assert_eq!(reason.trim_end_matches('\n'), "宝".repeat(98));
    let (_, decision) = decide(instance, &Ask::new("sample.texts"));
    let verdict = decision.verdict().unwrap();
    assert_eq!(abi::split_reason(verdict.reason()), ("", Some("可以")));
    let texts: Vec<_> = verdict.obligations().iter().map(|one| verdict.text_of(one)).collect();
    assert_eq!(texts, ["Five a day.", ""]);
    let (_, decision) = decide(instance, &Ask::new("sample.b").attr("n", 11));
    assert_eq!(abi::split_reason(decision.verdict().unwrap().reason()), ("At most 10.", Some("最多 10。")));
}

#[test]
fn a_batch_answers_each_at_the_stride_of_the_host() {
    /// The answer of a later host, which is longer.
    #[repr(C)]
    struct Longer {
        known: abi::Decision,
        more: [u64; 3],
    }
    let mut answers: Vec<Longer> = (0..3).map(|_| Longer { known: abi::Decision::DENY, more: [7; 3] }).collect();
    for answer in &mut answers {
        answer.known.size = u32::try_from(size_of::<Longer>()).unwrap();
    }
    let asks = [5, 11, 10].map(|n| Ask::new("sample.b").attr("n", n));
    let instance = create("{}").unwrap();
    asks[0].raw(|a| {
        asks[1].raw(|b| {
            asks[2].raw(|c| {
                let all = [ptr::from_ref(a), b, c];
                let first = answers.as_mut_ptr().cast();
                // SAFETY: as the contract has it.
                let status = unsafe { plugin().authorize_batch.unwrap()(instance, all.as_ptr(), first, 3) };
                assert_eq!(status, status::OK);
            });
        });
    });
    let effects: Vec<u32> = answers.iter().map(|answer| answer.known.effect).collect();
    assert_eq!(effects, [1, 0, 1]);
    assert!(answers.iter().all(|answer| answer.more == [7; 3]), "nothing beyond what 1.0 knows is written");
}

#[test]
fn calls_that_break_the_contract_are_refused() {
    let instance = create("{}").unwrap();
    let mut decision = abi::Decision::DENY;
    let authorize = plugin().authorize.unwrap();
    Ask::new("sample.b").attr("n", 1).raw(|request| {
        let mut short = abi::Decision { size: 511, ..abi::Decision::DENY };
        let small = abi::Request { size: 100, ..*request };
        // SAFETY: NULL or whole structs.
        unsafe {
            assert_eq!(authorize(ptr::null(), request, &mut decision), status::BAD_ARGUMENT);
            assert_eq!(authorize(instance, ptr::null(), &mut decision), status::BAD_ARGUMENT);
            assert_eq!(authorize(instance, request, ptr::null_mut()), status::BAD_ARGUMENT);
            assert_eq!(authorize(instance, request, &mut short), status::BAD_ARGUMENT);
            assert_eq!(authorize(instance, &raw const small, &mut decision), status::BAD_ARGUMENT);
        }
        let nowhere = abi::Request { attrs: ptr::null(), n_attrs: usize::MAX, ..*request };
        // SAFETY: as above.
        assert_eq!(unsafe { authorize(instance, &raw const nowhere, &mut decision) }, status::OK);
        assert!(!decision.verdict().unwrap().allowed(), "attributes that cannot be are absent");
    });
    // SAFETY: NULL is nothing to end.
    unsafe { plugin().destroy.unwrap()(ptr::null_mut()) };
}

#[test]
fn the_self_test_and_the_build_id_reach_the_host() {
    let self_test = plugin().self_test.unwrap();
    // SAFETY: as the contract has it.
    unsafe {
        assert_eq!(self_test(create("{}").unwrap()), status::OK);
        assert_eq!(self_test(create(r#"{"most": 99}"#).unwrap()), status::ERROR);
        assert_eq!(self_test(ptr::null()), status::BAD_ARGUMENT);
    }
    assert!(HEARD.lock().unwrap().lines.iter().any(|line| line.contains("99 never works")));
    let id = plugin().build_id;
    assert_ne!(id, [0; 32], "the linker wrote a build id");
    assert_eq!(id[20..], [0; 12]);
}

#[test]
fn destroying_ends_the_instance() {
    let instance = create(r#"{"most": 77}"#).unwrap();
    assert_eq!(LIVING.load(Ordering::SeqCst), 1);
    // SAFETY: as the contract has it.
    unsafe { plugin().destroy.unwrap()(instance) };
    assert_eq!(LIVING.load(Ordering::SeqCst), 0);
}
