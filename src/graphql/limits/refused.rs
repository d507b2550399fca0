//! What is said when a request asks for too much, or for something that cannot be measured.

use async_graphql::Pos;

use crate::kernel::Text;

/// A request that is refused before it is validated. The codes are stable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong, e.g. `QUERY_TOO_DEEP`.
    pub code: &'static str,
    /// The same in words, with what to do.
    pub message: Text,
    /// The limit that was passed.
    pub limit: Option<u64>,
    /// The figure of this request. Where counting stopped at the limit, the first figure beyond it.
    pub actual: Option<u64>,
    /// Where in the text, if it is at one place.
    pub at: Option<Pos>,
}

impl Refused {
    pub(super) fn new(code: &'static str, message: Text) -> Self {
        Self { code, message, limit: None, actual: None, at: None }
    }

    pub(super) fn at(mut self, at: Pos) -> Self {
        self.at = Some(at);
        self
    }

    pub(super) fn over(code: &'static str, what: Text, limit: impl TryInto<u64>, actual: impl TryInto<u64>) -> Self {
        let (limit, actual) = (limit.try_into().unwrap_or(u64::MAX), actual.try_into().unwrap_or(u64::MAX));
        let message = Text::made(
            format!("The request has too many {}: {actual}, the limit is {limit}. Ask for less, or in parts.", what.en),
            format!("请求的{}过多：{actual}，上限为 {limit}。请减少，或分次请求。", what.zh),
        );
        Self { code, message, limit: Some(limit), actual: Some(actual), at: None }
    }
}

/// `Err` if the figure is beyond the limit.
pub(super) fn most(
    code: &'static str,
    what: Text,
    limit: impl TryInto<u64>,
    actual: impl TryInto<u64>,
) -> Result<(), Refused> {
    let (limit, actual) = (limit.try_into().unwrap_or(u64::MAX), actual.try_into().unwrap_or(u64::MAX));
    if actual > limit { Err(Refused::over(code, what, limit, actual)) } else { Ok(()) }
}
