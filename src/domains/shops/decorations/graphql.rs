//! Decorations in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::ops::update::UpdateDecoration;
use super::store;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::scalars::{DateTime, Json};
use crate::kernel::Fault;
use crate::kernel::ids::ShopId;
use crate::permissions::catalogue::number;

/// What a shop's pages look like (店铺装修), in one version.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct Decoration {
    /// The version, from 1.
    pub version: i32,
    /// The document.
    pub document: Json,
}

/// One version of a shop's pages, and who made it.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct DecorationVersion {
    /// The version, from 1.
    pub version: i32,
    /// Who made it, by name.
    pub changed_by: String,
    /// When.
    pub changed_at: DateTime,
}

/// A version, or the newest.
///
/// # Errors
/// The database's fault.
pub async fn decoration(
    request: &RequestContext,
    shop: ShopId,
    version: Option<i32>,
) -> Result<Option<Decoration>, Fault> {
    let found = store::get(&mut *request.conn().await?, shop, version).await?;
    Ok(found.map(|row| Decoration { version: row.version, document: Json(row.document) }))
}

/// The newest hundred versions.
///
/// # Errors
/// A denial, or the database's fault.
pub async fn history(request: &RequestContext, shop: ShopId) -> Result<Vec<DecorationVersion>, Fault> {
    let permit = request.read_permit(shop, const { number("decoration.update") }).await?;
    let rows = store::history(&mut *request.conn().await?, permit.shop).await?;
    let shown = |(version, changed_by, at)| DecorationVersion { version, changed_by, changed_at: DateTime(at) };
    Ok(rows.into_iter().map(shown).collect())
}

/// What a shop's pages are to look like.
#[derive(InputObject)]
pub struct UpdateDecorationInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// The version that it is made upon; 0 for the first. To go back, send an older document upon the newest version.
    pub upon: i32,
    /// The document: a JSON object of 32 KiB at most.
    pub document: Json,
}

/// The new version.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct UpdateDecorationPayload {
    /// Its number; null when the rules refused.
    pub version: Option<i32>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// Decorations.
#[derive(Default)]
pub struct DecorationMutation;

#[guarded]
#[Object]
impl DecorationMutation {
    /// Changes what a shop's pages look like: one version more. Codes: `VERSION_CONFLICT`, `DOCUMENT_INVALID`.
    #[requires("decoration.update")]
    async fn update_decoration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: UpdateDecorationInput,
    ) -> async_graphql::Result<UpdateDecorationPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = request.shop_or_only(input.shop_id.as_ref()).or_client(request)?;
        let command = UpdateDecoration { shop, upon: input.upon, document: input.document.0 };
        let (version, user_errors) = execute(ctx, command).await?.split(|updated| updated.version);
        Ok(UpdateDecorationPayload { version, user_errors })
    }
}
