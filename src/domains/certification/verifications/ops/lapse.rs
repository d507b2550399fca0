//! A photo that nobody answered in time lapses, so that it is not kept for ever (requirement 2.4). By the worker. That it took so long
//! is not its owner's fault: a review that is open gives them time for another.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::super::store;
use super::decide::StaffDecided;
use crate::command::{Chain, Command, Entry, Event, Tx};
use crate::domains::certification::events;
use crate::domains::certification::identity::store as identities;
use crate::domains::certification::person::store as sessions;
use crate::domains::certification::reviews;
use crate::kernel::Fault;
use crate::kernel::ids::{SubAccountId, TypedId, VerificationId};

/// Why it stands as it does.
const WHY: &str = "NOT_DECIDED_IN_TIME";

/// Closes a question about a photo that waited too long.
#[derive(Serialize)]
pub struct LapseVerification {
    /// Whom it is about.
    pub owner: Uuid,
    /// The question.
    pub verification: VerificationId,
    /// What follows for a sub-account.
    #[serde(skip_serializing)]
    pub staff: StaffDecided,
}

/// It is closed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Lapsed;

impl Command for LapseVerification {
    const NAME: &'static str = "lapseVerification";
    type Output = Lapsed;
    type Refusal = std::convert::Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Lapsed, Fault> {
        let figures = &tx.env.certification;
        let (days, notice) = (figures.undecided_photos_days, figures.review_notice_days);
        let asked = store::lock(tx.conn, self.owner, self.verification).await?;
        let before = tx.now - TimeDelta::days(i64::from(days));
        let over = asked.filter(|asked| asked.is_open() && asked.created_at <= before);
        let Some((asked, session)) = over.and_then(|asked| asked.session_id.map(|session| (asked, session))) else {
            return Err(Fault::NotFound { what: "verification" });
        };
        store::decide(tx.conn, &asked, false, ("worker", Some(WHY)), tx.now).await?;
        sessions::decide(tx.conn, (self.owner, session), false, Some(WHY), tx.now).await?;
        let chain = match asked.shop_id {
            Some(shop) => {
                (self.staff)(tx.conn, &asked, false, Some(WHY), tx.now).await?;
                let who = SubAccountId::from_uuid(self.owner);
                let payload = json!({ "shop": shop, "subAccount": who });
                tx.emit(Event { topic: events::STAFF_PHOTO_LAPSED, shop: Some(shop), payload });
                Chain::Shop(shop)
            }
            None => {
                let account = events::account(self.owner);
                identities::lock(tx.conn, account).await?;
                let until = tx.now + TimeDelta::days(i64::from(notice));
                reviews::store::put_off(tx.conn, account, until).await?;
                tx.emit(events::about(events::PHOTO_LAPSED, account));
                Chain::Account(account)
            }
        };
        tx.record(Entry {
            chain,
            target: self.verification.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "kind": asked.kind, "days": days }),
        });
        Ok(Lapsed)
    }
}
