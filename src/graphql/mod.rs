//! The GraphQL toolkit. It knows no domain: domains bring their types and use these pieces.
//!
//! | file | piece |
//! |---|---|
//! | [`context`] | what a resolver finds: actor, locale, door, loaders |
//! | [`advice`] | what plugins said in the request: each question is asked once |
//! | [`guard`], [`directives`] | `#[guarded]`'s two halves |
//! | [`command`] | from a mutation field to the door: `@idempotent`, `@dryRun`, `userErrors` |
//! | [`errors`] | the only place that writes messages for clients |
//! | [`limits`] | how much one request may ask for, checked before anything is validated or run |
//! | [`scalars`] | `Decimal`, `CurrencyCode`, `DateTime`, `Money` |
//! | [`connections`] | Relay pages |
//! | [`loaders`] | batched reads that never lose a waiter |
//! | [`shown`] | pages of rows, written in one pass |
//! | [`upload`] | files that come with a request |
//! | [`live`] | rows as they come, for subscriptions |
//! | [`recheck`] | who a subscription belongs to, asked anew |

pub mod advice;
pub mod command;
pub mod connections;
pub mod context;
pub mod directives;
pub mod errors;
pub mod guard;
pub mod ids;
pub mod limits;
pub mod live;
pub mod loaders;
pub mod recheck;
pub mod scalars;
pub mod shown;
pub mod upload;
