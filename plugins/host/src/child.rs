//! The child's side: what the server's executable does when it is started as `plugin-host`.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use kith_plugin_loader::elf::C_FAMILY;
use kith_plugin_loader::{Fault, Instance, LogLevel, Request, Sealed, Verdict};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags, recv, recvmsg, send};

use crate::sandbox;
use crate::start::{Start, write_permission, write_setting};
use crate::wire::{Asked, Head, Kind, MAX_FRAME, Writer, decode, get_request, put_verdict};

/// The argument that makes the server's executable a child.
pub const ARGUMENT: &str = "plugin-host";

/// The most lines of log a child sends before a question is answered.
const LOG_BURST: u32 = 64;

/// Lines of log that may still be sent.
static LOG_LEFT: AtomicU32 = AtomicU32::new(LOG_BURST);

/// Runs the child to its end. The first thing in `main` when the first argument is [`ARGUMENT`]: before any thread,
/// any file and any configuration.
#[must_use]
pub fn main() -> ExitCode {
    // SAFETY: descriptor 0 is the socket on which the server started this process; it stays open.
    let socket = unsafe { BorrowedFd::borrow_raw(0) };
    match serve(socket) {
        // The server closed the socket.
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let mut frame = Writer::new(Head { kind: Kind::Failed, count: 0, generation: failure.generation, seq: 0 });
            frame.text(failure.code);
            frame.text(&failure.message.chars().take(500).collect::<String>());
            if let Some(bytes) = frame.finish() {
                let _ = send(socket, &bytes, SendFlags::NOSIGNAL);
            }
            ExitCode::FAILURE
        }
    }
}

struct Failure {
    generation: u32,
    code: &'static str,
    message: String,
}

fn serve(socket: BorrowedFd<'_>) -> Result<(), Failure> {
    let early = |code, message: String| Failure { generation: 0, code, message };
    sandbox::first().map_err(|e| early(e.code(), e.to_string()))?;
    let mut buffer = vec![0; MAX_FRAME + 1];
    let Some((length, library)) = first_frame(socket, &mut buffer).map_err(|e| early("START_IO", e.to_string()))?
    else {
        return Ok(());
    };
    let (head, body) = decode(&buffer[..length]).map_err(|e| early("FRAME_MALFORMED", e.to_string()))?;
    let generation = head.generation;
    let fail = |code, message: String| Failure { generation, code, message };
    if head.kind != Kind::Start {
        return Err(fail("FRAME_MALFORMED", "the first frame is not a start".to_owned()));
    }
    let start = Start::read(body).map_err(|e| fail("FRAME_MALFORMED", e.to_string()))?;
    let library = library.ok_or_else(|| fail("SEAL_MISSING", "no library came with the start".to_owned()))?;
    let instance = begin(socket, generation, &start, library).map_err(|(code, message)| fail(code, message))?;

    let ready = Writer::new(Head { kind: Kind::Ready, count: 0, generation, seq: 0 });
    send_frame(socket, ready).map_err(|e| fail("START_IO", e.to_string()))?;
    answer(socket, generation, &instance, &mut buffer).map_err(|e| fail("SERVE_IO", e.to_string()))
}

/// The start and the library's descriptor; `None` when the server has gone.
fn first_frame(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Option<(usize, Option<OwnedFd>)>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let message = loop {
        let mut parts = [io::IoSliceMut::new(buffer)];
        match recvmsg(socket, &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
            Err(rustix::io::Errno::INTR) => {}
            other => break other?,
        }
    };
    let mut library = None;
    for one in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(mut descriptors) = one {
            library = descriptors.next();
        }
    }
    Ok((message.bytes > 0).then_some((message.bytes, library)))
}

