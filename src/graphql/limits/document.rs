//! Fragments in an order in which each comes after those that it uses, so that each is measured once.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

use super::refused::Refused;
use crate::kernel::Text;

/// The names of the fragments, those first that the others use.
///
/// Walks with a stack of its own: a chain of fragments may be as long as the document.
///
/// # Errors
/// `FRAGMENT_CYCLE`, with its place.
pub(super) fn fragments_in_order(document: &ExecutableDocument) -> Result<Vec<&Name>, Refused> {
    let mut order = Vec::with_capacity(document.fragments.len());
    let mut done: HashMap<&Name, bool> = HashMap::with_capacity(document.fragments.len());
    for first in document.fragments.keys() {
        let mut path = vec![(first, None::<std::vec::IntoIter<&Name>>)];
        while let Some((name, uses)) = path.last_mut() {
            let name = *name;
            let Some(fragment) = document.fragments.get(name) else {
                path.pop(); // The validator says that it does not know it.
                continue;
            };
            let next = match uses {
                Some(uses) => uses.next(),
                None => match done.get(name) {
                    Some(true) => {
                        path.pop();
                        continue;
                    }
                    Some(false) => return Err(cycle(name).at(fragment.pos)),
                    None => {
                        done.insert(name, false);
                        let mut spreads = Vec::new();
                        collect(&fragment.node.selection_set.node, &mut spreads);
                        uses.insert(spreads.into_iter()).next()
                    }
                },
            };
            match next {
                Some(used) => path.push((used, None)),
                None => {
                    done.insert(name, true);
                    order.push(name);
                    path.pop();
                }
            }
        }
    }
    Ok(order)
}

fn cycle(name: &Name) -> Refused {
    Refused::new(
        "FRAGMENT_CYCLE",
        Text::made(
            format!("The fragment `{name}` contains itself. Take the spread out that leads back to it."),
            format!("片段 `{name}` 包含了自身。请去掉指回它的展开。"),
        ),
    )
}

/// Recurses as deep as the text nests, which the scan has bounded.
fn collect<'a>(set: &'a SelectionSet, into: &mut Vec<&'a Name>) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => collect(&field.node.selection_set.node, into),
            Selection::InlineFragment(inline) => collect(&inline.node.selection_set.node, into),
            Selection::FragmentSpread(spread) => into.push(&spread.node.fragment_name.node),
        }
    }
}
