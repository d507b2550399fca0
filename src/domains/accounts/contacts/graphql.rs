//! What `viewer` says of its contacts and of its security.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::model::{Address, Kind};
use super::store::{self, Contact as Row};
use crate::command::messages;
use crate::domains::accounts::codes::store as codes;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::DateTime;
use crate::kernel::ids::{AccountId, CodeId};
use crate::kernel::{Fault, Subject, Text};

/// A phone number or an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ContactKind {
    /// A phone number.
    Phone,
    /// An e-mail address.
    Email,
}

impl From<Kind> for ContactKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Phone => Self::Phone,
            Kind::Email => Self::Email,
        }
    }
}

impl From<ContactKind> for Kind {
    fn from(kind: ContactKind) -> Self {
        match kind {
            ContactKind::Phone => Self::Phone,
            ContactKind::Email => Self::Email,
        }
    }
}

/// A bound number or address. Changing and unbinding start from its id.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct Contact {
    /// The id.
    pub id: ID,
    /// Which of the two.
    pub kind: ContactKind,
    /// The number or address with most of it hidden.
    pub masked: String,
    /// Since when it is bound.
    pub bound_at: DateTime,
}

/// Something that would make the account safer.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct SecurityAdvice {
    /// A stable code: `BIND_PHONE`, `BIND_SECOND_CONTACT`.
    pub code: &'static str,
    /// What to do and why, in the language of `Accept-Language`.
    pub message: String,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DeliveryState {
    /// It is on its way, also while it is tried again.
    Queued,
    /// The provider took it.
    Sent,
    /// It was not sent and will not be: ask for the code again.
    Failed,
}

/// What became of a code that was asked for.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct CodeDelivery {
    /// What became of the message.
    pub state: DeliveryState,
    /// Why it failed, or is tried again: `PROVIDER_FAULT`, `RECIPIENT_REFUSED` or `EXPIRED`.
    pub failure: Option<&'static str>,
    /// Until when the code is good.
    pub expires_at: DateTime,
}

/// What `viewer` says of its contacts and of its security.
pub struct ViewerContacts;

#[guarded]
#[Object]
impl ViewerContacts {
    /// The bound numbers and addresses, the oldest first; at most 100.
    #[requires(account)]
    async fn contacts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Contact>> {
        let request = RequestContext::of(ctx)?;
        contacts(request).await.or_client(request)
    }

    /// What would make the account safer; empty when there is nothing to say.
    #[requires(account)]
    async fn security_advice(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<SecurityAdvice>> {
        let request = RequestContext::of(ctx)?;
        let contacts = contacts(request).await.or_client(request)?;
        Ok(advice(request, &contacts))
    }

    /// What became of a code that this account asked for; nothing when it was replaced by a newer one.
    #[requires(account)]
    async fn code_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code, as the mutation that sent it named it.")] code_id: ID,
    ) -> async_graphql::Result<Option<CodeDelivery>> {
        let request = RequestContext::of(ctx)?;
        let code = parse(&code_id, "code").or_client(request)?;
        delivery(request, code).await.or_client(request)
    }
}

/// The account of a request that is made in its own name.
pub(super) fn own_account(request: &RequestContext) -> Result<AccountId, Fault> {
    match request.actor()?.subject {
        Subject::Account { id } => Ok(id),
        Subject::SubAccount { .. } => Err(Fault::NotFound { what: "account" }),
    }
}

pub(super) async fn contacts(request: &RequestContext) -> Result<Vec<Contact>, Fault> {
    let account = own_account(request)?;
    let rows = store::of_account(&mut *request.conn().await?, account).await?;
    rows.iter().map(|row| shown(request, row)).collect()
}

fn shown(request: &RequestContext, row: &Row) -> Result<Contact, Fault> {
    let kind = Kind::parse(&row.kind).ok_or_else(|| Fault::internal("a contact of no kind"))?;
    let address = Address::open(&request.door.env.keys, kind, &row.value).map_err(Fault::internal)?;
    Ok(Contact { id: id(row.id), kind: kind.into(), masked: address.masked(), bound_at: DateTime(row.bound_at) })
}

const BIND_PHONE: Text = Text::new(
    "Bind a phone number: without one you cannot recover the account, and nobody is asked when a stranger logs in.",
    "请绑定手机号:未绑定时无法找回账号,陌生设备登录时也无法验证。",
);
const BIND_SECOND: Text = Text::new(
    "Bind a second number or address, so that the account can be recovered when one is lost.",
    "请再绑定一个手机号或邮箱,以便其中一个失效时仍可找回账号。",
);

/// What would make an account with these contacts safer (requirements 3.1, 3.8).
pub(super) fn advice(request: &RequestContext, contacts: &[Contact]) -> Vec<SecurityAdvice> {
    let say = |code, text: &Text| SecurityAdvice { code, message: text.get(request.locale).to_owned() };
    let mut all = Vec::new();
    if !contacts.iter().any(|contact| contact.kind == ContactKind::Phone) {
        all.push(say("BIND_PHONE", &BIND_PHONE));
    }
    if contacts.len() == 1 {
        all.push(say("BIND_SECOND_CONTACT", &BIND_SECOND));
    }
    all
}

async fn delivery(request: &RequestContext, code: CodeId) -> Result<Option<CodeDelivery>, Fault> {
    let account = own_account(request)?;
    let mut conn = request.conn().await?;
    let Some(code) = codes::by_id(&mut conn, account, code).await? else { return Ok(None) };
    let Some((state, failure)) = messages::state(&mut conn, account, code.message_id).await? else { return Ok(None) };
    let state = match state.as_str() {
        "SENT" => DeliveryState::Sent,
        "FAILED" => DeliveryState::Failed,
        _ => DeliveryState::Queued,
    };
    // What exactly is wrong at the provider is the operator's business.
    let failure = failure.map(|word| match word.as_str() {
        "RECIPIENT_REFUSED" => "RECIPIENT_REFUSED",
        "EXPIRED" => "EXPIRED",
        _ => "PROVIDER_FAULT",
    });
    Ok(Some(CodeDelivery { state, failure, expires_at: DateTime(code.expires_at) }))
}
