//! The guards, as short as they can be.

use std::sync::Arc;

use async_graphql::{Context, Guard, Result};

use super::context::RequestContext;

pub enum Need {
    All(&'static [u16]),
    Any(&'static [u16]),
    Login,
    Account,
}

pub fn permission(numbers: &'static [u16]) -> impl Guard {
    Need::All(numbers)
}

pub fn permissions_any(numbers: &'static [u16]) -> impl Guard {
    Need::Any(numbers)
}

pub fn login() -> impl Guard {
    Need::Login
}

pub fn account() -> impl Guard {
    Need::Account
}

impl Guard for Need {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        ctx.data::<Arc<RequestContext>>()?.require(self)
    }
}
