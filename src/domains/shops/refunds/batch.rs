//! `approveRefunds`: many at once, each by itself (退款批量同意).
//!
//! Each refund is a command of its own under a key that follows from the batch's, so that what was approved stays approved
//! whatever becomes of the others, and a retry of the batch does none of them twice.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;
use sha2::{Digest, Sha256};

use super::graphql::Refund;
use super::model::State;
use super::ops::approve::ApproveRefund;
use super::store;
use crate::command::Options;
use crate::graphql::command::{blameless, options};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError, to_client};
use crate::graphql::ids::{id, parse};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::RefundId;
use crate::kernel::{Currency, Fault, Money, Text};

/// Refunds to approve.
#[derive(InputObject)]
pub struct ApproveRefundsInput {
    /// The refunds: as many as the platform allows at once (20).
    pub refund_ids: Vec<ID>,
}

/// What became of one refund of a batch.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ApproveRefundsResult {
    /// The refund.
    pub refund_id: ID,
    /// The refund as it stands now: `APPROVED`, or `AWAITING_SECOND_APPROVAL`; null when it was not approved.
    pub refund: Option<Refund>,
    /// Why it was not approved: the code that `approveRefund` gives.
    pub code: Option<String>,
    /// The same in words.
    pub message: Option<String>,
}

/// What became of a batch.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ApproveRefundsPayload {
    /// One result for each refund, in their order; at most 100.
    pub results: Vec<ApproveRefundsResult>,
    /// How many were approved, with the money on its way back.
    pub approved: i32,
    /// How many have their first approval now and wait for that of somebody else.
    pub awaiting_second_approval: i32,
    /// Why none was tried.
    pub user_errors: Vec<UserError>,
}

/// Why a batch is not tried.
enum BatchRefusal {
    /// None, or too many.
    Count {
        /// How many may be.
        most: usize,
    },
    /// Together too much.
    Total {
        /// How much may be.
        most: Money,
    },
    /// In several currencies, which do not add up.
    Currencies,
    /// The platform has no figure for the currency.
    Currency(Currency),
}

impl Refusal for BatchRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Count { .. } => "BATCH_SIZE",
            Self::Total { .. } => "BATCH_TOTAL",
            Self::Currencies | Self::Currency(_) => "BATCH_CURRENCY",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        &["refundIds"]
    }

    fn message(&self) -> Text {
        match self {
            Self::Count { most } => Text::made(
                format!("Approve 1 to {most} refunds at a time."),
                format!("每次批量同意 1 到 {most} 笔退款。"),
            ),
            Self::Total { most } => Text::made(
                format!("The refunds of a batch come to {most} at most. Approve the larger ones one by one."),
                format!("批量退款合计不能超过 {most},金额较大的请逐笔处理。"),
            ),
            Self::Currencies => Text::new(
                "The refunds are in several currencies. Approve those of one currency at a time.",
                "所选退款包含多种币种,请按币种分批处理。",
            ),
            Self::Currency(currency) => Text::made(
                format!("Refunds in {currency} are not approved in batches. Approve them one by one."),
                format!("{currency} 退款不支持批量处理,请逐笔处理。"),
            ),
        }
    }
}

/// Refunds, many at once.
#[derive(Default)]
pub struct RefundBatchMutation;

