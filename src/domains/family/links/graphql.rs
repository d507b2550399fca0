//! Family links in the API, as one of the two sides sees them.

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::model::{FamilyLink as Row, Relation, State};
use super::store;
use crate::connection;
use crate::domains::accounts::account::graphql::{Account, account};
use crate::domains::accounts::account::loaders::AccountById;
use crate::domains::accounts::token::{Kind, Token};
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::graphql::shown::Shown;
use crate::kernel::ids::{AccountId, FamilyLinkId};
use crate::kernel::{Fault, Instant, Subject, Text};

/// An invitation to a relative, and the family link (亲情号) that came of it.
pub struct FamilyLink {
    /// The link.
    pub row: Row,
    /// Whose view it is.
    pub viewer: AccountId,
    /// The moment that the state is told for.
    pub now: Instant,
    /// The relative's number, masked; for the inviter.
    pub phone: Option<String>,
}

/// An invitation to a relative, and the family link (亲情号) that came of it.
#[guarded(inherits)]
#[Object]
impl FamilyLink {
    /// The id.
    pub async fn id(&self) -> ID {
        id(self.row.id)
    }

    /// Where it stands.
    async fn state(&self) -> State {
        self.row.state(self.now)
    }

    /// What the relative is to the inviter.
    async fn relation(&self) -> Relation {
        Relation::parse(&self.row.relation)
    }

    /// What the inviter calls the relative.
    async fn relative_name(&self) -> &str {
        &self.row.relative_name
    }

    /// The number that must be bound to the account that accepts, with most of it hidden. Only the inviter sees it.
    async fn phone(&self) -> Option<&str> {
        self.phone.as_deref()
    }

    /// Whether the viewer is the one who invited.
    async fn is_inviter(&self) -> bool {
        self.row.inviter_account_id == self.viewer
    }

    /// Who invited.
    async fn inviter(&self, ctx: &Context<'_>) -> async_graphql::Result<Account> {
        let request = RequestContext::of(ctx)?;
        account(request, self.row.inviter_account_id).await.or_client(request)
    }

    /// Who accepted; nothing before.
    async fn relative(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Account>> {
        let request = RequestContext::of(ctx)?;
        match self.row.relative_account_id {
            Some(relative) => account(request, relative).await.map(Some).or_client(request),
            None => Ok(None),
        }
    }

    /// When the relative was asked.
    async fn invited_at(&self) -> DateTime {
        DateTime(self.row.invited_at)
    }

    /// Until when the invitation is good.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.row.expires_at)
    }

    /// When it was answered or taken back.
    async fn decided_at(&self) -> Option<DateTime> {
        self.row.decided_at.map(DateTime)
    }

    /// When the link was ended.
    async fn ended_at(&self) -> Option<DateTime> {
        self.row.ended_at.map(DateTime)
    }
}

connection!(
    /// A page of family links.
    FamilyLinkConnection,
    FamilyLinkEdge,
    FamilyLink
);

/// An invitation as whoever has its link sees it.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct FamilyInvitation {
    /// The name of whoever invites.
    pub inviter_name: String,
    /// What the inviter says one is.
    pub relation: Relation,
    /// What the inviter calls one.
    pub relative_name: String,
    /// Where it stands.
    pub state: State,
    /// Until when it is good.
    pub expires_at: DateTime,
}

const ADD_THE_FIRST: Text = Text::new(
    "There are no relatives here yet. Invite the first with inviteFamilyMember and send them the link.",
    "您还没有亲情号。请使用 inviteFamilyMember 邀请第一位亲属,并将链接发给对方。",
);

/// Whoever is logged in: their relatives.
pub struct ViewerFamily;

#[guarded]
#[Object]
impl ViewerFamily {
    /// The family links of the account, and the invitations that it sent, the newest first.
    #[requires(account)]
    async fn family_links(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only links that stand: accepted, and not ended.", default = false)] standing_only: bool,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Shown<FamilyLinkConnection>> {
        let request = RequestContext::of(ctx)?;
        let args = PageArgs { first, after, last, before };
        links(ctx, request, standing_only, args).await.map(Shown).or_client(request)
    }

