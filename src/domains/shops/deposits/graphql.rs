//! Categories and deposits in the API.

use async_graphql::{Context, Object, SimpleObject};
use kith_macros::guarded;

use super::store;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::scalars::{DateTime, Money};
use crate::kernel::ids::ShopId;
use crate::kernel::{self, Fault, Locale};

/// What a category wants of a shop that lists something of it.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct DepositRule {
    /// From this price on.
    pub from_price: Money,
    /// So much.
    pub required: Money,
}

/// What an item can be.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ItemCategory {
    /// The code, for `createItem`.
    pub code: String,
    /// What it is called, in the language of `Accept-Language`.
    pub title: String,
    /// What it wants; nothing for most.
    pub deposit_rules: Vec<DepositRule>,
}

/// Something that a shop did against the rules.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct Violation {
    /// What, in the platform's words.
    pub reason: String,
    /// What it costs.
    pub amount: Money,
    /// When it was recorded.
    pub recorded_at: DateTime,
    /// What was taken from the deposit for it; nothing yet while the shop is open.
    pub deducted: Option<Money>,
}

/// The deposit (保证金) of a shop.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ShopDeposit {
    /// What it holds.
    pub held: Money,
    /// What everything that is listed wants.
    pub required: Money,
    /// How much is missing; nothing new is listed until it is zero.
    pub missing: Money,
    /// What the shop did against the rules, the oldest first; at most 100.
    pub violations: Vec<Violation>,
}

/// Categories.
#[derive(Default)]
pub struct CategoryQuery;

#[guarded]
#[Object]
impl CategoryQuery {
    /// What an item can be, and what deposit that wants; at most 100.
    #[requires(login)]
    async fn item_categories(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ItemCategory>> {
        let request = RequestContext::of(ctx)?;
        let read = async {
            let mut conn = request.conn().await?;
            Ok::<_, Fault>(store::categories(&mut conn).await?)
        };
        let (categories, rules) = read.await.or_client(request)?;
        let money = |minor, currency| Money::from(kernel::Money::new(minor, currency));
        let shown = categories.into_iter().map(|category| ItemCategory {
            title: if request.locale == Locale::ZhCn { category.title_zh } else { category.title_en },
            deposit_rules: rules
                .iter()
                .filter(|rule| rule.category == category.code)
                .map(|rule| DepositRule {
                    from_price: money(rule.from_price_minor, rule.currency),
                    required: money(rule.required_minor, rule.currency),
                })
                .collect(),
            code: category.code,
        });
        Ok(shown.collect())
    }
}

/// A shop: its deposit.
pub struct ShopDeposits {
    /// The shop.
    pub shop: ShopId,
}

#[guarded]
#[Object]
impl ShopDeposits {
    /// The deposit (保证金): what it holds, what is wanted, how much is missing.
    #[requires("funds.read")]
    async fn deposit(&self, ctx: &Context<'_>) -> async_graphql::Result<ShopDeposit> {
        let request = RequestContext::of(ctx)?;
        deposit(request, self.shop).await.or_client(request)
    }
}

async fn deposit(request: &RequestContext, shop: ShopId) -> Result<ShopDeposit, Fault> {
    let permit = request.read_permit(shop, const { crate::permissions::catalogue::number("funds.read") }).await?;
    let mut conn = request.conn().await?;
    let currency = crate::domains::shops::shop::store::currency(&mut conn, permit.shop).await?;
    let currency = currency.ok_or(Fault::NotFound { what: "shop" })?;
    let standing = store::standing(&mut conn, permit.shop, currency).await?;
    let violations = store::violations(&mut conn, permit.shop, false).await?;
    let money = |minor| Money::from(kernel::Money::new(minor, currency));
    Ok(ShopDeposit {
        held: standing.held.into(),
        required: standing.required.into(),
        missing: standing.missing().into(),
        violations: violations
            .into_iter()
            .take(100)
            .map(|violation| Violation {
                amount: money(violation.amount_minor),
                recorded_at: DateTime(violation.recorded_at),
                deducted: violation.deducted_minor.map(money),
                reason: violation.reason,
            })
            .collect(),
    })
}
