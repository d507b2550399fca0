//! Pages of a list, forward and backward, stable while rows are inserted: a cursor is the key of a row.

/// The most rows that one page gives (design, "The face").
pub const LARGEST_PAGE: i64 = 100;
/// The rows of a page when neither `first` nor `last` is said.
pub const DEFAULT_PAGE: i64 = 20;

/// Which part of a list is wanted. `K` is the sort key that a cursor holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<K> {
    /// Rows after this key only.
    pub after: Option<K>,
    /// Rows before this key only.
    pub before: Option<K>,
    /// How many rows at most, 0 to [`LARGEST_PAGE`].
    pub size: i64,
    /// Whether the rows are counted from the end of the list.
    pub backward: bool,
}

impl<K> Page<K> {
    /// The first `size` rows.
    #[must_use]
    pub fn first(size: i64) -> Self {
        Self { after: None, before: None, size, backward: false }
    }

    /// The same page with other keys.
    #[must_use]
    pub fn map<L>(self, key: impl Fn(K) -> L) -> Page<L> {
        let Self { after, before, size, backward } = self;
        Page { after: after.map(&key), before: before.map(&key), size, backward }
    }

    /// How many rows to read: one more than wanted, to know whether there are more.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        self.size + 1
    }
}

/// A page of rows in list order, and whether there is more on either side.
#[derive(Debug, Clone)]
pub struct Slice<T> {
    /// The rows, in list order whichever way the page was counted.
    pub rows: Vec<T>,
    /// Whether there are rows before the first.
    pub has_previous: bool,
    /// Whether there are rows after the last.
    pub has_next: bool,
}

impl<T> Slice<T> {
    /// Makes a slice of rows that were read in the page's direction, [`Page::fetch`] of them at most.
    #[must_use]
    pub fn from_fetched<K>(page: &Page<K>, mut rows: Vec<T>) -> Self {
        let wanted = usize::try_from(page.size).unwrap_or(0);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        if page.backward {
            rows.reverse();
            Self { rows, has_previous: more, has_next: page.before.is_some() }
        } else {
            Self { rows, has_previous: page.after.is_some(), has_next: more }
        }
    }
}
