//! Runs one checked operation: its context, its deadline, its panics.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Request, Response};
use futures_util::FutureExt;
use uuid::Uuid;

use super::answer::Answer;
use super::validated::Valid;
use super::{Edge, Refusal, RequestMeta};
use crate::graphql::limits::Checked;

/// Runs a query or mutation.
///
/// A query runs right here: who goes away cancels it. A mutation runs in a task of its own, which the shutdown waits for: it goes
/// on when its client is gone, and when its answer is late.
pub(super) async fn perform<E: Executor>(
    edge: &Edge<E>,
    checked: Checked,
    meta: RequestMeta,
) -> Result<Answer, Refusal> {
    let (id, cost, mutation) = (meta.request_id, checked.cost(), checked.operation() == OperationType::Mutation);
    let (valid, proof) = (checked.is_valid(), checked.proof());
    let work = Box::pin(async {
        let mut request = prepare(edge, checked, meta).await?;
        if valid {
            request.data.insert(Valid);
        }
        if !mutation {
            return caught(id, boxed(&edge.executor, request)).await;
        }
        let executor = edge.executor.clone();
        let task = edge.tasks.spawn(async move { caught(id, boxed(&executor, request)).await });
        task.await.map_err(|_| Refusal::internal())?
    });
    match tokio::time::timeout(edge.config.request_timeout, work).await {
        Ok(response) => {
            let answer = Answer::new(response?, cost, id);
            if answer.errors().is_empty()
                && let (false, Some(proof)) = (valid, proof)
            {
                proof.give();
            }
            Ok(answer)
        }
        Err(_) => Err(Refusal::timeout(mutation)),
    }
}

/// Execution in a box: its state is some kilobytes, and everything around it would move them.
fn boxed<E: Executor>(executor: &E, request: Request) -> impl Future<Output = Response> {
    Box::pin(executor.execute(request))
}

/// The request with its context in it.
pub(super) async fn prepare<E>(edge: &Edge<E>, checked: Checked, meta: RequestMeta) -> Result<Request, Refusal> {
    let data = caught(meta.request_id, edge.contexts.context(meta)).await??;
    let mut request = checked.into_request();
    request.data = data;
    Ok(request)
}

/// Turns a panic into a refusal. What it said goes to the log, with the request id.
pub(super) async fn caught<T>(request_id: Uuid, work: impl Future<Output = T>) -> Result<T, Refusal> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|panic| {
        log_panic(request_id, &*panic);
        Refusal::internal()
    })
}

pub(super) fn log_panic(request_id: Uuid, panic: &(dyn Any + Send)) {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(%request_id, panic = said.unwrap_or("no text"), "a panic was caught");
}
