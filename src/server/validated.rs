//! Validates what was not validated before.
//!
//! Clients send the same few documents again and again, and strict validation takes longer than resolving a point read.
//! [`Checked::is_valid`](crate::graphql::limits::Checked::is_valid) knows when it can say nothing new; then the same schema
//! runs the operation in async-graphql's fast mode, which leaves the rules out that only a document's text can break.

use std::sync::Arc;

use async_graphql::{Data, Executor, Request, Response, ValidationMode};
use futures_util::stream::BoxStream;

use super::schema::{KithSchema, KithSchemaBuilder};

/// Stands in the data of a request whose document is known to be valid. Only the edge puts it there, for what is
/// [`Checked`](crate::graphql::limits::Checked).
pub(super) struct Valid;

/// The schema, to be asked with and without strict validation.
#[derive(Clone)]
pub struct Validated {
    strict: KithSchema,
    fast: KithSchema,
}

impl Validated {
    /// Of a schema that `build` makes, twice the same.
    pub fn new(build: impl Fn() -> KithSchemaBuilder) -> Self {
        Self { strict: build().finish(), fast: build().validation_mode(ValidationMode::Fast).finish() }
    }

    /// The schema with strict validation.
    #[must_use]
    pub fn strict(&self) -> &KithSchema {
        &self.strict
    }
}

impl Executor for Validated {
    async fn execute(&self, request: Request) -> Response {
        let valid = request.data.contains_key(&std::any::TypeId::of::<Valid>());
        let schema = if valid { &self.fast } else { &self.strict };
        schema.execute(request).await
    }

    fn execute_stream(&self, request: Request, session_data: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        Executor::execute_stream(&self.strict, request, session_data)
    }
}
