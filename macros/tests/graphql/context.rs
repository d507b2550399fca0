//! Who asks, as short as it can be.

use super::guard::Need;

/// Who asks.
#[derive(Default)]
pub struct RequestContext {
    /// The numbers of the permissions held; `None` when nobody is logged in.
    pub held: Option<Vec<u16>>,
    /// Whether it is a sub-account.
    pub sub_account: bool,
}

impl RequestContext {
    pub fn require(&self, need: &Need) -> async_graphql::Result<()> {
        let held = self.held.as_ref().ok_or("nobody is logged in")?;
        let enough = match need {
            Need::All(numbers) => numbers.iter().all(|number| held.contains(number)),
            Need::Any(numbers) => numbers.iter().any(|number| held.contains(number)),
            Need::Login => true,
            Need::Account => !self.sub_account,
        };
        if enough { Ok(()) } else { Err("denied".into()) }
    }
}
