//! `becomeCreator`: for certified accounts only (requirement 2.1).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::store;
use crate::command::{Chain, Command, Entry, Tx};
use crate::domains::certification::Standing;
use crate::kernel::fault::Refusal;
use crate::kernel::{Fault, Instant, Subject, Text};

/// Makes the account that asks a creator.
#[derive(Debug, Serialize)]
pub struct BecomeCreator;

/// It is one.
#[derive(Debug, Serialize, Deserialize)]
pub struct Became {
    /// Since when.
    pub since: Instant,
}

/// The account is not certified.
#[derive(Debug)]
pub struct NotCertified;

impl Refusal for NotCertified {
    fn code(&self) -> &'static str {
        "NOT_CERTIFIED"
    }

    fn message(&self) -> Text {
        Text::new(
            "This takes a certified account: name first (certifyByDocument), then person (startPersonSession).",
            "该功能需要先完成认证:先实名(certifyByDocument),再实人(startPersonSession)。",
        )
    }
}

impl Command for BecomeCreator {
    const NAME: &'static str = "becomeCreator";
    type Output = Became;
    type Refusal = NotCertified;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Became, Fault<NotCertified>> {
        let Subject::Account { id } = tx.actor()?.subject else { return Err(Fault::NotFound { what: "account" }) };
        if Standing::of(tx.conn, id).await?.is_none_or(|standing| !standing.certified) {
            return Err(Fault::Refused(NotCertified));
        }
        store::insert(tx.conn, id, tx.now).await?;
        let since = store::since(tx.conn, id).await?.unwrap_or(tx.now);
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({}),
        });
        Ok(Became { since })
    }
}
