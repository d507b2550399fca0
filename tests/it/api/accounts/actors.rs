//! Requirement 5.5, h16, h20 for actors that a process keeps: whatever they are made of, however it changes, the next
//! request finds what a process finds that has never heard of them.

use std::sync::Arc;

use kith::domains::accounts::sessions::authenticate;
use kith::domains::accounts::token::Token;
use kith::kernel::ids::{AccountId, ShopId, SubAccountId, TypedId};
use kith::permissions::{Actor, Sets};

use crate::support::app::{Persona, TestApp};

/// A shop with its owner, a clerk, a manager who has an account of their own, and an operator.
struct Cast {
    app: TestApp,
    people: Vec<Persona>,
    /// A process that has seen everybody.
    here: Sets,
    /// What stands for a name in SQL.
    names: Vec<(&'static str, String)>,
}

impl Cast {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let owner = app.account("aurora").await;
        let shop = app.shop(&owner).await;
        let clerk = app.clerk(&shop, "xiaoli", &["refund.read", "order.read"]).await;
        let seat = app.clerk(&shop, "visitor", &["item.read"]).await;
        app.grant(&shop, &clerk, "refund.approve", 5_000).await;
        let manager = app.account("manager").await;
        let operator = app.operator(&["platform.account.disable"]).await;
        let account = |who: &Persona| TypedId::uuid(who.id.parse::<AccountId>().unwrap()).to_string();
        let sub = |who: &Persona| TypedId::uuid(who.id.parse::<SubAccountId>().unwrap()).to_string();
        let names = vec![
            ("$owner", account(&owner)),
            ("$manager", account(&manager)),
            ("$operator", account(&operator)),
            ("$clerk", sub(&clerk)),
            ("$seat", sub(&seat)),
            ("$shop", TypedId::uuid(shop.parse::<ShopId>().unwrap()).to_string()),
            ("$new", uuid::Uuid::now_v7().to_string()),
        ];
        let cast = Self { app, people: vec![owner, clerk, manager, operator], here: Sets::default(), names };
        cast.sql("UPDATE sub_accounts SET linked_account_id = '$manager', password_hash = NULL WHERE id = '$seat'")
            .await;
        cast
    }

    async fn sql(&self, sql: &str) {
        let sql = self.names.iter().fold(sql.to_owned(), |sql, (name, id)| sql.replace(name, id));
        self.app.sql(&sql).await;
    }

    async fn actor(&self, sets: &Sets, who: &Persona) -> Option<Arc<Actor>> {
        let token = Token::parse(&who.token).unwrap().hash();
        authenticate(&self.app.door.db, sets, &token, self.app.now()).await.unwrap()
    }

    /// Everybody, as a process that keeps actors sees them, and as one that starts now.
    async fn seen(&self) -> (Vec<String>, Vec<String>) {
        let (mut kept, mut fresh) = (Vec::new(), Vec::new());
        for who in &self.people {
            kept.push(format!("{:#?}", self.actor(&self.here, who).await));
            fresh.push(format!("{:#?}", self.actor(&Sets::default(), who).await));
        }
        (kept, fresh)
    }
}

