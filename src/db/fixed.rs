//! Texts that stand in a statement instead of being sent beside it.

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::Text;

/// A text of a statement that is always the same.
#[derive(Debug, Clone, Copy)]
pub struct Fixed(&'static str);

/// A text that stands in the statement. Statements are planned once for all values (`plan_cache_mode`, [`super::target`]), so what is
/// sent beside them proves nothing to the planner: a partial index (`… WHERE state = 'PENDING'`) serves only a condition on a
/// fixed text. Without it the orders to settle were looked for in all orders, 0.6 s of 500,000.
///
/// `text` is a name of ours, such as a state: capital letters and underscores.
#[must_use]
pub const fn fixed(text: &'static str) -> Fixed {
    let mut at = 0;
    while at < text.len() {
        assert!(text.as_bytes()[at].is_ascii_uppercase() || text.as_bytes()[at] == b'_', "not a name of ours");
        at += 1;
    }
    Fixed(text)
}

impl Expression for Fixed {
    type SqlType = Text;
}

impl QueryFragment<Pg> for Fixed {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("'");
        pass.push_sql(self.0);
        pass.push_sql("'");
        Ok(())
    }
}

impl QueryId for Fixed {
    type QueryId = ();
    /// The text is the key.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> SelectableExpression<T> for Fixed {}

impl<T> AppearsOnTable<T> for Fixed {}

impl<G> ValidGrouping<G> for Fixed {
    type IsAggregate = is_aggregate::Never;
}
