//! What the expansion of `#[guarded]` names: the server's own directives, and guards over a context of the tests.

pub mod context;
#[path = "../../../src/graphql/directives.rs"]
pub mod directives;
pub mod guard;
#[path = "../../../src/graphql/shown.rs"]
pub mod shown;
