//! Items in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::model::Item as Row;
use super::ops::create::CreateItem;
use super::store;
use crate::connection;
use crate::graphql::command::execute;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::id;
use crate::graphql::scalars::{DateTime, Money, MoneyInput};
use crate::kernel::Fault;
use crate::kernel::ids::ShopId;

/// Something a shop sells.
pub struct Item(pub Row);

/// Something a shop sells.
#[guarded(inherits)]
#[Object]
impl Item {
    /// The id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The shop that sells it.
    async fn shop_id(&self) -> ID {
        id(self.0.shop_id)
    }

    /// Its title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Its price.
    async fn price(&self) -> Money {
        self.0.price().into()
    }

    /// The code of its category, as `itemCategories` lists them.
    async fn category(&self) -> &str {
        &self.0.category
    }

    /// When it was put on sale.
    async fn listed_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

connection!(
    /// A page of items.
    ItemConnection,
    ItemEdge,
    Item
);

/// A page of what a shop sells.
///
/// # Errors
/// Bad page arguments, or the database's fault.
pub async fn items_of(request: &RequestContext, shop: ShopId, args: PageArgs) -> Result<ItemConnection, Fault> {
    let page = args.read()?;
    let mut conn = request.conn().await?;
    let slice = store::page(&mut conn, shop, &page).await?;
    Ok(ItemConnection::new(slice, |row| row.id, Item))
}

/// Something to be put on sale.
#[derive(InputObject)]
pub struct CreateItemInput {
    /// The shop; may be left out by whoever acts for one shop only.
    pub shop_id: Option<ID>,
    /// Its title: 1 to 120 characters.
    pub title: String,
    /// Its price, in the shop's currency.
    pub price: MoneyInput,
    /// The code of its category; some want a deposit (`itemCategories`).
    #[graphql(default = "general")]
    pub category: String,
}

/// What was put on sale.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct CreateItemPayload {
    /// Its id.
    pub item_id: Option<ID>,
    /// Why nothing was put on sale.
    pub user_errors: Vec<UserError>,
}

/// Items.
#[derive(Default)]
pub struct ItemMutation;

#[guarded]
#[Object]
impl ItemMutation {
    /// Puts something on sale. Codes: `TITLE_INVALID`, `INVALID_AMOUNT`, `CATEGORY_UNKNOWN`, `DEPOSIT_MISSING`,
    /// `SHOP_CLOSED`.
    #[requires("item.create")]
    async fn create_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: CreateItemInput,
    ) -> async_graphql::Result<CreateItemPayload> {
        let request = RequestContext::of(ctx)?;
        let shop = request.shop_or_only(input.shop_id.as_ref()).or_client(request)?;
        let command = CreateItem { shop, title: input.title, price: input.price.into(), category: input.category };
        let (item_id, user_errors) = execute(ctx, command).await?.split(|made| id(made.item));
        Ok(CreateItemPayload { item_id, user_errors })
    }
}
