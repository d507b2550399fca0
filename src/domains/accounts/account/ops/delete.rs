//! `deleteAccount`: a person goes. What says who they were is deleted at once; what others have a right to keep stays, under an id
//! that leads to nobody (h36).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx, messages};
use crate::domains::accounts::account::leaving::Farewells;
use crate::domains::accounts::account::store;
use crate::domains::accounts::{
    addresses, codes, contacts, devices, friends, own, restrictions, sessions, step_up, totp,
};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::AccountId;
use crate::kernel::{Fault, Text};

/// Deletes one's own account.
#[derive(Debug, Serialize)]
pub struct DeleteAccount {
    /// That it is meant.
    pub confirmed: bool,
}

/// The account is gone.
#[derive(Debug, Serialize, Deserialize)]
pub struct Deleted {
    /// Its id, which leads to nobody.
    pub account: AccountId,
}

/// Why the account stays.
#[derive(Debug)]
pub enum DeleteRefusal {
    /// Nobody said that it is meant.
    NotConfirmed,
    /// It operates the platform.
    Operator,
    /// Something must be ended first.
    InUse(Vec<Text>),
}

impl Refusal for DeleteRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotConfirmed => "NOT_CONFIRMED",
            Self::Operator => "OPERATOR_ACCOUNT",
            Self::InUse(_) => "ACCOUNT_IN_USE",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::NotConfirmed => &["confirmed"],
            _ => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::NotConfirmed => Text::new(
                "A deleted account does not come back. If you mean it, say confirmed: true.",
                "注销后无法恢复;确认注销请传 confirmed: true。",
            ),
            Self::Operator => Text::new(
                "An operator's account is not deleted. Have another operator disable it.",
                "平台运营账号不能注销,请由其他运营人员停用。",
            ),
            Self::InUse(what) => Text::made(
                what.iter().map(|text| &*text.en).collect::<Vec<_>>().join(" "),
                what.iter().map(|text| &*text.zh).collect::<Vec<_>>().join(""),
            ),
        }
    }
}

impl Command for DeleteAccount {
    const NAME: &'static str = "deleteAccount";
    /// There is nobody left whom a key could answer.
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Deleted;
    type Refusal = DeleteRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Deleted, Fault<DeleteRefusal>> {
        let id = own::of_command(tx)?;
        if !self.confirmed {
            return Err(Fault::Refused(DeleteRefusal::NotConfirmed));
        }
        let account = store::lock(tx.conn, id).await?.ok_or(Fault::NotFound { what: "account" })?;
        if account.kind == "OPERATOR" {
            return Err(Fault::Refused(DeleteRefusal::Operator));
        }
        // Whoever took the password over must not wipe its owner out with it.
        step_up::require_strongest(tx, step_up::LASTS).await?;
        let farewells = tx.env.parts.get::<Farewells, _>()?;
        let mut stays = Vec::new();
        let shops = store::open_shops(tx.conn, id).await?;
        if !shops.is_empty() {
            stays.push(Text::made(
                format!("Close the shops {} first (closeShop).", shops.join(", ")),
                format!("请先关闭店铺 {}(closeShop)。", shops.join("、")),
            ));
        }
        for asked in farewells.0.iter().filter_map(|leaving| leaving.stays) {
            stays.extend(asked(tx.conn, id, tx.now).await?);
        }
        if !stays.is_empty() {
            return Err(Fault::Refused(DeleteRefusal::InUse(stays)));
        }
        for leaving in &farewells.0 {
            (leaving.forget)(tx.conn, id, tx.now).await?;
        }
        contacts::store::forget(tx.conn, id).await?;
        codes::store::forget(tx.conn, id).await?;
        messages::forget(tx.conn, id).await?;
        devices::store::forget_all(tx.conn, id).await?;
        totp::store::remove(tx.conn, id).await?;
        addresses::store::forget(tx.conn, id).await?;
        friends::store::forget(tx.conn, id).await?;
        restrictions::store::remove(tx.conn, id).await?;
        sessions::store::forget(tx.conn, id, tx.now).await?;
        store::forget(tx.conn, id).await?;
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "kind": account.kind }),
        });
        tx.emit(Event { topic: "account.deleted", shop: None, payload: json!({ "account": id }) });
        Ok(Deleted { account: id })
    }
}
