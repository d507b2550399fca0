//! Binding, changing and unbinding in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::{Contact, SecurityAdvice, advice, contacts};
use super::model::{Address, ContactRefusal, Kind};
use super::ops::bind::{BindContact, Bound};
use super::ops::change::ChangeContact;
use super::ops::send_code::{SendContactCode, Sent, To};
use super::ops::unbind::UnbindContact;
use crate::domains::accounts::codes::{Checked, Purpose};
use crate::graphql::command::{Answer, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::DateTime;
use crate::kernel::ids::ContactId;
use crate::telemetry::Secret;

/// What a code is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum CodePurpose {
    /// To bind the number or address.
    Bind,
    /// To put it in the place of one that is bound.
    Change,
}

impl From<CodePurpose> for Purpose {
    fn from(purpose: CodePurpose) -> Self {
        match purpose {
            CodePurpose::Bind => Self::Bind,
            CodePurpose::Change => Self::Change,
        }
    }
}

/// A number that a code is to go to.
#[derive(InputObject)]
pub struct SendPhoneCodeInput {
    /// The number, best with its country: `+86 138 1234 5634`.
    #[graphql(secret)]
    pub phone: String,
    /// What for.
    #[graphql(default_with = "CodePurpose::Bind")]
    pub purpose: CodePurpose,
}

/// An address that a code is to go to.
#[derive(InputObject)]
pub struct SendEmailCodeInput {
    /// The address.
    #[graphql(secret)]
    pub email: String,
    /// What for.
    #[graphql(default_with = "CodePurpose::Bind")]
    pub purpose: CodePurpose,
}

/// A bound contact that is to be unbound.
#[derive(InputObject)]
pub struct SendUnbindCodeInput {
    /// The contact.
    pub contact_id: ID,
}

/// A number and the code that was sent to it.
#[derive(InputObject)]
pub struct BindPhoneInput {
    /// The number.
    #[graphql(secret)]
    pub phone: String,
    /// The code.
    #[graphql(secret)]
    pub code: String,
}

/// An address and the code that was sent to it.
#[derive(InputObject)]
pub struct BindEmailInput {
    /// The address.
    #[graphql(secret)]
    pub email: String,
    /// The code.
    #[graphql(secret)]
    pub code: String,
}

/// A new number in the place of another.
#[derive(InputObject)]
pub struct ChangePhoneInput {
    /// The number that is bound now.
    pub contact_id: ID,
    /// The new number.
    #[graphql(secret)]
    pub phone: String,
    /// The code that was sent to the new number.
    #[graphql(secret)]
    pub code: String,
}

/// A new address in the place of another.
#[derive(InputObject)]
pub struct ChangeEmailInput {
    /// The address that is bound now.
    pub contact_id: ID,
    /// The new address.
    #[graphql(secret)]
    pub email: String,
    /// The code that was sent to the new address.
    #[graphql(secret)]
    pub code: String,
}

/// A contact to unbind.
#[derive(InputObject)]
pub struct UnbindContactInput {
    /// The contact.
    pub contact_id: ID,
    /// The code that was sent to it by `sendUnbindCode`.
    #[graphql(secret)]
    pub code: String,
    /// Must be true: the account will no longer log in or be recovered by it.
    pub confirmed: bool,
}

/// A code that is on its way.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct SendCodePayload {
    /// The code's id, for `viewer.codeDelivery`. The code itself is in the message only.
    pub code_id: Option<ID>,
    /// Where it goes, with most of it hidden.
    pub sent_to: Option<String>,
    /// Until when it is good.
    pub expires_at: Option<DateTime>,
    /// How often it may still be sent.
    pub sends_left: Option<i32>,
    /// Why none is sent.
    pub user_errors: Vec<UserError>,
}

/// The contacts after the mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ContactPayload {
    /// The contact that was bound; null after unbinding.
    pub contact: Option<Contact>,
    /// What would make the account safer now.
    pub advice: Vec<SecurityAdvice>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// Numbers and addresses.
