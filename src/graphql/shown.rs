//! Objects that are shown at once: lists of rows whose fields wait for nothing, written as JSON in one pass.
//!
//! async-graphql makes a boxed future for every field and a tree of values of all of them; for a page of rows that were
//! read before they are shown, that is most of the server's work. [`Shown`] around a resolver's result walks the selection
//! first: a field that is there is written, and the first one that would have to wait ends the walk. Then, and wherever
//! the walk does not know the way, the stock resolver does it all from the beginning, so that what it says is what counts.
//!
//! `#[guarded(inherits)]` makes a type walkable ([`Fields`]): fields without arguments and without a requirement of their
//! own, each by its very method. Errors, paths, nullability, fragments, `__typename` are as the stock resolver has them; a
//! test compares the two on generated queries. Not walked: selections with a directive or with one response key twice.
//!
//! What was written stands in the answer as [`Value::Binary`]; [`to_writer`] is what knows that it is JSON already.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::ContainerType;
use async_graphql::{
    Context, ContextSelectionSet, Error, ID, Name, OutputType, Positioned, ServerError, ServerResult, Value,
};
use futures_util::FutureExt as _;
use serde::Serialize;

/// Why a walk ends before its end.
#[derive(Debug)]
pub enum Stop {
    /// A field would have to wait, or is not for walking: the stock resolver shall do it.
    Wait,
    /// The value has an error in a place that cannot be null.
    Failed(ServerError),
}

/// How a walk ends.
pub type Walked = Result<(), Stop>;

/// What can be written at once.
pub trait Show: Send + Sync {
    /// Writes the value as `field` selects it.
    ///
    /// # Errors
    /// [`Stop`]; what was written by then is of no use.
    fn show(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>, json: &mut Vec<u8>) -> Walked;
}

/// An object with fields that can be written at once. Made by `#[guarded(inherits)]`.
pub trait Fields: ContainerType {
    /// Writes the field of the context.
    ///
    /// # Errors
    /// [`Stop::Wait`] for a field that is not for walking.
    fn write(&self, ctx: &Context<'_>, json: &mut Vec<u8>) -> Walked;
}

/// A resolver's result that is shown at once if that can be.
pub struct Shown<T>(pub T);

impl<T: OutputType + Show> OutputType for Shown<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn qualified_type_name() -> String {
        T::qualified_type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        match at_once(&self.0, ctx, field) {
            Ok(json) => Ok(Value::Binary(json.into())),
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::Wait) => self.0.resolve(ctx, field).await,
        }
    }
}

impl<T: Show> Show for Shown<T> {
    fn show(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>, json: &mut Vec<u8>) -> Walked {
        self.0.show(ctx, field, json)
    }
}

/// Asks for the stock resolver only, in the data of a request: for comparing the two.
#[derive(Debug, Clone, Copy)]
pub struct Stock;

/// The whole walk. When it ends in [`Stop::Wait`], it has left nothing behind.
fn at_once<T: Show>(value: &T, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> Result<Vec<u8>, Stop> {
    let operation = &ctx.query_env.operation.node.selection_set.node;
    if !plain(operation, ctx, &mut Vec::new()) || ctx.data_opt::<Stock>().is_some() {
        return Err(Stop::Wait);
    }
    let errors = |keep: Option<usize>| {
        let mut errors = ctx.query_env.errors.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        errors.truncate(keep.unwrap_or(usize::MAX));
        errors.len()
    };
    let before = errors(None);
    let mut json = Vec::with_capacity(4096);
    match value.show(ctx, field, &mut json) {
        Ok(()) => Ok(json),
        Err(stop) => {
            if matches!(stop, Stop::Wait) {
                errors(Some(before));
            }
            Err(stop)
        }
    }
}

/// Whether a selection has no directive, and no response key twice in one set whatever the types: nothing has to be merged.
fn plain<'a>(set: &'a SelectionSet, ctx: &'a ContextSelectionSet<'_>, keys: &mut Vec<&'a Name>) -> bool {
    set.items.iter().all(|item| match &item.node {
        Selection::Field(field) => {
            let key = &field.node.response_key().node;
            let new = !keys.contains(&key);
            keys.push(key);
            new && field.node.directives.is_empty() && plain(&field.node.selection_set.node, ctx, &mut Vec::new())
        }
        Selection::InlineFragment(inline) => {
            inline.node.directives.is_empty() && plain(&inline.node.selection_set.node, ctx, keys)
        }
        Selection::FragmentSpread(spread) => {
            let fragment = ctx.query_env.fragments.get(&spread.node.fragment_name.node);
            spread.node.directives.is_empty()
                && fragment.is_some_and(|fragment| plain(&fragment.node.selection_set.node, ctx, keys))
        }
    })
}

