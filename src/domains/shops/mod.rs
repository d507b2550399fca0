//! Shops: what they sell, who bought it, and who wants their money back.
//!
//! An order's money waits in the shop's escrow account until it is settled; an approved refund moves it from there to
//! the buyer's balance, as one balanced ledger entry in the transaction that changes the refund.
//!
//! Tables: `shops`, `items`, `orders`, `refunds`, `ledger_accounts`, `ledger_entries`. Permissions: `item.*`,
//! `order.read`, `refund.*`, `funds.read`. Events: see [`events`].

pub mod decorations;
pub mod events;
pub mod items;
pub mod ledger;
pub mod orders;
pub mod refunds;
pub mod shop;
