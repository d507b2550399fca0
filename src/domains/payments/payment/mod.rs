//! Payments: one bill, one payer, methods in the payer's order.
//!
//! ```text
//!            start                  settlePayment
//!   (bill) ────────► CAPTURED   PENDING ────────► CAPTURED | FAILED
//!            balance │                ▲   │ next method
//!                    └─ card: PENDING │   └──────┘
//! ```
//!
//! `start` runs inside the command that pays (`placeOrder`, `payOrder`, `payWithIntimatePay`). While a payment is `PENDING`,
//! the worker asks the gateway to authorise and then to capture, each under one key for as long as it takes to know the
//! outcome, and runs `settlePayment`. What goes back to a card, and holds that are to be let go, are `gateway_jobs`, which
//! the worker does in the same way and ends with `settleGatewayJob`. The database holds one live payment for each bill
//! (`payments_live`), and no refund past a payment (`payments_room`, h10).
//!
//! Tables: `payments`, `gateway_jobs`. Permissions: none; whoever may pay the bill is the caller's question.

pub mod graphql;
pub mod jobs;
pub mod loaders;
pub mod model;
pub mod ops;
pub mod store;
