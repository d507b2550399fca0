//! Starting a child and hearing its report.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kith_plugin_loader::{Checked, Collector, Description, LogLevel};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recv,
    sendmsg, socketpair,
};

use crate::start::{Start, read_failed, read_permission, read_setting};
use crate::wire::{Head, Kind, MAX_FRAME, Malformed, Reader, Writer, decode};

/// Takes the lines of a plugin's log.
pub type LogSink = Arc<dyn Fn(LogLevel, &str) + Send + Sync>;

/// How children are run.
#[derive(Clone)]
pub struct Config {
    /// The executable: the server's own, best as `/proc/self/exe`, which is the one that runs even after an update. A
    /// path and not a name, or starting copies the server's page tables.
    pub program: PathBuf,
    /// Its arguments: [`ARGUMENT`](crate::child::ARGUMENT).
    pub args: Vec<OsString>,
    /// After how long a call is denied when the caller gives no time of its own.
    pub deadline: Duration,
    /// After how long without any answer the child is ended. No call waits longer.
    pub hard_deadline: Duration,
    /// How long a start may take, the probe included.
    pub start_limit: Duration,
    /// Memory of a child beyond what the bare process has, in bytes.
    pub memory: u64,
    /// The wait before the first restart, of which chance takes a fifth to three fifths; doubles with each failure.
    pub backoff: Duration,
    /// The longest wait before a restart.
    pub longest_backoff: Duration,
    /// So many failures …
    pub breaker_failures: usize,
    /// … within this time break a plugin off, …
    pub breaker_window: Duration,
    /// … for this time, twice as long each time up to ten times. A child that lives as long as the window mends it.
    pub breaker_open: Duration,
    /// How many frames may be under way to one child.
    pub in_flight: usize,
    /// Takes the plugin's log.
    pub log: LogSink,
    /// For tests of the refusal: acts as if the kernel lacked something. There is no way to run without.
    pub simulate_missing: Option<Missing>,
}

/// What a test takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Landlock.
    Landlock,
    /// Seccomp.
    Seccomp,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            program: "/proc/self/exe".into(),
            args: vec![crate::child::ARGUMENT.into()],
            deadline: Duration::from_millis(5),
            hard_deadline: Duration::from_millis(50),
            start_limit: Duration::from_secs(2),
            memory: 256 << 20,
            backoff: Duration::from_millis(50),
            longest_backoff: Duration::from_secs(30),
            breaker_failures: 5,
            breaker_window: Duration::from_secs(10),
            breaker_open: Duration::from_secs(10),
            in_flight: 64,
            log: Arc::new(|_, _| ()),
            simulate_missing: None,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("program", &self.program).field("args", &self.args).finish_non_exhaustive()
    }
}

/// Why a child does not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartRefusal {
    /// The sandbox cannot be put up. Isolated plugins do not run without it.
    #[error("{1}")]
    Sandbox(String, String),
    /// The library or the plugin refused, in the child.
    #[error("{1}")]
    Refused(String, String),
    /// The child ended: a crash in a constructor, in `create` or in `self_test`.
    #[error("CHILD_DIED: the child ended while starting: {0}")]
    Died(String),
    /// The child made a forbidden system call.
    #[error("CHILD_FORBIDDEN_CALL: the plugin made a forbidden system call while starting and is quarantined")]
    Forbidden,
    /// It was not ready in time: a hanging constructor, `create` or `self_test`.
    #[error("CHILD_SLOW: the child was not ready within {0:?} ({1})")]
    Slow(Duration, String),
    /// It sent something else than a report.
    #[error("{0}")]
    Protocol(#[from] Malformed),
    /// What it told of itself.
    #[error("{1}")]
    Description(&'static str, String),
    /// The system refuses.
    #[error("CHILD_IO: cannot start {program}: {why}")]
    Io {
        /// What was to be started.
        program: String,
        /// The system's words.
        why: String,
    },
}

impl StartRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Sandbox(code, _) | Self::Refused(code, _) => code,
            Self::Died(_) => "CHILD_DIED",
            Self::Forbidden => "CHILD_FORBIDDEN_CALL",
            Self::Slow(..) => "CHILD_SLOW",
            Self::Protocol(_) => "FRAME_MALFORMED",
            Self::Description(code, _) => code,
            Self::Io { .. } => "CHILD_IO",
        }
    }
}

