//! Who gives how much to whom, in the API: public numbers.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::model::Organisation;
use super::store::{self, Figures};
use crate::connection;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::{DateTime, Money};
use crate::graphql::shown::Shown;
use crate::kernel::ids::{OrganisationId, ShopId};
use crate::kernel::{self, Fault};

/// What was given in one currency.
#[guarded(inherits)]
#[derive(Debug, Clone, SimpleObject)]
pub struct CharitySum {
    /// How much stands, after refunds.
    pub donated: Money,
    /// Of how many sales.
    pub sales: i32,
    /// How much of it was paid out to the organisation.
    pub paid_out: Money,
}

/// An organisation (公益机构) that charity items give to.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct CharityOrganisation {
    /// The id, for `setCharityItem`.
    pub id: ID,
    /// Its name.
    pub name: String,
    /// Its page.
    pub website: Option<String>,
    /// Whether items may give to it now.
    pub is_listed: bool,
    /// Since when it is on the list.
    pub listed_at: DateTime,
    /// What it was given by all shops, for each currency.
    pub given: Vec<CharitySum>,
}

impl CharityOrganisation {
    /// As it is shown, with what it was given.
    #[must_use]
    pub fn new(row: Organisation, given: Vec<CharitySum>) -> Self {
        Self {
            id: id(row.id),
            is_listed: row.is_listed(),
            listed_at: DateTime(row.listed_at),
            name: row.name,
            website: row.website,
            given,
        }
    }
}

/// What the sales of one shop gave to one organisation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct CharityFigures {
    /// The shop.
    pub shop_id: ID,
    /// Its name.
    pub shop_name: String,
    /// The organisation.
    pub organisation_id: ID,
    /// Its name.
    pub organisation_name: String,
    /// How much stands, after refunds.
    pub donated: Money,
    /// Of how many sales.
    pub sales: i32,
}

impl From<Figures> for CharityFigures {
    fn from(row: Figures) -> Self {
        Self {
            shop_id: id(row.shop),
            shop_name: row.shop_name,
            organisation_id: id(row.organisation),
            organisation_name: row.organisation_name,
            donated: kernel::Money::new(row.donated_minor, row.currency).into(),
            sales: i32::try_from(row.sales).unwrap_or(i32::MAX),
        }
    }
}

connection!(
    /// A page of organisations.
    CharityOrganisationConnection,
    CharityOrganisationEdge,
    CharityOrganisation
);

connection!(
    /// A page of what was given.
    CharityFiguresConnection,
    CharityFiguresEdge,
    CharityFigures
);

/// Charity, for everybody.
#[derive(Default)]
pub struct CharityQuery;

#[guarded]
#[Object]
impl CharityQuery {
    /// The organisations (公益机构) that charity items give to, and what they were given; the newest first.
    #[public = "what is given to charity is for everybody to see"]
    async fn charity_organisations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Shown<CharityOrganisationConnection>> {
        let request = RequestContext::of(ctx)?;
        organisations(request, PageArgs { first, after, last, before }).await.map(Shown).or_client(request)
    }

    /// The shops that gave to an organisation, and how much; the newest shop first.
    #[public = "what is given to charity is for everybody to see"]
    async fn charity_of_organisation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation.")] organisation_id: ID,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Shown<CharityFiguresConnection>> {
        let request = RequestContext::of(ctx)?;
        let page = PageArgs { first, after, last, before };
        let read = async {
            let organisation: OrganisationId = parse(&organisation_id, "charity organisation")?;
            let page = page.read()?;
            let slice = store::of_organisation(&mut *request.conn().await?, organisation, &page).await?;
            Ok::<_, Fault>(CharityFiguresConnection::new(slice, |row| row.shop, CharityFigures::from))
        };
        read.await.map(Shown).or_client(request)
    }

    /// The organisations that a shop gave to, and how much; the newest organisation first.
    #[public = "what is given to charity is for everybody to see"]
    async fn charity_of_shop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The shop.")] shop_id: ID,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Shown<CharityFiguresConnection>> {
        let request = RequestContext::of(ctx)?;
        let page = PageArgs { first, after, last, before };
        let read = async {
            let shop: ShopId = parse(&shop_id, "shop")?;
            let page = page.read()?;
            let slice = store::of_shop(&mut *request.conn().await?, shop, &page).await?;
            Ok::<_, Fault>(CharityFiguresConnection::new(slice, |row| row.organisation, CharityFigures::from))
        };
        read.await.map(Shown).or_client(request)
    }
}

async fn organisations(request: &RequestContext, args: PageArgs) -> Result<CharityOrganisationConnection, Fault> {
    let page = args.read()?;
    let mut conn = request.conn().await?;
    let slice = store::page(&mut conn, &page).await?;
    let ids: Vec<OrganisationId> = slice.rows.iter().map(|row| row.id).collect();
    let mut given: HashMap<OrganisationId, Vec<CharitySum>> = HashMap::new();
    for sum in store::sums(&mut conn, &ids).await? {
        let donated = kernel::Money::new(sum.donated_minor, sum.currency).into();
        let paid_out = kernel::Money::new(sum.paid_out_minor, sum.currency).into();
        let shown = CharitySum { donated, sales: i32::try_from(sum.sales).unwrap_or(i32::MAX), paid_out };
        given.entry(sum.organisation_id).or_default().push(shown);
    }
    let shown = |row: Organisation| {
        let given = given.get(&row.id).cloned().unwrap_or_default();
        CharityOrganisation::new(row, given)
    };
    Ok(CharityOrganisationConnection::new(slice, |row| row.id, shown))
}
