//! What the edge holds while it serves.

use std::sync::Arc;

use async_graphql::Executor;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::{Contexts, EdgeConfig, PersistedQueries, Readiness, Shutdown};
use crate::graphql::limits::Check;

/// The edge around one executor. Share it in an [`Arc`]; give it to [`routes`](super::routes()) and [`run`](super::run()).
pub struct Edge<E> {
    pub(super) executor: E,
    pub(super) contexts: Arc<dyn Contexts>,
    pub(super) check: Check,
    pub(super) config: EdgeConfig,
    pub(super) readiness: Option<Arc<dyn Readiness>>,
    pub(super) metrics: Option<PrometheusHandle>,
    pub(super) persisted: Option<Arc<dyn PersistedQueries>>,
    pub(super) shutdown: Shutdown,
    /// What has to finish before the process may end: mutations and WebSockets.
    pub(super) tasks: TaskTracker,
    /// One for each WebSocket that may still come.
    pub(super) ws_slots: Arc<Semaphore>,
}

impl<E: Executor> Edge<E> {
    /// An edge around `executor`. The check holds the limits of its schema.
    #[must_use]
    pub fn new(executor: E, contexts: Arc<dyn Contexts>, check: Check, config: EdgeConfig) -> Self {
        let ws_slots = Arc::new(Semaphore::new(config.ws_connections.min(Semaphore::MAX_PERMITS)));
        Self {
            executor,
            contexts,
            check,
            config,
            readiness: None,
            metrics: None,
            persisted: None,
            shutdown: Shutdown::default(),
            tasks: TaskTracker::new(),
            ws_slots,
        }
    }

    /// Lets `/readyz` ask.
    #[must_use]
    pub fn with_readiness(mut self, readiness: Arc<dyn Readiness>) -> Self {
        self.readiness = Some(readiness);
        self
    }

    /// Shows these metrics at `/metrics`.
    #[must_use]
    pub fn with_metrics(mut self, metrics: PrometheusHandle) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// Knows these documents by their hash.
    #[must_use]
    pub fn with_persisted_queries(mut self, persisted: Arc<dyn PersistedQueries>) -> Self {
        self.persisted = Some(persisted);
        self
    }

    /// What it was made with.
    #[must_use]
    pub fn config(&self) -> &EdgeConfig {
        &self.config
    }

    /// How many WebSockets are open.
    #[must_use]
    pub fn websockets(&self) -> usize {
        self.config.ws_connections.saturating_sub(self.ws_slots.available_permits())
    }

    /// The steps of its end.
    #[must_use]
    pub fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }
}
