//! What the schema says about sizes: which fields give pages and lists, and what is below them.

use std::collections::HashMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, OperationType, Type, TypeKind, TypeSystemDefinition};

/// The SDL could not be read. Cannot happen with what `Schema::sdl()` gives.
#[derive(Debug, thiserror::Error)]
#[error("the schema's SDL cannot be read: {0}")]
pub struct UnreadableSchema(String);

/// The sizes of a schema's fields, made once at start.
#[derive(Debug, Default)]
pub struct Sizes {
    types: HashMap<Box<str>, u32>,
    fields: Vec<HashMap<Box<str>, Field>>,
    roots: [Option<u32>; 3],
}

/// What one field gives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// The type below it, if it has fields.
    pub below: Option<u32>,
    pub rows: Rows,
}

/// How many of what is below a field gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    One,
    /// As many as `first` or `last` says.
    Page,
    /// As many as a list among the arguments holds (`nodes(ids:)`), else an assumed few.
    List,
}

impl Sizes {
    /// Reads them from what `Schema::sdl()` gives.
    ///
    /// # Errors
    /// The text is no SDL.
    pub fn from_sdl(sdl: &str) -> Result<Self, UnreadableSchema> {
        let document = parse_schema(sdl).map_err(|e| UnreadableSchema(e.to_string()))?;
        let mut sizes = Self::default();
        let mut found = Vec::new();
        let mut roots = ["Query".to_owned(), "Mutation".to_owned(), "Subscription".to_owned()];
        for definition in &document.definitions {
            match definition {
                TypeSystemDefinition::Type(ty) => {
                    let fields: &[_] = match &ty.node.kind {
                        TypeKind::Object(object) => &object.fields,
                        TypeKind::Interface(interface) => &interface.fields,
                        TypeKind::Union(_) => &[],
                        _ => continue,
                    };
                    let index = u32::try_from(found.len()).unwrap_or(u32::MAX);
                    sizes.types.insert(ty.node.name.node.as_str().into(), index);
                    found.push((ty.node.name.node.as_str(), fields));
                }
                TypeSystemDefinition::Schema(schema) => {
                    let named = [&schema.node.query, &schema.node.mutation, &schema.node.subscription];
                    for (root, name) in roots.iter_mut().zip(named) {
                        if let Some(name) = name {
                            *root = name.node.to_string();
                        }
                    }
                }
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        sizes.roots = roots.map(|name| sizes.types.get(name.as_str()).copied());
        for (parent, fields) in found {
            let sized = fields.iter().map(|f| (f.node.name.node.as_str().into(), sizes.read(parent, &f.node)));
            let sized = sized.collect();
            sizes.fields.push(sized);
        }
        Ok(sizes)
    }

    fn read(&self, parent: &str, field: &FieldDefinition) -> Field {
        let (name, list) = base(&field.ty.node);
        let paged = field.arguments.iter().any(|a| matches!(a.node.name.node.as_str(), "first" | "last"));
        let rows = if paged || name.ends_with("Connection") {
            Rows::Page
        } else if list && !parent.ends_with("Connection") {
            Rows::List
        } else {
            // The edges of a connection were counted with the connection.
            Rows::One
        };
        Field { below: self.types.get(name).copied(), rows }
    }

    pub(super) fn root(&self, operation: OperationType) -> Option<u32> {
        let [query, mutation, subscription] = self.roots;
        match operation {
            OperationType::Query => query,
            OperationType::Mutation => mutation,
            OperationType::Subscription => subscription,
        }
    }

    pub(super) fn named(&self, name: &str) -> Option<u32> {
        self.types.get(name).copied()
    }

    pub(super) fn field(&self, parent: Option<u32>, name: &str) -> Field {
        parent
            .and_then(|index| self.fields.get(usize::try_from(index).ok()?)?.get(name))
            .copied()
            .unwrap_or(Field { below: None, rows: Rows::One })
    }
}

fn base(ty: &Type) -> (&str, bool) {
    match &ty.base {
        BaseType::Named(name) => (name, false),
        BaseType::List(inner) => (base(inner).0, true),
    }
}
