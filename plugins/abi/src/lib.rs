//! The binary contract between Kith and its plugins, version 1.0: plain C structs and one exported symbol.
//!
//! The same contract for C is `include/kith_plugin.h`; a test compares every size, offset and constant of the two.
//! LP64, little-endian, natural alignment, no implicit padding.
//!
//! - **Growth.** Structs that begin with a `size` only ever grow at the end. Each side reads at most
//!   `min(own size, peer's size)`, and whole fields only ([`Peer`]); a field beyond `size` is absent, as is NULL.
//!   [`Str`], [`Attr`] and [`Obligation`] have no size and never change within a major version.
//! - **Arrays** of growing structs are walked at the `size` of their first element, never at `size_of`.
//! - **Ownership.** Nothing is freed across the boundary. The request is borrowed for the call; the decision is the
//!   caller's memory; the host copies what `emit_*` and `log` are given before they return.
//! - **Fail closed.** A status other than [`status::OK`], or anything out of range in a decision, is a denial
//!   ([`Decision::verdict`]).
//!
//! The crate needs no standard library and has no dependencies.
#![no_std]

use core::ffi::c_void;
use core::fmt;
use core::marker::PhantomData;
use core::mem::{MaybeUninit, align_of, offset_of, size_of};
use core::{ptr, slice, str};

#[cfg(not(all(target_pointer_width = "64", target_endian = "little")))]
compile_error!("the contract is LP64 and little-endian");

/// The major version, which is in the symbol's name as well.
pub const MAJOR: u16 = 1;
/// The minor version: what was appended to the structs.
pub const MINOR: u16 = 0;
/// The one symbol that a plugin exports.
pub const SYMBOL: &str = "kith_plugin_v1";
/// [`Host::magic`]: `KITHHOST` in memory.
pub const HOST_MAGIC: u64 = u64::from_le_bytes(*b"KITHHOST");
/// [`Plugin::magic`]: `KITHPLUG` in memory.
pub const PLUGIN_MAGIC: u64 = u64::from_le_bytes(*b"KITHPLUG");
/// [`Permission::parent`] of a permission at the top of its tree.
pub const NO_PARENT: u32 = u32::MAX;
/// No struct of this contract will ever be larger, in bytes; a peer that says so is broken.
pub const MAX_SIZE: u32 = 65_536;

/// What a call returns. Zero is success; the host denies on everything else, known to it or not.
pub type Status = i32;

/// The values of [`Status`] that both sides know.
pub mod status {
    use super::Status;
    /// Done.
    pub const OK: Status = 0;
    /// Failed; the plugin's log says why.
    pub const ERROR: Status = -1;
    /// The plugin panicked and the SDK caught it.
    pub const PANIC: Status = -2;
    /// `create` cannot use these settings.
    pub const BAD_SETTINGS: Status = -3;
    /// The caller broke the contract: NULL, too small, or not UTF-8.
    pub const BAD_ARGUMENT: Status = -4;
    /// `emit_*` refuses what it was given, or more than [`limits`](super::limits) allow.
    pub const REFUSED: Status = -5;
}

/// The values of [`Decision::effect`].
pub mod effect {
    /// No. Also what anything unknown means.
    pub const DENY: u32 = 0;
    /// Yes, within the obligations.
    pub const ALLOW: u32 = 1;
}

/// The values of [`Attr::tag`] and [`Setting::kind`]: which member of the union holds the value.
pub mod tag {
    /// The host has no value for this attribute.
    pub const NONE: u32 = 0;
    /// `i`: 0 or 1.
    pub const BOOL: u32 = 1;
    /// `i`.
    pub const I64: u32 = 2;
    /// `f`, finite.
    pub const F64: u32 = 3;
    /// `s`.
    pub const STR: u32 = 4;
    /// `i` in minor units; `aux` is the ISO 4217 number of the currency.
    pub const MONEY: u32 = 5;
    /// A setting only: any JSON that its schema allows.
    pub const JSON: u32 = 6;
}

