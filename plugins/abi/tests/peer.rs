//! Reading the other side's structs: shorter, longer, lying, and ending at the end of memory.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::ffi::c_void;
use std::ptr;

use kith_plugin_abi::*;

/// Memory whose last byte is the last that may be read: behind it stands a page that nobody may touch.
struct Guarded {
    base: *mut c_void,
    pages: usize,
}

const PAGE: usize = 4096;

impl Guarded {
    fn new(pages: usize) -> Self {
        // SAFETY: a new anonymous mapping.
        let base = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            libc::mmap(ptr::null_mut(), (pages + 1) * PAGE, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0)
        };
        assert_ne!(base, libc::MAP_FAILED);
        // SAFETY: the last page of the mapping.
        assert_eq!(unsafe { libc::mprotect(base.byte_add(pages * PAGE), PAGE, libc::PROT_NONE) }, 0);
        Self { base, pages }
    }

    /// Puts bytes right in front of the guard page.
    fn at_the_end<T>(&self, bytes: &[u8]) -> *const T {
        // SAFETY: within the mapping.
        let at = unsafe { self.base.byte_add(self.pages * PAGE - bytes.len()).cast::<u8>() };
        // SAFETY: as above; the two do not overlap.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), at, bytes.len()) };
        at.cast()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`, and nothing points into it any more.
        unsafe { libc::munmap(self.base, (self.pages + 1) * PAGE) };
    }
}

fn bytes_of<T: Layout>(value: &T) -> &[u8] {
    // SAFETY: a `Layout` has no padding.
    unsafe { std::slice::from_raw_parts(ptr::from_ref(value).cast(), size_of::<T>()) }
}

/// A version 1.1 of the request as a later contract may have it, with 1.0 as its smallest size.
#[repr(C)]
#[derive(Clone, Copy)]
struct Request11 {
    v1: Request,
    locale: Str,
    cost: u64,
}

// SAFETY: `repr(C)`, no padding, any bit pattern; checked below.
unsafe impl Layout for Request11 {
    const C_NAME: &'static str = "kith_request";
    const V1_SIZE: usize = size_of::<Request>();
    const FIELDS: &'static [Field] = &[
        Field { name: "v1", offset: 0, size: 144 },
        Field { name: "locale", offset: 144, size: 16 },
        Field { name: "cost", offset: 160, size: 8 },
    ];
}
// SAFETY: the request begins with its size.
unsafe impl Sized32 for Request11 {
    const SIZE_OFFSET: usize = 0;
}
const _: () = assert!(size_of::<Request11>() == 168);

fn request() -> Request {
    Request {
        size: Request::SIZE,
        flags: request_flag::DRY_RUN,
        deadline_mono_ns: 7,
        request_id: [3; 16],
        tenant: Str::new("shop_1"),
        principal: Str::new("sub_1"),
        permission: Str::new("acme_print.waybill.print"),
        parent_type: Str::EMPTY,
        field: Str::EMPTY,
        roles: ptr::null(),
        n_roles: 0,
        attrs: ptr::null(),
        n_attrs: 0,
    }
}

#[test]
fn a_peer_of_1_0_that_ends_at_a_guard_page_is_read_by_1_1_and_the_rest_is_absent() {
    let memory = Guarded::new(1);
    let at = memory.at_the_end::<Request11>(bytes_of(&request()));
    // SAFETY: 144 readable bytes, as its size says.
    let peer = unsafe { Peer::new(at) }.unwrap();
    assert!(peer.whole().is_none());
    let copy = peer.copy();
    assert_eq!((copy.v1.deadline_mono_ns, copy.cost), (7, 0));
    assert!(copy.locale.ptr.is_null());
    assert!(peer.has(136, 8) && !peer.has(144, 16) && !peer.has(usize::MAX, 2));
}

#[test]
fn a_field_that_is_there_only_in_part_is_absent() {
    let memory = Guarded::new(1);
    for extra in [1, 8, 15, 16, 17, 23] {
        let mut whole =
            Request11 { v1: request(), locale: Str { ptr: ptr::dangling(), len: usize::MAX }, cost: u64::MAX };
        whole.v1.size = 144 + extra;
        // Rounded up so that the struct stays aligned; the bytes between are there but not its own.
        let length = (144 + extra as usize).next_multiple_of(8);
        let at = memory.at_the_end::<Request11>(&bytes_of(&whole)[..length]);
        // SAFETY: at least `size` readable bytes.
        let copy = unsafe { Peer::new(at) }.unwrap().copy();
        assert_eq!(copy.locale.ptr.is_null(), extra < 16, "{extra}");
        assert_eq!(copy.locale.len == usize::MAX, extra >= 16, "{extra}");
        assert_eq!(copy.cost, 0);
    }
}

#[test]
fn a_peer_of_1_1_is_read_by_1_0_up_to_what_1_0_knows() {
    let whole = Request11 { v1: Request { size: 168, ..request() }, locale: Str::new("zh"), cost: 9 };
    // SAFETY: as many bytes as its size says.
    let peer = unsafe { Peer::new(ptr::from_ref(&whole).cast::<Request>()) }.unwrap();
    assert_eq!(peer.size(), 168);
    assert_eq!(peer.whole().unwrap().deadline_mono_ns, 7);
    assert_eq!(peer.copy().size, 168);
}

#[test]
fn sizes_that_cannot_be_are_refused_after_reading_the_size_alone() {
    let memory = Guarded::new(1);
    for size in [0, 4, 143, MAX_SIZE + 1, u32::MAX] {
        let mut head = [0_u8; 8];
        head[..4].copy_from_slice(&size.to_le_bytes());
        let at = memory.at_the_end::<Request>(&head);
        // SAFETY: the size can be read; the reader must refuse before it reads more.
        let error = unsafe { Peer::new(at) }.unwrap_err();
        let expected = if size < 144 { PeerError::TooSmall { size } } else { PeerError::TooLarge { size } };
        assert_eq!(error, expected);
    }
    // SAFETY: NULL and a misaligned pointer are not read.
    unsafe {
        assert_eq!(Peer::<Request>::new(ptr::null()).unwrap_err(), PeerError::Null);
        assert_eq!(Peer::<Request>::new(ptr::without_provenance(17)).unwrap_err(), PeerError::Misaligned);
    }
}

unsafe extern "C" fn describe(_: *const Host) -> Status {
    status::OK
}
unsafe extern "C" fn create(_: *const Host, _: Str, _: *mut *mut c_void) -> Status {
    status::OK
}
unsafe extern "C" fn destroy(_: *mut c_void) {}
unsafe extern "C" fn authorize(_: *const c_void, _: *const Request, _: *mut Decision) -> Status {
    status::OK
}
unsafe extern "C" fn self_test(_: *const c_void) -> Status {
    status::OK
}

fn plugin() -> Plugin {
    Plugin {
        magic: PLUGIN_MAGIC,
        size: Plugin::SIZE,
        major: MAJOR,
        minor: MINOR,
        features: 0,
        requires: 0,
        build_id: [1; 32],
        describe: Some(describe),
        create: Some(create),
        destroy: Some(destroy),
        authorize: Some(authorize),
        authorize_batch: None,
        self_test: Some(self_test),
    }
}

fn read(plugin: &Plugin) -> Result<(), BadPlugin> {
    // SAFETY: a whole struct.
    unsafe { read_plugin(plugin, feature::KNOWN) }.map(|_| ())
}

#[test]
fn plugins_that_break_the_contract_are_refused_for_what_they_break() {
    assert_eq!(read(&plugin()), Ok(()), "authorize_batch may be NULL");
    assert_eq!(read(&Plugin { magic: 1, ..plugin() }), Err(BadPlugin::Magic));
    assert_eq!(read(&Plugin { size: 0, ..plugin() }), Err(BadPlugin::Struct(PeerError::TooSmall { size: 0 })));
    let size = u32::MAX;
    assert_eq!(read(&Plugin { size, ..plugin() }), Err(BadPlugin::Struct(PeerError::TooLarge { size })));
    assert_eq!(read(&Plugin { major: 2, ..plugin() }), Err(BadPlugin::Major { major: 2 }));
    assert_eq!(read(&Plugin { minor: 9, ..plugin() }), Ok(()));
    assert_eq!(read(&Plugin { requires: 1 << 40, ..plugin() }), Err(BadPlugin::Requires { missing: 1 << 40 }));
    for (name, broken) in [
        ("describe", Plugin { describe: None, ..plugin() }),
        ("create", Plugin { create: None, ..plugin() }),
        ("destroy", Plugin { destroy: None, ..plugin() }),
        ("authorize", Plugin { authorize: None, ..plugin() }),
        ("self_test", Plugin { self_test: None, ..plugin() }),
    ] {
        assert_eq!(read(&broken), Err(BadPlugin::NoEntry { name }));
    }
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { read_plugin(ptr::null(), 0) }.err(), Some(BadPlugin::Struct(PeerError::Null)));
    // SAFETY: a whole struct.
    let poor = unsafe { read_plugin(&Plugin { requires: feature::BATCH, ..plugin() }, 0) };
    assert_eq!(poor.err(), Some(BadPlugin::Requires { missing: feature::BATCH }), "known, but this host lacks it");
}

#[test]
fn strings_that_cannot_be_are_absent() {
    // SAFETY: nothing is read of a NULL pointer or an impossible length.
    unsafe {
        assert_eq!(Str::EMPTY.text(), Some(""));
        assert_eq!(Str { ptr: ptr::null(), len: 4 }.bytes(), None);
        assert_eq!(Str { ptr: ptr::dangling(), len: usize::MAX }.bytes(), None);
        assert_eq!(Str::new("宝贝").text(), Some("宝贝"));
        assert_eq!(Str { ptr: b"\xFF\xFE".as_ptr(), len: 2 }.text(), None);
        assert_eq!(array::<Str>(ptr::null(), 3).map(<[Str]>::len), None);
        assert_eq!(array::<Str>(ptr::without_provenance(3), 1).map(<[Str]>::len), None);
        assert_eq!(array::<Attr>(ptr::dangling(), usize::MAX).map(<[Attr]>::len), None);
        assert_eq!(array::<Attr>(ptr::null(), 0).map(<[Attr]>::len), Some(0));
    }
}

fn oblige(kind: u32, value: i64, aux: u32) -> Decision {
    let mut decision = Decision { effect: effect::ALLOW, n_obligations: 1, ..Decision::DENY };
    decision.obligations[0] = Obligation { kind, aux, value, text_off: 0, text_len: 0 };
    decision
}

#[test]
fn answers_that_are_out_of_range_are_no_answers() {
    let denied = Decision::DENY;
    let verdict = denied.verdict().unwrap();
    assert!(!verdict.allowed() && verdict.reason().is_empty() && verdict.obligations().is_empty());
    let bad = |decision: Decision| decision.verdict().map(|v| v.allowed()).unwrap_err();
    let allow = Decision { effect: effect::ALLOW, ..Decision::DENY };
    assert_eq!(bad(Decision { effect: 2, ..allow }), BadAnswer::Effect);
    assert_eq!(bad(Decision { size: 511, ..allow }), BadAnswer::Size);
    assert_eq!(bad(Decision { n_obligations: 9, ..allow }), BadAnswer::TooManyObligations);
    assert_eq!(bad(Decision { n_obligations: u32::MAX, ..allow }), BadAnswer::TooManyObligations);
    assert_eq!(bad(Decision { text_len: 297, ..allow }), BadAnswer::TextRange);
    assert_eq!(bad(Decision { text_len: u32::MAX, ..allow }), BadAnswer::TextRange);
    assert_eq!(bad(Decision { n_obligations: 1, ..allow }), BadAnswer::UnknownObligation);
    assert_eq!(bad(oblige(9, 1, 0)), BadAnswer::UnknownObligation);
    let mut far = oblige(obligation::COUNT_PER_DAY, 100, 0);
    (far.obligations[0].text_off, far.obligations[0].text_len) = (u32::MAX, u32::MAX);
    assert_eq!(bad(far), BadAnswer::TextRange);
    let mut cut = Decision { text_len: 2, ..allow };
    cut.text[..3].copy_from_slice("宝".as_bytes());
    assert_eq!(bad(cut), BadAnswer::TextEncoding);
}

#[test]
fn obligations_have_the_ranges_of_the_limits_of_grants() {
    use obligation::*;
    let sound = [
        (MAX_PER_ACTION, 1, 156),
        (MAX_PER_DAY, i64::MAX, 0),
        (MAX_PER_MONTH, 5, 840),
        (COUNT_PER_DAY, 100, 0),
        (HOURS, 1320, 360),
        (HOURS, 0, 1440),
        (VALID_UNTIL, -1, 0),
        (STEP_UP_ABOVE, 0, 0),
        (SECOND_APPROVER_ABOVE, 0, 156),
    ];
    for (kind, value, aux) in sound {
        assert!(oblige(kind, value, aux).verdict().is_ok_and(|v| v.allowed()), "{kind} {value} {aux}");
    }
    let broken = [
        (MAX_PER_ACTION, 0, 0),
        (MAX_PER_DAY, -5, 0),
        (MAX_PER_MONTH, 5, 1000),
        (COUNT_PER_DAY, 0, 0),
        (COUNT_PER_DAY, 1, 1),
        (HOURS, 1440, 3),
        (HOURS, -1, 3),
        (HOURS, 5, 1441),
        (HOURS, 5, 5),
        (VALID_UNTIL, 5, 5),
        (STEP_UP_ABOVE, -1, 0),
        (SECOND_APPROVER_ABOVE, i64::MIN, 0),
    ];
    for (kind, value, aux) in broken {
        assert_eq!(oblige(kind, value, aux).verdict().err(), Some(BadAnswer::BadObligation), "{kind} {value} {aux}");
    }
}

#[test]
fn reasons_and_explanations_are_found() {
    let mut decision = oblige(obligation::SECOND_APPROVER_ABOVE, 20_000, 156);
    let text = "Too much at night.\n夜间金额过大。Ask a colleague.".as_bytes();
    decision.text[..text.len()].copy_from_slice(text);
    let reason = u32::try_from(text.len() - "Ask a colleague.".len()).unwrap();
    decision.text_len = reason;
    (decision.obligations[0].text_off, decision.obligations[0].text_len) = (reason, 16);
    let verdict = decision.verdict().unwrap();
    assert_eq!(split_reason(verdict.reason()), ("Too much at night.", Some("夜间金额过大。")));
    assert_eq!(verdict.text_of(&verdict.obligations()[0]), "Ask a colleague.");
    decision.reset();
    assert!(decision.verdict().is_ok_and(|v| !v.allowed() && v.reason().is_empty()));
}
