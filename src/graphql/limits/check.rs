//! All of it in order: the only way to get something that the edge executes.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::parser::{Error as ParseError, parse_query};
use async_graphql::{Name, Positioned, Request};
use serde::Serialize;

use super::config::Limits;
use super::document::fragments_in_order;
use super::known::{Document, Known, Proof};
use super::measure::{Measure, On};
use super::refused::{Refused, most};
use super::schema::Sizes;
use super::{scan, variables};
use crate::kernel::Text;

const FRAGMENTS: Text = Text::new("fragments", "片段");
const SELECTIONS: Text = Text::new("selections, with fragments in their places", "选择（展开片段后）");
const DEPTH: Text = Text::new("levels", "嵌套层数");
const ALIASES: Text = Text::new("aliases", "别名");
const ROOTS: Text = Text::new("fields at its root", "根字段");
const COST: Text = Text::new("values in its answer", "结果中的值");
const LISTS: Text = Text::new("lists inside one another in its introspection", "内省中相互嵌套的列表");

/// `fields { type { fields { type { … } } } }` without end; graphql-js draws the line here too.
const INTROSPECTION_LISTS: u64 = 2;

/// What an operation costs, as `extensions.cost` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// The values that the answer can hold.
    pub requested: u64,
    /// The most that passes.
    pub limit: u64,
}

/// A request within its limits, parsed, with its operation found. Only [`Check::check`] makes one.
#[derive(Debug)]
pub struct Checked {
    request: Request,
    operation: OperationType,
    name: Option<Name>,
    cost: Cost,
    /// The document, if its validity does not depend on more than itself.
    provable: Option<Arc<Document>>,
}

impl Checked {
    /// Whether it reads, writes or subscribes.
    #[must_use]
    pub fn operation(&self) -> OperationType {
        self.operation
    }

    /// The name of the operation, at most [`Limits::name`] letters, digits and underscores.
    #[must_use]
    pub fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    /// What it costs.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Whether strict validation can say nothing about it any more: it passed this document before, and nothing that it looks
    /// at has changed. Of a request it looks at the operation's name, which does not matter where there is one operation, and at
    /// the variables' values, which must be of their types; here each variable is a `String`, `ID`, `Int` or `Boolean` and its
    /// value one of these, then as now. Whatever else a document holds, it is validated again each time.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.provable.as_ref().is_some_and(|document| document.valid.load(Ordering::Relaxed))
    }

    /// What to give when strict validation has passed it.
    #[must_use]
    pub fn proof(&self) -> Option<Proof> {
        self.provable.clone().map(Proof)
    }

    /// The request, for execution. Its document is parsed already.
    #[must_use]
    pub fn into_request(self) -> Request {
        self.request
    }
}

/// The check, made once at start.
#[derive(Debug)]
pub struct Check {
    limits: Limits,
    sizes: Sizes,
    known: Known,
}

