//! Ids as the API speaks them.

use async_graphql::ID;

use crate::kernel::Fault;
use crate::kernel::ids::TypedId;

/// Reads an id argument. A malformed id, and an id of another kind, is one that does not exist (h19).
///
/// # Errors
/// [`Fault::NotFound`].
pub fn parse<T: TypedId, E>(id: &ID, what: &'static str) -> Result<T, Fault<E>> {
    id.as_str().parse().map_err(|_| Fault::NotFound { what })
}

/// An id for the answer.
pub fn id(id: impl TypedId) -> ID {
    ID(id.text())
}