    /// How to add the first relative, in the language of `Accept-Language`; nothing when there is one.
    #[requires(account)]
    async fn family_advice(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let request = RequestContext::of(ctx)?;
        let standing = async {
            let account = own_account(request)?;
            Ok(store::standing(&mut *request.conn().await?, account).await?)
        };
        let standing = standing.await.or_client(request)?;
        Ok(standing.is_empty().then(|| ADD_THE_FIRST.get(request.locale).to_owned()))
    }
}

/// What the holder of a link may ask.
#[derive(Default)]
pub struct FamilyQuery;

#[guarded]
#[Object]
impl FamilyQuery {
    /// The invitation of a link, before it is answered; nothing when the link opens none.
    #[requires(account)]
    async fn family_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token of the link.")] token: String,
    ) -> async_graphql::Result<Option<FamilyInvitation>> {
        let request = RequestContext::of(ctx)?;
        invitation(request, &token).await.or_client(request)
    }
}

/// The account of a request that is made in its own name.
pub(super) fn own_account(request: &RequestContext) -> Result<AccountId, Fault> {
    match request.actor()?.subject {
        Subject::Account { id } => Ok(id),
        Subject::SubAccount { .. } => Err(Fault::NotFound { what: "account" }),
    }
}

async fn invitation(request: &RequestContext, token: &str) -> Result<Option<FamilyInvitation>, Fault> {
    let Some(token) = Token::parse_of(Kind::Family, token) else { return Ok(None) };
    let row = {
        let mut conn = request.conn().await?;
        store::by_token(&mut conn, &token.hash()).await?
    };
    let Some(row) = row else { return Ok(None) };
    let inviter = request.loaders.of::<AccountById>().one(request.db(), row.inviter_account_id).await?;
    Ok(Some(FamilyInvitation {
        inviter_name: inviter.map(|inviter| inviter.display_name.clone()).unwrap_or_default(),
        relation: Relation::parse(&row.relation),
        state: row.state(request.now),
        expires_at: DateTime(row.expires_at),
        relative_name: row.relative_name,
    }))
}

async fn links(
    ctx: &Context<'_>,
    request: &RequestContext,
    standing_only: bool,
    args: PageArgs,
) -> Result<FamilyLinkConnection, Fault> {
    let (viewer, page) = (own_account(request)?, args.read()?);
    let slice = {
        let mut conn = request.conn().await?;
        store::page(&mut conn, viewer, standing_only, &page).await?
    };
    let node = ctx.look_ahead().field("edges").field("node");
    if node.field("inviter").exists() || node.field("relative").exists() {
        let both = |row: &Row| [Some(row.inviter_account_id), row.relative_account_id];
        let accounts: Vec<AccountId> = slice.rows.iter().flat_map(both).flatten().collect();
        request.loaders.of::<AccountById>().prime_from(request.db(), accounts).await?;
    }
    let phones = slice.rows.iter().map(|row| phone(request, viewer, row)).collect::<Result<Vec<_>, _>>()?;
    let mut phones = phones.into_iter();
    let now = request.now;
    let node = |row| FamilyLink { row, viewer, now, phone: None };
    let mut connection = FamilyLinkConnection::new(slice, |row| row.id, node);
    for edge in &mut connection.edges {
        edge.node.phone = phones.next().flatten();
    }
    Ok(connection)
}

/// The masked number, for the inviter alone.
fn phone(request: &RequestContext, viewer: AccountId, row: &Row) -> Result<Option<String>, Fault> {
    if row.inviter_account_id != viewer {
        return Ok(None);
    }
    row.masked_phone(&request.door.env.keys).map_err(Fault::internal)
}

/// The link of an id, if the actor is one of its two sides.
///
/// # Errors
/// The database's fault.
pub async fn node(request: &RequestContext, link: FamilyLinkId) -> Result<Option<FamilyLink>, Fault> {
    let Subject::Account { id: viewer } = request.actor()?.subject else { return Ok(None) };
    let row = {
        let mut conn = request.conn().await?;
        store::get(&mut conn, viewer, link).await?
    };
    let Some(row) = row else { return Ok(None) };
    let phone = phone(request, viewer, &row)?;
    Ok(Some(FamilyLink { row, viewer, now: request.now, phone }))
}
