//! What mutations on relations take.

use async_graphql::{ID, InputObject};

use super::inputs::WrittenTerms;
use crate::graphql::scalars::MoneyInput;

/// Hours of the day.
#[derive(InputObject)]
pub struct PayHoursInput {
    /// From this minute on: `07:00`.
    pub from: String,
    /// Up to but without this minute: `22:00`.
    pub until: String,
}

/// A category that is exempt from the monthly cap.
#[derive(InputObject)]
pub struct EmergencyTermsInput {
    /// The category.
    pub category: String,
    /// The most of a month.
    pub cap: MoneyInput,
}

/// What a payer allows.
#[derive(InputObject)]
pub struct IntimatePayTermsInput {
    /// The most of a month: ¥100 to ¥20,000.
    pub monthly_cap: MoneyInput,
    /// The most of one payment.
    pub per_payment: Option<MoneyInput>,
    /// Above this a payment needs a one-time code: `stepUp` by a code, the authenticator or a recovery code.
    pub step_up_above: Option<MoneyInput>,
    /// The categories that may be bought; empty: all that are not blocked.
    #[graphql(default)]
    pub allowed_categories: Vec<String>,
    /// The categories that may not.
    #[graphql(default)]
    pub blocked_categories: Vec<String>,
    /// The hours in which may be paid, in the payer's time zone.
    pub hours: Option<PayHoursInput>,
    /// The emergency purchase.
    pub emergency: Option<EmergencyTermsInput>,
}

impl From<IntimatePayTermsInput> for WrittenTerms {
    fn from(input: IntimatePayTermsInput) -> Self {
        Self {
            monthly_cap: input.monthly_cap.into(),
            per_payment: input.per_payment.map(Into::into),
            step_up_above: input.step_up_above.map(Into::into),
            allowed: input.allowed_categories,
            blocked: input.blocked_categories,
            hours: input.hours.map(|hours| (hours.from, hours.until)),
            emergency: input.emergency.map(|emergency| (emergency.category, emergency.cap.into())),
        }
    }
}

/// A relation to open.
#[derive(InputObject)]
pub struct OpenIntimatePayInput {
    /// The family link with the relative who is to pay with your money.
    pub family_link_id: ID,
    /// What you allow.
    pub terms: IntimatePayTermsInput,
    /// In which months and hours are counted, by its IANA name; your account's when it is left out.
    pub time_zone: Option<String>,
}

/// Shown terms to confirm.
#[derive(InputObject)]
pub struct ConfirmIntimatePayInput {
    /// The token that came with them.
    #[graphql(secret)]
    pub confirmation_token: String,
}

/// New terms.
#[derive(InputObject)]
pub struct ChangeIntimatePayTermsInput {
    /// The relation.
    pub intimate_pay_id: ID,
    /// What you allow from now on, all of it.
    pub terms: IntimatePayTermsInput,
}

/// What pays.
#[derive(InputObject)]
pub struct SetIntimatePayMethodsInput {
    /// The relation.
    pub intimate_pay_id: ID,
    /// Your payment methods, the preferred one first: 1 to 5.
    pub method_ids: Vec<ID>,
}

/// A relation to do something to.
#[derive(InputObject)]
pub struct IntimatePayInput {
    /// The relation.
    pub intimate_pay_id: ID,
}

/// Something suspicious.
#[derive(InputObject)]
pub struct ReportIntimatePaymentInput {
    /// The relation.
    pub intimate_pay_id: ID,
    /// The purchase, if it is about one.
    pub purchase_id: Option<ID>,
    /// What is suspicious: 1 to 500 characters.
    pub reason: String,
}
