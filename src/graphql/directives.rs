//! The directives of the schema that say who may read or call a field.
//!
//! Nobody applies them by hand: `#[guarded]` of `kith-macros` does, from the same declaration that makes the guard, so
//! that `schema.graphql` cannot say anything else than what is enforced (design, decision 7). Each is defined in the
//! schema as soon as one field uses it.

use async_graphql::TypeDirective;

/// Who may read or call the field: holders of `permission`, holders of one of `anyOf`, whoever is logged in (`login`),
/// an account in its own name and no sub-account (`account`), or whoever is logged in and any third-party service with a
/// token of its own (`service`). It stands several times where several permissions are
/// needed, all of them.
#[TypeDirective(location = "FieldDefinition", repeatable)]
pub fn requires(
    #[graphql(desc = "The code of a permission in the catalogue.")] permission: Option<String>,
    #[graphql(desc = "Codes of permissions, of which one is enough.")] any_of: Option<Vec<String>>,
    #[graphql(desc = "Being logged in is enough.")] login: Option<bool>,
    #[graphql(desc = "An account in its own name; a sub-account is refused.")] account: Option<bool>,
    #[graphql(desc = "A third-party service with a token of its own, or being logged in.")] service: Option<bool>,
) {
}

/// Everybody may read or call the field, logged in or not.
#[TypeDirective(location = "FieldDefinition")]
pub fn public(#[graphql(desc = "Why that is right.")] reason: String) {}

/// Whoever was handed the object may read the field: the field that led to it was checked. On a type it holds for the
/// fields that say nothing themselves.
#[TypeDirective(location = "FieldDefinition", location = "Object")]
pub fn inherits() {}

/// The session must have been stepped up (`stepUp`) within so many minutes; else the answer is `STEP_UP_REQUIRED`, which says by
/// which factors it can be.
#[TypeDirective(name = "stepUp", location = "FieldDefinition")]
pub fn step_up(#[graphql(desc = "How old the step-up may be.")] minutes: i32) {}