#[derive(Default)]
pub struct ContactMutation;

#[guarded]
#[Object]
impl ContactMutation {
    /// Sends a code to a number. Codes: `PHONE_INVALID`, `PHONE_LIMIT`, `CODE_SENDS_USED_UP`.
    #[requires(account)]
    async fn send_phone_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SendPhoneCodeInput,
    ) -> async_graphql::Result<SendCodePayload> {
        let address = phone(RequestContext::of(ctx)?, &input.phone);
        send(ctx, address.map(To::New).ok_or(Kind::Phone), input.purpose.into()).await
    }

    /// Sends a code to an e-mail address. Codes: `EMAIL_INVALID`, `EMAIL_LIMIT`, `CODE_SENDS_USED_UP`.
    #[requires(account)]
    async fn send_email_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SendEmailCodeInput,
    ) -> async_graphql::Result<SendCodePayload> {
        send(ctx, Address::email(&input.email).map(To::New).ok_or(Kind::Email), input.purpose.into()).await
    }

    /// Sends a code to a bound contact that is to be unbound. Code: `CODE_SENDS_USED_UP`.
    #[requires(account)]
    async fn send_unbind_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SendUnbindCodeInput,
    ) -> async_graphql::Result<SendCodePayload> {
        let request = RequestContext::of(ctx)?;
        let contact = parse(&input.contact_id, "contact").or_client(request)?;
        send(ctx, Ok(To::Bound(contact)), Purpose::Unbind).await
    }

    /// Binds a number to this account: from then on it logs in and recovers the account. Where another way to recover it is
    /// bound already, the session must have been stepped up. Codes: `PHONE_INVALID`,
    /// `PHONE_TAKEN`, `PHONE_ALREADY_BOUND`, `PHONE_LIMIT`, `CODE_WRONG`, `CODE_EXPIRED`, `CODE_TRIES_USED_UP`,
    /// `CODE_NOT_ASKED`, `CODE_NOT_SENT`.
    #[requires(account)]
    async fn bind_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: BindPhoneInput,
    ) -> async_graphql::Result<ContactPayload> {
        let Some(address) = phone(RequestContext::of(ctx)?, &input.phone) else { return invalid(ctx, Kind::Phone) };
        bound(ctx, BindContact { address, code: Secret::new(input.code) }).await
    }

    /// Binds an e-mail address to this account. Codes as of `bindPhone`, with `EMAIL` for `PHONE`.
    #[requires(account)]
    async fn bind_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: BindEmailInput,
    ) -> async_graphql::Result<ContactPayload> {
        let Some(address) = Address::email(&input.email) else { return invalid(ctx, Kind::Email) };
        bound(ctx, BindContact { address, code: Secret::new(input.code) }).await
    }

    /// Puts a number in the place of another; the old one gets a notice. Codes as of `bindPhone`. The session must have been
    /// stepped up.
    #[requires(account)]
    async fn change_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ChangePhoneInput,
    ) -> async_graphql::Result<ContactPayload> {
        let request = RequestContext::of(ctx)?;
        let old = parse(&input.contact_id, "contact").or_client(request)?;
        let Some(address) = phone(request, &input.phone) else { return invalid(ctx, Kind::Phone) };
        bound(ctx, ChangeContact { old, address, code: Secret::new(input.code), locale: request.locale }).await
    }

    /// Puts an e-mail address in the place of another; the old one gets a notice. Codes as of `bindEmail`. The session must
    /// have been stepped up.
    #[requires(account)]
    async fn change_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ChangeEmailInput,
    ) -> async_graphql::Result<ContactPayload> {
        let request = RequestContext::of(ctx)?;
        let old = parse(&input.contact_id, "contact").or_client(request)?;
        let Some(address) = Address::email(&input.email) else { return invalid(ctx, Kind::Email) };
        bound(ctx, ChangeContact { old, address, code: Secret::new(input.code), locale: request.locale }).await
    }

    /// Unbinds a number or an address. The last way to recover the account stays. Codes: `NOT_CONFIRMED`,
    /// `LAST_RECOVERY`, and those of the code as of `bindPhone`.
    #[requires(account)]
    async fn unbind_contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: UnbindContactInput,
    ) -> async_graphql::Result<ContactPayload> {
        let request = RequestContext::of(ctx)?;
        let contact = parse(&input.contact_id, "contact").or_client(request)?;
        let command = UnbindContact { contact, code: Secret::new(input.code), confirmed: input.confirmed };
        match execute(ctx, command).await? {
            Answer::Refused(user_errors) => payload(request, None, user_errors).await,
            Answer::Done(Checked::Wrong(failure)) => {
                payload(request, None, vec![UserError::of(&failure, request)]).await
            }
            Answer::Done(Checked::Right(_)) => payload(request, None, Vec::new()).await,
        }
    }
}

