//! The size of the variables, and those that are missing.

use std::collections::HashMap;

use async_graphql::parser::types::{BaseType, OperationDefinition};
use async_graphql::{Value, Variables};

use super::config::Limits;
use super::refused::{Refused, most};
use crate::kernel::Text;

const INPUTS: Text = Text::new("input values", "输入值");
const DEEP: Text = Text::new("levels in its variables", "变量嵌套层数");

/// How many values there are in one (a string counts once more per 256 bytes), and how deep they are nested.
/// Recurses at most 128 times: deeper JSON is not read.
fn weight(value: &Value) -> (u64, u64) {
    let inside = |values: &mut dyn Iterator<Item = &Value>| {
        values.map(weight).fold((1, 1), |(weights, depth), (w, d)| (w.saturating_add(weights), depth.max(d + 1)))
    };
    match value {
        Value::List(list) => inside(&mut list.iter()),
        Value::Object(map) => inside(&mut map.values()),
        Value::String(text) => (1 + u64::try_from(text.len() / 256).unwrap_or(u64::MAX), 0),
        _ => (1, 0),
    }
}

/// The weight of each variable. Refuses variables that are too many or too deep, whether they are used or not.
pub(super) fn weights<'a>(variables: &'a Variables, limits: &Limits) -> Result<HashMap<&'a str, u64>, Refused> {
    let mut sum = 0_u64;
    let mut weights = HashMap::with_capacity(variables.len());
    for (name, value) in variables.iter() {
        let (weight, depth) = weight(value);
        most("INPUT_TOO_DEEP", DEEP, limits.input_depth, depth)?;
        sum = sum.saturating_add(weight);
        weights.insert(name.as_str(), weight);
    }
    too_many(limits, sum)?;
    Ok(weights)
}

pub(super) fn too_many(limits: &Limits, inputs: u64) -> Result<(), Refused> {
    most("INPUT_TOO_LARGE", INPUTS, limits.input_values, inputs)
}

/// Refuses an operation that lacks a variable it needs. async-graphql notices only when a resolver asks for it.
pub(super) fn all_there(operation: &OperationDefinition, variables: &Variables) -> Result<(), Refused> {
    for definition in &operation.variable_definitions {
        let (name, ty) = (&definition.node.name.node, &definition.node.var_type.node);
        let given = variables.get(name);
        let lacking = match given {
            None => definition.node.default_value.is_none(),
            Some(value) => *value == Value::Null,
        };
        if lacking && !ty.nullable {
            let message = Text::made(
                format!("The variable `${name}` of type `{ty}` has no value. Put one into `variables`."),
                format!("变量 `${name}`（类型 `{ty}`）没有值。请在 `variables` 中给出。"),
            );
            return Err(Refused::new("VARIABLE_MISSING", message).at(definition.pos));
        }
    }
    Ok(())
}

/// Whether every variable of an operation is a `String`, `ID`, `Int` or `Boolean`, and given as one. Validation lets a variable
/// stand only where its own type is wanted, so then no value can be wrong.
pub(super) fn all_of_their_types(operation: &OperationDefinition, variables: &Variables) -> bool {
    operation.variable_definitions.iter().all(|definition| {
        let BaseType::Named(ty) = &definition.node.var_type.node.base else { return false };
        match (ty.as_str(), variables.get(&definition.node.name.node)) {
            ("String" | "ID", Some(Value::String(_))) | ("Boolean", Some(Value::Boolean(_))) => true,
            ("Int", Some(Value::Number(number))) => number.is_i64(),
            _ => false,
        }
    })
}
