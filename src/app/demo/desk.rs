//! Who answers buyers in the demo, a roster, and some conversations: one that was answered, one that waits for an answer, one in
//! the offline queue.

use super::{act, connection, failed, log_in};
use crate::app::{AppError, Service};
use crate::db::Conn;
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::sessions;
use crate::domains::service_desk::agents::ops::heartbeat::Heartbeat;
use crate::domains::service_desk::agents::ops::set::{SaveGroup, SetAgent};
use crate::domains::service_desk::conversations::ops::close::CloseConversation;
use crate::domains::service_desk::conversations::ops::contact::ContactShop;
use crate::domains::service_desk::conversations::ops::send::ReplyToBuyer;
use crate::domains::service_desk::conversations::store;
use crate::domains::service_desk::messages::store as messages;
use crate::domains::staff::grants::limits::Limits;
use crate::domains::staff::grants::ops::grant::GrantPermission;
use crate::domains::staff::rosters::ops::set::{SetRoster, WrittenShift};
use crate::kernel::ids::{ConversationId, ShopId, SubAccountId};
use crate::kernel::page::Page;

/// Furnishes the service desk of the shop.
pub(super) async fn furnish(service: &Service, shop: ShopId) -> Result<(), AppError> {
    let aurora = log_in(service, "aurora").await?;
    let (xiaoli, zhuguan) = (staff(service, "xiaoli").await?, staff(service, "zhuguan").await?);
    let yunying = staff(service, "yunying").await?;
    let pages = vec!["refunds".to_owned()];
    let group = SaveGroup { shop, id: None, name: "After-sales 售后".to_owned(), pages };
    let group = act(service, Some(&aurora), group).await?.group.id;
    for (sub_account, group, weight) in [(xiaoli, None, 10), (zhuguan, Some(group), 5)] {
        act(service, Some(&aurora), SetAgent { sub_account, group, weight }).await?;
    }
    // Xiao Li is there whenever somebody tries the demo; the others keep office hours.
    let every = |days: std::ops::Range<u16>, from: &str, until: &str| -> Vec<WrittenShift> {
        days.map(|day| WrittenShift { day, from: from.to_owned(), until: until.to_owned() }).collect()
    };
    for (sub_account, shifts) in [
        (xiaoli, every(0..7, "00:00", "24:00")),
        (zhuguan, every(0..5, "09:00", "18:00")),
        (yunying, every(0..5, "13:00", "22:00")),
    ] {
        act(service, Some(&aurora), SetRoster { sub_account, shifts }).await?;
    }
    let limits = Limits { on_shift: true, ..Limits::default() };
    let bound = GrantPermission { sub_account: yunying, permission: "refund.read".to_owned(), limits };
    act(service, Some(&aurora), bound).await?;
    talk(service, shop).await
}

async fn talk(service: &Service, shop: ShopId) -> Result<(), AppError> {
    let agent = log_in(service, "aurora:xiaoli").await?;
    act(service, Some(&agent), Heartbeat { shop, away: false }).await?;
    let asked = ask(service, shop, "meimei", "Is the desk lamp in stock? 台灯还有货吗?").await?;
    let text = "Yes, it is, and it ships today. 有货,今天发出。".to_owned();
    act(service, Some(&agent), ReplyToBuyer { conversation: asked, text }).await?;
    act(service, Some(&agent), CloseConversation { conversation: asked }).await?;
    ask(service, shop, "wangjianguo", "How do I change the bulb? 灯泡怎么更换?").await?;
    act(service, Some(&agent), Heartbeat { shop, away: true }).await?;
    ask(service, shop, "meimei-work", "Do you write invoices for companies? 可以开公司发票吗?").await.map(|_| ())
}

async fn ask(service: &Service, shop: ShopId, who: &str, text: &str) -> Result<ConversationId, AppError> {
    let buyer = log_in(service, who).await?;
    let command = ContactShop { shop, page: "home".to_owned(), text: text.to_owned() };
    Ok(act(service, Some(&buyer), command).await?.conversation.id)
}

async fn staff(service: &Service, name: &str) -> Result<SubAccountId, AppError> {
    let mut conn = connection(service).await?;
    let found = sessions::store::sub_account_credentials(&mut conn, "aurora", name).await.map_err(failed)?;
    found.first().map(|(_, id, ..)| *id).ok_or_else(|| failed("nobody for the desk"))
}

/// Where the examples say `{{conversation}}` and `{{chatMessage}}`: what the father asked, and what Meimei was answered.
pub(super) async fn ids(conn: &mut Conn) -> Result<Vec<(&'static str, String)>, AppError> {
    let mut ids = Vec::new();
    for (name, login) in [("conversation", "wangjianguo"), ("chatMessage", "meimei")] {
        let Some(buyer) = accounts::by_login(conn, login).await.map_err(failed)? else { continue };
        let page = Page { size: 1, after: None, before: None, backward: true };
        let oldest = store::page_of_buyer(conn, buyer.id, &page).await.map_err(failed)?.rows;
        let Some(conversation) = oldest.first() else { continue };
        let of = (conversation.shop_id, conversation.id);
        let last = messages::newest_of(conn, &[of]).await.map_err(failed)?;
        match name {
            "conversation" => ids.push((name, conversation.id.to_string())),
            _ => ids.extend(last.iter().find(|said| !said.from_buyer).map(|said| (name, said.id.to_string()))),
        }
    }
    Ok(ids)
}
