//! Requirement 5.3: a change that would leave a permission with no one able to manage it is refused.
//!
//! While the main account is active it can manage everything. Without it the shop has no seats, so these tests make the
//! actor by hand and run the commands through the door: the rule must hold where it is, not by accident of the view.

use std::sync::Arc;

use kith::command::{Caller, Command, Options, Origin};
use kith::domains::staff::grants::ops::revoke::{RevokePermission, What};
use kith::domains::staff::grants::ops::set::SetSubAccountPermissions;
use kith::domains::staff::positions::ops::move_staff::MoveSubAccount;
use kith::domains::staff::positions::ops::update::UpdatePosition;
use kith::domains::staff::sub_accounts::ops::depart::DepartSubAccount;
use kith::domains::staff::{unmanaged, unmanaged_without_owner};
use kith::kernel::fault::Refusal;
use kith::kernel::ids::{SessionId, ShopId, SubAccountId};
use kith::kernel::{Currency, Fault, Subject};
use kith::permissions::catalogue::code;
use kith::permissions::resolve::EffectiveSet;
use kith::permissions::{Actor, Number, Seat};
use serde_json::json;

use super::crew::Crew;
use crate::support::app::Persona;

/// The codes that a deputy has to hold so that nothing is left without a manager.
const ALL: &[&str] = &[
    "item.read",
    "item.create",
    "item.price.update",
    "item.delete",
    "order.read",
    "refund.read",
    "refund.approve",
    "refund.reject",
    "red_packet.send",
    "charity_item.set",
    "decoration.update",
    "funds.read",
    "funds.withdraw",
    "staff.read",
    "sub_account.create",
    "sub_account.depart",
    "position.manage",
    "permission.grant",
    "audit.read",
    "audit.export",
    "refund.review",
    "refund.rules.set",
    "desk.serve",
    "desk.manage",
    "roster.manage",
];

async fn set(crew: &Crew, who: &Persona, codes: &[&str]) {
    let input = json!({ "subAccountId": who.id, "permissions": codes });
    let answer = crew.call(&crew.owner, "setSubAccountPermissions", input, "").await;
    assert_eq!(answer.user_error("setSubAccountPermissions"), "", "{answer:?}");
}

async fn left(crew: &Crew) -> (Vec<Number>, Vec<Number>) {
    let shop = crew.shop.parse::<ShopId>().unwrap();
    let mut conn = crew.app.door.db.get::<std::convert::Infallible>().await.unwrap();
    (unmanaged(&mut conn, shop).await.unwrap(), unmanaged_without_owner(&mut conn, shop).await.unwrap())
}

async fn disable_owner(crew: &Crew) {
    crew.app.sql(&format!("UPDATE accounts SET state = 'DISABLED' WHERE login = '{}'", crew.owner.login)).await;
}

/// An actor with everything, as if the seat had been read before the main account was disabled.
fn actor(crew: &Crew) -> Caller {
    let shop = crew.shop.parse().unwrap();
    let seat = Seat {
        shop,
        sub_account: None,
        name: "deputy".to_owned(),
        rank: 100,
        zone: chrono_tz::Tz::UTC,
        currency: Currency::CNY,
        set: EffectiveSet::main(),
        opened: None,
    };
    let actor = Actor {
        session: SessionId::generate(),
        subject: Subject::SubAccount { shop, id: SubAccountId::generate() },
        login: "deputy".to_owned(),
        client: "API".to_owned(),
        stepped_up_at: None,
        restricted: false,
        seats: vec![seat],
        platform: Default::default(),
        arbiter: Default::default(),
    };
    Caller { actor: Some(Arc::new(actor)), origin: origin() }
}

fn origin() -> Origin {
    Origin { request_id: uuid::Uuid::now_v7(), ip: None, user_agent: None }
}

