//! The ledger of a shop: where its money came from and where it went (design, decision 5).
//!
//! An [`Movement`] takes one amount from a debit account to a credit account, so that it balances by its shape: no code
//! can write half of it. What an account holds is derived from its movements and stored nowhere. Entries are never
//! changed (a trigger refuses it); whoever changes one behind the trigger's back is found by [`verify`](mod@verify), which compares
//! every entry with the audit entry that was chained when it was written (h14).
//!
//! A command that moves money does three things in its transaction:
//!
//! ```text
//! let escrow = ledger::account(tx.conn, shop.uuid(), AccountKind::Escrow, currency).await?;
//! let outside = ledger::account(tx.conn, shop.uuid(), AccountKind::Outside, currency).await?;
//! let movement = Movement::new(shop, EntryKind::Refund, refund.id, escrow, outside, refund.amount, tx.now);
//! tx.leave(ledger::posting(&movement));
//! tx.record_under(&permit, &refund.id, json!({ "amount": …, ledger::DETAIL_KEY: ledger::audit_detail(&movement) }));
//! ```
//!
//! Tables: `ledger_accounts`, `ledger_entries`. Permissions: none of its own; the command that moves the money asks.
//! Events: none.

pub mod model;
pub mod store;
pub mod verify;

pub use model::{AccountKind, DETAIL_KEY, EntryKind, Movement, audit_detail};
pub use store::{account, balance, post, posting};
pub use verify::{Finding, Problem, Report, verify};
