//! Items in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::model::Item as Row;
use super::ops::create::CreateItem;
use super::ops::delete::DeleteItem;
use super::ops::price::UpdateItemPrice;
use super::store;
use crate::connection;
use crate::domains::shops::charity::model::Giving;
use crate::graphql::command::execute;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::{DateTime, Money, MoneyInput};
use crate::kernel::ids::ShopId;
use crate::kernel::{self, Fault};

/// What an item gives of each sale: a share or an amount.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ItemCharity {
    /// To whom: one of `charityOrganisations`. Nothing is given while it is not listed.
    pub organisation_id: ID,
    /// The share, in basis points.
    pub share_basis_points: Option<i32>,
    /// The amount.
    pub amount: Option<Money>,
}

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

    /// What it gives to charity, if it is a charity item (公益宝贝).
    async fn charity(&self) -> Option<ItemCharity> {
        self.0.giving().map(|(organisation, giving)| {
            let (share_basis_points, amount) = match giving {
                Giving::Share(points) => (Some(points), None),
                Giving::Amount(minor) => (None, Some(kernel::Money::new(minor, self.0.currency).into())),
            };
            ItemCharity { organisation_id: id(organisation), share_basis_points, amount }
        })
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

/// An item and its new price.
#[derive(InputObject)]
pub struct UpdateItemPriceInput {
    /// The item.
    pub item_id: ID,
    /// Its new price, in the shop's currency.
    pub price: MoneyInput,
}

/// An item to take off sale.
#[derive(InputObject)]
pub struct DeleteItemInput {
    /// The item.
    pub item_id: ID,
}

/// The item as it is now.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct UpdateItemPricePayload {
    /// The item; null when the rules refused.
    pub item: Option<Item>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// What was taken off sale.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct DeleteItemPayload {
    /// Its id.
    pub item_id: Option<ID>,
    /// Always empty: an item that is there can be deleted.
    pub user_errors: Vec<UserError>,
}

/// Items.
#[derive(Default)]
pub struct ItemMutation;

#[guarded]
#[Object]
impl ItemMutation {
    /// Puts something on sale. Codes: `TITLE_INVALID`, `INVALID_AMOUNT`, `CATEGORY_UNKNOWN`, `DEPOSIT_MISSING`,
    /// `DEPOSIT_RULES_MISSING`, `SHOP_CLOSED`, `SELLING_SUSPENDED`.
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

    /// Changes the price of an item: a high-risk permission of its own. Orders keep the price they were placed at. One that
    /// rises needs the deposit that listing at it would need. Codes: `INVALID_AMOUNT`, `DEPOSIT_MISSING`,
    /// `DEPOSIT_RULES_MISSING`.
    #[requires("item.price.update")]
    async fn update_item_price(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: UpdateItemPriceInput,
    ) -> async_graphql::Result<UpdateItemPricePayload> {
        let request = RequestContext::of(ctx)?;
        let item = parse(&input.item_id, "item").or_client(request)?;
        let command = UpdateItemPrice { item, price: input.price.into() };
        let (item, user_errors) = execute(ctx, command).await?.split(|repriced| Item(repriced.item));
        Ok(UpdateItemPricePayload { item, user_errors })
    }

    /// Takes an item off sale for good: a high-risk permission of its own. What was sold stays sold.
    #[requires("item.delete")]
    async fn delete_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: DeleteItemInput,
    ) -> async_graphql::Result<DeleteItemPayload> {
        let request = RequestContext::of(ctx)?;
        let item = parse(&input.item_id, "item").or_client(request)?;
        let (item_id, user_errors) = execute(ctx, DeleteItem { item }).await?.split(|deleted| id(deleted.item));
        Ok(DeleteItemPayload { item_id, user_errors })
    }
}
