//! The thread beside each isolated plugin: starts the child, hands answers over, ends what hangs, and knows when to
//! leave it alone.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use kith_plugin_loader::Checked;
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::net::{RecvFlags, recv};
use tokio::sync::{oneshot, watch};

use crate::link::{Heard, Link};
use crate::spawn::{Child, Config, StartRefusal, log_line, signal_of, spawn, timespec, words};
use crate::stats::{Counters, State, Stats, add, get};
use crate::wire::{Kind, MAX_FRAME, Malformed, decode};

/// Lines of log that are handed over in one second; the others are counted and forgotten.
const LOG_PER_SECOND: u32 = 100;
/// Lines of log in one second that are a flood, which ends the child.
const LOG_FLOOD: u32 = 20_000;

/// What handle and thread share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) counters: Counters,
    pub(crate) state: watch::Sender<State>,
    link: RwLock<Option<Arc<Link>>>,
    child_id: AtomicU32,
    generation: AtomicU32,
    last_failure: Mutex<String>,
    wake: OwnedFd,
    stopping: AtomicBool,
    released: AtomicBool,
}

/// Gets the outcome of the first start.
type FirstStart = oneshot::Receiver<Result<(), StartRefusal>>;

/// Starts the thread.
pub(crate) fn start(
    config: Config,
    checked: Checked,
    settings: String,
) -> Result<(Arc<Shared>, FirstStart), StartRefusal> {
    let io = |what: &str, e: std::io::Error| StartRefusal::Io { program: what.to_owned(), why: e.to_string() };
    let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(|e| io("an eventfd", e.into()))?;
    let shared = Arc::new(Shared {
        config,
        counters: Counters::default(),
        state: watch::Sender::new(State::Starting),
        link: RwLock::new(None),
        child_id: AtomicU32::new(0),
        generation: AtomicU32::new(0),
        last_failure: Mutex::new(String::new()),
        wake,
        stopping: AtomicBool::new(false),
        released: AtomicBool::new(false),
    });
    let (report, ready) = oneshot::channel();
    let thread =
        Thread { shared: shared.clone(), checked, settings, failures: VecDeque::new(), in_a_row: 0, opened: 0 };
    std::thread::Builder::new()
        .name("kith-plugin".to_owned())
        .spawn(move || thread.run(report))
        .map_err(|e| io("a thread", e))?;
    Ok((shared, ready))
}

/// Nanoseconds of the clock that never goes back.
pub(crate) fn mono_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}