/// Writes an object with the fields that are selected; `null` when there is none, as the stock resolver has it.
///
/// # Errors
/// [`Stop::Wait`].
pub fn object<T: Fields>(object: &T, ctx: &ContextSelectionSet<'_>, json: &mut Vec<u8>) -> Walked {
    let begin = json.len();
    json.push(b'{');
    fields(object, ctx, begin, json)?;
    if json.len() == begin + 1 {
        json.truncate(begin);
        json.extend_from_slice(b"null");
    } else {
        json.push(b'}');
    }
    Ok(())
}

fn fields<T: Fields>(object: &T, ctx: &ContextSelectionSet<'_>, begin: usize, json: &mut Vec<u8>) -> Walked {
    for selection in &ctx.item.node.items {
        let (on, set) = match &selection.node {
            Selection::Field(field) => {
                let before = json.len();
                if before > begin + 1 {
                    json.push(b',');
                }
                // A name is letters, digits and underscores.
                json.push(b'"');
                json.extend_from_slice(field.node.response_key().node.as_bytes());
                json.extend_from_slice(b"\":");
                if field.node.name.node == "__typename" {
                    text(&object.introspection_type_name(), json);
                    continue;
                }
                match object.write(&ctx.with_field(field), json) {
                    Ok(()) => {}
                    Err(Stop::Wait) => return Err(Stop::Wait),
                    Err(Stop::Failed(error)) => {
                        ctx.add_error(error);
                        json.truncate(before);
                    }
                }
                continue;
            }
            Selection::InlineFragment(inline) => (inline.node.type_condition.as_ref(), &inline.node.selection_set),
            Selection::FragmentSpread(spread) => {
                let fragment = ctx.query_env.fragments.get(&spread.node.fragment_name.node).ok_or(Stop::Wait)?;
                (Some(&fragment.node.type_condition), &fragment.node.selection_set)
            }
        };
        let applies = on.is_none_or(|on| {
            let (on, own) = (on.node.on.node.as_str(), object.introspection_type_name());
            own == on || ctx.schema_env.registry.implements.get(&*own).is_some_and(|all| all.contains(on))
        });
        if applies {
            fields(object, &ctx.with_selection_set(set), begin, json)?;
        }
    }
    Ok(())
}

/// Writes what a field's method gives, if it gives it at once. For the expansion of `#[guarded]`.
///
/// # Errors
/// [`Stop`], as in the stock resolver.
pub fn found<T, E: Into<Error>>(
    future: impl Future<Output = Result<T, E>>,
    ctx: &Context<'_>,
    json: &mut Vec<u8>,
    write: impl FnOnce(&T, &ContextSelectionSet<'_>, &mut Vec<u8>) -> Walked,
) -> Walked {
    match future.now_or_never() {
        None => Err(Stop::Wait),
        Some(Ok(value)) => write(&value, &ctx.with_selection_set(&ctx.item.node.selection_set), json),
        Some(Err(error)) => Err(Stop::Failed(ctx.set_error_path(error.into().into_server_error(ctx.item.pos)))),
    }
}

/// A value of which it is not known whether it is [`Show`]: `(&Of(&value)).put(…)` takes the shortest way that there is.
pub struct Of<'a, T>(pub &'a T);

/// The way of what can be written at once.
pub trait ByShow {
    /// Writes the value.
    ///
    /// # Errors
    /// [`Stop`].
    fn put(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>, json: &mut Vec<u8>) -> Walked;
}

/// The way of everything else: the stock resolver, if it waits for nothing.
pub trait ByResolve {
    /// Writes the value.
    ///
    /// # Errors
    /// [`Stop`].
    fn put(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>, json: &mut Vec<u8>) -> Walked;
}

