//! The permissions that Kith itself knows, with numbers that are never reused (design, decision 3).
//!
//! A code that is not here does not compile: [`number`] is evaluated at compile time. Third-party services add
//! codes of their own at run time ([`dynamic`]); theirs are numbered from [`FIRST_DYNAMIC`] on. Everybody who asks
//! for a code, a number or a title asks here and gets either kind.

use super::dynamic;
use crate::kernel::Text;

/// The number of a permission: its bit in an effective set.
pub type Number = u16;

/// Numbers below this belong to Kith.
pub const FIRST_DYNAMIC: Number = 1024;

/// The three families of requirement 4.15.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Official functions of the platform (官方功能).
    Official,
    /// Functions of third-party services (应用服务).
    AppService,
    /// The shop's own back office (后台管理).
    BackOffice,
}

/// Who can hold a permission at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The main account, and staff to whom it is granted.
    Staff,
    /// The main account alone; never grantable (requirements 4.12 and 4.13).
    MainOnly,
    /// Operators of the platform.
    Platform,
    /// Nobody: it is a heading of a service's tree.
    Nobody,
}

/// One permission.
#[derive(Debug)]
pub struct Entry {
    /// The bit.
    pub number: Number,
    /// The code that the API speaks.
    pub code: &'static str,
    /// Where it stands on the permission page.
    pub family: Family,
    /// High-risk ones are never in a default of a position (requirement 4.14).
    pub high_risk: bool,
    /// Who can hold it.
    pub holder: Holder,
    /// Whether amounts flow, so that money limits make sense.
    pub money: bool,
    /// The title on the permission page.
    pub title: Text,
    /// What holding it allows.
    pub help: Text,
    /// Of a third-party service's code: which service, and where it stands.
    pub service: Option<Service>,
}

/// What a code has that a third-party service brought.
#[derive(Debug)]
pub struct Service {
    /// The service: the id of its plugin.
    pub id: &'static str,
    /// The code of the heading that it stands under.
    pub parent: Option<&'static str>,
    /// Whether the service is there. A code of a removed one is held by nobody; its grants wait (requirement 5.9).
    pub active: bool,
}

macro_rules! catalogue {
    ($($number:literal $code:literal $family:ident $holder:ident $($flag:ident)* :
       $en:literal, $zh:literal; $help_en:literal, $help_zh:literal;)*) => {
        /// Every permission of Kith's own, in the order of the permission page.
        pub static CORE: &[Entry] = &[$(Entry {
            number: $number,
            code: $code,
            family: Family::$family,
            high_risk: catalogue!(@flag high_risk $($flag)*),
            holder: Holder::$holder,
            money: catalogue!(@flag money $($flag)*),
            title: Text::new($en, $zh),
            help: Text::new($help_en, $help_zh),
            service: None,
        }),*];

        const NUMBERS: &[(&str, Number)] = &[$(($code, $number)),*];
    };
    (@flag high_risk high_risk $($rest:ident)*) => { true };
    (@flag money money $($rest:ident)*) => { true };
    (@flag $wanted:ident $other:ident $($rest:ident)*) => { catalogue!(@flag $wanted $($rest)*) };
    (@flag $wanted:ident) => { false };
}

