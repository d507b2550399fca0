//! The story of a daughter who pays for her father, made through the write door as they would make it.

use super::{AppError, act, caller, certified, connection, failed, log_in, money, register, yuan};
use crate::app::Service;
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::password;
use crate::domains::accounts::sessions::login_throttle::Counted;
use crate::domains::accounts::step_up::ops::step_up::{Given, StepUp};
use crate::domains::accounts::token::{Kind, Token};
use crate::domains::family::links::model::Relation;
use crate::domains::family::links::ops::answer::AnswerFamilyInvitation;
use crate::domains::family::links::ops::invite::InviteFamilyMember;
use crate::domains::family::links::store as links;
use crate::domains::intimate_pay::passwords;
use crate::domains::intimate_pay::passwords::ops::set::SetPaymentPassword;
use crate::domains::intimate_pay::relations::inputs::WrittenTerms;
use crate::domains::intimate_pay::relations::ops::confirm::ConfirmIntimatePay;
use crate::domains::intimate_pay::relations::ops::methods::SetIntimatePayMethods;
use crate::domains::intimate_pay::relations::ops::open::OpenIntimatePay;
use crate::domains::intimate_pay::relations::store as relations;
use crate::domains::intimate_pay::requests::ops::ask::AskToPay;
use crate::domains::intimate_pay::requests::store as requests;
use crate::domains::intimate_pay::uses::ops::pay::{OrderOfRelation, PayWithIntimatePay};
use crate::domains::payments::methods::ops::add_card::AddCard;
use crate::domains::shops::orders::ops::place::PlaceOrder;
use crate::domains::shops::orders::store as orders;
use crate::kernel::Subject;
use crate::kernel::ids::{FamilyLinkId, ItemId, ShopId};
use crate::kernel::page::Page;
use crate::telemetry::Secret;

/// The payment password of the daughter and of her father.
pub const PAYMENT_PASSWORD: &str = "135790";

/// How many lanterns the father's orders are for that wait to be paid: within the limits, and above that of one payment.
const ONE_MORE: i32 = 1;
const TOO_MANY: i32 = 5;
const ASKED_FOR: i32 = 4;

/// The daughter, and whom she invites: the log-in name, the name that others see, what they are to her, what she calls them.
const RELATIVES: [(&str, &str, Relation, &str); 3] = [
    ("wangjianguo", "Wang Jianguo 王建国", Relation::Parent, "Dad 爸爸"),
    ("wangxiaobao", "Wang Xiaobao 王小宝", Relation::Child, "Xiaobao 小宝"),
    ("liqiang", "Li Qiang 李强", Relation::Spouse, "Li Qiang 老公"),
];

/// Makes the family, the relation with the father, a lamp that he bought with it, and orders of his that wait to be paid.
///
/// # Errors
/// As [`super::prepare`].
pub async fn load(service: &Service, shop: ShopId, item: Option<ItemId>) -> Result<(), AppError> {
    register(service, "wangfang", "Wang Fang 王芳", "PERSON").await?;
    let daughter = log_in(service, "wangfang").await?;
    let mut links = Vec::new();
    for (login, name, relation, called) in RELATIVES {
        register(service, login, name, "PERSON").await?;
        links.push(link(service, &daughter, login, relation, called).await?);
    }
    let Some(link) = links.first().copied() else { return Ok(()) };
    let father = log_in(service, "wangjianguo").await?;
    set_password(service, &daughter, "wangfang").await?;
    set_password(service, &father, "wangjianguo").await?;
    let offered = act(service, Some(&daughter), OpenIntimatePay { link, terms: terms(), time_zone: None }).await?;
    let confirm = ConfirmIntimatePay { token: offered.token };
    let relation = act(service, Some(&daughter), confirm).await?.relation;
    // What is over the step-up amount needs a code, which has to go somewhere. Bound before, it would have been asked for above.
    certified::bind(service, "wangfang", "+8613800000011").await?;
    certified::bind(service, "wangjianguo", "+8613800000012").await?;
    let method = act(service, Some(&daughter), card(service).await?).await?.id;
    act(service, Some(&daughter), SetIntimatePayMethods { relation, methods: vec![method] }).await?;
    let Some(item) = item else { return Ok(()) };
    let place = |quantity| PlaceOrder { shop, item, quantity, methods: Vec::new(), later: true, address: None };
    let order = act(service, Some(&father), place(1)).await?.order.id;
    let verified = verified(service, &father).await?;
    act(service, Some(&father), PayWithIntimatePay { of: OrderOfRelation { relation, order }, verified }).await?;
    // What the examples go on with: an order that he can pay, one that he can ask for, and one that he asked for.
    for quantity in [ONE_MORE, TOO_MANY] {
        act(service, Some(&father), place(quantity)).await?;
    }
    let order = act(service, Some(&father), place(ASKED_FOR)).await?.order.id;
    act(service, Some(&father), AskToPay { relation, order }).await.map(|_| ())
}

