//! Payments: what an account pays with, what it holds, and how a bill is paid and paid back.
//!
//! A payment by balance settles in the transaction that begins it. One by card is `PENDING`: the worker asks the gateway
//! outside of every transaction, and the command `settlePayment` moves it to `CAPTURED` or `FAILED`, trying the next method
//! in the payer's order in between. Domains above own what is paid: they make the [`Bill`] of an order, and are told of the
//! settlement in its own transaction ([`hooks`]).
//!
//! | folder | what |
//! |---|---|
//! | [`ledger`] | the books: every movement, every balance |
//! | [`methods`] | payment accounts and cards (requirements 1.8, 1.9) |
//! | [`payment`] | payments, refunds to their method, what the worker asks of the gateway |
//! | [`balance`] | what an account holds, and its statement |
//!
//! Tables: `ledger_accounts`, `ledger_entries`, `payment_methods`, `payments`, `gateway_jobs`. Permissions: none; methods
//! and balances belong to their account. Events: see [`events`].

pub mod balance;
pub mod error;
pub mod events;
pub mod hooks;
pub mod leaving;
pub mod ledger;
pub mod methods;
pub mod payment;

pub use error::PaymentRefusal;
pub use hooks::{Bill, Biller, Hooks, Listener, Purpose, Relations, Standing, Stopped, bill};
pub use payment::model::{Payment, PaymentState, RefundedPayment};
pub use payment::ops::start::{NewPayment, start};