/// The values of [`Obligation::kind`]: what the host enforces. They are the limits that grants know.
pub mod obligation {
    /// The most that this use may move: `value` minor units, `aux` the currency's number (0: the shop's).
    pub const MAX_PER_ACTION: u32 = 1;
    /// The most that all uses of a day may move together: as above.
    pub const MAX_PER_DAY: u32 = 2;
    /// The most that all uses of a month may move together: as above.
    pub const MAX_PER_MONTH: u32 = 3;
    /// How often it may be used in a day: `value` times.
    pub const COUNT_PER_DAY: u32 = 4;
    /// The hours, in the shop's zone: from minute `value` (0 to 1439) up to but without minute `aux` (0 to 1440). They
    /// may run over midnight; the two differ.
    pub const HOURS: u32 = 5;
    /// Until when: `value` milliseconds after 1970-01-01T00:00:00Z.
    pub const VALID_UNTIL: u32 = 6;
    /// Above this amount the session must be stepped up: `value` and `aux` as in [`MAX_PER_ACTION`].
    pub const STEP_UP_ABOVE: u32 = 7;
    /// Above this amount somebody else must approve as well: as above.
    pub const SECOND_APPROVER_ABOVE: u32 = 8;
}

/// The bits of [`Host::features`], [`Plugin::features`] and [`Plugin::requires`].
pub mod feature {
    /// The host enforces obligations.
    pub const OBLIGATIONS: u64 = 1;
    /// The host asks for several decisions in one call where the plugin can.
    pub const BATCH: u64 = 1 << 1;
    /// Every bit of this version. A plugin that requires another one is refused.
    pub const KNOWN: u64 = OBLIGATIONS | BATCH;
}

/// The bits of [`Request::flags`].
pub mod request_flag {
    /// Nothing will be done whatever the answer is.
    pub const DRY_RUN: u32 = 1;
    /// The answer is compared with that of another version and not used.
    pub const SHADOW: u32 = 1 << 1;
    /// The host is trying the plugin out: golden vectors.
    pub const PROBE: u32 = 1 << 2;
}

/// The values of [`Permission::risk`].
pub mod risk {
    /// May be in a default of a position.
    pub const NORMAL: u32 = 0;
    /// Never in a default of a position; the seller confirms it.
    pub const HIGH: u32 = 1;
}

/// The bits of [`Permission::flags`].
pub mod permission_flag {
    /// A heading: it groups others and cannot be granted itself.
    pub const GROUP: u32 = 1;
    /// Amounts flow, so that money limits make sense.
    pub const MONEY: u32 = 1 << 1;
    /// Every bit of this version; another one is refused.
    pub const KNOWN: u32 = GROUP | MONEY;
}

/// The first argument of [`Host::log`].
pub mod log_level {
    /// Something is broken.
    pub const ERROR: u32 = 1;
    /// Something is odd.
    pub const WARN: u32 = 2;
    /// Worth knowing.
    pub const INFO: u32 = 3;
    /// For the author.
    pub const DEBUG: u32 = 4;
}

/// What a host accepts at most. Lengths are bytes of UTF-8.
pub mod limits {
    /// Permissions of one plugin.
    pub const PERMISSIONS: usize = 512;
    /// Levels of its tree.
    pub const DEPTH: usize = 6;
    /// Settings of one plugin.
    pub const SETTINGS: usize = 64;
    /// A permission code: `acme_print.waybill.print`; parts of `a-z 0-9 _` that begin with a letter, points between.
    pub const CODE: usize = 96;
    /// A title.
    pub const TITLE: usize = 200;
    /// A help text.
    pub const HELP: usize = 2_000;
    /// The key of a setting.
    pub const KEY: usize = 64;
    /// A default value or a schema.
    pub const JSON: usize = 16_384;
    /// All settings together, as `create` gets them.
    pub const SETTINGS_JSON: usize = 65_536;
    /// One line of the log; the host cuts the rest off.
    pub const LOG: usize = 1_000;
    /// Obligations of one decision.
    pub const OBLIGATIONS: usize = 8;
    /// All text of one decision.
    pub const TEXT: usize = 296;
}

/// One field of a struct of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The name, the same in C.
    pub name: &'static str,
    /// Where it begins, in bytes.
    pub offset: usize,
    /// How long it is, in bytes.
    pub size: usize,
}

/// A struct of the contract.
///
/// # Safety
/// The type is `repr(C)` without padding, every bit pattern is a value of it, and `FIELDS` lists all of it in order.
pub unsafe trait Layout: Copy {
    /// The name in C.
    const C_NAME: &'static str;
    /// The size in version 1.0, in bytes. Less is refused.
    const V1_SIZE: usize;
    /// Every field, in order, without gaps.
    const FIELDS: &'static [Field];
}