/// ¥2,000 a month, ¥500 at a time, a step-up above ¥300; medicine beyond that, up to ¥5,000.
fn terms() -> WrittenTerms {
    WrittenTerms {
        monthly_cap: yuan("2000.00"),
        per_payment: Some(yuan("500.00")),
        step_up_above: Some(yuan("300.00")),
        allowed: Vec::new(),
        blocked: Vec::new(),
        hours: None,
        emergency: Some(("medicine".to_owned(), yuan("5000.00"))),
    }
}

async fn link(
    service: &Service,
    daughter: &Token,
    login: &str,
    relation: Relation,
    called: &str,
) -> Result<FamilyLinkId, AppError> {
    let token = Token::generate_of(Kind::Family);
    let invite = InviteFamilyMember { relation, name: called.to_owned(), phone: None, token_hash: token.hash() };
    let link = act(service, Some(daughter), invite).await?.link;
    let relative = log_in(service, login).await?;
    let accept = AnswerFamilyInvitation { token_hash: Some(token.hash()), accept: true };
    act(service, Some(&relative), accept).await?;
    Ok(link)
}

async fn set_password(service: &Service, token: &Token, login: &str) -> Result<(), AppError> {
    let account = accounts::by_login(&mut *connection(service).await?, login).await.map_err(failed)?;
    let account = account.ok_or_else(|| failed("the demo's family"))?.id;
    let counted = Counted::of_subject(&service.door.env, "step_up", Subject::Account { id: account }, None);
    act(service, Some(token), StepUp { given: Given::Password(counted) }).await?;
    let hash = password::hash(PAYMENT_PASSWORD.to_owned()).await.map_err(failed)?;
    act(service, Some(token), SetPaymentPassword { hash, old: None }).await.map(|_| ())
}

async fn card(service: &Service) -> Result<AddCard, AppError> {
    let expiry_year = chrono::Datelike::year(&service.door.clock.now()) + 4;
    money::card(service, "demo-wangfang", expiry_year).await
}

/// The proof that somebody's payment password is right.
async fn verified(service: &Service, token: &Token) -> Result<passwords::Verified, AppError> {
    let caller = caller(service, Some(token)).await?;
    let account = match caller.actor.as_ref().map(|actor| actor.subject) {
        Some(Subject::Account { id }) => id,
        _ => return Err(failed("nobody is logged in")),
    };
    let secret = Secret::new(PAYMENT_PASSWORD.to_owned());
    let compared = passwords::check(&service.door, &caller, account, &secret).await.map_err(failed)?;
    compared.map_err(failed)
}

/// Ids of the family for the examples.
///
/// # Errors
/// The database's fault.
pub async fn ids(service: &Service) -> Result<Vec<(&'static str, String)>, AppError> {
    let mut conn = super::connection(service).await?;
    let mut ids = Vec::new();
    let Some(daughter) = accounts::by_login(&mut conn, "wangfang").await.map_err(failed)? else { return Ok(ids) };
    for link in links::standing(&mut conn, daughter.id).await.map_err(failed)? {
        match Relation::parse(&link.relation) {
            Relation::Child => ids.push(("childLink", link.id.to_string())),
            Relation::Spouse => ids.push(("spouseLink", link.id.to_string())),
            _ => {}
        }
    }
    let relations = relations::open_of_payer(&mut conn, daughter.id).await.map_err(failed)?;
    let Some(relation) = relations.first() else { return Ok(ids) };
    ids.push(("fatherPay", relation.id.to_string()));
    let bought = orders::page_of_buyer(&mut conn, relation.beneficiary_account_id, &Page::first(100)).await;
    let bought = bought.map_err(failed)?.rows;
    for (name, quantity) in [("fatherOrder", ONE_MORE), ("fatherLargeOrder", TOO_MANY)] {
        // The newest first: that which is paid already stands behind the others.
        let order = bought.iter().find(|order| order.quantity == quantity);
        ids.extend(order.map(|order| (name, order.id.to_string())));
    }
    let of = (relation.payer_account_id, relation.id);
    let asked = requests::page(&mut conn, of, &Page::first(100)).await.map_err(failed)?;
    // The one of the demo, whatever was asked since.
    ids.extend(asked.rows.last().map(|request| ("fatherRequest", request.id.to_string())));
    Ok(ids)
}
