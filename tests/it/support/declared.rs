//! Requirement 5.1 as the schema shows it: `#[guarded]` makes fields declare what they require, and this finds the types
//! that forgot `#[guarded]`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{ConstDirective, SchemaDefinition, TypeKind, TypeSystemDefinition};

/// The fields, as `Type.field`, for which a schema does not say who may read or call them: neither `@requires`,
/// `@public` or `@inherits` of their own, nor `@inherits` on their type. The roots have nothing to inherit from, so for
/// their fields only `@requires` and `@public` count.
///
/// # Panics
/// On a text that is no schema.
pub fn undeclared(sdl: &str) -> Vec<String> {
    let definitions = parse_schema(sdl).unwrap().definitions;
    let mut roots = Vec::new();
    for definition in &definitions {
        if let TypeSystemDefinition::Schema(Positioned { node, .. }) = definition {
            let SchemaDefinition { query, mutation, subscription, .. } = node;
            roots.extend([query, mutation, subscription].into_iter().flatten().map(|name| name.node.clone()));
        }
    }
    let mut found = Vec::new();
    for definition in &definitions {
        let TypeSystemDefinition::Type(Positioned { node, .. }) = definition else { continue };
        let TypeKind::Object(object) = &node.kind else { continue };
        let inherits = !roots.contains(&node.name.node);
        let type_inherits = inherits && has(&node.directives, "inherits");
        for Positioned { node: field, .. } in &object.fields {
            let own = has(&field.directives, "requires")
                || has(&field.directives, "public")
                || inherits && has(&field.directives, "inherits");
            if !own && !type_inherits {
                found.push(format!("{}.{}", node.name.node, field.name.node));
            }
        }
    }
    found
}

fn has(directives: &[Positioned<ConstDirective>], name: &str) -> bool {
    directives.iter().any(|directive| directive.node.name.node == name)
}

#[test]
fn r5_1_a_field_of_an_unguarded_type_is_found() {
    let sdl = r#"
        type Query @inherits { a: Int @requires(login: true) b: Refund @inherits c: Int @public(reason: "r") d: Int }
        type Refund @inherits { id: ID! secret: Int @requires(permission: "a") @requires(permission: "b") }
        type Forgotten { id: ID! known: Int @inherits }
        interface Node { id: ID! }
        directive @requires(permission: String, login: Boolean) repeatable on FIELD_DEFINITION
        directive @inherits on FIELD_DEFINITION | OBJECT
        schema { query: Query }
    "#;
    assert_eq!(undeclared(sdl), ["Query.b", "Query.d", "Forgotten.id"]);
}