/// A struct whose own `size` says how much of it there is.
///
/// # Safety
/// A `u32` lies at `SIZE_OFFSET`: the whole size in bytes.
pub unsafe trait Sized32: Layout {
    /// Where `size` is.
    const SIZE_OFFSET: usize;
}

/// Declares a struct with the offset of each field beside it, and checks them at compile time.
macro_rules! layout {
    ($(#[$doc:meta])* $name:ident = $c:literal, $v1:literal bytes {
        $($(#[$field_doc:meta])* $offset:literal $field:ident: $type:ty,)+
    }) => {
        $(#[$doc])*
        #[repr(C)]
        #[derive(Clone, Copy)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)+ }

        // SAFETY: `repr(C)`; integers, pointers, optional functions and structs of them; the assertions below.
        unsafe impl Layout for $name {
            const C_NAME: &'static str = $c;
            const V1_SIZE: usize = $v1;
            const FIELDS: &'static [Field] = &[$(Field {
                name: stringify!($field),
                offset: $offset,
                size: size_of::<$type>(),
            }),+];
        }

        const _: () = {
            assert!(size_of::<$name>() == $v1 && align_of::<$name>() == 8);
            $(assert!(offset_of!($name, $field) == $offset);)+
            let (mut at, mut end) = (0, 0);
            while at < <$name as Layout>::FIELDS.len() {
                assert!(<$name as Layout>::FIELDS[at].offset == end, "implicit padding");
                end += <$name as Layout>::FIELDS[at].size;
                at += 1;
            }
            assert!(end == size_of::<$name>(), "implicit padding");
        };
    };
}

layout! {
    /// Borrowed UTF-8 without a NUL at its end.
    Str = "kith_str", 16 bytes {
        /// The first byte; anything, NULL too, when `len` is 0.
        0 ptr: *const u8,
        /// The number of bytes.
        8 len: usize,
    }
}

/// The value of an attribute; [`Attr::tag`] says which.
#[repr(C)]
#[derive(Clone, Copy)]
pub union Value {
    /// A truth, an integer or minor units.
    pub i: i64,
    /// A number.
    pub f: f64,
    /// A text.
    pub s: Str,
}

const _: () = assert!(size_of::<Value>() == 16 && align_of::<Value>() == 8);

layout! {
    /// One fact of a request.
    Attr = "kith_attr", 40 bytes {
        /// Its name.
        0 key: Str,
        /// One of [`tag`].
        16 tag: u32,
        /// The ISO 4217 number of money; else 0.
        20 aux: u32,
        /// The value.
        24 v: Value,
    }
}

layout! {
    /// What is asked: may `principal` use `permission` of `tenant`? The host's memory, valid during the call only.
    Request = "kith_request", 144 bytes {
        /// Bytes of this struct.
        0 size: u32,
        /// Bits of [`request_flag`].
        4 flags: u32,
        /// When the answer is late, on the clock of [`Host::mono_ns`]; 0: never.
        8 deadline_mono_ns: u64,
        /// The request of the API to which this belongs.
        16 request_id: [u8; 16],
        /// The shop's id.
        32 tenant: Str,
        /// Who acts.
        48 principal: Str,
        /// The code.
        64 permission: Str,
        /// The GraphQL type of the guarded field, when there is one.
        80 parent_type: Str,
        /// The guarded field, when there is one.
        96 field: Str,
        /// The roles of the principal.
        112 roles: *const Str,
        /// How many.
        120 n_roles: usize,
        /// The attributes that the manifest asks for, and no others.
        128 attrs: *const Attr,
        /// How many.
        136 n_attrs: usize,
    }
}

layout! {
    /// What must hold for an allowed use as well.
    #[derive(Debug, PartialEq, Eq)]
    Obligation = "kith_obligation", 24 bytes {
        /// One of [`obligation`].
        0 kind: u32,
        /// See there.
        4 aux: u32,
        /// See there.
        8 value: i64,
        /// Where in [`Decision::text`] its explanation begins.
        16 text_off: u32,
        /// How long it is, in bytes; 0: there is none.
        20 text_len: u32,
    }
}

