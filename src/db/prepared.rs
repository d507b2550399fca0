//! Statements stay prepared, each by its text.
//!
//! Diesel keeps SELECTs only. It does not keep UPDATEs, upserts and SQL by hand, because one type of theirs can write several
//! texts; kept by their text, as they are here, that does no harm. Prepared anew, each call costs a round trip more and is
//! planned again, which takes longer than running it.

use diesel::dsl::Limit;
use diesel::pg::Pg;
use diesel::query_builder::{AsQuery, AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LimitDsl;
use diesel::result::QueryResult;
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::return_futures::{GetResult, LoadFuture};
use diesel_async::{AsyncConnectionCore, AsyncPgConnection};

/// A statement that stays prepared.
#[derive(Debug, Clone, Copy)]
pub struct Prepared<T>(T);

type First<T> = Prepared<<Limit<T> as AsQuery>::Query>;

/// Runs statements as [`diesel_async::RunQueryDsl`] does, and keeps them prepared.
pub trait RunQueryDsl<Conn: AsyncConnectionCore>: Sized {
    /// Runs a statement; gives how many rows it changed.
    fn execute<'conn, 'query>(self, conn: &'conn mut Conn) -> Conn::ExecuteFuture<'conn, 'query>
    where
        Prepared<Self>: ExecuteDsl<Conn> + 'query,
    {
        ExecuteDsl::execute(Prepared(self), conn)
    }

    /// As [`RunQueryDsl::execute`], for a statement with a place for each value of each row that it writes: there are as many
    /// texts as there can be rows, and each that is kept takes room on both sides.
    fn execute_anew<'conn, 'query>(self, conn: &'conn mut Conn) -> Conn::ExecuteFuture<'conn, 'query>
    where
        Self: ExecuteDsl<Conn> + 'query,
    {
        ExecuteDsl::execute(self, conn)
    }

    /// All rows.
    fn load<'query, 'conn, U>(self, conn: &'conn mut Conn) -> LoadFuture<'conn, 'query, Prepared<Self::Query>, Conn, U>
    where
        U: Send,
        Self: AsQuery,
        Prepared<Self::Query>: LoadQuery<'query, Conn, U> + 'query,
    {
        diesel_async::RunQueryDsl::load(Prepared(self.as_query()), conn)
    }

    /// All rows that a statement changed.
    fn get_results<'query, 'conn, U>(
        self,
        conn: &'conn mut Conn,
    ) -> LoadFuture<'conn, 'query, Prepared<Self::Query>, Conn, U>
    where
        U: Send,
        Self: AsQuery,
        Prepared<Self::Query>: LoadQuery<'query, Conn, U> + 'query,
    {
        self.load(conn)
    }

    /// The first row; [`diesel::NotFound`] where there is none.
    fn get_result<'query, 'conn, U>(
        self,
        conn: &'conn mut Conn,
    ) -> GetResult<'conn, 'query, Prepared<Self::Query>, Conn, U>
    where
        U: Send + 'conn,
        Self: AsQuery,
        Prepared<Self::Query>: LoadQuery<'query, Conn, U> + 'query,
    {
        diesel_async::RunQueryDsl::get_result(Prepared(self.as_query()), conn)
    }

    /// As [`RunQueryDsl::get_result`], and no more than one row is read.
    fn first<'query, 'conn, U>(self, conn: &'conn mut Conn) -> GetResult<'conn, 'query, First<Self>, Conn, U>
    where
        U: Send + 'conn,
        Self: LimitDsl,
        Limit<Self>: AsQuery,
        First<Self>: LoadQuery<'query, Conn, U> + 'query,
    {
        self.limit(1).get_result(conn)
    }
}

impl<T, Conn: AsyncConnectionCore> RunQueryDsl<Conn> for T {}

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
    let written =
        (!writes.is_empty()).then(|| AsyncConnectionCore::execute_returning_count(&mut conn, Prepared(Writes(writes))));
    async move {
        if let Some(written) = written {
            written.await?;
        }
        Ok(())
    }
}
