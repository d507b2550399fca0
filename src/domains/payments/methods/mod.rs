//! What an account pays with: a payment account, which is added and then verified (requirement 1.8), and cards, of which
//! only the vault's token and the last four digits are kept (requirement 1.9).
//!
//! The payment account is the account's balance in the ledger. Its log-in name, a phone number or an e-mail address, is
//! verified by a code that is sent to it; it belongs to one account at a time. A card needs no code: the bank says whether
//! it pays. Nothing is deleted: a removed method stays for the payments that were made with it, without its token, and the worker
//! has the vault forget the card.
//!
//! Tables: `payment_methods`, `card_removals`. Permissions: none; methods belong to their account.

pub mod graphql;
pub mod loaders;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod removals;
pub mod store;

pub use ops::usable;

use std::sync::Arc;

use crate::providers::cards::CardVault;

/// Where card numbers go, as the composition root says.
pub struct Vault(pub Arc<dyn CardVault>);