layout! {
    /// The answer, in the host's memory, which is [`Decision::DENY`] before each call.
    Decision = "kith_decision", 512 bytes {
        /// Bytes of this struct, and the stride of an array of it. The plugin leaves it alone.
        0 size: u32,
        /// One of [`effect`].
        4 effect: u32,
        /// A number of the plugin's own for why; 0: none.
        8 reason_code: u32,
        /// How long the same answer holds for the same request, in milliseconds; 0: not at all.
        12 cache_ttl_ms: u32,
        /// How many of `obligations` count.
        16 n_obligations: u32,
        /// The reason is the first `text_len` bytes of `text`: English, and optionally a line feed and Chinese.
        20 text_len: u32,
        /// What must hold as well.
        24 obligations: [Obligation; limits::OBLIGATIONS],
        /// UTF-8: the reason, and the texts of the obligations wherever they say.
        216 text: [u8; limits::TEXT],
    }
}

layout! {
    /// One permission of the plugin's tree.
    Permission = "kith_permission", 80 bytes {
        /// Bytes of this struct.
        0 size: u32,
        /// The position, from 0, of one that was emitted before; or [`NO_PARENT`].
        4 parent: u32,
        /// One of [`risk`].
        8 risk: u32,
        /// Bits of [`permission_flag`].
        12 flags: u32,
        /// The code, within the publisher's prefix.
        16 code: Str,
        /// The title in English.
        32 title_en: Str,
        /// The title in Chinese.
        48 title_zh: Str,
        /// What holding it allows.
        64 help: Str,
    }
}

layout! {
    /// One setting of the plugin. `create` gets them all, defaults filled in, as one JSON object.
    Setting = "kith_setting", 72 bytes {
        /// Bytes of this struct.
        0 size: u32,
        /// One of [`tag`], for the form.
        4 kind: u32,
        /// The key in the object.
        8 key: Str,
        /// The title on the form.
        24 title: Str,
        /// The value when nobody set one; empty: it must be set.
        40 default_json: Str,
        /// The JSON Schema of the value; empty: any of its kind.
        56 schema_json: Str,
    }
}

/// Writes a line to the host's log: level ([`log_level`]) and text.
pub type LogFn = unsafe extern "C" fn(*mut c_void, u32, Str);
/// Nanoseconds of a clock that never goes back.
pub type MonoFn = unsafe extern "C" fn(*mut c_void) -> u64;
/// Takes one permission; only within `describe`.
pub type EmitPermissionFn = unsafe extern "C" fn(*mut c_void, *const Permission) -> Status;
/// Takes one setting; only within `describe`.
pub type EmitSettingFn = unsafe extern "C" fn(*mut c_void, *const Setting) -> Status;
/// Emits every permission and setting; the same ones each time.
pub type DescribeFn = unsafe extern "C" fn(*const Host) -> Status;
/// Makes an instance from settings. One instance is one set of settings; all threads share it.
pub type CreateFn = unsafe extern "C" fn(*const Host, Str, *mut *mut c_void) -> Status;
/// Ends an instance; no call on it is under way.
pub type DestroyFn = unsafe extern "C" fn(*mut c_void);
/// Decides one request.
pub type AuthorizeFn = unsafe extern "C" fn(*const c_void, *const Request, *mut Decision) -> Status;
/// Decides `n` requests, each into the decision at its position.
pub type AuthorizeBatchFn = unsafe extern "C" fn(*const c_void, *const *const Request, *mut Decision, usize) -> Status;
/// Whether the instance works.
pub type SelfTestFn = unsafe extern "C" fn(*const c_void) -> Status;
/// The type of [`SYMBOL`]. The plugin's struct lives for ever; NULL: the plugin refuses this host.
pub type EntryFn = unsafe extern "C" fn(*const Host) -> *const Plugin;

layout! {
    /// What the host offers. It lives for ever, and its functions may be called from any thread during a call.
    Host = "kith_host", 64 bytes {
        /// [`HOST_MAGIC`].
        0 magic: u64,
        /// Bytes of this struct.
        8 size: u32,
        /// [`MAJOR`] of the host.
        12 major: u16,
        /// [`MINOR`] of the host.
        14 minor: u16,
        /// What it can do: bits of [`feature`].
        16 features: u64,
        /// The first argument of the functions.
        24 ctx: *mut c_void,
        /// See [`LogFn`].
        32 log: Option<LogFn>,
        /// See [`MonoFn`].
        40 mono_ns: Option<MonoFn>,
        /// See [`EmitPermissionFn`].
        48 emit_permission: Option<EmitPermissionFn>,
        /// See [`EmitSettingFn`].
        56 emit_setting: Option<EmitSettingFn>,
    }
}

