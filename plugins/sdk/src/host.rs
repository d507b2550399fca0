//! What the host offers to a plugin.

use std::ffi::c_void;
use std::fmt::{self, Write as _};

use kith_plugin_abi as abi;
use kith_plugin_abi::{HOST_MAGIC, LogFn, MAJOR, MonoFn, Peer, Str, limits, log_level};

/// How much a line of the log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something is broken.
    Error,
    /// Something is odd.
    Warn,
    /// Worth knowing.
    Info,
    /// For you.
    Debug,
}

/// The host: its log and its clock. Copy it into your instance if you need it there.
#[derive(Clone, Copy)]
pub struct Host {
    ctx: *mut c_void,
    log: Option<LogFn>,
    mono_ns: Option<MonoFn>,
}

// SAFETY: the contract: the host lives for ever and its functions may be called from any thread.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

impl Host {
    /// Checks what the host gave. The struct is returned as well, with what it lacks as `None`.
    ///
    /// # Safety
    /// NULL, or a host of the contract, which lives for ever.
    pub(crate) unsafe fn read(at: *const abi::Host) -> Option<(Self, abi::Host)> {
        // SAFETY: the caller.
        let raw = unsafe { abi::has_magic(at, HOST_MAGIC).then(|| Peer::new(at).ok()) }??.copy();
        (raw.major == MAJOR).then_some((Self { ctx: raw.ctx, log: raw.log, mono_ns: raw.mono_ns }, raw))
    }

    /// A host without log and clock, for tests.
    #[must_use]
    pub const fn silent() -> Self {
        Self { ctx: std::ptr::null_mut(), log: None, mono_ns: None }
    }

    /// Writes to Kith's log, 1,000 bytes at most. Nothing is allocated.
    pub fn log(&self, level: Level, text: impl fmt::Display) {
        let Some(log) = self.log else { return };
        let mut line = Line { bytes: [0; limits::LOG], len: 0 };
        // What does not fit is left out.
        let _ = write!(line, "{text}");
        let level = match level {
            Level::Error => log_level::ERROR,
            Level::Warn => log_level::WARN,
            Level::Info => log_level::INFO,
            Level::Debug => log_level::DEBUG,
        };
        // SAFETY: the contract; the host copies the text before it returns.
        unsafe { log(self.ctx, level, Str { ptr: line.bytes.as_ptr(), len: line.len }) };
    }

    /// Nanoseconds of a clock that never goes back; 0 when the host has none.
    #[must_use]
    pub fn mono_ns(&self) -> u64 {
        // SAFETY: the contract.
        self.mono_ns.map_or(0, |now| unsafe { now(self.ctx) })
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host")
    }
}

struct Line {
    bytes: [u8; limits::LOG],
    len: usize,
}

impl fmt::Write for Line {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let fits = more.floor_char_boundary(limits::LOG - self.len);
        self.bytes[self.len..self.len + fits].copy_from_slice(&more.as_bytes()[..fits]);
        self.len += fits;
        if fits < more.len() { Err(fmt::Error) } else { Ok(()) }
    }
}
