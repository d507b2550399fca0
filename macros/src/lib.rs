//! `#[guarded]`: what a GraphQL field requires is declared once (design, decision 7).
//!
//! Put it above async-graphql's own attribute. Every field must then say what it requires, or the crate does not
//! compile (requirement 5.1); the declaration becomes both the guard that runs and the directive in `schema.graphql`.
//!
//! | the declaration of a field | who passes | in the schema |
//! |---|---|---|
//! | `#[requires("refund.approve")]` | holders of the permission | `@requires(permission: "refund.approve")` |
//! | `#[requires("a.b", "c.d")]` | holders of all of them | `@requires` once for each |
//! | `#[requires(any("a.b", "c.d"))]` | holders of one of them | `@requires(anyOf: ["a.b", "c.d"])` |
//! | `#[requires(login)]` | whoever is logged in | `@requires(login: true)` |
//! | `#[requires(account)]` | an account in its own name, no sub-account | `@requires(account: true)` |
//! | `#[requires(service)]` | a third-party service with a token of its own, or whoever is logged in | `@requires(service: true)` |
//! | `#[public = "why"]` | everybody | `@public(reason: "why")` |
//! | `#[inherits]` | whoever was handed the object: the edge that led to it was checked | `@inherits` |
//!
//! `#[guarded(…)]` with one of these is the default for the fields of the type that say nothing themselves. As a
//! default, `inherits` stands on the type in the schema (on each field of a `ComplexObject`, whose type has its
//! directives elsewhere); everything else stands on each field, because a merged or flattened object loses what its
//! type says. `#[graphql(skip)]`ped and `#[graphql(flatten)]`ed items take no declaration: the first are no fields, the
//! second have their own type's, and async-graphql runs no guard for either.
//!
//! A code is looked up while compiling: the expansion calls the `const fn` `crate::permissions::catalogue::number`,
//! which panics on a code that the catalogue does not have. The guards and directives that it names live in
//! `crate::graphql::guard` and `crate::graphql::directives`. Examples, of what does not compile too, are in the
//! documentation of `kith::graphql::guard`.

#![forbid(unsafe_code)]

mod declaration;
mod guarded;

use proc_macro::TokenStream;

/// Makes every field of a GraphQL type declare what it requires; see the crate's page.
///
/// Stands above `#[Object]`, `#[ComplexObject]` or `#[Subscription]` on an `impl`, or above
/// `#[derive(SimpleObject)]` on a struct. Takes nothing, or the declaration of the fields that have none of their own:
/// `#[guarded(inherits)]`, `#[guarded(requires("shop.read"))]`.
#[proc_macro_attribute]
pub fn guarded(args: TokenStream, item: TokenStream) -> TokenStream {
    guarded::expand(args.into(), item.into()).into()
}