catalogue! {
    1 "item.read" Official Staff: "See items", "查看宝贝"; "See the shop's items.", "查看店铺宝贝。";
    2 "item.create" Official Staff: "List items", "发布宝贝"; "Put new items on sale.", "发布新的宝贝。";
    3 "item.price.update" Official Staff high_risk: "Change prices", "修改价格"; "Change the price of an item.", "修改宝贝价格。";
    4 "item.delete" Official Staff high_risk: "Delete items", "删除宝贝"; "Take an item off sale for good.", "删除宝贝。";
    10 "order.read" Official Staff: "See sold items", "查看已卖出的宝贝"; "See the orders of the shop.", "查看店铺已卖出的宝贝。";
    11 "refund.read" Official Staff: "See refunds", "查看退款"; "See the refunds that buyers ask for.", "查看买家的退款申请。";
    12 "refund.approve" Official Staff money: "Approve refunds", "同意退款"; "Give a buyer's money back.", "同意退款申请并退还货款。";
    13 "refund.reject" Official Staff: "Reject refunds", "拒绝退款"; "Turn a refund request down, with a reason.", "拒绝退款申请并说明原因。";
    14 "refund.review" Official Staff: "Review refunds", "复核退款"; "Look at refunds before they are approved, where the shop demands it.", "店铺要求时,在同意退款前进行复核。";
    15 "refund.rules.set" Official Staff high_risk: "Set refund rules", "设置退款规则"; "Say whether refunds are reviewed before they are approved.", "设置退款同意前是否需要复核。";
    20 "red_packet.send" Official Staff money: "Send shop red packets", "发放店铺红包"; "Spend the shop's money on red packets.", "发放店铺红包。";
    21 "charity_item.set" Official Staff: "Set charity items", "设置公益宝贝"; "Mark items that give to charity.", "设置公益宝贝。";
    22 "decoration.update" Official Staff: "Decorate the shop", "店铺装修"; "Change what the shop's pages look like.", "修改店铺页面装修。";
    30 "funds.read" Official Staff high_risk: "See funds", "查看资金"; "See the shop's balance and its movements.", "查看店铺资金与流水。";
    31 "funds.withdraw" Official Staff high_risk money: "Withdraw funds", "资金提现"; "Move the shop's money out.", "提现店铺资金。";
    129 "deposit.pay" Official MainOnly: "Pay the deposit", "缴纳保证金"; "Pay into the shop's deposit with the main account's own methods. Never grantable.", "使用主账号的付款方式缴纳保证金,不可授权。";
    126 "shop.close" Official MainOnly high_risk: "Close the shop", "关闭店铺"; "Close the shop for good, which returns its deposit. Never grantable.", "永久关闭店铺并退还保证金,不可授权。";
    40 "bought_items.read" Official MainOnly: "See bought items", "查看已买到的宝贝"; "See what the main account bought. Never grantable.", "查看主账号已买到的宝贝,不可授权。";
    41 "order.place" Official MainOnly: "Buy", "购买"; "Place orders. Never grantable.", "购买宝贝,不可授权。";
    42 "service.subscribe" Official MainOnly: "Order services", "订购服务"; "Subscribe to third-party services. Never grantable.", "订购第三方服务,不可授权。";
    50 "staff.read" BackOffice Staff: "See staff", "查看员工"; "See sub-accounts, positions and what they may do.", "查看子账号、岗位与权限。";
    51 "sub_account.create" BackOffice Staff: "Create sub-accounts", "新建子账号"; "Create sub-accounts and restore departed ones.", "新建子账号,恢复离职员工。";
    52 "sub_account.depart" BackOffice Staff: "Let staff depart", "员工离职"; "End a sub-account's access.", "停用离职员工的子账号。";
    53 "position.manage" BackOffice Staff: "Manage positions", "管理岗位"; "Add and edit positions, and move staff between them.", "新建、编辑岗位,调整员工岗位。";
    54 "permission.grant" BackOffice Staff: "Grant permissions", "授予权限"; "Grant and revoke, never beyond what one holds.", "授予或收回权限,不超过自身权限。";
    55 "audit.read" BackOffice Staff: "Read the audit trail", "查看操作日志"; "See who did what, when, from where, under which grant.", "查看操作日志。";
    56 "audit.export" BackOffice Staff high_risk: "Export the audit trail", "导出操作日志"; "Take the audit trail out of the system.", "导出操作日志。";
    80 "platform.account.disable" BackOffice Platform high_risk: "Disable accounts", "停用账号"; "Disable and enable accounts of the platform.", "停用或启用平台账号。";
    81 "platform.audit.read" BackOffice Platform: "Read every audit trail", "查看平台操作日志"; "Read the audit trail of any shop.", "查看任意店铺的操作日志。";
    82 "platform.plugin.read" BackOffice Platform: "See plugins", "查看插件"; "See the plugins of the platform, their versions, figures and faults.", "查看平台插件的版本、运行数据与故障。";
    100 "platform.certification.review" BackOffice Platform high_risk: "Review certifications", "审核认证"; "See identities and photos that wait for a person, and decide on them.", "查看并审核待人工处理的身份与照片。";
    83 "platform.plugin.manage" BackOffice Platform high_risk: "Manage plugins", "管理插件"; "Promote, roll back, release and remove plugins.", "发布、回滚、恢复或移除插件。";
    95 "platform.deposit.manage" BackOffice Platform high_risk: "Decide on deposits", "管理保证金"; "Compensate buyers from deposits and record violations.", "用保证金赔付买家,记录店铺违规。";
    130 "platform.charity.manage" BackOffice Platform high_risk: "Manage charity organisations", "管理公益机构"; "List the organisations that charity items may give to.", "管理公益宝贝可捐赠的公益机构。";
    124 "platform.charity.pay_out" BackOffice Platform high_risk: "Pay out donations", "拨付善款"; "Pay out to an organisation what charity items gave it.", "将公益宝贝的善款拨付给公益机构。";
    120 "desk.serve" Official Staff: "Answer buyers", "接待买家"; "Answer the buyers whose conversations one gets.", "接待分配给自己的买家咨询。";
    121 "desk.manage" BackOffice Staff: "Manage the service desk", "管理客服分流"; "Groups, weights and every conversation of the shop.", "管理客服分组、权重与全部会话。";
    122 "roster.manage" BackOffice Staff: "Manage the roster", "管理排班"; "Say who of the staff is on shift when.", "设置员工的排班。";
    123 "platform.report.handle" BackOffice Platform: "Handle reports", "处理举报"; "Read and close reports of unwanted messages.", "查看并处理用户举报的消息。";
    90 "platform.association.read" BackOffice Platform high_risk: "See associations", "查看账号关联"; "See which accounts possibly belong together; every look is on record.", "查看可能关联的账号,每次查看均记录在案。";
}

