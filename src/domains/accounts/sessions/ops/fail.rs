//! A log-in, a step-up or a recovery that failed: counted, and on the record of whom it was meant for.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Event, KeyRule, Tx};
use crate::domains::accounts::sessions::login_throttle::{Counted, for_names, for_sources};
use crate::domains::accounts::throttle;
use crate::kernel::{Fault, Subject};

/// Counts a try that failed.
#[derive(Debug, Serialize)]
pub struct LogInFailed {
    /// What it is counted by.
    #[serde(skip_serializing)]
    pub counted: Counted,
    /// Whom it was meant for, if there is somebody of that name.
    pub subject: Option<Subject>,
    /// What failed: `logIn`, `stepUp`, `changeOwnPassword`, `resetPassword`.
    pub what: &'static str,
    /// How often it was tried, if this try is counted already.
    pub failures: Option<i32>,
}

/// It is counted.
#[derive(Debug, Serialize, Deserialize)]
pub struct FailureNoted;

impl Command for LogInFailed {
    const NAME: &'static str = "logInFailed";
    const WHILE_RESTRICTED: bool = true;
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = FailureNoted;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<FailureNoted, Fault> {
        let auth = &tx.env.auth;
        let failures = match self.failures {
            Some(failures) => failures,
            None => throttle::failed(tx.conn, &self.counted.name, tx.now, for_names(auth)).await?,
        };
        throttle::failed(tx.conn, &self.counted.source, tx.now, for_sources(auth)).await?;
        tx.record(Entry {
            chain: self.subject.map_or(Chain::Platform, Chain::from),
            target: self.subject.map_or_else(|| "nobody".to_owned(), |subject| subject.to_string()),
            permission: None,
            grant: None,
            detail: json!({ "what": self.what }),
        });
        // Once for each series: whoever is guessed at hears of it when the waits begin.
        if let (Some(Subject::Account { id }), true) = (self.subject, failures == for_names(auth).free) {
            tx.emit(Event { topic: "security.guessing", shop: None, payload: json!({ "account": id }) });
        }
        Ok(FailureNoted)
    }
}
