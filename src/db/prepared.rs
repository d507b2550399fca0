//! Statements that Diesel prepares anew on every call, and need not.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;

/// A statement that stays prepared. Diesel does not keep UPDATEs, upserts and inserts of lists, because one type of theirs
/// can write several texts; kept by their text, as they are here, that does no harm. Without it each call costs a round trip
/// more and is planned again.
#[derive(Debug, Clone, Copy)]
pub struct Prepared<T>(T);

/// Makes a statement stay prepared.
pub trait Prepare: Sized {
    /// The same statement, kept by its text.
    fn prepared(self) -> Prepared<Self> {
        Prepared(self)
    }
}

impl<T: QueryFragment<Pg>> Prepare for T {}

impl<T: QueryId> QueryId for Prepared<T> {
    type QueryId = ();
    /// The text is the key.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T: Query> Query for Prepared<T> {
    type SqlType = T::SqlType;
}

impl<T: QueryFragment<Pg>> QueryFragment<Pg> for Prepared<T> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}
