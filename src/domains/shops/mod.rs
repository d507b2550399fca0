//! Shops: what they sell, who bought it, and who wants their money back.
//!
//! An order's money waits in the shop's escrow account until it is settled; an approved refund moves it from there to
//! the method that paid, as one balanced ledger entry in the transaction that changes the refund.
//!
//! Tables: `shops`, `items`, `orders`, `refunds`, `item_categories`, `deposit_rules`, `violations`, `red_packets`,
//! `red_packet_shares`. Permissions: `item.*`,
//! `order.read`, `refund.*`, `funds.read`. Events: see [`events`].

pub mod decorations;
pub mod deposits;
pub mod events;
pub mod items;
pub mod leaving;
pub mod orders;
pub mod red_packets;
pub mod refunds;
pub mod shop;
