//! Messages in the API.

use async_graphql::{ID, SimpleObject};
use kith_macros::guarded;

use crate::domains::service_desk::conversations::model::{Message as Row, SEALED_FOR};
use crate::graphql::context::RequestContext;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::kernel::Fault;

/// Something that was said.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ChatMessage {
    /// The id, for `reportMessage`.
    pub id: ID,
    /// Its place in the conversation.
    pub seq: i64,
    /// Whether the buyer said it.
    pub from_buyer: bool,
    /// What was said.
    pub text: String,
    /// Whether it arrived. What a muted sender writes does not (requirement 4.5); only the sender sees it.
    pub arrived: bool,
    /// When.
    pub at: DateTime,
}

/// A message as the API has it.
///
/// # Errors
/// It was sealed with another key.
pub fn message(request: &RequestContext, row: &Row) -> Result<ChatMessage, Fault> {
    let text = request.door.env.keys.open_text(SEALED_FOR, &row.body).map_err(Fault::internal)?;
    Ok(ChatMessage {
        id: id(row.id),
        seq: row.seq,
        from_buyer: row.from_buyer,
        text,
        arrived: row.arrived,
        at: DateTime(row.at),
    })
}
