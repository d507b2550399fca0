//! A file that came with a request.

use async_graphql::{Context, InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// What stands in the variables for a file.
const REFERENCE: &str = "#kith-upload:";

/// What to put into the variables for the file in this place of the request.
#[must_use]
pub fn reference(place: usize) -> String {
    format!("{REFERENCE}{place}")
}

/// A file of a multipart request (`GraphQL-Require-Preflight` and the map of
/// <https://github.com/jaydenseric/graphql-multipart-request-spec>): its variable is null in `operations`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upload(Option<usize>);

/// A file of a multipart request (`GraphQL-Require-Preflight` and the map of
/// <https://github.com/jaydenseric/graphql-multipart-request-spec>): its variable is null in `operations`.
#[Scalar]
impl ScalarType for Upload {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            // A text that the edge did not write names no file.
            Value::String(text) => Ok(Self(text.strip_prefix(REFERENCE).and_then(|place| place.parse().ok()))),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Null
    }
}

impl Upload {
    /// The bytes of the file; nothing when none came with the request.
    #[must_use]
    pub fn bytes(self, ctx: &Context<'_>) -> Option<Vec<u8>> {
        self.0.and_then(|place| ctx.query_env.uploads.get(place)).map(|file| file.content.to_vec())
    }
}