impl Shared {
    pub(crate) fn link(&self) -> Option<Arc<Link>> {
        self.link.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_link(&self, link: Option<Arc<Link>>) {
        *self.link.write().unwrap_or_else(PoisonError::into_inner) = link;
    }

    /// Makes the thread look.
    pub(crate) fn wake(&self) {
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.wake();
    }

    pub(crate) fn release(&self) {
        self.released.store(true, Ordering::Release);
        self.wake();
    }

    pub(crate) fn child_id(&self) -> Option<u32> {
        Some(self.child_id.load(Ordering::Acquire)).filter(|id| *id != 0)
    }

    fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    fn set_state(&self, state: State) {
        self.state.send_replace(state);
    }

    fn note(&self, failure: String) {
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    pub(crate) fn stats(&self) -> Stats {
        let counters = &self.counters;
        Stats {
            state: *self.state.borrow(),
            generation: self.generation.load(Ordering::Relaxed),
            calls: get(&counters.calls),
            denials: get(&counters.denials),
            timeouts: get(&counters.timeouts),
            late: get(&counters.late),
            crashes: get(&counters.crashes),
            kills: get(&counters.kills),
            restarts: get(&counters.restarts),
            p50: counters.times.quantile(500),
            p99: counters.times.quantile(990),
            last_failure: self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// How a child's time ended.
enum Ended {
    /// The handle was dropped.
    Stopped,
    /// It closed its socket: it is gone or going.
    Gone,
    /// It did not answer.
    Hung,
    /// It broke the frames' rules.
    Breach(Malformed),
}

struct Thread {
    shared: Arc<Shared>,
    checked: Checked,
    settings: String,
    /// When children failed lately.
    failures: VecDeque<Instant>,
    /// Failures since a child last lived long.
    in_a_row: u32,
    /// How often it was broken off since a child last lived long.
    opened: u32,
}

impl Thread {
    fn run(mut self, report: oneshot::Sender<Result<(), StartRefusal>>) {
        let mut report = Some(report);
        while !self.shared.stopping() {
            let generation = self.shared.generation.fetch_add(1, Ordering::Relaxed) + 1;
            let started = Instant::now();
            let forbidden = match spawn(&self.shared.config, &self.checked, &self.settings, false, generation) {
                Ok(child) => {
                    let (forbidden, stopped) = self.live(child, report.take());
                    if stopped {
                        break;
                    }
                    forbidden
                }
                Err(refusal) => {
                    self.shared.note(refusal.to_string());
                    if let Some(report) = report.take() {
                        let _ = report.send(Err(refusal));
                        break;
                    }
                    add(&self.shared.counters.crashes, 1);
                    refusal == StartRefusal::Forbidden
                }
            };
            if started.elapsed() >= self.shared.config.breaker_window {
                (self.in_a_row, self.opened) = (0, 0);
                self.failures.clear();
            }
            self.pause(forbidden);
            add(&self.shared.counters.restarts, 1);
        }
        self.shared.set_link(None);
        self.shared.set_state(State::Stopped);
    }

    /// A child's life. Whether it made a forbidden system call, and whether it was stopped.
    fn live(&mut self, mut child: Child, report: Option<oneshot::Sender<Result<(), StartRefusal>>>) -> (bool, bool) {
        let shared = self.shared.clone();
        let link = match child.socket.try_clone() {
            Ok(socket) => Arc::new(Link::new(socket, child.generation, shared.config.in_flight)),
            Err(e) => {
                shared.note(e.to_string());
                return (false, false);
            }
        };
        shared.child_id.store(child.process.id(), Ordering::Release);
        shared.set_link(Some(link.clone()));
        shared.set_state(State::Ready);
        if let Some(report) = report {
            let _ = report.send(Ok(()));
        }
        let ended = self.serve(&link);
        shared.set_link(None);
        if !matches!(ended, Ended::Stopped) {
            shared.set_state(State::Restarting);
        }
        let status = match ended {
            Ended::Gone => child.settle(Duration::from_millis(20)),
            _ => child.kill(),
        };
        link.close();
        shared.child_id.store(0, Ordering::Release);
        let forbidden = signal_of(status) == Some(libc::SIGSYS);
        // Its reason before its count: who sees that a child ended can read why.
        match ended {
            Ended::Stopped => return (false, true),
            Ended::Gone if forbidden => {
                shared.note("CHILD_FORBIDDEN_CALL: the plugin made a forbidden system call".to_owned());
                add(&shared.counters.crashes, 1);
            }
            Ended::Gone => {
                shared.note(format!("CHILD_DIED: {}", words(status)));
                add(&shared.counters.crashes, 1);
            }
            Ended::Hung => {
                shared.note(format!("CHILD_HUNG: no answer within {:?}", shared.config.hard_deadline));
                add(&shared.counters.kills, 1);
            }
            Ended::Breach(what) => {
                shared.note(what.to_string());
                add(&shared.counters.kills, 1);
            }
        }
        (forbidden, false)
    }

    /// Hands answers over until the child's time ends.
    fn serve(&mut self, link: &Link) -> Ended {
        let shared = &self.shared;
        let mut buffer = vec![0; MAX_FRAME + 1];
        let mut log = LogBudget { since: Instant::now(), lines: 0 };
        loop {
            let hangs_at = link.hangs_at(shared.config.hard_deadline);
            let left = hangs_at.map(|at| timespec(at.saturating_duration_since(Instant::now())));
            let mut wanted = [PollFd::new(&link.socket, PollFlags::IN), PollFd::new(&shared.wake, PollFlags::IN)];
            match poll(&mut wanted, left.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => return Ended::Gone,
            }
            let [answers, wakes] = wanted.map(|one| !one.revents().is_empty());
            if wakes {
                let mut count = [0; 8];
                let _ = rustix::io::read(&shared.wake, &mut count);
            }
            if shared.stopping() {
                return Ended::Stopped;
            }
            if answers {
                match self.hear_all(link, &mut buffer, &mut log) {
                    Ok(true) => {}
                    Ok(false) => return Ended::Gone,
                    Err(breach) => return Ended::Breach(breach),
                }
            }
            // Looked at anew: what was heard just now may have been what it was about.
            if link.hangs_at(shared.config.hard_deadline).is_some_and(|at| at <= Instant::now()) {
                return Ended::Hung;
            }
        }
    }

    /// Everything that is there. `false`: the child is gone.
    fn hear_all(&self, link: &Link, buffer: &mut [u8], log: &mut LogBudget) -> Result<bool, Malformed> {
        // So many at most before the others are looked after again.
        for _ in 0..256 {
            let length = match recv(&link.socket, &mut *buffer, RecvFlags::DONTWAIT) {
                Ok((_, 0)) => return Ok(false),
                Ok((_, length)) => length,
                Err(rustix::io::Errno::AGAIN) => break,
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return Ok(false),
            };
            let (head, body) = decode(&buffer[..length])?;
            if head.kind == Kind::Log && head.generation == link.generation {
                if log.take()? {
                    log_line(&self.shared.config.log, body)?;
                }
            } else if link.hear(head, body)? == Heard::Late {
                add(&self.shared.counters.late, 1);
            }
        }
        Ok(true)
    }

    /// What is to be waited for before the next start.
    fn pause(&mut self, forbidden: bool) {
        let config = &self.shared.config;
        let now = Instant::now();
        self.failures.push_back(now);
        while self.failures.front().is_some_and(|at| now - *at > config.breaker_window) {
            self.failures.pop_front();
        }
        self.in_a_row += 1;
        let (state, wait) = if forbidden {
            (State::Quarantined, None)
        } else if self.failures.len() >= config.breaker_failures || self.opened > 0 {
            self.opened += 1;
            self.failures.clear();
            (State::Broken, Some(config.breaker_open * (1 << (self.opened - 1).min(4)).min(10)))
        } else {
            let doubled = config.backoff.saturating_mul(1 << (self.in_a_row - 1).min(20));
            (State::Restarting, Some(jittered(doubled.min(config.longest_backoff))))
        };
        // A word that was said before this failure is not about it: a quarantine would end by itself.
        self.shared.released.store(false, Ordering::Release);
        self.shared.set_state(state);
        self.wait(wait);
        self.shared.set_state(State::Restarting);
    }

    /// Waits so long, or until an operator's word or the end.
    fn wait(&mut self, time: Option<Duration>) {
        let until = time.map(|t| Instant::now() + t);
        loop {
            if self.shared.stopping() {
                return;
            }
            if self.shared.released.swap(false, Ordering::AcqRel) {
                (self.in_a_row, self.opened) = (0, 0);
                self.failures.clear();
                return;
            }
            let left = until.map(|at| at.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return;
            }
            let wanted = &mut [PollFd::new(&self.shared.wake, PollFlags::IN)];
            let _ = poll(wanted, left.map(timespec).as_ref());
            let mut count = [0; 8];
            let _ = rustix::io::read(&self.shared.wake, &mut count);
        }
    }
}

/// Two to four fifths of it, so that plugins that failed together do not start together, and a first restart after a
/// hang (50 ms) is over within 100 ms.
fn jittered(time: Duration) -> Duration {
    let mut random = [0_u8; 4];
    let _ = rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty());
    let part = f64::from(u32::from_ne_bytes(random)) / f64::from(u32::MAX);
    time.mul_f64(0.4 + part * 0.4)
}

struct LogBudget {
    since: Instant,
    lines: u32,
}

impl LogBudget {
    /// Whether a line is handed over.
    fn take(&mut self) -> Result<bool, Malformed> {
        if self.since.elapsed() >= Duration::from_secs(1) {
            *self = Self { since: Instant::now(), lines: 0 };
        }
        self.lines += 1;
        if self.lines > LOG_FLOOD {
            return Err(Malformed("a flood of log lines"));
        }
        Ok(self.lines <= LOG_PER_SECOND)
    }
}