#[guarded]
#[Object]
impl RefundBatchMutation {
    /// Approves refunds of one currency, each by itself: those that cannot be approved say why, and the others are. Where the grant
    /// wants a second approver, they count as `awaitingSecondApproval`. Needs `@idempotent`. Codes: `BATCH_SIZE`, `BATCH_TOTAL`,
    /// `BATCH_CURRENCY`; of a refund those of `approveRefund`, or of its denial.
    #[requires("refund.approve")]
    async fn approve_refunds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ApproveRefundsInput,
    ) -> async_graphql::Result<ApproveRefundsPayload> {
        let request = RequestContext::of(ctx)?;
        let options = options(ctx).or_client(request)?;
        let figures = &request.door.env.refunds;
        let refuse = |refusal| ApproveRefundsPayload {
            results: Vec::new(),
            approved: 0,
            awaiting_second_approval: 0,
            user_errors: vec![UserError::of(&refusal, request)],
        };
        let most = usize::try_from(figures.batch_most).unwrap_or(usize::MAX);
        if input.refund_ids.is_empty() || input.refund_ids.len() > most {
            return Ok(refuse(BatchRefusal::Count { most }));
        }
        let ids: Vec<RefundId> = {
            let parsed: Result<Vec<RefundId>, Fault> = input.refund_ids.iter().map(|id| parse(id, "refund")).collect();
            let mut ids = parsed.or_client(request)?;
            let mut seen = std::collections::HashSet::new();
            ids.retain(|id| seen.insert(*id));
            ids
        };
        if let Some(refusal) = too_much(request, &ids).await.or_client(request)? {
            return Ok(refuse(refusal));
        }
        let mut results = Vec::with_capacity(ids.len());
        for refund in ids {
            results.push(one(request, refund, &options).await?);
        }
        let standing = |state: State| {
            let stands = results.iter().filter(|result| result.refund.as_ref().is_some_and(|it| it.0.state() == state));
            i32::try_from(stands.count()).unwrap_or(i32::MAX)
        };
        let (approved, awaiting_second_approval) = (standing(State::Approved), standing(State::AwaitingSecondApproval));
        Ok(ApproveRefundsPayload { results, approved, awaiting_second_approval, user_errors: Vec::new() })
    }
}

/// Why the refunds that the actor has a seat for are too much together; the others are refused one by one.
async fn too_much(request: &RequestContext, ids: &[RefundId]) -> Result<Option<BatchRefusal>, Fault> {
    let actor = request.actor()?;
    let rows = store::by_ids(&mut *request.conn().await?, ids).await?;
    let own: Vec<_> = rows.iter().filter(|row| actor.seat(row.shop_id).is_some()).collect();
    let Some(currency) = own.first().map(|row| row.currency) else { return Ok(None) };
    if own.iter().any(|row| row.currency != currency) {
        return Ok(Some(BatchRefusal::Currencies));
    }
    let figures = &request.door.env.refunds.batch_total_minor;
    let Some(most) = figures.get(&currency.code().to_ascii_lowercase()) else {
        return Ok(Some(BatchRefusal::Currency(currency)));
    };
    let total = own.iter().fold(0_i64, |sum, row| sum.saturating_add(row.amount_minor));
    Ok((total > *most).then(|| BatchRefusal::Total { most: Money::new(*most, currency) }))
}

async fn one(
    request: &RequestContext,
    refund: RefundId,
    options: &Options,
) -> async_graphql::Result<ApproveRefundsResult> {
    let key = options.key.as_deref().map(|key| key_of(key, refund));
    let options = Options { key, dry_run: options.dry_run };
    let refused = |code: String, message: String| ApproveRefundsResult {
        refund_id: id(refund),
        refund: None,
        code: Some(code),
        message: Some(message),
    };
    Ok(match request.door.execute(request.caller.clone(), ApproveRefund { refund }, options).await {
        Ok(done) => ApproveRefundsResult {
            refund_id: id(refund),
            refund: Some(Refund(done.output.refund)),
            code: None,
            message: None,
        },
        Err(Fault::Refused(why)) => refused(why.code().to_owned(), why.message().get(request.locale).to_owned()),
        // Without a key none is tried.
        Err(fault @ (Fault::BadInput { .. } | Fault::Unauthenticated)) => {
            return Err(to_client(blameless(fault), request));
        }
        Err(Fault::Denied(denial)) => {
            let message = denial.message.as_ref().map_or_else(String::new, |text| text.get(request.locale).to_owned());
            refused(denial.reason.to_owned(), message)
        }
        Err(fault) => {
            let error = to_client(blameless(fault), request);
            let code = error.extensions.as_ref().and_then(|all| all.get("code").cloned());
            let code = match code {
                Some(async_graphql::Value::String(code)) => code,
                _ => "INTERNAL".to_owned(),
            };
            refused(code, error.message)
        }
    })
}

/// The key of one refund of a batch.
fn key_of(batch: &str, refund: RefundId) -> String {
    let hash = Sha256::digest(format!("{batch}\n{refund}").as_bytes());
    hash.iter().take(16).fold(String::from("batch-"), |text, byte| text + &format!("{byte:02x}"))
}