fn phone(request: &RequestContext, text: &str) -> Option<Address> {
    Address::phone(text, &request.door.env.contacts.region)
}

fn invalid(ctx: &Context<'_>, kind: Kind) -> async_graphql::Result<ContactPayload> {
    let error = UserError::of(&ContactRefusal::Invalid(kind), RequestContext::of(ctx)?);
    Ok(ContactPayload { contact: None, advice: Vec::new(), user_errors: vec![error] })
}

async fn send(ctx: &Context<'_>, to: Result<To, Kind>, purpose: Purpose) -> async_graphql::Result<SendCodePayload> {
    let request = RequestContext::of(ctx)?;
    let to = match to {
        Ok(to) => to,
        Err(kind) => {
            let refused = vec![UserError::of(&ContactRefusal::Invalid(kind), request)];
            return Ok(SendCodePayload::of(Answer::Refused(refused)));
        }
    };
    Ok(SendCodePayload::of(execute(ctx, SendContactCode { to, purpose, locale: request.locale }).await?))
}

impl SendCodePayload {
    /// The payload of a code that was sent, or was not.
    #[must_use]
    pub fn of(answer: Answer<Sent>) -> Self {
        match answer {
            Answer::Refused(user_errors) => {
                Self { code_id: None, sent_to: None, expires_at: None, sends_left: None, user_errors }
            }
            Answer::Done(sent) => Self {
                code_id: Some(id(sent.code.id)),
                sent_to: Some(sent.to),
                expires_at: Some(DateTime(sent.code.expires_at)),
                sends_left: Some(sent.code.sends_left),
                user_errors: Vec::new(),
            },
        }
    }
}

async fn bound<C>(ctx: &Context<'_>, command: C) -> async_graphql::Result<ContactPayload>
where
    C: crate::command::Command<Output = Checked<Bound>>,
{
    let request = RequestContext::of(ctx)?;
    match execute(ctx, command).await? {
        Answer::Refused(user_errors) => payload(request, None, user_errors).await,
        Answer::Done(Checked::Wrong(failure)) => payload(request, None, vec![UserError::of(&failure, request)]).await,
        Answer::Done(Checked::Right(bound)) => payload(request, Some(bound.contact), Vec::new()).await,
    }
}

async fn payload(
    request: &RequestContext,
    bound: Option<ContactId>,
    user_errors: Vec<UserError>,
) -> async_graphql::Result<ContactPayload> {
    if !user_errors.is_empty() {
        return Ok(ContactPayload { contact: None, advice: Vec::new(), user_errors });
    }
    let mut all = contacts(request).await.or_client(request)?;
    let advice = advice(request, &all);
    let at = bound.and_then(|bound| all.iter().position(|contact| contact.id == id(bound)));
    Ok(ContactPayload { contact: at.map(|at| all.swap_remove(at)), advice, user_errors })
}
