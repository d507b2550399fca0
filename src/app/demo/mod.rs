//! Demo mode: a small world to try Kith in, and ready tokens for the people in it.
//!
//! The world is made through the write door, as users would make it, so that its audit trail and its ledger are real.
//! The tokens are new with every start; they exist in demo mode only.

pub mod certified;
mod charity;
mod desk;
pub mod examples;
pub mod family;
mod money;
pub mod plugins;

use std::convert::Infallible;
use std::fmt::Write as _;

use poem::web::Json;
use poem::{Endpoint, IntoResponse, Response, endpoint};
use serde::Serialize;
use uuid::Uuid;

use super::{AppError, Service};
use crate::command::{Caller, Command, Options, Origin};
use crate::db::{Conn, Connection};
use crate::domains::accounts::account::ops::register::RegisterAccount;
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::addresses::model::Place;
use crate::domains::accounts::addresses::ops::save::SaveAddress;
use crate::domains::accounts::friends::ops::request::RequestFriend;
use crate::domains::accounts::password;
use crate::domains::accounts::sessions::may_log_in::PASSWORD as BY_PASSWORD;
use crate::domains::accounts::sessions::ops::log_in::{Lives, LogIn, Tokens, Via};
use crate::domains::accounts::sessions::{self, authenticate};
use crate::domains::accounts::token::Token;
use crate::domains::association::links::ops::request::RequestAssociation;
use crate::domains::shops::items::ops::create::CreateItem;
use crate::domains::shops::items::store as items;
use crate::domains::shops::orders::ops::place::PlaceOrder;
use crate::domains::shops::refunds::ops::request::RequestRefund;
use crate::domains::shops::refunds::store as refunds;
use crate::domains::shops::shop::ops::open::OpenShop;
use crate::domains::staff::certification::store as staff_certification;
use crate::domains::staff::positions::model::Kind;
use crate::domains::staff::positions::store as positions;
use crate::domains::staff::sub_accounts::ops::answer::AcceptManagerInvitation;
use crate::domains::staff::sub_accounts::ops::create::CreateSubAccount;
use crate::domains::staff::sub_accounts::ops::invite::InviteManager;
use crate::kernel::ids::{ItemId, PositionId, ShopId};
use crate::kernel::money::WrittenAmount;
use crate::kernel::page::Page;
use crate::kernel::{Currency, Fault, Locale, Subject};
use crate::permissions::catalogue::number;
use crate::permissions::store as permissions;
use crate::server::schema::SEED_POSITIONS;
use crate::telemetry::Secret;

/// The password of everybody in the demo.
pub const PASSWORD: &str = "kith-demo-password";

/// Two languages.
#[derive(Debug, Clone, Serialize)]
struct Words {
    en: &'static str,
    zh: &'static str,
}

/// Somebody to try Kith as.
#[derive(Debug, Clone, Serialize)]
pub struct Persona {
    id: &'static str,
    login: &'static str,
    kind: &'static str,
    title: Words,
    description: Words,
    token: String,
}

/// Everybody to try Kith as.
#[derive(Debug, Clone, Serialize)]
pub struct Personas {
    personas: Vec<Persona>,
    password: &'static str,
    /// Ids of records in the demo world, for the examples.
    #[serde(skip)]
    ids: Vec<(&'static str, String)>,
}

impl Personas {
    /// The personas as a table for the terminal.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::from("\nDemo personas (pick one in the playground, or send its token as a header):\n\n");
        let wide = self.personas.iter().map(|persona| persona.title.en.len()).max().unwrap_or_default();
        for persona in &self.personas {
            let _ = writeln!(
                text,
                "  {:<15} {:<wide$} Authorization: Bearer {}",
                persona.login, persona.title.en, persona.token
            );
        }
        text
    }
}

/// `GET /demo/personas`.
pub fn endpoint(personas: Personas) -> impl Endpoint<Output = Response> {
    endpoint::make_sync(move |_| Json(&personas).into_response())
}

