//! Loading. The only place where foreign code is brought into the process.

use std::ffi::{CStr, c_void};
use std::fmt;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kith_plugin_abi as abi;
use kith_plugin_manifest::Digest;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW, Symbol};

use crate::describe::{Collector, DescribeRefusal, Description};
use crate::sealed::{Checked, Expected};

/// Why a checked library is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadRefusal {
    /// A server that cannot load libraries at all.
    #[error("LOAD_STATIC: this server is linked statically and cannot load plugins; install the build for GNU libc")]
    Static,
    /// The dynamic linker's refusal.
    #[error("LOAD_FAILED: the dynamic linker refuses it: {0}")]
    Failed(String),
    /// The linker gave a library that was there before.
    #[error("LOAD_NOT_NEW: the dynamic linker gave another library than the checked one; restart the server")]
    NotNew,
    /// The struct that the entry returned.
    #[error("LOAD_CONTRACT: {0}")]
    Contract(#[from] abi::BadPlugin),
    /// It says another build id than the file and the manifest.
    #[error("LOAD_BUILD_ID: once loaded, the library gives another build id than the signed one")]
    BuildId,
    /// Settings beyond the bound.
    #[error("CREATE_SETTINGS: the settings are over {0} bytes")]
    SettingsTooLarge(usize),
    /// `create` returned another status than 0.
    #[error("CREATE_FAILED: create returned {0}; the plugin's log says why")]
    Create(i32),
    /// `create` returned no instance.
    #[error("CREATE_NULL: create succeeded with NULL; return a pointer, to anything")]
    NullInstance,
    /// `self_test` returned another status than 0.
    #[error("SELF_TEST_FAILED: self_test returned {0}; the plugin's log says why")]
    SelfTest(i32),
}

impl LoadRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Static => "LOAD_STATIC",
            Self::Failed(_) => "LOAD_FAILED",
            Self::NotNew => "LOAD_NOT_NEW",
            Self::Contract(_) => "LOAD_CONTRACT",
            Self::BuildId => "LOAD_BUILD_ID",
            Self::SettingsTooLarge(_) => "CREATE_SETTINGS",
            Self::Create(_) => "CREATE_FAILED",
            Self::NullInstance => "CREATE_NULL",
            Self::SelfTest(_) => "SELF_TEST_FAILED",
        }
    }
}

/// How grave a line of a plugin's log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Something is broken; also what an unknown level means.
    Error,
    /// Something is odd.
    Warn,
    /// Worth knowing.
    Info,
    /// For the author.
    Debug,
}

impl LogLevel {
    /// From the contract's number.
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        match number {
            abi::log_level::WARN => Self::Warn,
            abi::log_level::INFO => Self::Info,
            abi::log_level::DEBUG => Self::Debug,
            _ => Self::Error,
        }
    }
}

/// Takes the lines of a plugin's log: cut to [`abi::limits::LOG`] bytes, without control characters. It must not panic:
/// it is called from foreign code.
pub type Log = Box<dyn Fn(LogLevel, &str) + Send + Sync>;

