//! A manager with an account of their own is as certified as that account (requirements 4.5, 4.6, 4.9, 4.19).

use chrono::TimeDelta;
use kith::kernel::ids::{AccountId, TypedId as _};
use serde_json::{Value, json};

use super::certification::{again, certify, crew, identity, scan};
use super::crew::Crew;
use super::invite_manager::invite;
use crate::support::app::Persona;
use crate::support::certified::number_of;

/// Somebody with an account of their own who works for the shop; gives the seat.
async fn manages(crew: &Crew, manager: &Persona, name: &str) -> Persona {
    let asked = invite(crew, &crew.owner, &manager.login, name, "CUSTOMER_SERVICE").await.data();
    let id = asked["inviteManager"]["subAccount"]["id"].as_str().unwrap().to_owned();
    crew.call(manager, "acceptManagerInvitation", json!({ "invitationId": id }), "invitation { state }").await.data();
    Persona { id, ..manager.clone() }
}

async fn stands(crew: &Crew, seat: &Persona) -> Value {
    let query = "query($id: ID!) { staffCertification(subAccountId: $id) { standing nextStep } }";
    let owner = again(crew, &crew.owner).await;
    let seen = crew.app.ok(&owner, query, json!({ "id": seat.id })).await["staffCertification"].clone();
    json!([seen["standing"], seen["nextStep"]])
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_19_a_managers_seat_is_as_certified_as_the_account_behind_it() {
    let crew = crew().await;
    let manager = crew.app.account("manager").await;
    let seat = manages(&crew, &manager, "mo").await;
    assert_eq!(stands(&crew, &seat).await, json!(["MUTED", "OWN_ACCOUNT"]));
    assert_eq!(crew.lists_refunds(&manager).await, "", "it works meanwhile");
    crew.app.clock.advance(TimeDelta::days(7));
    let manager = again(&crew, &manager).await;
    assert_eq!(crew.lists_refunds(&manager).await, "FORBIDDEN", "seven days after accepting");
    assert_eq!(stands(&crew, &seat).await, json!(["RESTRICTED", "OWN_ACCOUNT"]));
    crew.app.certify(&manager).await;
    assert_eq!(crew.lists_refunds(&manager).await, "", "with the next request");
    assert_eq!(stands(&crew, &seat).await, json!(["CERTIFIED", "DONE"]));
    // What a failed review takes away, and a photo that passes gives back.
    let account = manager.id.parse::<AccountId>().unwrap().uuid();
    let suspended = |at: &str| format!("UPDATE certifications SET suspended_at = {at} WHERE account_id = '{account}'");
    crew.app.sql(&suspended("now()")).await;
    assert_eq!(crew.lists_refunds(&manager).await, "FORBIDDEN");
    crew.app.sql(&suspended("NULL")).await;
    assert_eq!(crew.lists_refunds(&manager).await, "");
    // Whoever is certified when they accept is so from the first moment on.
    let other = crew.app.account("other").await;
    crew.app.certify(&other).await;
    let owner = again(&crew, &crew.owner).await;
    let crew = Crew { owner, ..crew };
    let seat = manages(&crew, &other, "ma").await;
    assert_eq!(stands(&crew, &seat).await, json!(["CERTIFIED", "DONE"]));
    crew.app.verified().await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_9_an_identity_certifies_a_manager_or_a_sub_account_of_a_shop_but_not_both() {
    let crew = crew().await;
    let (first, second) = (crew.app.account("first").await, crew.app.account("second").await);
    let (xiaoli, xiaowang) =
        (crew.hire("xiaoli", "CUSTOMER_SERVICE").await, crew.hire("xiaowang", "CUSTOMER_SERVICE").await);
    // The manager came first.
    crew.app.certify(&first).await;
    manages(&crew, &first, "mo").await;
    let taken = certify(&crew, &first, &xiaoli, &number_of(&first)).await;
    assert_eq!(taken.user_error("submitStaffIdentity"), "IDENTITY_TAKEN_IN_SHOP");
    // The sub-account came first: the manager is certified as a person, and the seat is not.
    certify(&crew, &second, &xiaowang, &number_of(&second)).await.data();
    crew.app.certify(&second).await;
    let seat = manages(&crew, &second, "ma").await;
    assert_eq!(stands(&crew, &seat).await, json!(["MUTED", "OWN_ACCOUNT"]));
    // In another shop the same identity serves.
    let there = Crew::on(crew.app).await;
    let seat = manages(&there, &second, "ma").await;
    assert_eq!(stands(&there, &seat).await, json!(["CERTIFIED", "DONE"]));
    let own = there.hire("xiaoli", "CUSTOMER_SERVICE").await;
    let made = super::certification::code(&there, &own, &own).await;
    scan(&there, &first, &own, &made["code"], "ANDROID_SHOPPING_APP").await.data();
    let named = identity(&there, &first, &own, "MAINLAND", &number_of(&first)).await;
    assert_eq!(named.user_error("submitStaffIdentity"), "", "{named:?}");
    there.app.verified().await;
    there.stop().await;
}