/// Makes the world if the database is empty, and opens a session for everybody in it.
///
/// # Errors
/// The world cannot be made: the database's fault, or names that others have.
pub async fn prepare(service: &Service) -> Result<Personas, AppError> {
    load(service).await?;
    let cast = [
        (
            "aurora",
            "aurora",
            "MAIN_ACCOUNT",
            ("Main account", "主账号"),
            ("Owns the shop Aurora Lights and may do everything in it", "极光灯具的主账号,拥有店铺的全部权限"),
        ),
        (
            "xiaoli",
            "aurora:xiaoli",
            "SUB_ACCOUNT",
            ("Customer service", "客服"),
            ("Answers buyers, sees orders and refunds; may not approve any", "接待买家,可查看订单和退款,不能同意退款"),
        ),
        (
            "caiwu",
            "aurora:caiwu",
            "SUB_ACCOUNT",
            ("Finance", "财务"),
            ("Sees orders, refunds and the audit trail", "可查看订单、退款和操作日志"),
        ),
        (
            "zhuguan",
            "aurora:zhuguan",
            "SUB_ACCOUNT",
            ("Supervisor", "主管"),
            ("Sees the staff, approves and rejects refunds", "可查看员工,同意或拒绝退款"),
        ),
        (
            "yunying",
            "aurora:yunying",
            "SUB_ACCOUNT",
            ("Operations", "运营"),
            ("Lists items and decorates the shop", "可发布宝贝和装修店铺"),
        ),
        (
            "linshi",
            "aurora:linshi",
            "SUB_ACCOUNT",
            ("Temporary help (another position)", "临时工(其他岗位)"),
            ("Sees items and nothing else", "仅可查看宝贝"),
        ),
        (
            "jingli",
            "jingli",
            "MANAGER",
            ("Manager of two shops", "两店经理"),
            ("Supervises Aurora Lights and Boreal Tea with one account", "用同一个账号管理极光灯具和北方茶庄"),
        ),
        (
            "boreal",
            "boreal",
            "MAIN_ACCOUNT",
            ("Main account of another shop", "另一店铺的主账号"),
            ("Owns Boreal Tea, and sees nothing of Aurora Lights", "北方茶庄的主账号,看不到极光灯具的任何数据"),
        ),
        (
            "meimei",
            "meimei",
            "BUYER",
            ("Buyer", "买家"),
            ("Bought lamps and wants some money back", "购买了灯具并申请退款"),
        ),
        (
            "wangfang",
            "wangfang",
            "BUYER",
            ("Daughter", "女儿"),
            ("Pays for her father by intimate pay, within limits", "通过亲密付在限额内为父亲付款"),
        ),
        (
            "wangjianguo",
            "wangjianguo",
            "BUYER",
            ("Father", "父亲"),
            ("Buys with his daughter's money", "使用女儿的亲密付购物"),
        ),
        (
            "operator",
            "kith-operator",
            "OPERATOR",
            ("Platform operator", "平台运营"),
            ("Reads every audit trail and disables accounts", "查看所有操作日志,可停用账号"),
        ),
    ];
    let mut personas = Vec::new();
    for (id, login, kind, title, description) in cast {
        let token = log_in(service, login).await?;
        let words = |(en, zh)| Words { en, zh };
        personas.push(Persona {
            id,
            login,
            kind,
            title: words(title),
            description: words(description),
            token: token.reveal().to_owned(),
        });
    }
    Ok(Personas { personas, password: PASSWORD, ids: ids(service).await? })
}

/// Where the examples say `{{name}}`, a record of the demo world is meant.
async fn ids(service: &Service) -> Result<Vec<(&'static str, String)>, AppError> {
    let mut conn = connection(service).await?;
    let mut ids = Vec::new();
    let meimei = accounts::by_login(&mut conn, "meimei").await.map_err(failed)?;
    ids.extend(meimei.map(|meimei| ("meimei", meimei.id.to_string())));
    let xiaoli = sessions::store::sub_account_credentials(&mut conn, "aurora", "xiaoli").await.map_err(failed)?;
    if let Some((shop, xiaoli, ..)) = xiaoli.first() {
        ids.push(("shop", shop.to_string()));
        ids.extend(charity::ids(&mut conn, *shop).await?);
        ids.push(("xiaoli", xiaoli.to_string()));
        for name in ["zhuguan", "linshi"] {
            let found = sessions::store::sub_account_credentials(&mut conn, "aurora", name).await.map_err(failed)?;
            ids.extend(found.first().map(|(_, id, ..)| (name, id.to_string())));
        }
        for position in positions::of_shop(&mut conn, *shop).await.map_err(failed)? {
            let name = match position.position.kind {
                Kind::CustomerService => "customerServicePosition",
                Kind::Finance => "financePosition",
                Kind::Supervisor => "supervisorPosition",
                _ => continue,
            };
            ids.push((name, position.position.id.to_string()));
        }
        let items = items::page(&mut conn, *shop, &Page::first(1)).await.map_err(failed)?;
        ids.extend(items.rows.first().map(|item| ("item", item.id.to_string())));
        for (name, amount) in [("refund150", 15_000), ("refund250", 25_000)] {
            let refund = refunds::newest_of_amount(&mut conn, *shop, amount).await.map_err(failed)?;
            ids.extend(refund.map(|id| (name, id.to_string())));
        }
    }
    ids.extend(money::ids(&mut conn).await?);
    ids.extend(desk::ids(&mut conn).await?);
    let in_a_week = service.door.clock.now() + chrono::TimeDelta::days(7);
    ids.push(("inAWeek", in_a_week.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)));
    drop(conn);
    ids.extend(family::ids(service).await?);
    Ok(ids)
}

