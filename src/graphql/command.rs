//! From a mutation field to the write door and back.

use async_graphql::parser::types::Field;
use async_graphql::{Context, CustomDirective, Directive, Error, Positioned, Value};

use super::context::RequestContext;
use super::errors::{UserError, to_client};
use crate::command::{Command, Options, Outcome, Shared};
use crate::kernel::fault::Refusal;
use crate::kernel::{Fault, Text};

struct ReadByTheCommand;

impl CustomDirective for ReadByTheCommand {}

/// Does everything that the mutation would do, answers what would have happened, and changes nothing.
#[Directive(location = "Field", name = "dryRun")]
pub fn dry_run() -> impl CustomDirective {
    ReadByTheCommand
}

/// Makes the mutation safe to repeat: with the same key and the same input it is done once, and every repetition gets
/// the answer of the first. Keys belong to the account that uses them. Mutations that move money require one.
#[Directive(location = "Field", name = "idempotent")]
pub fn idempotent(
    #[graphql(desc = "1 to 255 characters of the client's choice, such as a UUID.")] key: String,
) -> impl CustomDirective {
    let _read_from_the_field = key;
    ReadByTheCommand
}

/// What a mutation's payload is made of.
pub enum Answer<T> {
    /// It was done, or would have been.
    Done(T),
    /// The rules refuse it.
    Refused(Vec<UserError>),
}

impl<T> Answer<T> {
    /// The two parts of a payload: the result if there is one, and the user errors.
    pub fn split<R>(self, result: impl FnOnce(T) -> R) -> (Option<R>, Vec<UserError>) {
        match self {
            Self::Done(output) => (Some(result(output)), Vec::new()),
            Self::Refused(errors) => (None, errors),
        }
    }
}

/// Runs a command for a mutation field, as its directives say.
///
/// # Errors
/// A denial or a fault, as a GraphQL error. Refusals are in the answer.
pub async fn execute<C: Command>(ctx: &Context<'_>, command: C) -> Result<Answer<C::Output>, Error> {
    let request = RequestContext::of(ctx)?;
    let options = options(ctx).map_err(|fault| to_client(fault, request))?;
    answer(ctx, request, request.door.execute(request.caller.clone(), command, options).await)
}

/// The same for a command that can share its transaction with others of its kind.
///
/// # Errors
/// As [`execute`].
pub async fn execute_shared<C: Shared>(ctx: &Context<'_>, command: C) -> Result<Answer<C::Output>, Error> {
    let request = RequestContext::of(ctx)?;
    let options = options(ctx).map_err(|fault| to_client(fault, request))?;
    answer(ctx, request, request.door.execute_shared(request.caller.clone(), command, options).await)
}

/// What a mutation field answers.
fn answer<T, R: Refusal>(
    ctx: &Context<'_>,
    request: &RequestContext,
    result: Result<Outcome<T>, Fault<R>>,
) -> Result<Answer<T>, Error> {
    match result {
        Ok(outcome) => {
            if outcome.replayed {
                ctx.insert_http_header("Idempotency-Replayed", "true");
            }
            Ok(Answer::Done(outcome.output))
        }
        Err(Fault::Refused(refusal)) => Ok(Answer::Refused(vec![UserError::of(&refusal, request)])),
        Err(fault) => Err(to_client(blameless(fault), request)),
    }
}

/// A fault that is not a refusal, in the type that says so.
pub fn blameless<E>(fault: Fault<E>) -> Fault {
    match fault {
        Fault::Refused(_) => Fault::internal("a refusal was taken for a fault"),
        Fault::Unauthenticated => Fault::Unauthenticated,
        Fault::Denied(denial) => Fault::Denied(denial),
        Fault::NotFound { what } => Fault::NotFound { what },
        Fault::KeyReused => Fault::KeyReused,
        Fault::BadInput { field, message } => Fault::BadInput { field, message },
        Fault::Busy { retry_after } => Fault::Busy { retry_after },
        Fault::Unknown => Fault::Unknown,
        Fault::Internal(error) => Fault::Internal(error),
    }
}

/// What the directives of a mutation field say.
///
/// # Errors
/// [`Fault::BadInput`] for a key that is no text.
pub fn options(ctx: &Context<'_>) -> Result<Options, Fault> {
    let field: &Positioned<Field> = ctx.item;
    let mut options = Options::default();
    for directive in &field.node.directives {
        match directive.node.name.node.as_str() {
            "dryRun" => options.dry_run = true,
            "idempotent" => {
                let value = directive.node.get_argument("key").and_then(|key| {
                    key.node.clone().into_const_with(|name| ctx.query_env.variables.get(&name).cloned().ok_or(())).ok()
                });
                let Some(Value::String(key)) = value else {
                    return Err(Fault::BadInput {
                        field: "idempotent.key",
                        message: Text::new(
                            "The key of @idempotent must be a string.",
                            "@idempotent 的 key 必须是字符串。",
                        ),
                    });
                };
                options.key = Some(key);
            }
            _ => {}
        }
    }
    Ok(options)
}
