//! Kith: a GraphQL API for accounts that act for one another.
//!
//! A relative pays with my money, a member of the staff approves a refund for my shop, a third-party service works on my
//! orders: each time *an actor acts for a principal, within a grant*. One permission engine decides all of it, denies by
//! default and can say why.
//!
//! # The map
//!
//! Each layer uses only what stands above it. `tests/it/arch.rs` reads the paths in the sources and holds this.
//!
//! | layer | what it knows |
//! |---|---|
//! | [`kernel`] | words for everybody: ids, money, time, pages, faults. No I/O |
//! | [`config`], [`telemetry`] | settings with their origin; logs and figures without secrets |
//! | [`db`] | one PostgreSQL dialect: pool, transactions, migrations, the embedded server |
//! | [`providers`] | the keys of this installation; the outside behind traits: text messages and e-mails |
//! | [`permissions`] | the engine: catalogue, bits, limits, the check that hands over the record, `explain` |
//! | [`plugins`] | third-party services' libraries: found, verified, isolated, asked |
//! | [`command`], [`graphql`] | the write door; the toolkit of resolvers. Neither knows a domain |
//! | [`domains`] | accounts < payments < family, certification < association < intimate pay < shops < staff, services < service desk; plugins; audit and notifications, which hear of the others by events only |
//! | [`worker`], [`server`] | what happens after the answer; HTTP, WebSocket, the schema's roots, the playground |
//! | [`app`], [`cli`] | the one place that names the parts together; the program's commands |
//!
//! A folder under [`domains`] is a domain, a folder in it an aggregate, and an aggregate always has the same names:
//! `model.rs` (states and legal transitions, pure), `store.rs` (the only SQL on its tables), `loaders.rs`, `graphql.rs`
//! (resolvers of about ten lines), `ops/<verb>.rs` (one command each). A name that is missing means there is none of it.
//!
//! # The rule: two doors
//!
//! **Reads** go resolver → loader → store. A list looks ahead at what is selected below it and fetches it with one
//! statement per level ([`graphql::loaders`]); its rows are written in one pass ([`graphql::shown`]). **Writes** go through
//! [`command::Door::execute`] and nowhere else: transaction → permit → rule → answer by key, events, audit entry → commit.
//! A store that shows a shop's rows asks for a
//! [`permissions::ReadPermit`]; a command acts on the record of a [`permissions::Permit`]. Only the check makes them, so
//! forgetting it does not compile.
//!
//! # A walk: `approveRefund`
//!
//! 1. `server::graphql_http` reads the request and measures it before anything is validated ([`graphql::limits`]);
//!    [`server::sessions`] turns the token into an [`permissions::Actor`], which is kept and used as long as the database
//!    says that the version it stands by is the same ([`sessions::authenticate`](mod@domains::accounts::sessions::authenticate)).
//! 2. `domains/shops/refunds/graphql.rs`: `#[requires("refund.approve")]` became a guard, which is a bit test.
//! 3. `domains/shops/refunds/ops/approve.rs`, inside the door's transaction: lock the refund, `tx.permit` (fresh bits,
//!    limits, the day's quota by one conditional statement), the transition, the reversal in the ledger.
//! 4. `domains/shops/refunds/store.rs`: the SQL. What the rule left to write, the door writes in one statement with the
//!    answer by its key, the event and the chained audit entry ([`command::closing`]), and commits. Approvals that arrive at
//!    the same time share steps 3 and 4, if none of them needs more than its own rows ([`command::shared`]).

#![forbid(unsafe_code)]
// The roots of the schema hold their parts one inside the other, one level of futures for each.
#![recursion_limit = "512"]

pub mod app;
pub mod cli;
pub mod command;
pub mod config;
pub mod db;
pub mod domains;
pub mod graphql;
pub mod kernel;
pub mod permissions;
pub mod plugins;
pub mod providers;
pub mod server;
pub mod telemetry;
pub mod worker;