/// Makes the world if there is no account yet; says whether it did.
///
/// # Errors
/// As [`prepare`].
pub async fn load(service: &Service) -> Result<bool, AppError> {
    let mut conn = connection(service).await?;
    if accounts::any(&mut conn).await.map_err(failed)? {
        return Ok(false);
    }
    drop(conn);
    tracing::info!("loading demo data");
    for (login, name, kind) in [
        ("aurora", "Aurora Lights 极光灯具", "ENTERPRISE"),
        ("boreal", "Boreal Tea 北方茶庄", "ENTERPRISE"),
        ("jingli", "Zheng Jingwei 郑经纬", "PERSON"),
        ("meimei", "Han Meimei 韩梅梅", "PERSON"),
        ("meimei-work", "Meimei at work 韩梅梅(工作)", "PERSON"),
        ("kith-operator", "Kith operations 平台运营", "OPERATOR"),
    ] {
        register(service, login, name, kind).await?;
    }
    certified::make(service, &certified::AURORA).await?;
    certified::make(service, &certified::BOREAL).await?;
    certified::make(service, &certified::MANAGER).await?;
    let (tea, _) =
        furnish(service, &certified::BOREAL, "Boreal Tea 北方茶庄", &[("Pu'er tea cake 普洱茶饼", "268.00")]).await?;
    let lamps = [("Paper lantern 纸灯笼", "128.00"), ("Desk lamp 台灯", "599.00"), ("Floor lamp 落地灯", "1299.00")];
    let (shop, items) = furnish(service, &certified::AURORA, "Aurora Lights 极光灯具", &lamps).await?;
    hire(service, shop, "xiaoli", "Xiao Li 小李", Kind::CustomerService).await?;
    hire(service, shop, "caiwu", "Cai Wu 财务小吴", Kind::Finance).await?;
    if let Some(item) = items.first() {
        money::furnish(service, shop, *item).await?;
    }
    hire(service, shop, "zhuguan", "Lao Zhang 主管老张", Kind::Supervisor).await?;
    hire(service, shop, "yunying", "Xiao Yun 运营小云", Kind::Operations).await?;
    hire(service, shop, "linshi", "A Lin 临时工阿林", Kind::Other).await?;
    for (owner, shop) in [("aurora", shop), ("boreal", tea)] {
        have_managed(service, owner, shop).await?;
    }
    buy(service, shop, &items).await?;
    if let Some(item) = items.last() {
        charity::furnish(service, shop, *item).await?;
    }
    family::load(service, shop, items.first().copied()).await?;
    belong_together(service).await?;
    desk::furnish(service, shop).await?;
    Ok(true)
}

/// A second account of Meimei's: the same place, written in another way, and a wish to be associated.
async fn belong_together(service: &Service) -> Result<(), AppError> {
    let homes = [
        ("meimei", "浙江省 杭州市 西湖区", "文三路478号3号楼502室"),
        ("meimei-work", "浙江杭州西湖", "文三路 478-3-502"),
    ];
    for (login, region, street) in homes {
        let token = log_in(service, login).await?;
        let place = Place {
            recipient: "韩梅梅".to_owned(),
            phone: "+8613812345634".to_owned(),
            region: region.to_owned(),
            street: street.to_owned(),
            postal_code: Some("310012".to_owned()),
        };
        act(service, Some(&token), SaveAddress { id: None, place, make_default: true }).await?;
        if login != "meimei" {
            act(service, Some(&token), RequestAssociation { login: "meimei".to_owned() }).await?;
        }
    }
    let token = log_in(service, "boreal").await?;
    act(service, Some(&token), RequestFriend { login: "meimei".to_owned() }).await.map(|_| ())
}

