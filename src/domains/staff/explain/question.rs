//! From an input to a question that the engine can answer: who is meant, and may the actor ask about them?

use std::sync::Arc;

use async_graphql::ID;
use diesel_async::AsyncPgConnection;

use crate::domains::staff::perms::STAFF_READ;
use crate::domains::staff::positions::store as positions;
use crate::domains::staff::sub_accounts::graphql::main_login;
use crate::domains::staff::sub_accounts::loaders::SubAccountById;
use crate::domains::staff::sub_accounts::model::SubAccount;
use crate::graphql::context::RequestContext;
use crate::graphql::ids::parse;
use crate::graphql::scalars::{DateTime, MoneyInput};
use crate::kernel::ids::SubAccountId;
use crate::kernel::money::WrittenAmount;
use crate::kernel::{Fault, Instant, Money, Text};
use crate::permissions::arbiter::Ask;
use crate::permissions::catalogue::{Entry, by_code};
use crate::permissions::constraints::Use;
use crate::permissions::explain::Question;
use crate::permissions::{Guarded, Number, Seat, store as permissions};

/// Whom a question is about.
pub struct Subject {
    /// The seat: of others, what names and ranks them; neither the set nor the session is looked at.
    pub seat: Seat,
    /// The sub-account, unless it is the main account.
    pub who: Option<Arc<SubAccount>>,
    /// Whether the actor asks about itself.
    pub is_self: bool,
}

/// Finds whom a question is about: everybody may ask about themselves, about others who may see the staff (h19).
///
/// # Errors
/// [`Fault::NotFound`], or a denial.
pub async fn subject(request: &RequestContext, shop: Option<&ID>, sub_account: Option<&ID>) -> Result<Subject, Fault> {
    let actor = request.actor()?;
    let Some(id) = sub_account else {
        let shop = request.shop_or_only(shop)?;
        let seat = actor.seat(shop).ok_or(Fault::NotFound { what: "shop" })?.clone();
        let who = match seat.sub_account {
            Some(id) => Some(sub_account_of(request, id).await?),
            None => None,
        };
        return Ok(Subject { seat, who, is_self: true });
    };
    let missing = || Fault::NotFound { what: SubAccount::KIND };
    let who = sub_account_of(request, parse(id, SubAccount::KIND)?).await?;
    let own = actor.seat(who.shop_id).ok_or_else(missing)?.clone();
    if shop.is_some_and(|shop| shop.as_str() != who.shop_id.to_string()) {
        return Err(missing());
    }
    if own.sub_account == Some(who.id) {
        return Ok(Subject { seat: own, who: Some(who), is_self: true });
    }
    request.read_permit(who.shop_id, STAFF_READ).await?;
    let name = format!("{}:{}", main_login(request, who.shop_id).await?, who.name);
    // By which session they would act is not known.
    let seat = Seat { sub_account: Some(who.id), name, opened: None, ..own };
    Ok(Subject { seat, who: Some(who), is_self: false })
}

async fn sub_account_of(request: &RequestContext, id: SubAccountId) -> Result<Arc<SubAccount>, Fault> {
    let found = request.loaders.of::<SubAccountById>().load(id).await?;
    found.ok_or(Fault::NotFound { what: SubAccount::KIND })
}

impl Subject {
    /// The question whether the subject may use a permission, and the subject's rank where it is known only now.
    ///
    /// # Errors
    /// [`Fault::BadInput`] for amounts that are none and moments to come; the database's fault.
    pub async fn question(
        &mut self,
        conn: &mut AsyncPgConnection,
        request: &RequestContext,
        amount: Option<MoneyInput>,
        at: Option<Instant>,
    ) -> Result<Question, Fault> {
        let amount = amount.map(|amount| read(amount, &self.seat)).transpose()?;
        let mut position = None;
        if let Some(who) = &self.who
            && let Some(found) = positions::find(conn, who.shop_id, who.position_id).await?
        {
            self.seat.rank = found.position.rank;
            position = Some(found.position.name_in(request.locale));
        }
        Ok(Question {
            shop: self.seat.shop,
            sub_account: self.seat.sub_account,
            name: self.seat.name.clone(),
            position,
            currency: self.seat.currency,
            intended: Use {
                now: at.unwrap_or(request.now),
                zone: self.seat.zone,
                amount,
                // Of others it is not known which session they would use.
                stepped_up_at: request.actor()?.stepped_up_at.filter(|_| self.is_self),
            },
            at,
        })
    }
}

impl Subject {
    /// The same question to plugins. Nothing is done whatever they say.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn ask(
        &self,
        conn: &mut AsyncPgConnection,
        request: &RequestContext,
        question: &Question,
        permission: Number,
    ) -> Result<Ask, Fault> {
        let amount = question.intended.amount.map(|minor| Money::new(minor, question.currency));
        let mut ask = Ask::of(request.actor()?, &self.seat, permission, amount, question.intended.now);
        if let (Some(id), false) = (self.seat.sub_account, self.is_self) {
            ask.roles = permissions::roles(conn, self.seat.shop, id).await?;
        }
        ask.request_id = request.caller.origin.request_id;
        ask.dry_run = true;
        Ok(ask)
    }
}

fn read(amount: MoneyInput, seat: &Seat) -> Result<i64, Fault> {
    let bad = |message| Fault::BadInput { field: "amount", message };
    let read = WrittenAmount::from(amount).read(seat.currency).map_err(|error| bad(error.text()))?;
    if read.minor < 0 {
        return Err(bad(Text::new("The amount is below zero.", "金额不能小于 0。")));
    }
    Ok(read.minor)
}

/// The entry of a code.
///
/// # Errors
/// [`Fault::BadInput`].
pub fn entry(code: &str) -> Result<&'static Entry, Fault> {
    by_code(code).ok_or(Fault::BadInput {
        field: "permission",
        message: Text::new(
            "There is no such permission. permissionCatalog lists the codes.",
            "没有该权限,请通过 permissionCatalog 查询权限代码。",
        ),
    })
}

/// A moment that is over, or now.
///
/// # Errors
/// [`Fault::BadInput`] for a moment to come: what will be then is not known.
pub fn past(request: &RequestContext, at: Option<DateTime>) -> Result<Option<Instant>, Fault> {
    match at {
        Some(at) if at.0 > request.now => Err(Fault::BadInput {
            field: "at",
            message: Text::new(
                "This moment is still to come. Ask about one that is over.",
                "该时间尚未到来,请查询过去的时间。",
            ),
        }),
        other => Ok(other.map(|at| at.0)),
    }
}