layout! {
    /// What a plugin is. The host copies it once.
    Plugin = "kith_plugin", 112 bytes {
        /// [`PLUGIN_MAGIC`].
        0 magic: u64,
        /// Bytes of this struct.
        8 size: u32,
        /// [`MAJOR`] of the plugin.
        12 major: u16,
        /// [`MINOR`] of the plugin.
        14 minor: u16,
        /// What it can do: bits of [`feature`].
        16 features: u64,
        /// What the host must be able to do; a bit that the host does not know refuses the plugin.
        24 requires: u64,
        /// Names this build: the GNU build id of the file, padded with zeros.
        32 build_id: [u8; 32],
        /// See [`DescribeFn`].
        64 describe: Option<DescribeFn>,
        /// See [`CreateFn`].
        72 create: Option<CreateFn>,
        /// See [`DestroyFn`].
        80 destroy: Option<DestroyFn>,
        /// See [`AuthorizeFn`].
        88 authorize: Option<AuthorizeFn>,
        /// See [`AuthorizeBatchFn`]; may be NULL.
        96 authorize_batch: Option<AuthorizeBatchFn>,
        /// See [`SelfTestFn`].
        104 self_test: Option<SelfTestFn>,
    }
}

macro_rules! sized {
    ($($name:ident at $offset:literal),+) => {$(
        // SAFETY: the assertion.
        unsafe impl Sized32 for $name {
            const SIZE_OFFSET: usize = $offset;
        }
        const _: () = assert!(offset_of!($name, size) == $offset);
        impl $name {
            /// The `size` that this version writes.
            #[expect(clippy::cast_possible_truncation, reason = "at most 512")]
            pub const SIZE: u32 = size_of::<$name>() as u32;
        }
    )+};
}

sized!(Request at 0, Decision at 0, Permission at 0, Setting at 0, Host at 8, Plugin at 8);

// SAFETY: the host and the plugin structs are constants whose pointers are to functions and things that live for ever.
unsafe impl Sync for Host {}
// SAFETY: a host is the same from every thread; its functions may be called from any.
unsafe impl Send for Host {}
// SAFETY: only integers and functions.
unsafe impl Sync for Plugin {}

macro_rules! opaque {
    ($($name:ident)+) => {$(
        impl fmt::Debug for $name {
            /// The pointers may lead nowhere, so only the name is shown.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}

opaque!(Str Attr Request Decision Permission Setting Host Plugin);

/// Why a foreign struct is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerError {
    /// The pointer is NULL.
    Null,
    /// The pointer is not aligned.
    Misaligned,
    /// Smaller than version 1.0.
    TooSmall {
        /// What it says, in bytes.
        size: u32,
    },
    /// Larger than [`MAX_SIZE`].
    TooLarge {
        /// What it says, in bytes.
        size: u32,
    },
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("the pointer is NULL"),
            Self::Misaligned => f.write_str("the pointer is not aligned"),
            Self::TooSmall { size } => write!(f, "its size is {size}, below that of version 1.0"),
            Self::TooLarge { size } => write!(f, "its size is {size}, beyond {MAX_SIZE}"),
        }
    }
}

impl core::error::Error for PeerError {}

/// A struct in the other side's memory, of which only `size` bytes exist.
#[derive(Clone, Copy)]
pub struct Peer<'a, T> {
    at: *const T,
    size: usize,
    life: PhantomData<&'a T>,
}

impl<T: Layout> fmt::Debug for Peer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", T::C_NAME, self.size)
    }
}

impl<'a, T: Sized32> Peer<'a, T> {
    /// Looks at a foreign struct. Of it only `size` is read.
    ///
    /// # Errors
    /// The pointer or the size is not one of this contract.
    ///
    /// # Safety
    /// NULL, or as many readable bytes as the struct's `size` says (at least up to the end of `size` itself), which
    /// nobody changes during `'a`.
    #[inline]
    pub unsafe fn new(at: *const T) -> Result<Self, PeerError> {
        if at.is_null() {
            return Err(PeerError::Null);
        }
        if !at.is_aligned() {
            return Err(PeerError::Misaligned);
        }
        // SAFETY: the caller; `SIZE_OFFSET` is a multiple of four in an aligned struct.
        let size = unsafe { at.byte_add(T::SIZE_OFFSET).cast::<u32>().read() };
        match size as usize {
            small if small < T::V1_SIZE => Err(PeerError::TooSmall { size }),
            _ if size > MAX_SIZE => Err(PeerError::TooLarge { size }),
            whole => Ok(Self { at, size: whole, life: PhantomData }),
        }
    }

