//! Codes that are asked for by whoever is not logged in: so many of a source, and never a word of whether there is anybody.

use super::super::login_throttle::Counted;
use super::log_in::LogInRefusal;
use crate::command::Tx;
use crate::domains::accounts::codes::{self, Ask};
use crate::domains::accounts::throttle;
use crate::kernel::Fault;

/// What one source may ask for within an hour, of each kind.
const MOST_OF_SOURCE: i32 = 20;

/// Counts what a source asks for, under `label` and apart from other kinds, and sends the code if there is somebody to send it to.
///
/// # Errors
/// [`LogInRefusal::TooManyTries`] of the source; the faults of sending.
pub async fn send(
    tx: &mut Tx<'_>,
    label: &'static str,
    counted: &Counted,
    ask: Option<Ask<'_>>,
) -> Result<(), Fault<LogInRefusal>> {
    let window = chrono::TimeDelta::hours(1);
    let key = tx.env.keys.hash(label, &[&counted.source]);
    if !throttle::take(tx.conn, &key, tx.now, window, MOST_OF_SOURCE).await? {
        let again_at = throttle::resets_at(tx.conn, &key).await?.unwrap_or(tx.now + window);
        return Err(Fault::Refused(LogInRefusal::TooManyTries { again_at }));
    }
    let Some(ask) = ask else { return Ok(()) };
    match codes::issue(tx, &ask).await {
        // Too many were sent: saying so would say that there is somebody.
        Ok(_) | Err(Fault::Refused(_)) => Ok(()),
        Err(fault) => Err(fault.map_refusal(LogInRefusal::Send)),
    }
}