async fn refusal<C: Command>(crew: &Crew, command: C) -> String {
    match crew.app.door.execute(actor(crew), command, Options::default()).await {
        Ok(_) => String::new(),
        Err(Fault::Refused(refusal)) => refusal.code().to_owned(),
        Err(_) => "fault".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_3_the_main_account_manages_everything_while_it_is_active() {
    let crew = Crew::start().await;
    let deputy = crew.hire("deputy", "OTHER").await;
    set(&crew, &deputy, ALL).await;
    assert_eq!(left(&crew).await, (vec![], vec![]));
    // The only other manager may go.
    set(&crew, &deputy, &["item.read"]).await;
    let (now, without) = left(&crew).await;
    assert!(now.is_empty());
    assert_eq!(without.len(), ALL.len(), "what disabling the main account would leave: {without:?}");
    disable_owner(&crew).await;
    assert_eq!(left(&crew).await.0, without);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_3_who_manages_holds_both_for_good_and_is_active() {
    let crew = Crew::start().await;
    let deputy = crew.hire("deputy", "OTHER").await;
    let clerk = crew.hire("clerk", "OTHER").await;
    set(&crew, &clerk, &["item.read", "funds.read"]).await;
    set(&crew, &deputy, &["item.read", "permission.grant", "refund.approve"]).await;
    let managed = |without: &[Number], code: &str| !without.contains(&number_of(code));
    let (_, without) = left(&crew).await;
    assert!(managed(&without, "refund.approve") && managed(&without, "item.read"), "granted, and by the position");
    assert!(!managed(&without, "funds.read"), "held, but not by who may grant");
    crew.grant(&deputy, "refund.approve", json!({ "validUntil": "2027-01-01T00:00:00Z" })).await;
    assert!(!managed(&left(&crew).await.1, "refund.approve"), "until a date is not for good");
    crew.grant(&deputy, "refund.approve", json!({ "perAction": { "amount": "10" } })).await;
    assert!(managed(&left(&crew).await.1, "refund.approve"));
    crew.call(&crew.owner, "departSubAccount", json!({ "subAccountId": deputy.id }), "").await.data();
    assert!(!managed(&left(&crew).await.1, "refund.approve"));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_3_every_change_that_takes_from_the_last_manager_is_refused() {
    let crew = Crew::start().await;
    let deputies = crew.add_position("Deputies", 90, &["permission.grant", "item.read"]).await;
    let deputy = crew.hire_into("deputy", &deputies).await;
    let second = crew.hire("second", "OTHER").await;
    set(&crew, &deputy, ALL).await;
    disable_owner(&crew).await;
    assert!(left(&crew).await.0.is_empty());
    let id = deputy.id.parse().unwrap();
    let (other, deputies) = (crew.position("OTHER").parse().unwrap(), deputies.parse().unwrap());
    let revoke = |code: &str| RevokePermission { what: What::Permission(id, code.to_owned()) };
    let base = || ALL.iter().map(|code| (*code).to_owned());
    let without = |gone: &str| base().filter(|code| code != gone).collect::<Vec<_>>();
    assert_eq!(refusal(&crew, revoke("refund.approve")).await, "PERMISSION_UNMANAGED");
    assert_eq!(refusal(&crew, revoke("permission.grant")).await, "PERMISSION_UNMANAGED");
    let ticked = SetSubAccountPermissions { sub_account: id, permissions: without("funds.read") };
    assert_eq!(refusal(&crew, ticked).await, "PERMISSION_UNMANAGED");
    assert_eq!(refusal(&crew, DepartSubAccount { sub_account: id }).await, "PERMISSION_UNMANAGED");
    assert_eq!(refusal(&crew, MoveSubAccount { sub_account: id, position: other }).await, "PERMISSION_UNMANAGED");
    let update = UpdatePosition { position: deputies, name: None, permissions: Some(vec!["item.read".to_owned()]) };
    assert_eq!(refusal(&crew, update).await, "PERMISSION_UNMANAGED");
    assert!(left(&crew).await.0.is_empty(), "nothing was changed");
    // With a second manager all of it may go.
    let all = SetSubAccountPermissions { sub_account: second.id.parse().unwrap(), permissions: base().collect() };
    assert_eq!(refusal(&crew, all).await, "");
    assert_eq!(refusal(&crew, revoke("refund.approve")).await, "");
    assert_eq!(refusal(&crew, DepartSubAccount { sub_account: id }).await, "");
    crew.stop().await;
}

fn number_of(wanted: &str) -> Number {
    (0..1024).find(|n| code(*n) == wanted).unwrap()
}