    /// How much there is, in bytes: the stride of an array of it.
    #[must_use]
    #[inline]
    pub fn size(self) -> usize {
        self.size
    }

    /// The struct itself, when the peer has at least all that we know.
    #[must_use]
    #[inline]
    pub fn whole(self) -> Option<&'a T> {
        // SAFETY: aligned, readable for all of `T` during `'a` (see `new`), and every bit pattern is a `T`.
        (self.size >= size_of::<T>()).then(|| unsafe { &*self.at })
    }

    /// A copy in which every field that the peer lacks, in whole or in part, is zero (NULL).
    #[must_use]
    pub fn copy(self) -> T {
        if let Some(whole) = self.whole() {
            return *whole;
        }
        let there = T::FIELDS.iter().map(|f| f.offset + f.size).take_while(|end| *end <= self.size).last().unwrap_or(0);
        let mut copy = MaybeUninit::<T>::zeroed();
        // SAFETY: `there` is at most `self.size` and at most the size of `T`; zeros are a `T`, and so is every pattern.
        unsafe {
            ptr::copy_nonoverlapping(self.at.cast::<u8>(), copy.as_mut_ptr().cast::<u8>(), there);
            copy.assume_init()
        }
    }

    /// Whether the peer has all of the bytes from `offset` on.
    #[must_use]
    pub fn has(self, offset: usize, size: usize) -> bool {
        offset.checked_add(size).is_some_and(|end| end <= self.size)
    }
}

/// Checks the magic number of a foreign host or plugin before anything else of it is read.
///
/// # Safety
/// NULL, or eight readable bytes.
#[must_use]
pub unsafe fn has_magic<T: Sized32>(at: *const T, magic: u64) -> bool {
    // SAFETY: the caller, and the check for NULL and alignment.
    !at.is_null() && at.is_aligned() && unsafe { at.cast::<u64>().read() } == magic
}

impl Str {
    /// No text.
    pub const EMPTY: Self = Self { ptr: ptr::null(), len: 0 };

    /// Points to `text`, which must outlive the use.
    #[must_use]
    pub const fn new(text: &str) -> Self {
        Self { ptr: text.as_ptr(), len: text.len() }
    }

    /// The bytes; `None` when the pointer is NULL or the length impossible.
    ///
    /// # Safety
    /// The bytes are readable and unchanged during `'a`.
    #[must_use]
    #[inline]
    pub unsafe fn bytes<'a>(self) -> Option<&'a [u8]> {
        if self.len == 0 {
            return Some(&[]);
        }
        if self.ptr.is_null() || self.len > isize::MAX as usize {
            return None;
        }
        // SAFETY: the caller; not NULL and not too long.
        Some(unsafe { slice::from_raw_parts(self.ptr, self.len) })
    }

    /// The text; `None` when it is NULL, impossible or not UTF-8.
    ///
    /// # Safety
    /// As [`Self::bytes`].
    #[must_use]
    #[inline]
    pub unsafe fn text<'a>(self) -> Option<&'a str> {
        // SAFETY: the caller.
        unsafe { self.bytes() }.and_then(|bytes| str::from_utf8(bytes).ok())
    }
}

/// `n` things from `at` on; `None` when NULL, misaligned or impossible.
///
/// # Safety
/// They are readable and unchanged during `'a`.
#[must_use]
#[inline]
pub unsafe fn array<'a, T: Layout>(at: *const T, n: usize) -> Option<&'a [T]> {
    if n == 0 {
        return Some(&[]);
    }
    if at.is_null() || !at.is_aligned() || n > isize::MAX as usize / size_of::<T>() {
        return None;
    }
    // SAFETY: the caller, and the checks above; every bit pattern is a `T`.
    Some(unsafe { slice::from_raw_parts(at, n) })
}