/// A running child.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) process: Process,
    pub(crate) socket: OwnedFd,
    pub(crate) generation: u32,
    pub(crate) description: Description,
}

/// Starts a child and waits for its report. The calling thread must outlive the child: the kernel ends the child with
/// the *thread* that started it.
///
/// Nothing is given to the child but the socket: `Command` without `pre_exec`, user, group or search path takes the
/// `posix_spawn` way, which does not copy the server's page tables (154 ms at 2 GiB resident).
pub(crate) fn spawn(
    config: &Config,
    checked: &Checked,
    settings: &str,
    describe: bool,
    generation: u32,
) -> Result<Child, StartRefusal> {
    let io = |e: io::Error| StartRefusal::Io { program: config.program.display().to_string(), why: e.to_string() };
    if config.simulate_missing.is_none() {
        crate::sandbox::available().map_err(|e| StartRefusal::Sandbox(e.code().to_owned(), e.to_string()))?;
    }
    let until = Instant::now() + config.start_limit;
    let (ours, theirs) =
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).map_err(|e| io(e.into()))?;
    let process = Command::new(&config.program)
        .args(&config.args)
        .env_clear()
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // The terminal's interrupt is for the server alone.
        .process_group(0)
        .spawn()
        .map_err(io)?;
    let mut child = Child { process, socket: ours, generation, description: Description::default() };

    let start = Start {
        expected: *checked.expected(),
        settings: settings.to_owned(),
        memory: config.memory,
        describe,
        without_landlock: config.simulate_missing == Some(Missing::Landlock),
        without_seccomp: config.simulate_missing == Some(Missing::Seccomp),
    };
    let mut frame = Writer::new(Head { kind: Kind::Start, count: 0, generation, seq: 0 });
    start.write(&mut frame);
    let reported = frame
        .finish()
        .ok_or(StartRefusal::Refused("CREATE_SETTINGS".into(), "CREATE_SETTINGS: the settings are too large".into()))
        .and_then(|bytes| send_with(&child.socket, &bytes, checked).map_err(io))
        .and_then(|()| child.report(config, until));
    match reported {
        Ok(description) => {
            child.description = description;
            Ok(child)
        }
        Err(refusal) => Err(child.end_with(refusal)),
    }
}

fn send_with(socket: &OwnedFd, bytes: &[u8], library: &Checked) -> io::Result<()> {
    let descriptors = [library.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
    match sendmsg(socket, &[IoSlice::new(bytes)], &mut ancillary, SendFlags::NOSIGNAL) {
        // It died before it read: its end tells more than this.
        Err(rustix::io::Errno::PIPE | rustix::io::Errno::CONNRESET) => Ok(()),
        other => other.map(|_| ()).map_err(Into::into),
    }
}

/// What came out of a socket within a time.
pub(crate) enum Packet {
    /// So many bytes.
    Bytes(usize),
    /// The other side is gone.
    End,
    /// Nothing.
    Late,
}

/// Waits for one packet.
pub(crate) fn receive(socket: &OwnedFd, buffer: &mut [u8], until: Instant) -> io::Result<Packet> {
    loop {
        match recv(socket, &mut *buffer, RecvFlags::DONTWAIT) {
            Ok((_, 0)) => return Ok(Packet::End),
            Ok((_, length)) => return Ok(Packet::Bytes(length)),
            Err(rustix::io::Errno::CONNRESET) => return Ok(Packet::End),
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Ok(Packet::Late);
                }
                match poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&timespec(left))) {
                    Ok(_) | Err(rustix::io::Errno::INTR) => {}
                    Err(e) => return Err(e.into()),
                }
            }
            Err(e) => return Err(e.into()),
        }
    }
}

pub(crate) fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX), tv_nsec: i64::from(time.subsec_nanos()) }
}

