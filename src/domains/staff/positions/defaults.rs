//! The positions that every shop starts with, and what they give (requirement 4.2).

use diesel_async::AsyncPgConnection;

use super::model::{Equipped, Given, Kind, Position};
use super::store;
use crate::kernel::Instant;
use crate::kernel::ids::{PositionId, ShopId};
use crate::permissions::Number;
use crate::permissions::catalogue::number;

/// A default position: what is locked, and what can be taken away.
pub struct Default {
    pub kind: Kind,
    pub locked: &'static [Number],
    pub open: &'static [Number],
}

/// One for each kind of position.
pub const DEFAULTS: [Default; 5] = [
    Default {
        kind: Kind::Supervisor,
        locked: &[number("item.read"), number("order.read"), number("refund.read"), number("staff.read")],
        open: &[
            number("refund.approve"),
            number("refund.reject"),
            number("audit.read"),
            number("desk.serve"),
            number("desk.manage"),
            number("roster.manage"),
        ],
    },
    Default {
        kind: Kind::CustomerService,
        locked: &[number("item.read"), number("order.read"), number("refund.read")],
        open: &[number("refund.reject"), number("refund.review"), number("desk.serve")],
    },
    Default {
        kind: Kind::Operations,
        locked: &[number("item.read"), number("order.read")],
        open: &[number("item.create"), number("decoration.update")],
    },
    Default {
        kind: Kind::Finance,
        locked: &[number("order.read"), number("refund.read")],
        open: &[number("item.read"), number("audit.read")],
    },
    Default { kind: Kind::Other, locked: &[number("item.read")], open: &[] },
];

/// Gives a new shop its positions. Called by `openShop`, in its transaction.
///
/// # Errors
/// The database's fault.
pub async fn seed_positions(
    conn: &mut AsyncPgConnection,
    shop: ShopId,
    now: Instant,
) -> Result<Vec<Equipped>, diesel::result::Error> {
    let positions: Vec<Equipped> = DEFAULTS
        .iter()
        .map(|default| {
            let give = |numbers: &'static [Number], locked| {
                numbers.iter().map(move |permission| Given { permission: *permission, locked })
            };
            let mut gives: Vec<Given> = give(default.locked, true).chain(give(default.open, false)).collect();
            gives.sort_by_key(|given| given.permission);
            let position = Position {
                shop_id: shop,
                id: PositionId::generate(),
                kind: default.kind,
                name: default.kind.title().zh.into_owned(),
                rank: default.kind.rank(),
                created_at: now,
            };
            Equipped { position, gives }
        })
        .collect();
    for equipped in &positions {
        store::insert(conn, equipped).await?;
    }
    Ok(positions)
}