async fn register(service: &Service, login: &str, name: &str, kind: &'static str) -> Result<(), AppError> {
    let password_hash = password::hash(PASSWORD.to_owned()).await.map_err(failed)?;
    let command = RegisterAccount { login: login.to_owned(), display_name: name.to_owned(), kind, password_hash };
    let made = act(service, None, command).await?;
    if kind == "OPERATOR" {
        let numbers = const {
            [
                number("platform.account.disable"),
                number("platform.audit.read"),
                number("platform.association.read"),
                number("platform.plugin.read"),
                number("platform.plugin.manage"),
                number("platform.deposit.manage"),
                number("platform.certification.review"),
                number("platform.charity.manage"),
                number("platform.charity.pay_out"),
                number("platform.report.handle"),
            ]
        };
        let now = service.door.clock.now();
        let granted = service.door.db.transaction(async |conn: &mut Connection| {
            permissions::grant_platform(conn, made.id, &numbers, now).await.map_err(Fault::<Infallible>::from)
        });
        granted.await.map_err(failed)?;
    }
    Ok(())
}

/// Opens a shop and puts items on sale in it.
async fn furnish(
    service: &Service,
    owner: &certified::Owner,
    name: &str,
    items: &[(&str, &str)],
) -> Result<(ShopId, Vec<ItemId>), AppError> {
    let token = log_in(service, owner.login).await?;
    let command = OpenShop {
        name: name.to_owned(),
        currency: Currency::CNY,
        time_zone: "Asia/Shanghai".to_owned(),
        owner_name: Secret::new(owner.name.to_owned()),
        owner_phone: Secret::new(owner.phone.to_owned()),
        seed: SEED_POSITIONS,
    };
    let shop = act(service, Some(&token), command).await?.shop;
    let mut made = Vec::new();
    for (title, price) in items {
        let command =
            CreateItem { shop, title: (*title).to_owned(), price: yuan(price), category: "general".to_owned() };
        made.push(act(service, Some(&token), command).await?.item);
    }
    Ok((shop, made))
}

/// Lets the manager supervise a shop with an account of their own (requirement 4.19).
async fn have_managed(service: &Service, owner: &str, shop: ShopId) -> Result<(), AppError> {
    let login = certified::MANAGER.login.to_owned();
    let position = position(service, shop, Kind::Supervisor).await?;
    let command = InviteManager { shop, name: login.clone(), login, display_name: None, position };
    let invited = act(service, Some(&log_in(service, owner).await?), command).await?.sub_account.id;
    let manager = log_in(service, certified::MANAGER.login).await?;
    act(service, Some(&manager), AcceptManagerInvitation { invitation: invited }).await.map(|_| ())
}

async fn position(service: &Service, shop: ShopId, kind: Kind) -> Result<PositionId, AppError> {
    let all = positions::of_shop(&mut *connection(service).await?, shop).await.map_err(failed)?;
    let found = all.iter().find(|p| p.position.kind == kind).ok_or_else(|| failed("no such position"))?;
    Ok(found.position.id)
}

async fn hire(service: &Service, shop: ShopId, name: &str, display_name: &str, kind: Kind) -> Result<(), AppError> {
    let token = log_in(service, "aurora").await?;
    let position = position(service, shop, kind).await?;
    let password_hash = password::hash(PASSWORD.to_owned()).await.map_err(failed)?;
    let command = CreateSubAccount {
        shop,
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        position,
        password_hash,
    };
    let made = act(service, Some(&token), command).await?.sub_account;
    if kind == Kind::Other {
        // One shows what an uncertified one may do; the others have to work for longer than seven days.
        return Ok(());
    }
    let (place, now) = ((made.shop_id, made.id), service.door.clock.now());
    let certified = service.door.db.transaction(async |conn: &mut Connection| {
        staff_certification::certified(conn, place, now).await.map_err(Fault::<Infallible>::from)
    });
    certified.await.map(|_| ()).map_err(failed)
}

