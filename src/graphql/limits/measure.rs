//! The figures of one selection set, with fragments in their places. All arithmetic saturates.

use std::collections::HashMap;

use async_graphql::parser::types::{Directive, Field, OperationDefinition, Selection, SelectionSet};
use async_graphql::{Name, Positioned, Value as ConstValue, Variables};
use async_graphql_value::Value;

use super::config::Limits;
use super::schema::{Rows, Sizes};
use crate::kernel::page::LARGEST_PAGE;

/// What a selection set comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Figures {
    /// Selections, each time they stand.
    pub selections: u64,
    /// Selection sets inside one another, this one included.
    pub depth: u64,
    /// Fields of this very set.
    pub fields: u64,
    /// Values that the answer can hold.
    pub cost: u64,
    /// Input values.
    pub inputs: u64,
    /// Lists inside one another in an introspection.
    pub lists: u64,
}

impl Figures {
    fn add(&mut self, below: Figures) {
        self.selections = self.selections.saturating_add(below.selections);
        self.depth = self.depth.max(below.depth);
        self.cost = self.cost.saturating_add(below.cost);
        self.inputs = self.inputs.saturating_add(below.inputs);
        self.lists = self.lists.max(below.lists);
    }
}

/// Which type a selection set is on.
#[derive(Debug, Clone, Copy)]
pub(super) enum On {
    Type(Option<u32>),
    Introspection,
}

/// Measures selection sets. Fragments are given to it in order, and kept.
pub(super) struct Measure<'a> {
    pub limits: &'a Limits,
    pub sizes: &'a Sizes,
    pub variables: &'a Variables,
    /// How many input values each variable holds.
    pub weights: HashMap<&'a str, u64>,
    /// The operation that is to run: its variables' defaults count.
    pub operation: &'a OperationDefinition,
    pub fragments: HashMap<&'a Name, Figures>,
    /// Aliases seen so far, in the text.
    pub aliases: u64,
    /// Whether `__schema` or `__type` was seen.
    pub introspects: bool,
}

impl Measure<'_> {
    pub fn on(&self, type_name: &str) -> On {
        if type_name.starts_with("__") { On::Introspection } else { On::Type(self.sizes.named(type_name)) }
    }

    pub fn set(&mut self, set: &SelectionSet, on: On) -> Figures {
        let mut sum = Figures::default();
        if set.items.is_empty() {
            return sum;
        }
        for item in &set.items {
            let (below, fields) = match &item.node {
                Selection::Field(field) => (self.field(&field.node, on), 1),
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map_or(on, |c| self.on(&c.node.on.node));
                    let below = self.set(&inline.node.selection_set.node, on);
                    (self.plus_directives(below, &inline.node.directives), below.fields)
                }
                Selection::FragmentSpread(spread) => {
                    let below = self.fragments.get(&spread.node.fragment_name.node).copied().unwrap_or_default();
                    (self.plus_directives(below, &spread.node.directives), below.fields)
                }
            };
            sum.add(below);
            sum.selections = sum.selections.saturating_add(1);
            sum.fields = sum.fields.saturating_add(fields);
        }
        sum.depth = sum.depth.saturating_add(1);
        sum
    }

    fn field(&mut self, field: &Field, on: On) -> Figures {
        let name = field.name.node.as_str();
        self.aliases += u64::from(field.alias.is_some());
        let mut figures = match on {
            _ if matches!(name, "__schema" | "__type") => {
                self.introspects = true;
                self.introspection(field, name)
            }
            On::Introspection => self.introspection(field, name),
            On::Type(parent) => {
                let size = self.sizes.field(parent, name);
                let mut below = self.set(&field.selection_set.node, On::Type(size.below));
                below.cost = below.cost.saturating_mul(self.rows(size.rows, field)).saturating_add(1);
                below
            }
        };
        for (_, value) in &field.arguments {
            figures.inputs = figures.inputs.saturating_add(self.inputs(&value.node));
        }
        self.plus_directives(figures, &field.directives)
    }

    /// Introspection is not paged: a field counts for a flat figure. Types lead to fields and back to types without end, so
    /// lists inside one another are counted as graphql-js does.
    fn introspection(&mut self, field: &Field, name: &str) -> Figures {
        let mut below = self.set(&field.selection_set.node, On::Introspection);
        below.cost = below.cost.saturating_add(self.limits.introspection);
        below.lists += u64::from(matches!(name, "fields" | "interfaces" | "possibleTypes" | "inputFields"));
        below
    }

    fn plus_directives(&self, mut figures: Figures, directives: &[Positioned<Directive>]) -> Figures {
        for (_, value) in directives.iter().flat_map(|d| &d.node.arguments) {
            figures.inputs = figures.inputs.saturating_add(self.inputs(&value.node));
        }
        figures
    }

    fn rows(&self, rows: Rows, field: &Field) -> u64 {
        match rows {
            Rows::One => 1,
            Rows::Page => ["first", "last"]
                .iter()
                .filter_map(|name| self.number(&field.get_argument(name)?.node))
                .max()
                .unwrap_or(self.limits.page),
            Rows::List => field
                .arguments
                .iter()
                .filter_map(|(_, value)| self.length(&value.node))
                .max()
                .unwrap_or(self.limits.list),
        }
    }

    /// A page size. What no page can have (negative, beyond the largest page) counts as the nearest that one can: the field
    /// itself refuses it, and says so better.
    fn number(&self, value: &Value) -> Option<u64> {
        let number = match value {
            Value::Number(number) => number.as_i64(),
            Value::Variable(name) => match self.variable(name)? {
                ConstValue::Number(number) => number.as_i64(),
                _ => None,
            },
            _ => None,
        }?;
        u64::try_from(number.clamp(1, LARGEST_PAGE + 1)).ok()
    }

    fn length(&self, value: &Value) -> Option<u64> {
        let length = match value {
            Value::List(list) => list.len(),
            Value::Variable(name) => match self.variable(name)? {
                ConstValue::List(list) => list.len(),
                _ => return None,
            },
            _ => return None,
        };
        u64::try_from(length).ok()
    }

    fn variable(&self, name: &Name) -> Option<&ConstValue> {
        self.variables.get(name).or_else(|| {
            let definition = self.operation.variable_definitions.iter().find(|d| d.node.name.node == *name)?;
            definition.node.default_value.as_ref().map(|v| &v.node)
        })
    }

    fn inputs(&self, value: &Value) -> u64 {
        match value {
            Value::Variable(name) => self.weights.get(name.as_str()).copied().unwrap_or(1),
            Value::List(list) => list.iter().map(|v| self.inputs(v)).fold(1, u64::saturating_add),
            Value::Object(map) => map.values().map(|v| self.inputs(v)).fold(1, u64::saturating_add),
            _ => 1,
        }
    }
}
