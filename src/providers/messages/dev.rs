//! The built-in sender: what would be sent is kept in memory, for demo mode to show (`devOutbox`).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Message, MessageSender, SendError};
use crate::kernel::Instant;
use crate::kernel::clock::SharedClock;

/// Messages that are kept.
const KEPT: usize = 100;

/// A message and when it would have been sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The message.
    pub message: Message,
    /// When.
    pub at: Instant,
}

/// The outbox of this process: the newest hundred messages.
pub struct DevOutbox {
    clock: SharedClock,
    sent: Mutex<VecDeque<Sent>>,
}

impl DevOutbox {
    /// An empty one.
    #[must_use]
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, sent: Mutex::default() }
    }

    /// The newest messages, newest first.
    #[must_use]
    pub fn newest(&self, most: usize) -> Vec<Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).iter().take(most).cloned().collect()
    }
}

impl MessageSender for DevOutbox {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), SendError>> {
        let sent = Sent { message: message.clone(), at: self.clock.now() };
        let mut all = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        // As a gateway does: the same message twice is one.
        if !all.iter().any(|old| old.message.id == sent.message.id) {
            all.push_front(sent);
            all.truncate(KEPT);
        }
        async { Ok(()) }.boxed()
    }
}
