//! What the demo's buyer pays with, and an order that waits to be paid.

use super::{act, connection, failed, log_in, yuan};
use crate::app::{AppError, Service};
use crate::db::{Conn, Connection};
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::contacts::model::Address;
use crate::domains::payments::balance::ops::top_up::TopUp;
use crate::domains::payments::methods::Vault;
use crate::domains::payments::methods::model::{HANDLE, Method, MethodKind};
use crate::domains::payments::methods::ops::add_card::AddCard;
use crate::domains::payments::methods::store::{self, Sealed};
use crate::domains::shops::orders::ops::place::PlaceOrder;
use crate::domains::shops::orders::store as orders;
use crate::kernel::Fault;
use crate::kernel::ids::{ItemId, PaymentMethodId, ShopId};
use crate::kernel::page::Page;
use crate::providers::cards::CardNumber;

/// A payment account with a balance, a card that always pays, and an order for one or the other.
pub(super) async fn furnish(service: &Service, shop: ShopId, item: ItemId) -> Result<(), AppError> {
    payment_account(service).await?;
    let token = log_in(service, "meimei").await?;
    act(service, Some(&token), TopUp { amount: yuan("2000.00") }).await?;
    act(service, Some(&token), card(service, "demo", 2035).await?).await?;
    let order = PlaceOrder { shop, item, quantity: 1, methods: Vec::new(), later: true, address: None };
    act(service, Some(&token), order).await.map(|_| ())
}

/// A card of the demo gateway that always pays, kept under `key`.
pub(super) async fn card(service: &Service, key: &str, expiry_year: i32) -> Result<AddCard, AppError> {
    let number = CardNumber::parse("4242424242424242").ok_or_else(|| failed("no card number"))?;
    let Vault(vault) = service.door.env.parts.get::<_, std::convert::Infallible>().map_err(failed)?;
    let card = vault.store(key, &number).await.map_err(failed)?;
    Ok(AddCard { card, kind: MethodKind::CreditCard, expiry_month: 12, expiry_year })
}

/// Added and verified: the demo does not wait for its own code.
async fn payment_account(service: &Service) -> Result<(), AppError> {
    let mut conn = connection(service).await?;
    let meimei = accounts::by_login(&mut conn, "meimei").await.map_err(failed)?.ok_or_else(|| failed("no meimei"))?;
    drop(conn);
    let (now, keys) = (service.door.clock.now(), &service.door.env.keys);
    let handle = Address::email("meimei@pay.example.com").ok_or_else(|| failed("no address"))?;
    let method = Method {
        account_id: meimei.id,
        id: PaymentMethodId::generate(),
        kind: MethodKind::Balance.text().to_owned(),
        state: "ACTIVE".to_owned(),
        label: handle.masked(),
        brand: None,
        last_four: None,
        expiry_year: None,
        expiry_month: None,
        created_at: now,
        verified_at: Some(now),
    };
    let key = keys.hash(HANDLE, &[handle.expose().as_bytes()]);
    let sealed = Sealed { handle: Some(handle.seal(keys)), handle_key: Some(key), token: None };
    let added = service.door.db.transaction(async |conn: &mut Connection| {
        store::insert(conn, &method, &sealed).await.map(|_| ()).map_err(Fault::<std::convert::Infallible>::from)
    });
    added.await.map_err(failed)
}

/// The ids that the examples name: `balanceMethod`, `cardMethod`, `unpaidOrder`.
pub(super) async fn ids(conn: &mut Conn) -> Result<Vec<(&'static str, String)>, AppError> {
    let Some(meimei) = accounts::by_login(conn, "meimei").await.map_err(failed)? else { return Ok(Vec::new()) };
    let mut ids = Vec::new();
    for method in store::of_account(conn, meimei.id).await.map_err(failed)? {
        let name = if method.kind() == MethodKind::Balance { "balanceMethod" } else { "cardMethod" };
        ids.push((name, method.id.to_string()));
    }
    let bought = orders::page_of_buyer(conn, meimei.id, &Page::first(100)).await.map_err(failed)?;
    let unpaid = bought.rows.iter().find(|order| order.state == "AWAITING_PAYMENT").or(bought.rows.last());
    ids.extend(unpaid.map(|order| ("unpaidOrder", order.id.to_string())));
    Ok(ids)
}
