//! A command that does nothing but use a permission: the permit, the count, the audit entry.

use std::convert::Infallible;
use std::sync::Arc;

use kith::command::{Caller, Command, Options, Origin, Tx};
use kith::domains::accounts::sessions::authenticate;
use kith::domains::accounts::token::Token;
use kith::kernel::Fault;
use kith::kernel::fault::Denial;
use kith::kernel::ids::ShopId;
use kith::permissions::catalogue::by_code;
use kith::permissions::{Actor, Number, WholeShop};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::support::app::{Persona, TestApp};

#[derive(Serialize)]
struct Use {
    shop: ShopId,
    permission: Number,
}

/// The generation of plugins that decided.
#[derive(Serialize, Deserialize)]
struct Used(u64);

impl Command for Use {
    const NAME: &'static str = "usePermission";
    type Output = Used;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Used, Fault> {
        let permit = tx.permit(self.permission, Some(WholeShop(self.shop))).await?;
        tx.record_under(&permit, &self.shop, json!({}));
        Ok(Used(permit.ruling.map_or(0, |ruling| ruling.generation)))
    }
}

/// The actor behind a token, as a request sees it.
pub async fn actor(app: &TestApp, who: &Persona) -> Arc<Actor> {
    let token = Token::of_header(&format!("Bearer {}", who.token)).unwrap();
    authenticate(&app.door.db, &app.door.sets, &token.hash(), app.now()).await.unwrap().unwrap()
}

/// Uses a permission; the generation that decided, or the denial.
pub async fn used(app: &TestApp, who: &Persona, shop: ShopId, permission: &str) -> Result<u64, Box<Denial>> {
    used_by(app, actor(app, who).await, shop, permission).await
}

pub async fn used_by(app: &TestApp, actor: Arc<Actor>, shop: ShopId, permission: &str) -> Result<u64, Box<Denial>> {
    let permission = by_code(permission).unwrap().number;
    let origin = Origin { request_id: uuid::Uuid::now_v7(), ip: None, user_agent: None };
    let caller = Caller { actor: Some(actor), origin };
    match app.door.execute(caller, Use { shop, permission }, Options::default()).await {
        Ok(outcome) => Ok(outcome.output.0),
        Err(Fault::Denied(denial)) => Err(denial),
        Err(fault) => panic!("{fault:?}"),
    }
}
