//! Ending in order (h37): the first signal begins it, the second ends at once.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The two steps of an end.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    /// Readiness says no, nothing new is accepted, what is under way finishes.
    pub begin: CancellationToken,
    /// What is under way is dropped.
    pub now: CancellationToken,
}

impl Shutdown {
    /// Ties SIGTERM and SIGINT to it: the first begins, the second ends at once.
    ///
    /// # Errors
    /// The handlers cannot be installed.
    pub fn on_signals(&self) -> io::Result<()> {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let steps = [self.begin.clone(), self.now.clone()];
        tokio::spawn(async move {
            for step in steps {
                let name = tokio::select! {
                    _ = terminate.recv() => "SIGTERM",
                    _ = interrupt.recv() => "SIGINT",
                };
                tracing::info!(signal = name, at_once = step.is_cancelled(), "ending");
                step.cancel();
            }
        });
        Ok(())
    }
}
