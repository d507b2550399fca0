//! Statements that Diesel prepares anew on every call, and need not.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel_async::{AsyncConnectionCore, AsyncPgConnection};

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

/// A call of a function of `migrations/` that writes when it is evaluated, and fails when it cannot. Such calls can share a
/// statement.
pub trait Write: QueryFragment<Pg> + Send + Sync + 'static {}

impl<T: QueryFragment<Pg> + Send + Sync + 'static> Write for T {}

/// One statement of several writes, in their order.
struct Writes<'a>(&'a [&'a dyn QueryFragment<Pg>]);

impl QueryId for Writes<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Writes<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (at, write) in self.0.iter().enumerate() {
            pass.push_sql(if at == 0 { "SELECT " } else { ", " });
            write.walk_ast(pass.reborrow())?;
        }
        Ok(())
    }
}

/// Does several writes in one statement, in their order.
///
/// # Errors
/// The database's fault; then none of them happened.
pub fn write<'c>(
    mut conn: &'c AsyncPgConnection,
    writes: &[&dyn QueryFragment<Pg>],
) -> impl Future<Output = QueryResult<()>> + Send + use<'c> {
    // The text and the values are taken here; the future borrows the connection only.
    let written = (!writes.is_empty())
        .then(|| AsyncConnectionCore::execute_returning_count(&mut conn, Writes(writes).prepared()));
    async move {
        if let Some(written) = written {
            written.await?;
        }
        Ok(())
    }
}
