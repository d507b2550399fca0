//! The way to one child: questions under way, and whose answers they are.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kith_plugin_loader::{Fault, Verdict};
use rustix::io::Errno;
use rustix::net::{SendFlags, send};
use tokio::sync::oneshot;

use crate::wire::{Head, Kind, Malformed, Reader, get_verdict};

/// The way to one child.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) socket: OwnedFd,
    pub(crate) generation: u32,
    most: usize,
    seq: AtomicU64,
    under_way: Mutex<UnderWay>,
}

#[derive(Debug)]
struct UnderWay {
    /// By sequence number, so that the first is the oldest.
    questions: BTreeMap<u64, Question>,
    /// How many of them nobody waits for any more.
    abandoned: usize,
    last_answer: Instant,
    closed: bool,
}

#[derive(Debug)]
struct Question {
    sent: Instant,
    count: usize,
    /// `None` once the caller has given up.
    answer: Option<oneshot::Sender<Vec<Verdict>>>,
}

/// What an answer was for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A caller, who has it now.
    InTime,
    /// A caller who has given up. It answers nothing else.
    Late,
}

impl Link {
    pub(crate) fn new(socket: OwnedFd, generation: u32, most: usize) -> Self {
        let under_way =
            UnderWay { questions: BTreeMap::new(), abandoned: 0, last_answer: Instant::now(), closed: false };
        Self { socket, generation, most, seq: AtomicU64::new(1), under_way: Mutex::new(under_way) }
    }

    fn lock(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the next question.
    pub(crate) fn next_seq(&self) -> u64 {
        self.seq.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends a question. Never blocks.
    pub(crate) fn ask(&self, seq: u64, count: usize, frame: &[u8]) -> Result<oneshot::Receiver<Vec<Verdict>>, Fault> {
        let (answer, waiting) = oneshot::channel();
        let mut under_way = self.lock();
        if under_way.closed {
            return Err(Fault::Crashed);
        }
        if under_way.questions.len() >= self.most {
            return Err(Fault::Overloaded);
        }
        // Noted before it is sent: the answer can be there at once. (The lock is held while sending, so that the oldest
        // noted is the oldest in the socket.)
        under_way.questions.insert(seq, Question { sent: Instant::now(), count, answer: Some(answer) });
        let sent = loop {
            match send(&self.socket, frame, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Err(Errno::INTR) => {}
                other => break other,
            }
        };
        if let Err(e) = sent {
            under_way.questions.remove(&seq);
            return Err(match e {
                Errno::AGAIN | Errno::NOBUFS => Fault::Overloaded,
                Errno::MSGSIZE => Fault::TooLarge,
                _ => Fault::Crashed,
            });
        }
        Ok(waiting)
    }

    /// The caller has given up. Its answer, when it comes, is thrown away.
    pub(crate) fn abandon(&self, seq: u64) {
        let mut under_way = self.lock();
        let Some(question) = under_way.questions.get_mut(&seq) else { return };
        if question.answer.take().is_some() {
            under_way.abandoned += 1;
        }
    }

    /// Takes an answer. Anything but exactly one answer to a question that was put to this child is a breach.
    pub(crate) fn hear(&self, head: Head, mut body: Reader<'_>) -> Result<Heard, Malformed> {
        if head.kind != Kind::Answer {
            return Err(Malformed("something else than an answer"));
        }
        if head.generation != self.generation {
            return Err(Malformed("an answer of another generation"));
        }
        let mut under_way = self.lock();
        let question = under_way.questions.remove(&head.seq).ok_or(Malformed("an answer to nothing that was asked"))?;
        if question.answer.is_none() {
            under_way.abandoned = under_way.abandoned.saturating_sub(1);
        }
        under_way.last_answer = Instant::now();
        drop(under_way);
        if head.count as usize != question.count {
            return Err(Malformed("fewer or more decisions than requests"));
        }
        let verdicts = (0..head.count).map(|_| get_verdict(&mut body)).collect::<Result<Vec<_>, _>>()?;
        body.end()?;
        match question.answer.map(|answer| answer.send(verdicts)) {
            Some(Ok(())) => Ok(Heard::InTime),
            _ => Ok(Heard::Late),
        }
    }

    /// When the child counts as hanging: the oldest question has been the oldest for so long, and somebody has given up
    /// on an answer. `None`: nobody waits in vain.
    pub(crate) fn hangs_at(&self, hard: Duration) -> Option<Instant> {
        let under_way = self.lock();
        let (_, oldest) = under_way.questions.first_key_value()?;
        (under_way.abandoned > 0).then(|| oldest.sent.max(under_way.last_answer) + hard)
    }

    /// The child is gone: whoever waits learns it now, and nobody can ask any more.
    pub(crate) fn close(&self) {
        let mut under_way = self.lock();
        under_way.closed = true;
        under_way.questions.clear();
        under_way.abandoned = 0;
    }
}
