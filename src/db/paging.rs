//! One page of a list, read by its key: what every `page` of a store does.

/// Reads the page `$page` of the boxed `$query` in the order of the column `$key`, `oldest_first` or `newest_first`: the rows after
/// and before the cursors, one more than wanted. Gives the [`Slice`](crate::kernel::page::Slice), in list order.
macro_rules! page_by {
    ($conn:expr, $query:expr, $key:expr, oldest_first, $page:expr) => {
        $crate::db::paging::page_by!(@ $conn, $query, $key, $page, gt, lt, asc, desc)
    };
    ($conn:expr, $query:expr, $key:expr, newest_first, $page:expr) => {
        $crate::db::paging::page_by!(@ $conn, $query, $key, $page, lt, gt, desc, asc)
    };
    (@ $conn:expr, $query:expr, $key:expr, $page:expr, $after:ident, $before:ident, $forward:ident, $backward:ident) => {{
        let page = $page;
        let mut query = $query.limit(page.fetch());
        if let Some(after) = page.after {
            query = query.filter($key.$after(after));
        }
        if let Some(before) = page.before {
            query = query.filter($key.$before(before));
        }
        query = if page.backward { query.order($key.$backward()) } else { query.order($key.$forward()) };
        Ok($crate::kernel::page::Slice::from_fetched(page, query.load($conn).await?))
    }};
}

pub(crate) use page_by;
