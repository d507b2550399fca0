//! Shop red packets (店铺红包): money of the shop for whoever claims a share first.
//!
//! `sendRedPacket` takes the budget from the main account's balance into an account of the campaign and splits it: equally, the
//! first ones getting what is left over, or at random. The sum of the shares is the budget and nobody gets nothing. A claim
//! takes the next share by one conditional statement on the campaign's row, one for each buyer; when the window ends, the worker
//! gives back what is left. Limits of the grant (per campaign, per day, per month) count the budget (requirement 5.4).
//!
//! Tables: `red_packets`, `red_packet_shares`. Permission: `red_packet.send`. Events: `red_packet.sent`, `red_packet.ended`.

pub mod graphql;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;
