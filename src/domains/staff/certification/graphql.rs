//! How far a sub-account's certification has come, in the API.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::loaders::CertificationOf;
use super::model::StaffCertificationStep;
use super::store::{self, StaffCertification as Row};
use crate::domains::staff::perms::STAFF_READ;
use crate::domains::staff::sub_accounts::model::SubAccount;
use crate::domains::staff::sub_accounts::store as sub_accounts;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::kernel::Fault;
use crate::kernel::ids::{SubAccountId, TypedId};

/// Where a sub-account stands (requirements 4.5, 4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum StaffStanding {
    /// It is certified; whoever logs in with an account of their own, by that account.
    Certified,
    /// It is not certified: it can log in and work, but what it sends to buyers does not arrive.
    Muted,
    /// It was not certified in time: it can log in, and be certified, and nothing else.
    Restricted,
}

/// How far the certification of a sub-account has come (子账号认证).
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct StaffCertification {
    /// The sub-account.
    pub sub_account_id: ID,
    /// Where it stands.
    pub standing: StaffStanding,
    /// What comes next; a session that broke off is resumed there.
    pub next_step: StaffCertificationStep,
    /// Why the last answer was no, as a stable word.
    pub reason: Option<String>,
    /// When it was certified.
    pub certified_at: Option<DateTime>,
    /// Until when it has to be; from then on it is restricted.
    pub certify_by: Option<DateTime>,
}

/// The certification of a sub-account as it is.
///
/// # Errors
/// The database's fault.
pub async fn certification(request: &RequestContext, who: &SubAccount) -> Result<StaffCertification, Fault> {
    let row = request.loaders.of::<CertificationOf>().load((who.shop_id, who.id)).await?;
    Ok(as_it_is(request, who, row.as_deref()))
}

fn as_it_is(request: &RequestContext, who: &SubAccount, row: Option<&Row>) -> StaffCertification {
    let done = who.certified_at.is_some();
    StaffCertification {
        sub_account_id: id(who.id),
        standing: match who.certify_by {
            _ if done => StaffStanding::Certified,
            Some(until) if request.now >= until => StaffStanding::Restricted,
            _ => StaffStanding::Muted,
        },
        next_step: match done {
            true => StaffCertificationStep::Done,
            false if who.linked_account_id.is_some() => StaffCertificationStep::OwnAccount,
            false => StaffCertificationStep::after(row.map(|row| row.state.as_str())),
        },
        reason: row.and_then(|row| row.reason.clone()),
        certified_at: who.certified_at.map(DateTime),
        certify_by: who.certify_by.map(DateTime),
    }
}

/// The certification of a sub-account after a mutation: what loaders know is older.
///
/// # Errors
/// [`Fault::NotFound`], or the database's fault.
pub async fn after_a_step(request: &RequestContext, id: SubAccountId) -> Result<StaffCertification, Fault> {
    let mut conn = request.conn().await?;
    let who = sub_accounts::by_ids(&mut conn, &[id]).await?.pop().ok_or(Fault::NotFound { what: "subAccount" })?;
    let row = store::get(&mut conn, who.shop_id, who.id).await?;
    Ok(as_it_is(request, &who, row.as_ref()))
}

/// The certification of sub-accounts.
#[derive(Default)]
pub struct StaffCertificationQuery;

#[guarded]
#[Object]
impl StaffCertificationQuery {
    /// How far the certification of a sub-account has come: for itself, for whoever scanned its code, and with `staff.read`.
    #[requires(login)]
    async fn staff_certification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sub-account.")] sub_account_id: ID,
    ) -> async_graphql::Result<Option<StaffCertification>> {
        let request = RequestContext::of(ctx)?;
        let Ok(who) = sub_account_id.as_str().parse::<SubAccountId>() else { return Ok(None) };
        visible(request, who).await.or_client(request)
    }
}

async fn visible(request: &RequestContext, id: SubAccountId) -> Result<Option<StaffCertification>, Fault> {
    let (who, row) = {
        let mut conn = request.conn().await?;
        let Some(who) = sub_accounts::by_ids(&mut conn, &[id]).await?.pop() else { return Ok(None) };
        let row = store::get(&mut conn, who.shop_id, who.id).await?;
        (who, row)
    };
    let subject = request.actor()?.subject;
    let own = subject.uuid() == who.id.uuid();
    let scanned = row.as_ref().and_then(|row| row.scanned_by.as_deref()) == Some(subject.to_string().as_str());
    if !(own || scanned || request.may_read(who.shop_id, STAFF_READ).await) {
        return Ok(None);
    }
    Ok(Some(as_it_is(request, &who, row.as_ref())))
}
