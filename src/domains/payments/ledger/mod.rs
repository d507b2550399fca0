//! The ledger: a book for every owner, a shop, an account or an organisation: where money came from and where it went (design,
//! decision 5).
//!
//! A [`Movement`] takes one amount from a debit account to a credit account, so that it balances by its shape: no code
//! can write half of it. It stands in one book, and there once for its kind and reference. What an account holds is
//! derived from its movements. Where money is spent by balance (every kind but outside and escrow), the function
//! `ledger_move` also keeps the balance in the account's row, by one conditional statement under a constraint: it never
//! falls below nothing. Entries are never changed, and of an account only the balance (triggers refuse it); whoever changes one
//! behind the triggers' back is found by [`verify`](mod@verify), which compares every entry with the audit entry that was
//! chained when it was written, every kept balance with the entries, and whose an account is with the records of what was paid,
//! refunded and counted (h14). It also says what is set aside because it came back to somebody who is gone (h36).
//!
//! A command that moves money does it in its transaction, in one of three ways:
//!
//! ```text
//! ledger::post(tx, &movement).await?;        // now; below zero is the constraint NOT_BELOW_ZERO
//! if !ledger::try_post(tx, &movement).await? // now, and says whether there was enough
//! ledger::leave(tx, &movement);              // with the command's last statement
//! ```
//!
//! Each notes the movement in the command's audit entry ([`audit_detail`]).
//!
//! Tables: `ledger_accounts`, `ledger_entries`. Permissions: none of its own; the command that moves the money asks.
//! Events: none.

mod checks;
pub mod model;
mod owners;
mod payouts;
pub mod store;
pub mod verify;

pub use model::{AccountKind, Book, DETAIL_KEY, EntryKind, Movement, audit_detail};
pub use store::{FULL, NOT_BELOW_ZERO, account, balance, leave, locking, post, posting, posting_of_refunds, try_post};
pub use verify::{Finding, Problem, Report, verify};
