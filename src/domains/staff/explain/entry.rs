//! Permissions as the API shows them.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use kith_macros::guarded;

use crate::domains::staff::grants::model::{Effective, Source};
use crate::graphql::context::RequestContext;
use crate::graphql::ids::id;
use crate::kernel::ids::GrantId;
use crate::permissions::catalogue::{CORE, Entry, Family, Holder, by_number};

/// The three families of the permission page (requirement 4.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Family")]
pub enum PermissionFamily {
    /// Official functions of the platform (官方功能).
    Official,
    /// Functions of third-party services (应用服务).
    AppService,
    /// The shop's own back office (后台管理).
    BackOffice,
}

/// A permission of the catalogue.
pub struct Permission(pub &'static Entry);

/// A permission of the catalogue.
#[guarded(inherits)]
#[Object]
impl Permission {
    /// The code that the API speaks.
    async fn code(&self) -> &'static str {
        self.0.code
    }

    /// The title on the permission page, in the language of `Accept-Language`.
    async fn title(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        Ok(self.0.title.get(RequestContext::of(ctx)?.locale))
    }

    /// What holding it allows.
    async fn help(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        Ok(self.0.help.get(RequestContext::of(ctx)?.locale))
    }

    /// Whether it is high-risk: never in a position, granted one by one (requirement 4.14).
    async fn high_risk(&self) -> bool {
        self.0.high_risk
    }

    /// Whether it can be granted to staff at all; what the main account bought, for one, never (requirement 4.13).
    async fn grantable(&self) -> bool {
        self.0.holder == Holder::Staff
    }

    /// Whether money moves with it, so that limits on amounts make sense.
    async fn money(&self) -> bool {
        self.0.money
    }
}

/// A family with its permissions, in the order of the permission page.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PermissionGroup {
    /// The family.
    pub family: PermissionFamily,
    /// The permissions; at most 100.
    pub permissions: Vec<Permission>,
}

/// The catalogue as a shop sees it: official functions, app services, back office. The platform's own are left out.
#[must_use]
pub fn groups() -> Vec<PermissionGroup> {
    let families = [Family::Official, Family::AppService, Family::BackOffice];
    let of = |family| CORE.iter().filter(move |e| e.family == family && e.holder != Holder::Platform);
    families
        .into_iter()
        .map(|family| PermissionGroup {
            family: family.into(),
            permissions: of(family).take(100).map(Permission).collect(),
        })
        .collect()
}

/// A permission that a sub-account holds.
pub struct EffectivePermission {
    entry: &'static Entry,
    source: Source,
    locked: bool,
    limited: bool,
    grant: Option<GrantId>,
}

impl EffectivePermission {
    /// What is shown of a held permission; nothing of a service that was removed.
    #[must_use]
    pub fn of(held: &Effective<'_>) -> Option<Self> {
        Some(Self {
            entry: by_number(held.permission)?,
            source: held.source,
            locked: held.locked,
            limited: held.grant.is_some_and(|grant| !grant.constraints.is_empty()),
            grant: held.grant.map(|grant| grant.id),
        })
    }

    /// What was held at a past moment.
    #[must_use]
    pub fn past(entry: &'static Entry, locked: bool, grant: Option<(GrantId, bool)>) -> Self {
        let source = if grant.is_some() { Source::Grant } else { Source::Position };
        Self {
            entry,
            source,
            locked,
            limited: grant.is_some_and(|(_, limited)| limited),
            grant: grant.map(|(id, _)| id),
        }
    }
}

/// A permission that a sub-account holds.
#[guarded(inherits)]
#[Object]
impl EffectivePermission {
    /// The code.
    async fn code(&self) -> &'static str {
        self.entry.code
    }

    /// The title on the permission page.
    async fn title(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        Ok(self.entry.title.get(RequestContext::of(ctx)?.locale))
    }

    /// Where it comes from.
    async fn source(&self) -> Source {
        self.source
    }

    /// Whether the position has it locked: it cannot be taken away (requirement 4.2).
    async fn locked(&self) -> bool {
        self.locked
    }

    /// Whether it is held within limits; the grant says which.
    async fn limited(&self) -> bool {
        self.limited
    }

    /// The personal grant that it comes from.
    async fn grant_id(&self) -> Option<ID> {
        self.grant.map(id)
    }
}
