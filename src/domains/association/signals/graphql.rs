//! What the owner sees: of their own account, and nobody's values.

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::model::{Evidence as Found, Kind, masked_name};
use super::read::possibly_associated;
use super::store::{self, Signal as Row};
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::own;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::kernel::ids::{AccountId, TypedId};
use crate::kernel::{Fault, Locale};

/// Something that this account and another have in common. What it is stands in words; no value is shown.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct AssociationEvidence {
    /// This account's own signal, for `contestAssociationSignal`.
    pub signal_id: ID,
    /// What is the same.
    pub kind: Kind,
    /// The same in words, in the language of `Accept-Language`.
    pub words: String,
    /// What it says by itself, from 0 to 1: less with age, and less the more accounts have it.
    pub strength: f64,
    /// How many accounts have it, this one included.
    pub shared_by: i32,
    /// When this account was last seen with it.
    pub last_seen_at: DateTime,
    /// Whether it is contested and says nothing for now.
    pub contested: bool,
}

impl AssociationEvidence {
    /// The evidence in a language.
    #[must_use]
    pub fn of(found: &Found, locale: Locale) -> Self {
        Self {
            signal_id: id(found.signal),
            kind: found.kind,
            words: found.kind.words().get(locale).to_owned(),
            strength: (found.strength * 100.0).round() / 100.0,
            shared_by: found.degree,
            last_seen_at: DateTime(found.own_seen_at),
            contested: found.contested,
        }
    }
}

/// An account that possibly belongs to the same owner. Nothing is merged or blocked by it.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PossibleAssociation {
    /// A word for this other account, always the same for this viewer and of no use for anything else.
    pub reference: String,
    /// Its name with all but the first letter hidden.
    pub masked_name: String,
    /// From 0 to 1.
    pub score: f64,
    /// Why, the strongest first.
    pub evidence: Vec<AssociationEvidence>,
}

/// Something that this account was seen with.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct AssociationSignal {
    /// The id, for `contestAssociationSignal`.
    pub id: ID,
    /// What it is.
    pub kind: Kind,
    /// When this account was first seen with it.
    pub first_seen_at: DateTime,
    /// When it last was.
    pub last_seen_at: DateTime,
    /// How many accounts have it, this one included.
    pub shared_by: i32,
    /// Since when it is contested; it does not count unless an operator upheld it.
    pub contested_at: Option<DateTime>,
    /// What an operator said to that: true, it counts; false, it never does. Null while nobody has.
    pub upheld: Option<bool>,
}

impl AssociationSignal {
    /// As the API has it; nothing for a row of no kind.
    #[must_use]
    pub fn of(row: &Row) -> Option<Self> {
        Some(Self {
            id: id(row.id),
            kind: Kind::parse(&row.kind)?,
            first_seen_at: DateTime(row.first_seen_at),
            last_seen_at: DateTime(row.last_seen_at),
            shared_by: row.degree.unwrap_or(1),
            contested_at: row.contested_at.map(DateTime),
            upheld: row.upheld,
        })
    }
}

/// What `viewer` says of accounts that may belong to it.
pub struct ViewerAssociations;

#[guarded]
#[Object]
impl ViewerAssociations {
    /// Accounts that possibly belong to the same owner, the likeliest first; at most 100 (requirement 1.5).
    #[requires(account)]
    async fn possible_associations(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PossibleAssociation>> {
        let request = RequestContext::of(ctx)?;
        possible(request).await.or_client(request)
    }

    /// What this account was seen with, the last seen first; at most 100. Each can be contested.
    #[requires(account)]
    async fn association_signals(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<AssociationSignal>> {
        let request = RequestContext::of(ctx)?;
        signals(request).await.or_client(request)
    }
}

async fn signals(request: &RequestContext) -> Result<Vec<AssociationSignal>, Fault> {
    let account = own::of_request(request)?;
    let rows = store::of_account(&mut *request.conn().await?, account).await?;
    Ok(rows.iter().filter_map(AssociationSignal::of).collect())
}

async fn possible(request: &RequestContext) -> Result<Vec<PossibleAssociation>, Fault> {
    let account = own::of_request(request)?;
    let mut conn = request.conn().await?;
    let env = &request.door.env;
    let found = possibly_associated(&mut conn, account, &env.association, request.now).await?;
    let others: Vec<AccountId> = found.iter().map(|one| one.other).collect();
    let profiles = accounts::profiles(&mut conn, &others).await?;
    let name = |id| profiles.iter().find(|profile| profile.id == id).map_or("", |profile| &profile.display_name);
    let shown = found.into_iter().map(|one| PossibleAssociation {
        reference: reference(request, account, one.other),
        masked_name: masked_name(name(one.other)),
        score: one.score,
        evidence: one.evidence.iter().map(|found| AssociationEvidence::of(found, request.locale)).collect(),
    });
    Ok(shown.collect())
}

/// A word for another account that leads to it for nobody: two viewers have different ones.
fn reference(request: &RequestContext, viewer: AccountId, other: AccountId) -> String {
    let (viewer, other) = (viewer.uuid(), other.uuid());
    let hash = request.door.env.keys.hash("association.reference", &[viewer.as_bytes(), other.as_bytes()]);
    hash.iter().take(8).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