/// The number of a code, at compile time.
///
/// # Panics
/// On a code that the catalogue does not have; in a `const` that stops the build (requirement 5.1).
#[must_use]
pub const fn number(code: &str) -> Number {
    let mut at = 0;
    while at < NUMBERS.len() {
        if same(NUMBERS[at].0.as_bytes(), code.as_bytes()) {
            return NUMBERS[at].1;
        }
        at += 1;
    }
    panic!("no such permission code in the catalogue");
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Where each of Kith's own stands in [`CORE`], by number; 0 for none, else the place + 1.
static PLACES: [u8; PLACES_LEN] = places();

const PLACES_LEN: usize = 192;

const fn places() -> [u8; PLACES_LEN] {
    let mut places = [0; PLACES_LEN];
    let mut at = 0;
    while at < NUMBERS.len() {
        #[expect(clippy::cast_possible_truncation, reason = "a catalogue of more than 255 does not compile")]
        let place = {
            assert!(at < 255);
            at as u8 + 1
        };
        places[NUMBERS[at].1 as usize] = place;
        at += 1;
    }
    places
}

/// The entry of a code that came from outside; a removed service's codes have theirs still.
#[must_use]
pub fn by_code(code: &str) -> Option<&'static Entry> {
    CORE.iter().find(|e| e.code == code).or_else(|| dynamic::current().by_code(code))
}

/// The entry of a number; a removed service's codes have theirs still.
#[must_use]
pub fn by_number(number: Number) -> Option<&'static Entry> {
    if number >= FIRST_DYNAMIC {
        return dynamic::current().by_number(number);
    }
    let place = PLACES.get(usize::from(number)).copied().unwrap_or(0);
    CORE.get(usize::from(place).wrapping_sub(1))
}

/// The code of a number, for messages.
#[must_use]
pub fn code(number: Number) -> &'static str {
    by_number(number).map_or("unknown", |e| e.code)
}

/// Every entry of a shop's permission page: Kith's own in their order, then those of services, the removed ones left out.
#[must_use]
pub fn page() -> Vec<&'static Entry> {
    let services = dynamic::current();
    let active = services.entries().iter().copied().filter(|e| e.is_active());
    CORE.iter().filter(|e| e.holder != Holder::Platform).chain(active).collect()
}

impl Entry {
    /// Whether it is there: false for a code whose service is gone.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.service.as_ref().is_none_or(|service| service.active)
    }

    /// Whether it is a code whose service is gone.
    #[must_use]
    pub fn is_dormant(&self) -> bool {
        !self.is_active()
    }
}