impl Obligation {
    /// Nothing.
    pub const EMPTY: Self = Self { kind: 0, aux: 0, value: 0, text_off: 0, text_len: 0 };
}

/// What is wrong with a decision. The host denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadAnswer {
    /// The plugin changed `size`.
    Size,
    /// The effect is neither of the two.
    Effect,
    /// More obligations than there is room for.
    TooManyObligations,
    /// An obligation of a kind that this version does not know.
    UnknownObligation,
    /// The figures of an obligation make no sense.
    BadObligation,
    /// A text runs beyond the memory for it.
    TextRange,
    /// A text is not UTF-8.
    TextEncoding,
}

impl BadAnswer {
    /// A stable name for logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Effect => "effect",
            Self::TooManyObligations => "too_many_obligations",
            Self::UnknownObligation => "unknown_obligation",
            Self::BadObligation => "bad_obligation",
            Self::TextRange => "text_range",
            Self::TextEncoding => "text_encoding",
        }
    }
}

impl fmt::Display for BadAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::error::Error for BadAnswer {}

/// A decision that was checked whole.
#[derive(Clone, Copy)]
pub struct Verdict<'a> {
    decision: &'a Decision,
    reason: &'a str,
}

impl fmt::Debug for Verdict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verdict")
            .field("allowed", &self.allowed())
            .field("reason_code", &self.reason_code())
            .field("reason", &self.reason)
            .field("cache_ttl_ms", &self.cache_ttl_ms())
            .finish_non_exhaustive()
    }
}

impl<'a> Verdict<'a> {
    /// Whether it may be done, within the obligations.
    #[must_use]
    pub fn allowed(&self) -> bool {
        self.decision.effect == effect::ALLOW
    }

    /// The plugin's own number for why; 0: none.
    #[must_use]
    pub fn reason_code(&self) -> u32 {
        self.decision.reason_code
    }

    /// Why, as the plugin wrote it; see [`split_reason`].
    #[must_use]
    pub fn reason(&self) -> &'a str {
        self.reason
    }

    /// How long the answer holds, in milliseconds; 0: not at all.
    #[must_use]
    pub fn cache_ttl_ms(&self) -> u32 {
        self.decision.cache_ttl_ms
    }

    /// What must hold as well.
    #[must_use]
    pub fn obligations(&self) -> &'a [Obligation] {
        // `verdict` checked that there is room for all of them.
        self.decision.obligations.get(..self.decision.n_obligations as usize).unwrap_or(&[])
    }

    /// The explanation of one of [`Self::obligations`].
    #[must_use]
    pub fn text_of(&self, obligation: &Obligation) -> &'a str {
        self.decision.text_at(obligation.text_off, obligation.text_len).unwrap_or("")
    }
}

/// The English and the Chinese part of a reason.
#[must_use]
pub fn split_reason(reason: &str) -> (&str, Option<&str>) {
    reason.split_once('\n').map_or((reason, None), |(en, zh)| (en, Some(zh)))
}

impl Decision {
    /// What the host's memory holds before each call.
    pub const DENY: Self = Self {
        size: Self::SIZE,
        effect: effect::DENY,
        reason_code: 0,
        cache_ttl_ms: 0,
        n_obligations: 0,
        text_len: 0,
        obligations: [Obligation::EMPTY; limits::OBLIGATIONS],
        text: [0; limits::TEXT],
    };

    /// Makes it a denial without reason again. The rest of the memory, which then nothing points to, stays.
    #[inline]
    pub fn reset(&mut self) {
        self.size = Self::SIZE;
        self.effect = effect::DENY;
        self.reason_code = 0;
        self.cache_ttl_ms = 0;
        self.n_obligations = 0;
        self.text_len = 0;
    }

    #[inline]
    fn text_at(&self, off: u32, len: u32) -> Result<&str, BadAnswer> {
        if off == 0 && len == 0 {
            return Ok("");
        }
        let end = (off as usize).checked_add(len as usize).ok_or(BadAnswer::TextRange)?;
        let bytes = self.text.get(off as usize..end).ok_or(BadAnswer::TextRange)?;
        str::from_utf8(bytes).map_err(|_| BadAnswer::TextEncoding)
    }

