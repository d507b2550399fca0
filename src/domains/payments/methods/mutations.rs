//! Adding, verifying and removing methods in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::{PaymentMethod, own_account};
use super::model::{MethodKind, MethodRefusal};
use super::ops::add_account::AddPaymentAccount;
use super::ops::add_card::{AddCard, expiry_is_valid};
use super::ops::remove::RemoveMethod;
use super::ops::verify_account::VerifyPaymentAccount;
use crate::domains::accounts::codes::Checked;
use crate::domains::accounts::contacts::model::Address;
use crate::domains::payments::methods::Vault;
use crate::graphql::command::{Answer, execute, options};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::DateTime;
use crate::providers::cards::{CardNumber, CardToken, VaultError};
use crate::telemetry::Secret;

/// A payment account to add.
#[derive(InputObject)]
pub struct AddPaymentAccountInput {
    /// Its log-in name: a mobile number, best with its country, or an e-mail address.
    #[graphql(secret)]
    pub handle: String,
}

/// A payment account and the code that was sent to it.
#[derive(InputObject)]
pub struct VerifyPaymentAccountInput {
    /// The payment account.
    pub payment_method_id: ID,
    /// The code.
    #[graphql(secret)]
    pub code: String,
}

/// The two kinds of cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum CardKind {
    /// A debit card (储蓄卡).
    Debit,
    /// A credit card (信用卡).
    Credit,
}

/// A card to add.
#[derive(InputObject)]
pub struct AddCardInput {
    /// The number. It goes to the vault and is kept nowhere else.
    #[graphql(secret)]
    pub number: String,
    /// The last month in which it is good, 1 to 12.
    pub expiry_month: i32,
    /// And its year, with four digits.
    pub expiry_year: i32,
    /// Debit or credit.
    pub kind: CardKind,
}

/// A method to remove.
#[derive(InputObject)]
pub struct RemovePaymentMethodInput {
    /// Which.
    pub payment_method_id: ID,
}

/// The payment account that waits for its code.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct AddPaymentAccountPayload {
    /// The payment account; it cannot pay yet.
    pub payment_method: Option<PaymentMethod>,
    /// The code's id, for `viewer.codeDelivery`.
    pub code_id: Option<ID>,
    /// Until when the code is good.
    pub expires_at: Option<DateTime>,
    /// Why none was added.
    pub user_errors: Vec<UserError>,
}

/// The method after the mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PaymentMethodPayload {
    /// The method; nothing when the rules refused.
    pub payment_method: Option<PaymentMethod>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// Payment accounts and cards.
#[derive(Default)]
pub struct MethodMutation;