/// A loaded library. Lives for ever; copies are the same library.
#[derive(Clone, Copy)]
pub struct Plugin(&'static Loaded);

pub(crate) struct Loaded {
    pub(crate) vtable: abi::Plugin,
    pub(crate) host: &'static abi::Host,
    context: &'static Context,
    expected: Expected,
    base: usize,
}

/// What the host's functions work on.
struct Context {
    log: Log,
    collector: Mutex<Option<Collector>>,
    /// `describe` runs once at a time.
    describing: Mutex<()>,
}

/// Every library of this process. Also makes loading one at a time.
static LOADED: Mutex<Libraries> = Mutex::new(Libraries { taken: Vec::new(), refused: Vec::new() });

struct Libraries {
    taken: Vec<&'static Loaded>,
    /// Those that are in the process all the same, since nothing is unloaded: where, and why they were refused. They
    /// are not loaded a second time.
    refused: Vec<(Expected, usize, LoadRefusal)>,
}

/// A lock that a panic elsewhere does not poison: what it guards is whole at any time.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many libraries this process has loaded, ever.
#[must_use]
pub fn loaded() -> usize {
    let all = lock(&LOADED);
    all.taken.len() + all.refused.len()
}

impl Checked {
    /// Brings the library into this process and asks its entry what it is. The same bytes are loaded once: a second time
    /// gives the first plugin, with the first one's log. Runs the library's constructors: probe it in a child before.
    pub fn load(self, log: Log) -> Result<Plugin, LoadRefusal> {
        if cfg!(all(target_env = "musl", target_feature = "crt-static")) {
            return Err(LoadRefusal::Static);
        }
        let mut all = lock(&LOADED);
        if let Some(same) = all.taken.iter().find(|l| l.expected == self.expected) {
            return Ok(Plugin(same));
        }
        if let Some((_, _, why)) = all.refused.iter().find(|(expected, _, _)| *expected == self.expected) {
            return Err(why.clone());
        }
        let Self { memory, expected, .. } = self;
        let path = format!("/proc/self/fd/{}", memory.as_fd().as_raw_fd());
        // SAFETY: the bytes are sealed, and signed by somebody whom the operator trusts to run code here.
        let library = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL | libc::RTLD_NODELETE) };
        // It stays from here on, whatever happens.
        let library = ManuallyDrop::new(library.map_err(|e| LoadRefusal::Failed(words(&e)))?);
        // The linker remembers libraries by name: this one must never mean other bytes, so it stays open for ever.
        std::mem::forget(memory);

        let base = base_of(&library);
        let known = |at: usize| all.taken.iter().any(|l| l.base == at) || all.refused.iter().any(|(_, b, _)| *b == at);
        let taken = match &base {
            Some(base) if base.name == path.as_bytes() && !known(base.address) => enter(&library, log, expected, base),
            _ => Err(LoadRefusal::NotNew),
        };
        match taken {
            Ok(loaded) => {
                all.taken.push(loaded);
                Ok(Plugin(loaded))
            }
            Err(why) => {
                all.refused.push((expected, base.map_or(0, |b| b.address), why.clone()));
                Err(why)
            }
        }
    }
}

/// Asks a library's entry what it is.
fn enter(library: &Library, log: Log, expected: Expected, base: &Base) -> Result<&'static Loaded, LoadRefusal> {
    let entry = entry(library)?;
    let context: &'static Context =
        Box::leak(Box::new(Context { log, collector: Mutex::new(None), describing: Mutex::new(()) }));
    let host: &'static abi::Host = Box::leak(Box::new(host(context)));
    // SAFETY: a host that lives for ever, as the contract asks.
    let told = unsafe { entry(host) };
    // SAFETY: what the entry returns is NULL or a struct of the contract, which is copied once, here.
    let vtable = unsafe { abi::read_plugin(told, host.features) }?;
    if vtable.build_id != expected.build_id {
        return Err(LoadRefusal::BuildId);
    }
    Ok(Box::leak(Box::new(Loaded { vtable, host, context, expected, base: base.address })))
}

fn entry(library: &Library) -> Result<Symbol<abi::EntryFn>, LoadRefusal> {
    // SAFETY: the contract gives the entry's type.
    unsafe { library.get(b"kith_plugin_v1\0") }.map_err(|e| LoadRefusal::Failed(words(&e)))
}

/// The linker's words, with what lies under them.
fn words(error: &libloading::Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    format!("{error} {source}").trim().chars().take(400).collect()
}

struct Base {
    address: usize,
    name: Vec<u8>,
}

/// Where a library begins, and the name under which it was opened.
fn base_of(library: &Library) -> Option<Base> {
    let address = *entry(library).ok()? as *const c_void;
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: fills the struct, which is then valid (all zeros before).
    let info = unsafe {
        if libc::dladdr(address, info.as_mut_ptr()) == 0 {
            return None;
        }
        info.assume_init()
    };
    if info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: the linker's own string, which lives as long as the library.
    let name = unsafe { CStr::from_ptr(info.dli_fname) }.to_bytes().to_vec();
    Some(Base { address: info.dli_fbase as usize, name })
}