    /// Checks all that a plugin wrote. Allocates nothing.
    ///
    /// # Errors
    /// The first thing that is out of range; the host denies. A denial's obligations are checked as well.
    #[inline]
    pub fn verdict(&self) -> Result<Verdict<'_>, BadAnswer> {
        if self.size != Self::SIZE {
            return Err(BadAnswer::Size);
        }
        if self.effect != effect::DENY && self.effect != effect::ALLOW {
            return Err(BadAnswer::Effect);
        }
        let obligations = self.obligations.get(..self.n_obligations as usize).ok_or(BadAnswer::TooManyObligations)?;
        for obligation in obligations {
            obligation.check()?;
            self.text_at(obligation.text_off, obligation.text_len)?;
        }
        let reason = self.text_at(0, self.text_len)?;
        Ok(Verdict { decision: self, reason })
    }
}

impl Obligation {
    /// Whether the kind is known and its figures make sense, as grants have it.
    #[inline]
    fn check(&self) -> Result<(), BadAnswer> {
        use obligation as o;
        let (currency, value) = (self.aux < 1000, self.value);
        let sound = match self.kind {
            o::MAX_PER_ACTION | o::MAX_PER_DAY | o::MAX_PER_MONTH => currency && value > 0,
            o::STEP_UP_ABOVE | o::SECOND_APPROVER_ABOVE => currency && value >= 0,
            o::COUNT_PER_DAY => self.aux == 0 && value > 0,
            o::HOURS => (0..1440).contains(&value) && self.aux <= 1440 && value != i64::from(self.aux),
            o::VALID_UNTIL => self.aux == 0,
            _ => return Err(BadAnswer::UnknownObligation),
        };
        if sound { Ok(()) } else { Err(BadAnswer::BadObligation) }
    }
}

impl Plugin {
    /// Whether a host with `features` can work with it: all entries that must be there are, and nothing is required
    /// that the host lacks.
    ///
    /// # Errors
    /// What stands in the way.
    #[inline]
    pub fn check(&self, features: u64) -> Result<(), BadPlugin> {
        if self.magic != PLUGIN_MAGIC {
            return Err(BadPlugin::Magic);
        }
        if self.major != MAJOR {
            return Err(BadPlugin::Major { major: self.major });
        }
        let missing = self.requires & !(features & feature::KNOWN);
        if missing != 0 {
            return Err(BadPlugin::Requires { missing });
        }
        let entries = [
            ("describe", self.describe.is_some()),
            ("create", self.create.is_some()),
            ("destroy", self.destroy.is_some()),
            ("authorize", self.authorize.is_some()),
            ("self_test", self.self_test.is_some()),
        ];
        match entries.iter().find(|(_, there)| !there) {
            Some((name, _)) => Err(BadPlugin::NoEntry { name }),
            None => Ok(()),
        }
    }
}

/// Why a plugin's struct is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadPlugin {
    /// The magic number is another.
    Magic,
    /// The pointer or the size.
    Struct(PeerError),
    /// Another major version.
    Major {
        /// What it says.
        major: u16,
    },
    /// It requires what this host cannot do.
    Requires {
        /// The bits.
        missing: u64,
    },
    /// A function that must be there is NULL.
    NoEntry {
        /// Which.
        name: &'static str,
    },
}

impl fmt::Display for BadPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => f.write_str("its magic number is wrong"),
            Self::Struct(error) => error.fmt(f),
            Self::Major { major } => write!(f, "it was built for version {major} of the contract, not {MAJOR}"),
            Self::Requires { missing } => write!(f, "it requires features that this host lacks ({missing:#x})"),
            Self::NoEntry { name } => write!(f, "its function {name} is NULL"),
        }
    }
}

impl core::error::Error for BadPlugin {}

/// Copies and checks what [`SYMBOL`] returned.
///
/// # Errors
/// Why the plugin is refused.
///
/// # Safety
/// NULL, or a pointer to as many readable bytes as the struct says it has.
pub unsafe fn read_plugin(at: *const Plugin, features: u64) -> Result<Plugin, BadPlugin> {
    if at.is_null() {
        return Err(BadPlugin::Struct(PeerError::Null));
    }
    // SAFETY: the caller.
    if !unsafe { has_magic(at, PLUGIN_MAGIC) } {
        return Err(BadPlugin::Magic);
    }
    // SAFETY: the caller.
    let plugin = unsafe { Peer::new(at) }.map_err(BadPlugin::Struct)?.copy();
    plugin.check(features)?;
    Ok(plugin)
}
