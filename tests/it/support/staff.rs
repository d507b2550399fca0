//! Staff made by hand: a sub-account whose position holds exactly what a test names, with an open session. For tests
//! that are not about staff.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kith::db::schema::{
    permission_grants, position_assignments, position_permissions, positions, sessions, sub_accounts,
};
use kith::domains::accounts::token::Token;
use kith::kernel::ids::{GrantId, PositionId, SessionId, ShopId, SubAccountId};
use kith::permissions::catalogue;
use serde_json::json;

use super::app::{Persona, TestApp};

impl TestApp {
    /// A sub-account with a position of its own that gives `permissions`.
    pub async fn clerk(&self, shop: &str, name: &str, permissions: &[&str]) -> Persona {
        let (shop, now): (ShopId, _) = (shop.parse().unwrap(), self.now());
        let (position, id, token) = (PositionId::generate(), SubAccountId::generate(), Token::generate());
        let mut conn = self.door.db.get::<std::convert::Infallible>().await.unwrap();
        let conn = &mut *conn;
        diesel::insert_into(positions::table)
            .values((
                positions::shop_id.eq(shop),
                positions::id.eq(position),
                positions::kind.eq("OTHER"),
                positions::name.eq(format!("Position of {name}")),
                positions::rank.eq(10),
                positions::created_at.eq(now),
            ))
            .execute(conn)
            .await
            .unwrap();
        for code in permissions {
            diesel::insert_into(position_permissions::table)
                .values((
                    position_permissions::shop_id.eq(shop),
                    position_permissions::position_id.eq(position),
                    position_permissions::permission.eq(i32::from(catalogue::by_code(code).unwrap().number)),
                    position_permissions::locked.eq(false),
                    position_permissions::valid_from.eq(now),
                ))
                .execute(conn)
                .await
                .unwrap();
        }
        diesel::insert_into(sub_accounts::table)
            .values((
                sub_accounts::shop_id.eq(shop),
                sub_accounts::id.eq(id),
                sub_accounts::name.eq(name),
                sub_accounts::name_key.eq(name),
                sub_accounts::display_name.eq(name),
                sub_accounts::position_id.eq(position),
                sub_accounts::state.eq("ACTIVE"),
                sub_accounts::created_at.eq(now),
            ))
            .execute(conn)
            .await
            .unwrap();
        diesel::insert_into(position_assignments::table)
            .values((
                position_assignments::shop_id.eq(shop),
                position_assignments::sub_account_id.eq(id),
                position_assignments::position_id.eq(position),
                position_assignments::valid_from.eq(now),
            ))
            .execute(conn)
            .await
            .unwrap();
        diesel::insert_into(sessions::table)
            .values((
                sessions::token_hash.eq(token.hash()),
                sessions::id.eq(SessionId::generate()),
                sessions::shop_id.eq(shop),
                sessions::sub_account_id.eq(id),
                sessions::client.eq("WEB"),
                sessions::created_at.eq(now),
                sessions::expires_at.eq(now + chrono::TimeDelta::days(1)),
            ))
            .execute(conn)
            .await
            .unwrap();
        Persona { login: format!("main:{name}"), id: id.to_string(), token: token.reveal().to_owned() }
    }

    /// Certifies a clerk, before the first that it does: without, it is muted.
    pub async fn certify_clerk(&self, clerk: &Persona) {
        let id = clerk.id.parse::<SubAccountId>().unwrap();
        let mut conn = self.door.db.get::<std::convert::Infallible>().await.unwrap();
        diesel::update(sub_accounts::table.filter(sub_accounts::id.eq(id)))
            .set(sub_accounts::certified_at.eq(self.now()))
            .execute(&mut *conn)
            .await
            .unwrap();
    }

    /// A personal grant of a clerk; the amount is the most per action, in minor units.
    pub async fn grant(&self, shop: &str, clerk: &Persona, permission: &str, per_action: i64) -> String {
        let (shop, id): (ShopId, _) = (shop.parse().unwrap(), GrantId::generate());
        let mut conn = self.door.db.get::<std::convert::Infallible>().await.unwrap();
        diesel::insert_into(permission_grants::table)
            .values((
                permission_grants::shop_id.eq(shop),
                permission_grants::id.eq(id),
                permission_grants::sub_account_id.eq(clerk.id.parse::<SubAccountId>().unwrap()),
                permission_grants::permission.eq(i32::from(catalogue::by_code(permission).unwrap().number)),
                permission_grants::effect.eq("ALLOW"),
                permission_grants::constraints.eq(json!({ "perAction": per_action })),
                permission_grants::granted_by.eq("test"),
                permission_grants::granted_at.eq(self.now()),
            ))
            .execute(&mut *conn)
            .await
            .unwrap();
        id.to_string()
    }

    /// Takes everything away that a clerk's position gives.
    pub async fn strip(&self, clerk: &Persona) {
        let mut conn = self.door.db.get::<std::convert::Infallible>().await.unwrap();
        diesel::update(
            position_assignments::table
                .filter(position_assignments::sub_account_id.eq(clerk.id.parse::<SubAccountId>().unwrap())),
        )
        .set(position_assignments::valid_to.eq(self.now()))
        .execute(&mut *conn)
        .await
        .unwrap();
    }
}