impl Plugin {
    /// The SHA-256 of the library.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.expected.sha256
    }

    /// The build id, padded with zeros.
    #[must_use]
    pub fn build_id(&self) -> &[u8; 32] {
        &self.0.vtable.build_id
    }

    /// The version of the contract it was built with, `(major, minor)`.
    #[must_use]
    pub fn version(&self) -> (u16, u16) {
        (self.0.vtable.major, self.0.vtable.minor)
    }

    /// Whether it answers several requests in one call.
    #[must_use]
    pub fn batches(&self) -> bool {
        self.0.vtable.authorize_batch.is_some()
    }

    /// What it tells of itself. Asked twice: it must be the same.
    pub fn describe(&self) -> Result<Description, DescribeRefusal> {
        let _one_at_a_time = lock(&self.0.context.describing);
        let told = self.describe_once()?;
        if self.describe_once()? == told { Ok(told) } else { Err(DescribeRefusal::Changes) }
    }

    fn describe_once(&self) -> Result<Description, DescribeRefusal> {
        let context = self.0.context;
        *lock(&context.collector) = Some(Collector::default());
        let status = match self.0.vtable.describe {
            // SAFETY: an entry of the contract, with the host it was given.
            Some(describe) => unsafe { describe(self.0.host) },
            None => abi::status::ERROR,
        };
        lock(&context.collector).take().unwrap_or_default().finish(status)
    }

    pub(crate) fn inner(&self) -> &'static Loaded {
        self.0
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plugin({})", self.digest())
    }
}

fn host(context: &'static Context) -> abi::Host {
    abi::Host {
        magic: abi::HOST_MAGIC,
        size: abi::Host::SIZE,
        major: abi::MAJOR,
        minor: abi::MINOR,
        features: abi::feature::KNOWN,
        ctx: std::ptr::from_ref(context).cast_mut().cast(),
        log: Some(log),
        mono_ns: Some(mono_ns),
        emit_permission: Some(emit_permission),
        emit_setting: Some(emit_setting),
    }
}

/// The context behind a pointer that came back from foreign code.
///
/// # Safety
/// The `ctx` of a host of [`host`], or NULL.
unsafe fn context<'a>(ctx: *mut c_void) -> Option<&'a Context> {
    // SAFETY: the caller; contexts live for ever and are shared only.
    unsafe { ctx.cast::<Context>().as_ref() }
}

unsafe extern "C" fn log(ctx: *mut c_void, level: u32, line: abi::Str) {
    // SAFETY: the plugin hands back what it was given.
    let Some(context) = (unsafe { context(ctx) }) else { return };
    let cut = abi::Str { ptr: line.ptr, len: line.len.min(abi::limits::LOG) };
    // SAFETY: the plugin's text, readable for its length.
    let Some(bytes) = (unsafe { cut.bytes() }) else { return };
    let clean: String = String::from_utf8_lossy(bytes).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    (context.log)(LogLevel::from_number(level), &clean);
}

unsafe extern "C" fn mono_ns(_: *mut c_void) -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}

unsafe extern "C" fn emit_permission(ctx: *mut c_void, at: *const abi::Permission) -> abi::Status {
    // SAFETY: the plugin hands back what it was given, and a struct of the contract.
    unsafe { emit(ctx, |collector| crate::describe::permission(collector, at)) }
}

unsafe extern "C" fn emit_setting(ctx: *mut c_void, at: *const abi::Setting) -> abi::Status {
    // SAFETY: as above.
    unsafe { emit(ctx, |collector| crate::describe::setting(collector, at)) }
}

/// # Safety
/// As [`context`].
unsafe fn emit(ctx: *mut c_void, take: impl FnOnce(&mut Collector) -> Result<(), DescribeRefusal>) -> abi::Status {
    // SAFETY: the caller.
    let Some(context) = (unsafe { context(ctx) }) else { return abi::status::BAD_ARGUMENT };
    // Outside of `describe` there is nothing to tell it to.
    match lock(&context.collector).as_mut().map(take) {
        Some(Ok(())) => abi::status::OK,
        _ => abi::status::REFUSED,
    }
}
