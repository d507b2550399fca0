//! The operations of one connection: which ones are under way, and how one runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Request};
use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::outbox::Outbox;
use super::protocol::{Close, ServerMessage};
use crate::graphql::limits::Checked;
use crate::server::access::Record;
use crate::server::answer::Answer;
use crate::server::{Edge, EndOperation, Refusal, RequestMeta, execute, persisted};

/// One that is under way.
struct Running {
    number: u64,
    task: Option<AbortHandle>,
    subscription: bool,
}

/// Those that are under way, by the client's ids.
#[derive(Default)]
pub(super) struct Operations {
    running: Mutex<HashMap<String, Running>>,
    /// Told whenever the last one ends.
    pub none_left: Notify,
}

impl Operations {
    /// The lock is held for a look-up only, by this connection's tasks only; a panic cannot leave a half-made change behind it.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Books an id. `false` if it is taken.
    pub fn begin(&self, id: &str, number: u64) -> bool {
        let mut running = self.lock();
        let free = !running.contains_key(id);
        if free {
            running.insert(id.to_owned(), Running { number, task: None, subscription: false });
        }
        free
    }

    pub fn started(&self, id: &str, number: u64, task: AbortHandle) {
        if let Some(running) = self.lock().get_mut(id).filter(|r| r.number == number) {
            running.task = Some(task);
        }
    }

    fn subscribes(&self, id: &str, number: u64) {
        if let Some(running) = self.lock().get_mut(id).filter(|r| r.number == number) {
            running.subscription = true;
        }
    }

    /// Takes one off before its last message is sent: the client may use its id again as soon as it reads that. `false` if the client
    /// completed it before.
    fn end(&self, id: &str, number: u64) -> bool {
        let mut running = self.lock();
        let ours = running.get(id).is_some_and(|r| r.number == number);
        if ours {
            running.remove(id);
            self.tell(&running);
        }
        ours
    }

    /// The client wants no more of it.
    pub fn cancel(&self, id: &str) {
        let mut running = self.lock();
        if let Some(task) = running.remove(id).and_then(|r| r.task) {
            task.abort();
        }
        self.tell(&running);
    }

    /// Ends all, or the subscriptions only.
    pub fn cancel_all(&self, subscriptions_only: bool) {
        let mut running = self.lock();
        running.retain(|_, operation| {
            let keep = subscriptions_only && !operation.subscription;
            if let Some(task) = operation.task.as_ref().filter(|_| !keep) {
                task.abort();
            }
            keep
        });
        self.tell(&running);
    }

    fn tell(&self, running: &HashMap<String, Running>) {
        if running.is_empty() {
            self.none_left.notify_one();
        }
    }
}

/// One operation of a connection.
pub(super) struct Operation<E> {
    pub edge: Arc<Edge<E>>,
    pub operations: Arc<Operations>,
    pub outbox: Outbox,
    /// Where to say that the whole connection has to end.
    pub closing: tokio::sync::mpsc::Sender<Close>,
    pub id: String,
    pub number: u64,
    pub meta: RequestMeta,
}

impl<E: Executor> Operation<E> {
    /// Runs it to its end, whatever that is: a panic ends this operation only (h30).
    pub async fn run(self, request: Request) {
        let mut record = Record::new(&self.meta, Instant::now());
        let result = execute::caught(self.meta.request_id, self.perform(request, &mut record)).await;
        match result.and_then(|result| result) {
            Ok((ran, code)) => record.answered(ran, &code),
            Err(refusal) => {
                record.refused(&refusal);
                self.refuse(&refusal).await;
            }
        }
    }

    async fn perform(&self, mut request: Request, record: &mut Record) -> Result<(bool, String), Refusal> {
        if request.query.is_empty() {
            persisted::resolve(&mut request, self.edge.persisted.as_deref())?;
        }
        let checked = self.edge.check.check(request)?;
        record.is(&checked);
        if checked.operation() == OperationType::Subscription {
            return self.subscribe(checked).await;
        }
        let answer = execute::perform(&self.edge, checked, self.meta.clone()).await?;
        let outcome = (answer.ran, answer.outcome().to_owned());
        if answer.ran {
            self.next(&answer).await;
            self.complete().await;
        } else {
            self.error(&answer).await;
        }
        Ok(outcome)
    }

    async fn subscribe(&self, checked: Checked) -> Result<(bool, String), Refusal> {
        self.operations.subscribes(&self.id, self.number);
        let cost = checked.cost();
        let meta = RequestMeta { lasting: true, ..self.meta.clone() };
        let request = execute::prepare(&self.edge, checked, meta).await?;
        let mut stream = self.edge.executor.execute_stream(request, None);
        let mut outcome = "OK".to_owned();
        while let Some(response) = stream.next().await {
            let answer = Answer::new(response, cost, self.meta.request_id);
            answer.outcome().clone_into(&mut outcome);
            let end = answer.errors().iter().find_map(|e| e.source::<EndOperation>().copied());
            if end.is_some() || !answer.ran {
                self.error(&answer).await;
                if end.is_some_and(|end| end.close_connection) {
                    let _ = self.closing.try_send(Close::FORBIDDEN);
                }
                return Ok((answer.ran, outcome));
            }
            self.next(&answer).await;
        }
        self.complete().await;
        Ok((true, outcome))
    }

    async fn next(&self, answer: &Answer) {
        self.send(&ServerMessage::Next { id: &self.id, payload: answer }).await;
    }

    async fn error(&self, answer: &Answer) {
        if self.operations.end(&self.id, self.number) {
            self.send(&ServerMessage::Error { id: &self.id, payload: answer.errors() }).await;
        }
    }

    async fn complete(&self) {
        if self.operations.end(&self.id, self.number) {
            self.send(&ServerMessage::Complete { id: &self.id }).await;
        }
    }

    /// A token that does not hold any more ends the connection; everything else ends the operation.
    async fn refuse(&self, refusal: &Refusal) {
        let error = refusal.to_error(self.meta.locale, self.meta.request_id);
        if self.operations.end(&self.id, self.number) {
            self.send(&ServerMessage::Error { id: &self.id, payload: &[error] }).await;
        }
        if matches!(refusal.status.as_u16(), 401 | 403) {
            let _ = self.closing.try_send(Close::FORBIDDEN);
        }
    }

    /// If nobody reads any more, the session notices by itself.
    async fn send(&self, message: &ServerMessage<'_, Answer>) {
        let _ = self.outbox.send(message.text()).await;
    }
}
