//! One log line and one count per operation. Never its text, variables or token.

use std::time::Instant;

use async_graphql::Name;
use async_graphql::parser::types::OperationType;
use uuid::Uuid;

use super::{Refusal, RequestMeta, Transport};
use crate::graphql::limits::Checked;

/// What the line will say.
pub(super) struct Record {
    request_id: Uuid,
    started: Instant,
    transport: Transport,
    client: Option<String>,
    client_request_id: Option<String>,
    name: Option<Name>,
    kind: Option<OperationType>,
}

impl Record {
    pub fn new(meta: &RequestMeta, started: Instant) -> Self {
        Self {
            request_id: meta.request_id,
            started,
            transport: meta.transport,
            client: meta.client.clone(),
            client_request_id: meta.client_request_id.clone(),
            name: None,
            kind: None,
        }
    }

    /// Names come from the parsed document: letters, digits and underscores, as long as the limit lets them be.
    pub fn is(&mut self, checked: &Checked) {
        self.name = checked.name().cloned();
        self.kind = Some(checked.operation());
    }

    pub fn refused(self, refusal: &Refusal) {
        let class = match refusal.status.as_u16() {
            504 => "timeout",
            500 => "internal",
            503 => "busy",
            401 | 403 => "denied",
            _ => "refused",
        };
        self.line(class, refusal.code);
    }

    /// `code` is `OK` or that of the first error.
    pub fn answered(self, ran: bool, code: &str) {
        let class = match code {
            "OK" => "ok",
            _ if ran => "errors",
            _ => "refused",
        };
        self.line(class, code);
    }

    fn line(self, class: &'static str, code: &str) {
        let kind = match self.kind {
            Some(OperationType::Query) => "query",
            Some(OperationType::Mutation) => "mutation",
            Some(OperationType::Subscription) => "subscription",
            None => "unknown",
        };
        metrics::counter!("kith_graphql_operations_total", "type" => kind, "outcome" => class).increment(1);
        tracing::info!(
            target: "kith::access",
            request_id = %self.request_id,
            operation = self.name.as_ref().map(Name::as_str),
            kind,
            transport = ?self.transport,
            client = self.client,
            client_request_id = self.client_request_id,
            duration_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX),
            outcome = code,
            "operation"
        );
    }
}
