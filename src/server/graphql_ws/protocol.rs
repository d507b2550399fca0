//! The messages of `graphql-transport-ws`.

use async_graphql::{Extensions, Request, ServerError, Variables};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::graphql::shown;

/// Bytes of an operation's id.
const LONGEST_ID: usize = 128;

/// Why a connection is closed, with what the client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Close(pub u16, pub &'static str);

impl Close {
    pub const ENDING: Self = Self(1001, "The server is ending");
    pub const TOO_LARGE: Self = Self(1009, "Message too large");
    pub const BUSY: Self = Self(1013, "Too much is under way");
    pub const INVALID: Self = Self(4400, "Invalid message");
    pub const UNAUTHORIZED: Self = Self(4401, "Unauthorized");
    pub const FORBIDDEN: Self = Self(4403, "Forbidden");
    pub const SUBPROTOCOL: Self = Self(4406, "Subprotocol not acceptable");
    pub const NO_INIT: Self = Self(4408, "Connection initialisation timeout");
    pub const DUPLICATE: Self = Self(4409, "Subscriber for this id already exists");
    pub const SECOND_INIT: Self = Self(4429, "Too many initialisation requests");
    pub const INTERNAL: Self = Self(4500, "Internal server error");
}

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientMessage {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Ping {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Pong {
        #[serde(default, rename = "payload")]
        _payload: Option<Map<String, Value>>,
    },
    Subscribe {
        id: String,
        payload: Operation,
    },
    Complete {
        id: String,
    },
}

/// The operation of a `subscribe`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Operation {
    #[serde(default)]
    query: Option<String>,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Variables,
    #[serde(default)]
    extensions: Extensions,
}

impl From<Operation> for Request {
    fn from(operation: Operation) -> Self {
        let mut request = Request::new(operation.query.unwrap_or_default()).variables(operation.variables);
        request.operation_name = operation.operation_name;
        request.extensions = operation.extensions;
        request
    }
}

impl ClientMessage {
    /// Reads a message; everything that is none closes the connection with 4400.
    pub fn read(text: &str) -> Result<Self, Close> {
        let message = serde_json::from_str(text).map_err(|_| Close::INVALID)?;
        match &message {
            Self::Subscribe { id, .. } | Self::Complete { id } if id.is_empty() || id.len() > LONGEST_ID => {
                Err(Close::INVALID)
            }
            Self::Subscribe { payload, .. }
                if payload.query.is_none() && !payload.extensions.contains_key("persistedQuery") =>
            {
                Err(Close::INVALID)
            }
            _ => Ok(message),
        }
    }
}

/// What the server says.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'a, P: Serialize> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Map<String, Value>>,
    },
    Next {
        id: &'a str,
        payload: &'a P,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
}

impl<P: Serialize> ServerMessage<'_, P> {
    pub fn text(&self) -> String {
        shown::to_string(self).unwrap_or_else(|error| {
            tracing::error!(%error, "a message cannot be written as JSON");
            String::new()
        })
    }
}

/// The token in the payload of `connection_init`.
pub(super) fn authorization(payload: &Map<String, Value>) -> Option<&str> {
    ["authorization", "Authorization"].iter().find_map(|key| payload.get(*key)?.as_str())
}
