//! The server's handle on an isolated plugin.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kith_plugin_loader::{Checked, Fault, OwnedRequest, Verdict};
use tokio::sync::{oneshot, watch};

use crate::link::Link;
use crate::spawn::{Config, StartRefusal};
use crate::stats::{State, Stats, add};
use crate::supervisor::{self, Shared};
use crate::wire::{Head, Kind, MAX_COUNT, MAX_FRAME, Writer, put_request};

/// An isolated plugin. Dropping it ends the child; what is under way is denied.
pub struct Isolated(Arc<Shared>);

impl Isolated {
    /// Starts the plugin's thread and its first child, and waits until that is ready. A plugin that cannot start once is
    /// not kept: nothing goes on in the background after a refusal. Needs no runtime.
    pub async fn start(config: Config, checked: Checked, settings: &str) -> Result<Self, StartRefusal> {
        let (shared, ready) = supervisor::start(config, checked, settings.to_owned())?;
        // Dropped with this future, the handle stops the thread.
        let handle = Self(shared);
        match ready.await {
            Ok(Ok(())) => Ok(handle),
            Ok(Err(refusal)) => Err(refusal),
            Err(_) => Err(StartRefusal::Died("its thread ended".to_owned())),
        }
    }

    /// [`start`](Self::start) for a thread outside of any runtime.
    pub fn start_blocking(config: Config, checked: Checked, settings: &str) -> Result<Self, StartRefusal> {
        let (shared, ready) = supervisor::start(config, checked, settings.to_owned())?;
        let handle = Self(shared);
        match ready.blocking_recv() {
            Ok(Ok(())) => Ok(handle),
            Ok(Err(refusal)) => Err(refusal),
            Err(_) => Err(StartRefusal::Died("its thread ended".to_owned())),
        }
    }

    /// Decides requests, in as few frames as they fit. Always as many verdicts, in the same order; what is not answered
    /// within the deadline (at most the configured hard one) is denied with a [`Fault`]. Needs a tokio runtime with its
    /// timer; blocks none of its threads. A dropped future costs nothing: its answer is thrown away.
    pub async fn authorize_batch(&self, mut requests: Vec<OwnedRequest>, deadline: Duration) -> Vec<Verdict> {
        let asked = Instant::now();
        let until = asked + deadline.min(self.0.config.hard_deadline);
        let mono_until = supervisor::mono_ns() + u64::try_from((until - asked).as_nanos()).unwrap_or(u64::MAX);
        for request in requests.iter_mut().filter(|r| r.deadline_mono_ns == 0) {
            request.deadline_mono_ns = mono_until;
        }
        let mut verdicts = vec![Verdict::fault_of(Fault::Unavailable); requests.len()];
        if let Some(link) = self.0.link() {
            let mut waiting = Vec::new();
            send_all(&self.0, &link, &requests, &mut verdicts, &mut waiting);
            for mut one in waiting {
                let heard = tokio::time::timeout_at(until.into(), &mut one.answer).await;
                let place = &mut verdicts[one.range.clone()];
                match heard {
                    Ok(Ok(answers)) if answers.len() == place.len() => {
                        one.done = true;
                        place.copy_from_slice(&answers);
                        self.0.counters.times.record(asked.elapsed());
                    }
                    Ok(_) => place.fill(Verdict::fault_of(Fault::Crashed)),
                    Err(_) => place.fill(Verdict::fault_of(Fault::Deadline)),
                }
            }
        }
        let counters = &self.0.counters;
        let many = |n: usize| u64::try_from(n).unwrap_or(0);
        add(&counters.calls, many(verdicts.len()));
        add(&counters.denials, many(verdicts.iter().filter(|v| !v.allowed()).count()));
        add(&counters.timeouts, many(verdicts.iter().filter(|v| v.fault() == Some(Fault::Deadline)).count()));
        verdicts
    }

    /// Decides one request within the configured deadline.
    pub async fn authorize(&self, request: OwnedRequest) -> Verdict {
        let verdicts = self.authorize_batch(vec![request], self.0.config.deadline).await;
        verdicts.into_iter().next().unwrap_or(Verdict::fault_of(Fault::Unavailable))
    }

    /// Figures.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }

    /// Where it stands, and each change of it.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<State> {
        self.0.state.subscribe()
    }

    /// The running child's process id, for operators and tests.
    #[must_use]
    pub fn child_id(&self) -> Option<u32> {
        self.0.child_id()
    }

    /// Lets a quarantined or broken plugin start again: an operator's word.
    pub fn release(&self) {
        self.0.release();
    }
}

impl Drop for Isolated {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl fmt::Debug for Isolated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Isolated").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

/// An answer that somebody waits for. Dropped before it came, it is given up, and the plugin's thread begins to watch
/// whether the child hangs.
struct Waiting<'a> {
    shared: &'a Shared,
    link: Arc<Link>,
    seq: u64,
    range: Range<usize>,
    answer: oneshot::Receiver<Vec<Verdict>>,
    done: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.link.abandon(self.seq);
            self.shared.wake();
        }
    }
}

fn send_all<'a>(
    shared: &'a Shared,
    link: &Arc<Link>,
    requests: &[OwnedRequest],
    verdicts: &mut [Verdict],
    waiting: &mut Vec<Waiting<'a>>,
) {
    let mut at = 0;
    while at < requests.len() {
        let seq = link.next_seq();
        let mut frame = Writer::new(Head { kind: Kind::Ask, count: 0, generation: link.generation, seq });
        let mut end = at;
        while end < requests.len() && end - at < MAX_COUNT {
            let before = frame.len();
            put_request(&mut frame, &requests[end]);
            if frame.len() > MAX_FRAME {
                frame.truncate(before);
                break;
            }
            end += 1;
        }
        if end == at {
            verdicts[at] = Verdict::fault_of(Fault::TooLarge);
            at += 1;
            continue;
        }
        let range = at..end;
        at = end;
        frame.set_count(u16::try_from(range.len()).unwrap_or(0));
        let asked = frame.finish().ok_or(Fault::TooLarge).and_then(|bytes| link.ask(seq, range.len(), &bytes));
        match asked {
            Ok(answer) => waiting.push(Waiting { shared, link: link.clone(), seq, range, answer, done: false }),
            Err(fault) => verdicts[range].fill(Verdict::fault_of(fault)),
        }
    }
}
