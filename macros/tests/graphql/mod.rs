//! What the expansion of `#[guarded]` names: the server's own guards and directives, over a context of the tests.

pub mod context;
#[path = "../../../src/graphql/directives.rs"]
pub mod directives;
#[path = "../../../src/graphql/guard.rs"]
pub mod guard;