/// A change, and how many of the four it makes somebody else.
const CHANGES: [(&str, usize); 40] = [
    ("INSERT INTO permission_grants VALUES ('$shop', '$new', '$clerk', 13, 'ALLOW', '{}', 'x', now(), NULL, NULL)", 1),
    ("UPDATE permission_grants SET constraints = '{\"perAction\": 9}' WHERE id = '$new'", 1),
    ("UPDATE permission_grants SET effect = 'DENY' WHERE id = '$new'", 1),
    ("UPDATE permission_grants SET revoked_by = 'x', revoked_at = now() WHERE sub_account_id = '$clerk'", 1),
    ("DELETE FROM permission_grants WHERE sub_account_id = '$clerk'", 0),
    (
        "UPDATE position_permissions SET valid_to = now() WHERE permission = (SELECT min(permission) FROM position_permissions p JOIN sub_accounts u ON u.position_id = p.position_id AND u.id = '$clerk')",
        1,
    ),
    (
        "INSERT INTO position_permissions SELECT '$shop', position_id, 14, false, now(), NULL FROM sub_accounts WHERE shop_id = '$shop'",
        2,
    ),
    ("DELETE FROM position_permissions WHERE permission = 14", 2),
    ("UPDATE positions SET rank = rank + 1 WHERE shop_id = '$shop'", 2),
    (
        "INSERT INTO position_login_policies SELECT '$shop', position_id, 540, 1080, NULL, NULL, NULL, now() FROM sub_accounts WHERE shop_id = '$shop'",
        1,
    ),
    ("UPDATE position_login_policies SET days = '{1}' WHERE shop_id = '$shop'", 1),
    ("DELETE FROM position_login_policies WHERE shop_id = '$shop'", 1),
    ("UPDATE position_assignments SET valid_to = now() WHERE sub_account_id = '$clerk'", 1),
    ("UPDATE position_assignments SET valid_to = NULL WHERE sub_account_id = '$clerk'", 1),
    (
        "UPDATE sub_accounts SET position_id = (SELECT position_id FROM sub_accounts WHERE id = '$seat') WHERE id = '$clerk'",
        0,
    ),
    ("UPDATE positions SET rank = 77 WHERE id = (SELECT position_id FROM sub_accounts WHERE id = '$clerk')", 2),
    ("UPDATE sub_accounts SET name = name || '2' WHERE shop_id = '$shop'", 2),
    ("UPDATE sub_accounts SET state = 'INVITED' WHERE id = '$seat'", 1),
    ("UPDATE sub_accounts SET state = 'ACTIVE' WHERE id = '$seat'", 1),
    ("UPDATE sub_accounts SET linked_account_id = '$operator' WHERE id = '$seat'", 2),
    ("UPDATE sub_accounts SET linked_account_id = '$manager' WHERE id = '$seat'", 2),
    ("UPDATE shops SET time_zone = 'Europe/Paris' WHERE id = '$shop'", 3),
    ("UPDATE shops SET currency = 'EUR' WHERE id = '$shop'", 3),
    ("UPDATE shops SET main_account_id = '$operator' WHERE id = '$shop'", 4),
    ("UPDATE shops SET main_account_id = '$owner' WHERE id = '$shop'", 4),
    ("UPDATE accounts SET login = 'borealis' WHERE id = '$owner'", 3),
    (
        "INSERT INTO shops VALUES ('$new', '$owner', 'New', 'CNY', 'Asia/Shanghai', 'OPEN', now()); INSERT INTO permission_epochs VALUES ('$new', 1)",
        1,
    ),
    ("INSERT INTO platform_grants VALUES ('$operator', 6, now())", 1),
    ("DELETE FROM platform_grants WHERE account_id = '$operator' AND permission = 6", 1),
    ("UPDATE accounts SET kind = 'PERSON' WHERE id = '$operator'", 1),
    ("UPDATE sessions SET stepped_up_at = now()", 4),
    ("UPDATE accounts SET state = 'DISABLED' WHERE id = '$manager'", 1),
    ("UPDATE accounts SET state = 'ACTIVE' WHERE id = '$manager'", 1),
    ("UPDATE accounts SET state = 'DISABLED' WHERE id = '$owner'", 3),
    ("UPDATE accounts SET state = 'ACTIVE' WHERE id = '$owner'", 3),
    ("UPDATE accounts SET state = 'DISABLED' WHERE id = '$operator'", 1),
    // The shop of a disabled account has no seats but the old owner's, which is none any more.
    ("UPDATE shops SET main_account_id = '$operator' WHERE id = '$shop'", 3),
    ("UPDATE shops SET main_account_id = '$owner' WHERE id = '$shop'", 3),
    ("UPDATE sessions SET expires_at = '2000-01-01' WHERE sub_account_id IS NOT NULL", 1),
    ("UPDATE sessions SET ended_at = now()", 2),
];

#[tokio::test(flavor = "multi_thread")]
async fn r5_5_h16_h20_whatever_an_actor_is_made_of_holds_with_the_next_request() {
    let cast = Cast::start().await;
    let (mut before, fresh) = cast.seen().await;
    assert_eq!(before, fresh);
    for (change, wanted) in CHANGES {
        cast.sql(change).await;
        let (kept, fresh) = cast.seen().await;
        assert_eq!(kept, fresh, "{change}");
        // What differs is not the epoch alone.
        let plain = |seen: &[String]| -> Vec<String> {
            let epoch = |line: &&str| !line.trim_start().starts_with("epoch:");
            seen.iter().map(|actor| actor.lines().filter(epoch).collect()).collect()
        };
        let changed = plain(&before).iter().zip(plain(&kept)).filter(|(old, new)| **old != *new).count();
        assert_eq!(changed, wanted, "{change}");
        before = kept;
    }
    assert!(before.iter().all(|actor| actor == "None"), "nobody is left: {before:?}");
    cast.app.stop().await;
}

/// A value that a transaction used and rolled back is never used again: what was compiled inside of it stays wrong for ever.
#[tokio::test(flavor = "multi_thread")]
async fn r5_5_an_epoch_of_a_transaction_that_was_rolled_back_never_comes_back() {
    let cast = Cast::start().await;
    let grant =
        "INSERT INTO permission_grants VALUES ('$shop', gen_random_uuid(), '$clerk', 13, 'ALLOW', '{}', 'x', now(),
                   NULL, NULL)";
    let seen = "INSERT INTO seen SELECT epoch FROM permission_epochs WHERE shop_id = '$shop'";
    cast.sql("CREATE TABLE seen (epoch bigint PRIMARY KEY)").await;
    for _ in 0..3 {
        cast.sql(&format!("BEGIN; {grant}; ROLLBACK; {grant}; {seen}")).await;
        cast.sql("DELETE FROM permission_grants WHERE permission = 13").await;
        cast.sql(seen).await;
    }
    // Values before the first roll-back, inside it and after it are all different: the sequence moved twice as often.
    cast.sql("DO $$ BEGIN ASSERT (SELECT max(epoch) - min(epoch) FROM seen) >= 7; END $$").await;
    cast.app.stop().await;
}

/// Asking again costs one statement; of an account, one more for the epochs of its shops.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_actor_costs_one_statement() {
    let cast = Cast::start().await;
    cast.seen().await;
    for (who, wanted) in cast.people.iter().zip([2, 1, 2, 1]) {
        let before = cast.app.door.db.statements();
        cast.actor(&cast.here, who).await.unwrap();
        assert_eq!(cast.app.door.db.statements() - before, wanted, "{}", who.login);
    }
    cast.app.stop().await;
}
