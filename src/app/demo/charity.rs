//! A charity item, and a sale of it whose money the shop has.

use super::{act, failed, log_in};
use crate::app::{AppError, Service};
use crate::db::Conn;
use crate::domains::accounts::account::store as accounts;
use crate::domains::shops::charity::ops::list::ListOrganisation;
use crate::domains::shops::charity::ops::set::SetCharityItem;
use crate::domains::shops::charity::store;
use crate::domains::shops::items::store as items;
use crate::domains::shops::orders::ops::confirm::ConfirmReceipt;
use crate::domains::shops::orders::ops::place::PlaceOrder;
use crate::domains::shops::orders::store as orders;
use crate::kernel::ids::{ItemId, ShopId};
use crate::kernel::page::Page;

/// An organisation that the operator lists, an item that gives 1 % to it, and two sales of it; one was received.
pub(super) async fn furnish(service: &Service, shop: ShopId, item: ItemId) -> Result<(), AppError> {
    let operator = log_in(service, "kith-operator").await?;
    let name = "Lamps for Schools 点亮乡村学校".to_owned();
    let list = ListOrganisation { name, website: Some("https://lamps.example.org".to_owned()) };
    let organisation = act(service, Some(&operator), list).await?.organisation.id;
    let seller = log_in(service, "aurora").await?;
    let set = SetCharityItem { item, organisation: Some(organisation), share: Some(100), amount: None };
    act(service, Some(&seller), set).await?;
    for (buyer, received) in [("meimei-work", true), ("meimei", false)] {
        let token = log_in(service, buyer).await?;
        let place = PlaceOrder { shop, item, quantity: 1, methods: Vec::new(), later: false, address: None };
        let order = act(service, Some(&token), place).await?.order.id;
        if received {
            act(service, Some(&token), ConfirmReceipt { order }).await?;
        }
    }
    Ok(())
}

/// The ids that the examples name: `organisation`, `charityItem`, `charityOrder`.
pub(super) async fn ids(conn: &mut Conn, shop: ShopId) -> Result<Vec<(&'static str, String)>, AppError> {
    let mut ids = Vec::new();
    let listed = store::page(conn, &Page::first(1)).await.map_err(failed)?;
    ids.extend(listed.rows.first().map(|row| ("organisation", row.id.to_string())));
    let on_sale = items::page(conn, shop, &Page::first(100)).await.map_err(failed)?;
    let item = on_sale.rows.iter().find(|item| item.giving().is_some());
    ids.extend(item.map(|item| ("charityItem", item.id.to_string())));
    if let Some(meimei) = accounts::by_login(conn, "meimei").await.map_err(failed)? {
        let bought = orders::page_of_buyer(conn, meimei.id, &Page::first(100)).await.map_err(failed)?;
        let order = bought.rows.iter().find(|order| order.donation_minor > 0);
        ids.extend(order.map(|order| ("charityOrder", order.id.to_string())));
    }
    Ok(ids)
}