/// Orders, and refunds that wait for somebody.
async fn buy(service: &Service, shop: ShopId, items: &[ItemId]) -> Result<(), AppError> {
    let token = log_in(service, "meimei").await?;
    let wants = [
        (1, "150.00", "One of the bulbs does not light. 有一个灯泡不亮"),
        (1, "150.00", "The switch sticks. 开关卡住了"),
        (1, "150.00", "Arrived a week late. 晚到了一周"),
        (1, "150.00", "The colour is not as shown. 颜色与图片不符"),
        (2, "250.00", "The shade is torn. 灯罩破损"),
        (0, "28.00", "The box was open. 包装已拆封"),
    ];
    for (at, amount, reason) in wants {
        let Some(item) = items.get(at).copied() else { continue };
        let order = act(
            service,
            Some(&token),
            PlaceOrder { shop, item, quantity: 1, methods: Vec::new(), later: false, address: None },
        )
        .await?
        .order;
        let command = RequestRefund { order: order.id, amount: yuan(amount), reason: reason.to_owned() };
        act(service, Some(&token), command).await?;
    }
    Ok(())
}

fn yuan(amount: &str) -> WrittenAmount {
    WrittenAmount { amount: amount.to_owned(), currency: Some(Currency::CNY) }
}

/// Opens a session for a log-in name.
async fn log_in(service: &Service, login: &str) -> Result<Token, AppError> {
    let mut conn = connection(service).await?;
    let subject = match login.split_once(':') {
        None => accounts::by_login(&mut conn, login).await.map_err(failed)?.map(|a| Subject::Account { id: a.id }),
        Some((main, sub)) => {
            let found = sessions::store::sub_account_credentials(&mut conn, main, sub).await.map_err(failed)?;
            found.first().map(|(shop, id, ..)| Subject::SubAccount { shop: *shop, id: *id })
        }
    };
    drop(conn);
    let subject = subject.ok_or_else(|| {
        AppError::Failed(format!(
            "the database has data, but no demo account {login}; use an empty data folder for the demo (--data-dir)"
        ))
    })?;
    let token = Token::generate();
    let week = 24 * 7;
    let command = LogIn {
        subject,
        name: login.to_owned(),
        client: "WEB",
        method: BY_PASSWORD,
        tokens: Tokens { access: token.hash(), refresh: None, device: Vec::new(), pending: Vec::new() },
        lives: Lives { access_min: week * 60, session_hours: week },
        via: Via::Trusted,
        counted: None,
        locale: Locale::En,
    };
    act(service, None, command).await?;
    Ok(token)
}

/// The owner of a token, or nobody, as whoever asks.
async fn caller(service: &Service, token: Option<&Token>) -> Result<Caller, AppError> {
    let actor = match token {
        None => None,
        Some(token) => {
            let door = &service.door;
            authenticate(&door.db, &door.sets, &token.hash(), door.clock.now()).await.map_err(failed)?
        }
    };
    let origin = Origin { request_id: Uuid::now_v7(), ip: None, user_agent: Some("kith demo".to_owned()) };
    Ok(Caller { actor, origin })
}

/// Runs a command as the owner of a token, or as nobody.
async fn act<C: Command>(service: &Service, token: Option<&Token>, command: C) -> Result<C::Output, AppError> {
    let caller = caller(service, token).await?;
    let key = (C::KEY == crate::command::KeyRule::Required).then(|| Uuid::now_v7().to_string());
    let done = service.door.execute(caller, command, Options { key, dry_run: false }).await;
    match done {
        Ok(outcome) => Ok(outcome.output),
        Err(Fault::Refused(refusal)) => {
            use crate::kernel::fault::Refusal;
            Err(AppError::Failed(format!("the demo data cannot be loaded: {}", refusal.message().en)))
        }
        Err(fault) => Err(failed(crate::graphql::command::blameless(fault))),
    }
}

async fn connection(service: &Service) -> Result<Conn, AppError> {
    service.door.db.get::<Infallible>().await.map_err(failed)
}

fn failed(fault: impl std::fmt::Debug) -> AppError {
    AppError::Failed(format!("the demo data cannot be loaded: {fault:?}"))
}