impl<T: Show> ByShow for Of<'_, T> {
    fn put(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>, json: &mut Vec<u8>) -> Walked {
        self.0.show(ctx, field, json)
    }
}

impl<T: OutputType> ByResolve for &Of<'_, T> {
    fn put(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>, json: &mut Vec<u8>) -> Walked {
        match self.0.resolve(ctx, field).now_or_never() {
            None => Err(Stop::Wait),
            Some(Err(error)) => Err(Stop::Failed(error)),
            Some(Ok(value)) => to_writer(&mut *json, &value).map_err(|_| Stop::Wait),
        }
    }
}

impl<T: Show + ?Sized> Show for &T {
    fn show(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>, json: &mut Vec<u8>) -> Walked {
        T::show(self, ctx, field, json)
    }
}

impl<T: Show + ?Sized> Show for Arc<T> {
    fn show(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>, json: &mut Vec<u8>) -> Walked {
        T::show(self, ctx, field, json)
    }
}

impl<T: Show> Show for Option<T> {
    fn show(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>, json: &mut Vec<u8>) -> Walked {
        let before = json.len();
        match self.as_ref().map(|value| value.show(ctx, field, json)) {
            Some(Ok(())) => return Ok(()),
            Some(Err(Stop::Wait)) => return Err(Stop::Wait),
            Some(Err(Stop::Failed(error))) => ctx.add_error(error),
            None => {}
        }
        json.truncate(before);
        json.extend_from_slice(b"null");
        Ok(())
    }
}

impl<T: Show> Show for Vec<T> {
    fn show(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>, json: &mut Vec<u8>) -> Walked {
        json.push(b'[');
        for (at, item) in self.iter().enumerate() {
            if at > 0 {
                json.push(b',');
            }
            let ctx = ctx.with_index(at);
            item.show(&ctx, field, json).map_err(|stop| match stop {
                Stop::Wait => Stop::Wait,
                Stop::Failed(error) => Stop::Failed(ctx.set_error_path(error)),
            })?;
        }
        json.push(b']');
        Ok(())
    }
}

/// Writes a text with its quotes.
pub fn text(text: &str, json: &mut Vec<u8>) {
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        json.push(b'"');
        json.extend_from_slice(text.as_bytes());
        json.push(b'"');
    } else {
        // Writing to memory does not fail.
        let _ = serde_json::to_writer(json, text);
    }
}

/// Makes leaves walkable: the type, and how a value of it is written.
#[macro_export]
macro_rules! shown_leaf {
    ($($ty:ty: |$value:ident, $json:ident| $write:expr;)*) => {$(
        impl $crate::graphql::shown::Show for $ty {
            fn show(
                &self,
                _: &async_graphql::ContextSelectionSet<'_>,
                _: &async_graphql::Positioned<async_graphql::parser::types::Field>,
                $json: &mut Vec<u8>,
            ) -> $crate::graphql::shown::Walked {
                let $value = self;
                $write;
                Ok(())
            }
        }
    )*};
}

shown_leaf! {
    str: |value, json| text(value, json);
    String: |value, json| text(value, json);
    ID: |value, json| text(value, json);
    bool: |value, json| json.extend_from_slice(if *value { b"true" } else { b"false" });
    i32: |value, json| { let _ = serde_json::to_writer(json, value); };
    i64: |value, json| { let _ = serde_json::to_writer(json, value); };
}

/// JSON as serde_json writes it, with [`Value::Binary`] for what is JSON already.
struct Written;

impl serde_json::ser::Formatter for Written {
    fn write_byte_array<W: ?Sized + io::Write>(&mut self, writer: &mut W, json: &[u8]) -> io::Result<()> {
        writer.write_all(json)
    }
}

/// Writes an answer, or a part of one, as JSON.
///
/// # Errors
/// Those of the writer, and of values that cannot be JSON.
pub fn to_writer(writer: impl io::Write, value: &(impl Serialize + ?Sized)) -> serde_json::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(writer, Written))
}

/// An answer as JSON.
///
/// # Errors
/// As [`to_writer`].
pub fn to_string(value: &(impl Serialize + ?Sized)) -> serde_json::Result<String> {
    let mut json = Vec::with_capacity(512);
    to_writer(&mut json, value)?;
    String::from_utf8(json).map_err(serde::ser::Error::custom)
}