#[guarded]
#[Object]
impl MethodMutation {
    /// Adds a payment account (支付账户) and sends a code to its log-in name; `verifyPaymentAccount` makes it one that can
    /// pay. Codes: `HANDLE_INVALID`, `PAYMENT_ACCOUNT_EXISTS`, `METHOD_LIMIT`, `CODE_SENDS_USED_UP`.
    #[requires(account)]
    async fn add_payment_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: AddPaymentAccountInput,
    ) -> async_graphql::Result<AddPaymentAccountPayload> {
        let request = RequestContext::of(ctx)?;
        let refused = |user_errors| AddPaymentAccountPayload {
            payment_method: None,
            code_id: None,
            expires_at: None,
            user_errors,
        };
        let Some(handle) = Address::either(&input.handle, &request.door.env.contacts.region) else {
            return Ok(refused(vec![UserError::of(&MethodRefusal::HandleInvalid, request)]));
        };
        Ok(match execute(ctx, AddPaymentAccount { handle, locale: request.locale }).await? {
            Answer::Refused(user_errors) => refused(user_errors),
            Answer::Done(added) => AddPaymentAccountPayload {
                payment_method: Some(PaymentMethod(added.method)),
                code_id: Some(id(added.code.id)),
                expires_at: Some(DateTime(added.code.expires_at)),
                user_errors: Vec::new(),
            },
        })
    }

    /// Makes a payment account one that can pay. Codes: `NOTHING_TO_VERIFY`, `HANDLE_TAKEN`, `CODE_WRONG`, `CODE_EXPIRED`,
    /// `CODE_TRIES_USED_UP`, `CODE_NOT_ASKED`, `CODE_NOT_SENT`.
    #[requires(account)]
    async fn verify_payment_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: VerifyPaymentAccountInput,
    ) -> async_graphql::Result<PaymentMethodPayload> {
        let request = RequestContext::of(ctx)?;
        let method = parse(&input.payment_method_id, "payment method").or_client(request)?;
        let command = VerifyPaymentAccount { method, code: Secret::new(input.code) };
        Ok(match execute(ctx, command).await? {
            Answer::Refused(user_errors) => PaymentMethodPayload { payment_method: None, user_errors },
            Answer::Done(Checked::Wrong(failure)) => refused(&failure, request),
            Answer::Done(Checked::Right(method)) => {
                PaymentMethodPayload { payment_method: Some(PaymentMethod(method)), user_errors: Vec::new() }
            }
        })
    }

    /// Adds a card: its number goes to the vault, and only a token, the brand and the last four digits are kept. Codes:
    /// `CARD_NUMBER_INVALID`, `CARD_EXPIRY_INVALID`, `CARD_REFUSED`, `CARDS_NOT_AVAILABLE`, `VAULT_FAULT`, `METHOD_LIMIT`.
    #[requires(account)]
    async fn add_card(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: AddCardInput,
    ) -> async_graphql::Result<PaymentMethodPayload> {
        let request = RequestContext::of(ctx)?;
        let Some(number) = CardNumber::parse(&input.number) else {
            return Ok(refused(&MethodRefusal::CardInvalid, request));
        };
        let (expiry_month, expiry_year) = (input.expiry_month, input.expiry_year);
        if !expiry_is_valid(expiry_year, expiry_month, request.now) {
            return Ok(refused(&MethodRefusal::ExpiryInvalid, request));
        }
        let kind = match input.kind {
            CardKind::Debit => MethodKind::DebitCard,
            CardKind::Credit => MethodKind::CreditCard,
        };
        let dry_run = options(ctx).or_client(request)?.dry_run;
        let card = match token(request, &number, dry_run).await.or_client(request)? {
            Ok(card) => card,
            Err(refusal) => return Ok(refused(&refusal, request)),
        };
        let command = AddCard { card, kind, expiry_month, expiry_year };
        let (payment_method, user_errors) = execute(ctx, command).await?.split(PaymentMethod);
        Ok(PaymentMethodPayload { payment_method, user_errors })
    }

    /// Removes a payment account or a card. What a balance holds stays on the account. Code: `METHOD_IN_USE`.
    #[requires(account)]
    async fn remove_payment_method(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RemovePaymentMethodInput,
    ) -> async_graphql::Result<PaymentMethodPayload> {
        let request = RequestContext::of(ctx)?;
        let method = parse(&input.payment_method_id, "payment method").or_client(request)?;
        let (payment_method, user_errors) = execute(ctx, RemoveMethod { method }).await?.split(PaymentMethod);
        Ok(PaymentMethodPayload { payment_method, user_errors })
    }
}

/// What the vault gives for a number. A rehearsal asks nobody.
async fn token(
    request: &RequestContext,
    number: &CardNumber,
    dry_run: bool,
) -> Result<Result<CardToken, MethodRefusal>, crate::kernel::Fault> {
    let account = own_account(request)?;
    if dry_run {
        let (brand, last_four) = (number.brand().to_owned(), number.last_four());
        return Ok(Ok(CardToken { token: Secret::new(String::new()), brand, last_four }));
    }
    let Vault(vault) = request.door.env.parts.get()?;
    // The same number of the same account has the same key, which tells nobody the number.
    let parts = [account.to_string(), number.expose().to_owned()];
    let key = request.door.env.keys.hash("card.key", &[parts[0].as_bytes(), parts[1].as_bytes()]);
    let key = key.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    Ok(vault.store(&key, number).await.map_err(|error| match error {
        VaultError::Refused => MethodRefusal::CardRefused,
        VaultError::Provider => MethodRefusal::VaultFault,
        VaultError::NotConfigured => MethodRefusal::CardsOff,
    }))
}

fn refused(refusal: &impl crate::kernel::fault::Refusal, request: &RequestContext) -> PaymentMethodPayload {
    PaymentMethodPayload { payment_method: None, user_errors: vec![UserError::of(refusal, request)] }
}
