//! Charity items (公益宝贝): an item gives a share of each sale, or an amount for each sale, to an organisation that the platform
//! lists.
//!
//! A sale's gift is fixed when the order is placed, and booked in the transaction in which the order is paid: from the shop's
//! escrow to the organisation's account. **The rule of remainders:** a share is rounded down to the minor unit; an amount is never
//! more than the sale; and what stands of a gift after refunds is `gift × (total − refunded) / total`, rounded down. Each refund
//! takes back the difference of two such figures, so that sums are exact whatever the order of the refunds, a full refund
//! undoes all of it, and nothing falls below zero. Setting an item anew, or delisting an organisation, changes later orders only.
//!
//! A gift goes out to its organisation (`payOutDonations`) once its sale has been settled for as many days as a buyer may win a dispute
//! (`payments.close_after_settled_days`) and no refund of it is open. What went out stands: a refund that a shop gives after that comes
//! from the shop alone.
//!
//! Tables: `charity_organisations`, `charity_totals`, `charity_payouts`; the terms stand in `items`, the gift in `orders`. Permissions:
//! `charity_item.set`, `platform.charity.manage`, `platform.charity.pay_out`. Events: none; the sale and the refund have theirs.

mod book;
pub mod graphql;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod payouts;
pub mod store;

pub use book::{give, giving_back};
