//! Relay connections: forward and backward pages that stay stable while rows are inserted, since a cursor is a key.

use async_graphql::SimpleObject;
use kith_macros::guarded;

use crate::kernel::ids::TypedId;
use crate::kernel::page::{DEFAULT_PAGE, LARGEST_PAGE, Page};
use crate::kernel::{Fault, Text};

/// What there is around a page.
#[guarded(inherits)]
#[derive(Debug, Clone, Default, SimpleObject)]
pub struct PageInfo {
    /// Whether there are rows after the last of this page.
    pub has_next_page: bool,
    /// Whether there are rows before the first of this page.
    pub has_previous_page: bool,
    /// The cursor of the first row.
    pub start_cursor: Option<String>,
    /// The cursor of the last row.
    pub end_cursor: Option<String>,
}

/// A sort key that can stand in a cursor.
pub trait Cursor: Sized {
    /// The cursor.
    fn encode(&self) -> String;
    /// Reads a cursor; `None` when it is forged or of another list.
    fn decode(text: &str) -> Option<Self>;
}

impl<T: TypedId> Cursor for T {
    fn encode(&self) -> String {
        self.to_string()
    }
    fn decode(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// The four arguments of a connection.
#[derive(Debug, Default)]
pub struct PageArgs {
    /// `first`.
    pub first: Option<i32>,
    /// `after`.
    pub after: Option<String>,
    /// `last`.
    pub last: Option<i32>,
    /// `before`.
    pub before: Option<String>,
}

impl PageArgs {
    /// The page that the arguments ask for (h29).
    ///
    /// # Errors
    /// [`Fault::BadInput`] for sizes below 0 or above [`LARGEST_PAGE`], for `first` and `last` together, and for
    /// cursors that are not of this list.
    pub fn read<K: Cursor>(self) -> Result<Page<K>, Fault> {
        let bad = |field: &'static str, en: String, zh: String| Fault::BadInput { field, message: Text::made(en, zh) };
        let (size, backward, field) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(bad(
                    "first",
                    "Give first or last, not both.".to_owned(),
                    "first 与 last 只能指定一个。".to_owned(),
                ));
            }
            (Some(first), None) => (i64::from(first), false, "first"),
            (None, Some(last)) => (i64::from(last), true, "last"),
            (None, None) => (DEFAULT_PAGE, false, "first"),
        };
        if !(0..=LARGEST_PAGE).contains(&size) {
            return Err(bad(
                field,
                format!("{field} must be 0 to {LARGEST_PAGE}; ask for more with the cursor of the last row."),
                format!("{field} 必须在 0 到 {LARGEST_PAGE} 之间,更多数据请使用游标翻页。"),
            ));
        }
        let cursor = |field: &'static str, text: Option<String>| match text {
            None => Ok(None),
            Some(text) => K::decode(&text).map(Some).ok_or_else(|| {
                bad(
                    field,
                    "This is not a cursor of this list. Use one that pageInfo or an edge of the same list gave."
                        .to_owned(),
                    "游标不属于该列表,请使用同一列表返回的游标。".to_owned(),
                )
            }),
        };
        Ok(Page { after: cursor("after", self.after)?, before: cursor("before", self.before)?, size, backward })
    }
}

/// Declares the connection and edge types of a node type: `connection!(RefundConnection, RefundEdge, Refund)`.
#[macro_export]
macro_rules! connection {
    ($(#[$doc:meta])* $connection:ident, $edge:ident, $node:ty) => {
        $(#[$doc])*
        #[kith_macros::guarded(inherits)]
        #[derive(async_graphql::SimpleObject)]
        pub struct $connection {
            /// The rows with their cursors.
            pub edges: Vec<$edge>,
            /// What there is around this page.
            pub page_info: $crate::graphql::connections::PageInfo,
        }

        /// A row of a page and its cursor.
        #[kith_macros::guarded(inherits)]
        #[derive(async_graphql::SimpleObject)]
        pub struct $edge {
            /// The place of the row in its list; give it as `after` or `before`.
            pub cursor: String,
            /// The row.
            pub node: $node,
        }

        impl $connection {
            /// A page of `slice`, whose rows know their cursor by `key` and become nodes by `node`.
            pub fn new<T, K: $crate::graphql::connections::Cursor>(
                slice: $crate::kernel::page::Slice<T>,
                key: impl Fn(&T) -> K,
                node: impl Fn(T) -> $node,
            ) -> Self {
                let edges: Vec<$edge> = slice
                    .rows
                    .into_iter()
                    .map(|row| {
                        let cursor = $crate::graphql::connections::Cursor::encode(&key(&row));
                        $edge { cursor, node: node(row) }
                    })
                    .collect();
                let page_info = $crate::graphql::connections::PageInfo {
                    has_next_page: slice.has_next,
                    has_previous_page: slice.has_previous,
                    start_cursor: edges.first().map(|e| e.cursor.clone()),
                    end_cursor: edges.last().map(|e| e.cursor.clone()),
                };
                Self { edges, page_info }
            }
        }
    };
}