/// Walls, library, walls, instance.
fn begin(
    socket: BorrowedFd<'_>,
    generation: u32,
    start: &Start,
    library: OwnedFd,
) -> Result<Instance, (&'static str, String)> {
    let walls = |e: sandbox::SandboxRefusal| (e.code(), e.to_string());
    let number = library.as_raw_fd();
    let checked = Sealed::from_fd(library)
        .and_then(|sealed| sealed.check(&start.expected))
        .map_err(|e| (e.code(), e.to_string()))?;
    // What the library needs is brought in while files can still be found; then the linker finds it by name.
    for needed in checked.facts().needed.iter().filter(|name| C_FAMILY.contains(&name.as_str())) {
        // SAFETY: a library of the C library's family, from the system's own folders.
        let there = unsafe { Library::open(Some(needed), RTLD_NOW | RTLD_LOCAL) };
        std::mem::forget(there.map_err(|e| ("LOAD_FAILED", format!("{needed}: {e}")))?);
    }
    sandbox::capabilities().map_err(walls)?;
    // The linker needs one descriptor more while it loads.
    sandbox::limits(start.memory, u64::try_from(number).unwrap_or(3) + 2).map_err(walls)?;
    sandbox::landlock(start.without_landlock).map_err(walls)?;
    sandbox::seccomp_for_loading(socket.as_raw_fd(), start.without_seccomp).map_err(walls)?;

    let plugin = checked
        .load(Box::new(move |level, line| log(generation, level, line)))
        .map_err(|e| (e.code(), e.to_string()))?;
    sandbox::seccomp_for_serving(socket.as_raw_fd()).map_err(walls)?;

    let mut settings = start.settings.clone();
    if start.describe {
        let told = plugin.describe().map_err(|e| (e.code(), e.to_string()))?;
        let head = |kind| Head { kind, count: 0, generation, seq: 0 };
        let io = |e: io::Error| ("START_IO", e.to_string());
        for node in &told.permissions {
            let mut frame = Writer::new(head(Kind::Permission));
            write_permission(&mut frame, node);
            send_frame(socket, frame).map_err(io)?;
        }
        for setting in &told.settings {
            let mut frame = Writer::new(head(Kind::Setting));
            write_setting(&mut frame, setting);
            send_frame(socket, frame).map_err(io)?;
        }
        // Whoever asks what it tells does not know the defaults yet.
        settings = told.fill_in(&settings);
    }
    let instance = plugin.create(&settings).map_err(|e| (e.code(), e.to_string()))?;
    instance.self_test().map_err(|e| (e.code(), e.to_string()))?;
    Ok(instance)
}

/// Answers questions until the server closes the socket.
fn answer(socket: BorrowedFd<'_>, generation: u32, instance: &Instance, buffer: &mut [u8]) -> io::Result<()> {
    let malformed = || io::Error::from(io::ErrorKind::InvalidData);
    loop {
        let length = match recv(socket, &mut *buffer, RecvFlags::empty()) {
            Ok((_, 0)) => return Ok(()),
            Ok((_, length)) => length,
            Err(rustix::io::Errno::INTR) => continue,
            Err(e) => return Err(e.into()),
        };
        let (head, mut body) = decode(&buffer[..length.min(MAX_FRAME)]).map_err(|_| malformed())?;
        if head.kind != Kind::Ask || head.generation != generation || length > MAX_FRAME {
            return Err(malformed());
        }
        let asked: Vec<Asked<'_>> =
            (0..head.count).map(|_| get_request(&mut body)).collect::<Result<_, _>>().map_err(|_| malformed())?;
        body.end().map_err(|_| malformed())?;
        let requests: Vec<Request<'_>> = asked.iter().map(Asked::request).collect();
        let mut verdicts = vec![Verdict::fault_of(Fault::Unavailable); requests.len()];
        LOG_LEFT.store(LOG_BURST, Ordering::Relaxed);
        match (requests.as_slice(), verdicts.as_mut_slice()) {
            ([request], [verdict]) => *verdict = instance.authorize(request),
            (requests, verdicts) => instance.authorize_batch(requests, verdicts),
        }
        let mut frame = Writer::new(Head { kind: Kind::Answer, ..head });
        for verdict in &verdicts {
            put_verdict(&mut frame, verdict);
        }
        send_frame(socket, frame)?;
    }
}

fn send_frame(socket: impl AsFd, frame: Writer) -> io::Result<()> {
    let bytes = frame.finish().ok_or(io::ErrorKind::InvalidData)?;
    loop {
        match send(socket.as_fd(), &bytes, SendFlags::NOSIGNAL) {
            Err(rustix::io::Errno::INTR) => {}
            other => return Ok(other.map(|_| ())?),
        }
    }
}

/// A line of the plugin's log. Lost when there are many, or when the server does not listen.
fn log(generation: u32, level: LogLevel, line: &str) {
    let left = LOG_LEFT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
    if left.is_err() {
        return;
    }
    let mut frame = Writer::new(Head { kind: Kind::Log, count: 0, generation, seq: 0 });
    frame.u8(level as u8);
    frame.text(line);
    if let Some(bytes) = frame.finish() {
        // SAFETY: descriptor 0 is the socket, for as long as the process lives.
        let socket = unsafe { BorrowedFd::borrow_raw(0) };
        let _ = send(socket, &bytes, SendFlags::NOSIGNAL | SendFlags::DONTWAIT);
    }
}
