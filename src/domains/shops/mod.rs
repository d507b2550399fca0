//! Shops: what they sell, who bought it, and who wants their money back.
//!
//! An order's money waits in the shop's escrow account until it is settled ([`funds`]); an approved refund moves it from there,
//! or from the shop's balance, to the method that paid, as one balanced ledger entry in the transaction that changes the refund.
//!
//! Tables: `shops`, `items`, `orders`, `refunds`, `item_categories`, `deposit_rules`, `violations`, `red_packets`,
//! `red_packet_shares`, `charity_organisations`, `charity_totals`. Permissions: `item.*`,
//! `order.read`, `refund.*`, `charity_item.set`, `funds.*`. Events: see [`events`].

pub mod charity;
pub mod decorations;
pub mod deposits;
pub mod events;
pub mod funds;
pub mod items;
pub mod leaving;
mod muted;
pub mod orders;
pub mod red_packets;
pub mod refunds;
pub mod shop;