impl Check {
    /// A check with these limits, for a schema of these sizes.
    #[must_use]
    pub fn new(limits: Limits, sizes: Sizes) -> Self {
        Self { limits, sizes, known: Known::default() }
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Parses and measures a request. Linear in its size.
    ///
    /// # Errors
    /// The first limit that it passes; `GRAPHQL_PARSE_FAILED`, `OPERATION_NOT_FOUND`, `OPERATION_NAME_MISSING`,
    /// `VARIABLE_MISSING`, `FRAGMENT_CYCLE`. Nothing of the request's own text but names is repeated.
    pub fn check(&self, mut request: Request) -> Result<Checked, Refused> {
        let weights = variables::weights(&request.variables, &self.limits)?;
        let known = self.known.get(&request.query);
        let new = known.is_none();
        let document = match known {
            Some(document) => document,
            None => {
                scan::scan(&request.query, &self.limits)?;
                Document::new(parse_query(&request.query).map_err(|error| unparsable(&error))?)
            }
        };
        let (name, operation) = select(&document.parsed, request.operation_name.as_deref())?;
        let requested = self.measure(&document.parsed, &operation.node, &request, weights)?;
        variables::all_there(&operation.node, &request.variables)?;
        let provable = document.parsed.operations.iter().count() == 1
            && variables::all_of_their_types(&operation.node, &request.variables);
        let (operation, name) = (operation.node.ty, name.cloned());
        if new {
            self.known.keep(&request.query, &document);
        }
        request.set_parsed_query(document.parsed.clone());
        let cost = Cost { requested, limit: self.limits.cost };
        Ok(Checked { request, operation, name, cost, provable: provable.then_some(document) })
    }

    fn measure(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        request: &Request,
        weights: HashMap<&str, u64>,
    ) -> Result<u64, Refused> {
        let limits = &self.limits;
        most("TOO_MANY_FRAGMENTS", FRAGMENTS, limits.fragments, document.fragments.len())?;
        let mut measure = Measure {
            limits,
            sizes: &self.sizes,
            variables: &request.variables,
            weights,
            operation,
            fragments: HashMap::with_capacity(document.fragments.len()),
            aliases: 0,
            introspects: false,
        };
        for name in fragments_in_order(document)? {
            if let Some(fragment) = document.fragments.get(name) {
                let on = measure.on(&fragment.node.type_condition.node.on.node);
                let figures = measure.set(&fragment.node.selection_set.node, on);
                measure.fragments.insert(name, figures);
            }
        }
        // The validator walks every operation, so all of them count; the cost is that of the one that runs.
        let (mut selections, mut inputs, mut cost) = (0_u64, 0_u64, 0);
        for (_, each) in document.operations.iter() {
            let figures = measure.set(&each.node.selection_set.node, On::Type(self.sizes.root(each.node.ty)));
            selections = selections.saturating_add(figures.selections);
            inputs = inputs.saturating_add(figures.inputs);
            most("QUERY_TOO_LARGE", SELECTIONS, limits.selections, selections)?;
            most("QUERY_TOO_DEEP", DEPTH, limits.depth, figures.depth)?;
            most("INTROSPECTION_TOO_DEEP", LISTS, INTROSPECTION_LISTS, figures.lists)?;
            let roots = if each.node.ty == OperationType::Subscription { 1 } else { limits.root_fields };
            most("TOO_MANY_ROOT_FIELDS", ROOTS, roots, figures.fields)?;
            if std::ptr::eq(&raw const each.node, operation) {
                cost = figures.cost;
            }
        }
        most("TOO_MANY_ALIASES", ALIASES, limits.aliases, measure.aliases)?;
        variables::too_many(limits, inputs)?;
        most("QUERY_TOO_COSTLY", COST, limits.cost, cost)?;
        if measure.introspects && !limits.introspectable {
            return Err(Refused::new(
                "INTROSPECTION_DISABLED",
                Text::new(
                    "Introspection is switched off on this server. The schema is published as schema.graphql.",
                    "此服务器已关闭内省。模式见 schema.graphql。",
                ),
            ));
        }
        Ok(cost)
    }
}

type Selected<'a> = (Option<&'a Name>, &'a Positioned<OperationDefinition>);

fn select<'a>(document: &'a ExecutableDocument, wanted: Option<&str>) -> Result<Selected<'a>, Refused> {
    let found = match (&document.operations, wanted) {
        (DocumentOperations::Single(operation), None) => Some((None, operation)),
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get_key_value(name).map(|(n, o)| (Some(n), o))
        }
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => {
            operations.iter().next().map(|(n, o)| (Some(n), o))
        }
        (DocumentOperations::Multiple(_), None) => {
            return Err(Refused::new(
                "OPERATION_NAME_MISSING",
                Text::new(
                    "The document holds several operations. Say which one to run in `operationName`.",
                    "文档包含多个操作。请在 `operationName` 中指明要执行的操作。",
                ),
            ));
        }
        (DocumentOperations::Single(_), Some(_)) => None,
    };
    found.ok_or_else(|| {
        Refused::new(
            "OPERATION_NOT_FOUND",
            Text::new(
                "The document holds no operation of the name in `operationName`.",
                "文档中没有 `operationName` 所指的操作。",
            ),
        )
    })
}

/// What the parser says, without the lines of the query that it draws.
fn unparsable(error: &ParseError) -> Refused {
    let text = error.to_string();
    let wanted: String = match text.rsplit_once("= ") {
        Some((_, wanted)) => wanted.trim().chars().take(200).collect(),
        None => text.lines().next().unwrap_or("").chars().take(200).collect(),
    };
    let at = error.positions().next();
    let (line, column) = at.map_or((1, 1), |p| (p.line, p.column));
    let message = Text::made(
        format!("The query is not GraphQL at line {line}, column {column}: {wanted}"),
        format!("查询语法有误（第 {line} 行，第 {column} 列）：{wanted}"),
    );
    let refused = Refused::new("GRAPHQL_PARSE_FAILED", message);
    at.map_or(refused.clone(), |at| refused.at(at))
}
