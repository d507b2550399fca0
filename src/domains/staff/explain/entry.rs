//! Permissions as the API shows them.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use kith_macros::guarded;

use crate::domains::staff::grants::model::{Effective, Source};
use crate::graphql::context::RequestContext;
use crate::graphql::ids::id;
use crate::kernel::ids::GrantId;
use crate::permissions::catalogue::{self, Entry, Family, Holder, by_number};

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
        self.0.holder == Holder::Staff && self.0.is_active()
    }

    /// The third-party service that brought it; nothing for Kith's own.
    async fn service(&self) -> Option<&'static str> {
        self.0.service.as_ref().map(|service| service.id)
    }

    /// The code of the heading that it stands under.
    async fn parent(&self) -> Option<&'static str> {
        self.0.service.as_ref().and_then(|service| service.parent)
    }

    /// Whether it only groups others.
    async fn heading(&self) -> bool {
        self.0.holder == Holder::Nobody
    }

    /// Whether it is there. That of a removed service is not: its grants wait until the service is back (requirement 5.9).
    async fn active(&self) -> bool {
        self.0.is_active()
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
    /// The permissions; at most 100. Ask for one service when its codes are more.
    pub permissions: Vec<Permission>,
    /// How many there are.
    pub total: i32,
}

/// The catalogue as a shop sees it: official functions, app services, back office. The platform's own are left out; of app
/// services, those of `service` alone if one is named.
#[must_use]
pub fn groups(service: Option<&str>) -> Vec<PermissionGroup> {
    let page = catalogue::page();
    let wanted = |entry: &Entry| match (&entry.service, service) {
        (Some(of), Some(wanted)) => of.id == wanted,
        _ => true,
    };
    let group = |family: Family| {
        let all: Vec<_> = page.iter().copied().filter(|e| e.family == family && wanted(e)).collect();
        let total = i32::try_from(all.len()).unwrap_or(i32::MAX);
        PermissionGroup {
            family: family.into(),
            permissions: all.into_iter().take(100).map(Permission).collect(),
            total,
        }
    };
    [Family::Official, Family::AppService, Family::BackOffice].map(group).into()
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
    /// What is shown of a held permission.
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
