//! The only place that writes messages for clients (design, "Errors, one rule").
//!
//! A business refusal becomes a [`UserError`] of the payload; everything else becomes a GraphQL error with a code. What
//! is our own fault goes to the log; the client gets the request id.

use std::convert::Infallible;
use std::time::Duration;

use async_graphql::{Error, ErrorExtensions, SimpleObject, Value};
use kith_macros::guarded;

use super::context::RequestContext;
use crate::kernel::fault::{Denial, Refusal};
use crate::kernel::{Fault, Text};

/// Something in the input that the rules of the mutation refuse. Nothing was changed.
#[guarded(inherits)]
#[derive(Debug, Clone, SimpleObject)]
pub struct UserError {
    /// A stable code, the same in every language.
    pub code: &'static str,
    /// The input field at fault, as a path; empty when it is none in particular.
    pub field: Vec<&'static str>,
    /// What is wrong and what to do about it, in the language of `Accept-Language`.
    pub message: String,
}

impl UserError {
    /// The user error of a refusal.
    pub fn of(refusal: &impl Refusal, request: &RequestContext) -> Self {
        let field = refusal.field();
        let path =
            if field.is_empty() { Vec::new() } else { std::iter::once("input").chain(field.iter().copied()).collect() };
        Self { code: refusal.code(), field: path, message: refusal.message().get(request.locale).to_owned() }
    }
}

/// Turns what a resolver found, or the fault it met, into what async-graphql wants.
pub trait OrClient<T> {
    /// The value, or the fault as the client is to read it.
    ///
    /// # Errors
    /// The fault, as a GraphQL error.
    fn or_client(self, request: &RequestContext) -> async_graphql::Result<T>;
}

impl<T> OrClient<T> for Result<T, Fault> {
    fn or_client(self, request: &RequestContext) -> async_graphql::Result<T> {
        self.map_err(|fault| to_client(fault, request))
    }
}

/// The GraphQL error of a fault that blames nobody.
#[must_use]
pub fn to_client(fault: Fault<Infallible>, request: &RequestContext) -> Error {
    let request_id = request.caller.origin.request_id;
    let say = |text: &Text| Error::new(text.get(request.locale));
    let coded = |error: Error, code: &'static str| error.extend_with(|_, e| e.set("code", code));
    match fault {
        Fault::Refused(never) => match never {},
        Fault::Unauthenticated => coded(say(&UNAUTHENTICATED), "UNAUTHENTICATED"),
        Fault::Denied(denial) => denied(*denial, request),
        Fault::NotFound { what } => {
            let text = Text::made(
                format!("There is no such {what}, or it is not yours to see. Check the id."),
                format!("{what} 不存在或无权查看,请检查 id。"),
            );
            coded(say(&text), "NOT_FOUND").extend_with(|_, e| e.set("what", what))
        }
        Fault::KeyReused => coded(say(&KEY_REUSED), "IDEMPOTENCY_CONFLICT"),
        Fault::BadInput { field, message } => {
            coded(say(&message), "BAD_USER_INPUT").extend_with(|_, e| e.set("argument", field))
        }
        Fault::Busy { retry_after } => {
            coded(say(&BUSY), "BUSY").extend_with(|_, e| e.set("retryAfter", whole_seconds(retry_after)))
        }
        Fault::Unknown => coded(say(&UNKNOWN), "OUTCOME_UNKNOWN"),
        Fault::Internal(error) => {
            tracing::error!(%request_id, error = %error, "internal fault");
            coded(say(&INTERNAL), "INTERNAL").extend_with(|_, e| e.set("requestId", request_id.to_string()))
        }
    }
}

/// As `Retry-After` has it: rounded up, never 0.
#[must_use]
pub fn whole_seconds(duration: Duration) -> u64 {
    (duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).max(1)
}

fn denied(denial: Denial, request: &RequestContext) -> Error {
    let message = denial.message.clone().unwrap_or(Text::new("This is not allowed.", "没有权限。"));
    let code = if denial.reason == "STEP_UP_REQUIRED" { "STEP_UP_REQUIRED" } else { "FORBIDDEN" };
    let details = serde_json::to_value(&denial).ok().and_then(|v| Value::from_json(v).ok());
    Error::new(message.get(request.locale)).extend_with(|_, e| {
        e.set("code", code);
        if let Some(Value::Object(details)) = details {
            for (key, value) in details {
                e.set(key.as_str(), value);
            }
        }
    })
}

const UNAUTHENTICATED: Text = Text::new(
    "Nobody is logged in, or the session is over. Log in with logIn and send \"Authorization: Bearer <token>\".",
    "尚未登录或会话已失效。请先调用 logIn,并在请求头携带 Authorization: Bearer <token>。",
);
const KEY_REUSED: Text = Text::new(
    "This idempotency key was used before with other content. Use a new key for a new request.",
    "该幂等 key 已用于不同内容的请求,请更换新的 key。",
);
const BUSY: Text = Text::new("Too much is under way. Try the same request again shortly.", "系统繁忙,请稍后重试。");
const UNKNOWN: Text = Text::new(
    "The connection to the database was lost while committing, so it is not known whether this was done. Send the same \
     request with the same idempotency key: it is done once at most.",
    "提交时数据库连接中断,结果未知。请使用相同的幂等 key 重试,最多执行一次。",
);
const INTERNAL: Text = Text::new(
    "Something went wrong on our side. Nothing was changed. Quote the request id when you report it.",
    "服务内部错误,未做任何修改。反馈问题时请提供 requestId。",
);