impl Child {
    /// Everything up to the child's being ready.
    fn report(&self, config: &Config, until: Instant) -> Result<Description, StartRefusal> {
        let mut buffer = vec![0; MAX_FRAME + 1];
        let mut collector = Collector::default();
        let mut log_left = 64;
        loop {
            let length = match receive(&self.socket, &mut buffer, until) {
                Ok(Packet::Bytes(length)) => length,
                Ok(Packet::End) => return Err(StartRefusal::Died(String::new())),
                Ok(Packet::Late) => return Err(StartRefusal::Slow(config.start_limit, standing(self.process.id()))),
                Err(e) => return Err(StartRefusal::Io { program: "its socket".into(), why: e.to_string() }),
            };
            let (head, body) = decode(&buffer[..length])?;
            // A child that failed before it read the start does not know its generation.
            if head.generation != self.generation && !(head.kind == Kind::Failed && head.generation == 0) {
                return Err(Malformed("another generation").into());
            }
            let refused = |e: kith_plugin_loader::DescribeRefusal| StartRefusal::Description(e.code(), e.to_string());
            match head.kind {
                Kind::Ready => {
                    body.end()?;
                    return collector.finish(0).map_err(refused);
                }
                Kind::Failed => {
                    let (code, message) = read_failed(body)?;
                    return Err(if code.starts_with("SANDBOX_") {
                        StartRefusal::Sandbox(code, message)
                    } else {
                        StartRefusal::Refused(code, message)
                    });
                }
                Kind::Permission => {
                    let (node, parent) = read_permission(body)?;
                    collector.permission(node, parent).map_err(refused)?;
                }
                Kind::Setting => {
                    let (setting, kind) = read_setting(body)?;
                    collector.setting(setting, kind).map_err(refused)?;
                }
                Kind::Log if log_left > 0 => {
                    log_left -= 1;
                    log_line(&config.log, body)?;
                }
                Kind::Log => {}
                _ => return Err(Malformed("an answer to nothing").into()),
            }
        }
    }

    /// Ends the child and says how it had ended, if it had by itself.
    fn end_with(mut self, refusal: StartRefusal) -> StartRefusal {
        let StartRefusal::Died(_) = refusal else {
            self.kill();
            return refusal;
        };
        // Its socket is closed, so it is gone or going.
        let status = self.settle(Duration::from_millis(200));
        if signal_of(status) == Some(libc::SIGSYS) {
            return StartRefusal::Forbidden;
        }
        StartRefusal::Died(words(status))
    }

    /// Waits a little for a child that is going, then ends it.
    pub(crate) fn settle(&mut self, patience: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + patience;
        while Instant::now() < until {
            if let Ok(Some(status)) = self.process.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        self.kill()
    }

    /// Ends the child for good and collects it.
    pub(crate) fn kill(&mut self) -> Option<ExitStatus> {
        let _ = self.process.kill();
        self.process.wait().ok()
    }
}

/// A child never outlives its handle, whatever way that goes.
impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a process has done so far, in the kernel's figures. A start that is slow once in a while hung (it sleeps), waited for a
/// processor (little time) or for the disk (state D, many faults): only this tells afterwards.
fn standing(process: u32) -> String {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name may hold anything; the state stands behind it.
    let fields: Vec<&str> = stat.rsplit_once(") ").map_or_else(Vec::new, |(_, rest)| rest.split(' ').collect());
    let field = |at: usize| fields.get(at).copied().unwrap_or("?");
    format!("state {}, {} major faults, {} + {} ticks", field(0), field(9), field(11), field(12))
}

pub(crate) fn signal_of(status: Option<ExitStatus>) -> Option<i32> {
    status.and_then(|s| s.signal())
}

pub(crate) fn words(status: Option<ExitStatus>) -> String {
    status.map_or_else(|| "it cannot be waited for".to_owned(), |s| s.to_string())
}

/// Hands over a line of the plugin's log.
pub(crate) fn log_line(sink: &LogSink, mut body: Reader<'_>) -> Result<(), Malformed> {
    let level = match body.u8()? {
        0 => LogLevel::Error,
        1 => LogLevel::Warn,
        2 => LogLevel::Info,
        3 => LogLevel::Debug,
        _ => return Err(Malformed("an unknown level")),
    };
    let line = body.text()?;
    body.end()?;
    // Lossy decoding can make three bytes of one.
    if line.len() > 3 * kith_plugin_loader::abi::limits::LOG {
        return Err(Malformed("a line that is too long"));
    }
    if line.chars().any(char::is_control) {
        return Err(Malformed("a line with control characters"));
    }
    sink(level, line);
    Ok(())
}
