//! Asking: outside of every transaction, with no connection held.

use std::sync::Arc;

use chrono::TimeDelta;
use uuid::Uuid;

use super::ops::decide::{Decide, Decision};
use super::store::{self, Verification};
use super::{CLAIM, Sealed};
use crate::command::{Caller, Door, Options, Origin};
use crate::domains::certification::Certifier;
use crate::graphql::command::blameless;
use crate::kernel::Fault;
use crate::kernel::ids::{TypedId, VerificationId};
use crate::providers::Keys;
use crate::providers::verify::{Claim, Verdict, VerifyError};
use crate::telemetry::Secret;

/// The longest time between two tries.
const LONGEST: TimeDelta = TimeDelta::hours(1);

/// Asks a question and writes down what comes of it. A question that is decided or asked by somebody else is left alone.
///
/// # Errors
/// The database's fault; the question is asked again then.
pub async fn ask(door: &Arc<Door>, certifier: &Certifier, owner: Uuid, id: VerificationId) -> Result<(), Fault> {
    let taken = {
        let mut conn = door.db.get().await?;
        store::take(&mut conn, owner, id, door.clock.now()).await?
    };
    let Some(taken) = taken else { return Ok(()) };
    let claim = taken.claim.as_deref().and_then(|sealed| opened(&door.env.keys, sealed));
    let said = match claim {
        None => Ok(Verdict::Unsure("CLAIM_UNREADABLE")),
        Some(claim) => question(certifier, &taken, &claim).await,
    };
    let most = i32::try_from(door.env.certification.max_attempts).unwrap_or(i32::MAX);
    let (decision, why) = match said {
        Ok(Verdict::Match) => (Decision::Passed, None),
        Ok(Verdict::Mismatch(why)) => (Decision::Failed, Some(why)),
        Ok(Verdict::Unsure(why)) => (Decision::ToOperators, Some(why)),
        Err(VerifyError::Provider(why)) if taken.attempts >= most => (Decision::ToOperators, Some(why)),
        Err(error) => return put_off(door, &taken, error).await,
    };
    metrics::counter!("kith_verifications_total", "outcome" => decision.word()).increment(1);
    let command = Decide {
        verification: id,
        owner: Some(owner),
        decision,
        reason: why.map(str::to_owned),
        by_operator: false,
        roll: certifier.dice.roll(),
        staff: certifier.staff,
    };
    let caller = Caller {
        actor: None,
        origin: Origin { request_id: Uuid::now_v7(), ip: None, user_agent: Some("kith verifier".to_owned()) },
    };
    match door.execute(caller, command, Options::default()).await {
        // Somebody decided it meanwhile: that stands.
        Ok(_) | Err(Fault::Refused(_)) => Ok(()),
        Err(fault) => Err(blameless(fault)),
    }
}

async fn question(certifier: &Certifier, asked: &Verification, claim: &Claim) -> Result<Verdict, VerifyError> {
    let id = asked.id.uuid();
    let (Some(gesture), Some(key)) = (&asked.gesture, &asked.photo) else {
        return certifier.identity.identity(id, claim).await;
    };
    match certifier.photos.get(key).await {
        Ok(Some(photo)) => certifier.face.face(id, claim, gesture, &photo).await,
        Ok(None) => Ok(Verdict::Mismatch("PHOTO_GONE")),
        Err(fault) => {
            tracing::warn!(?fault, "a photo could not be read");
            Err(VerifyError::Provider("PHOTO_STORE_FAULT"))
        }
    }
}

async fn put_off(door: &Arc<Door>, taken: &Verification, error: VerifyError) -> Result<(), Fault> {
    let now = door.clock.now();
    let (at, why, counts) = match error {
        VerifyError::Resting(left) => {
            (now + TimeDelta::from_std(left).unwrap_or(LONGEST).min(LONGEST), "VERIFIER_RESTING", false)
        }
        VerifyError::Provider(why) => {
            let doublings = u32::try_from(taken.attempts.clamp(0, 12)).unwrap_or(0);
            (now + TimeDelta::seconds(1_i64 << doublings).min(LONGEST), why, true)
        }
    };
    tracing::warn!(verification = %taken.id, attempts = taken.attempts, why, "a verifier gave no answer");
    metrics::counter!("kith_verifications_total", "outcome" => "again").increment(1);
    store::again(&mut *door.db.get().await?, taken, at, why, counts).await?;
    Ok(())
}

/// Who somebody says they are.
pub(super) fn opened(keys: &Keys, sealed: &[u8]) -> Option<Claim> {
    let claim: Sealed = serde_json::from_slice(&keys.open(CLAIM, sealed).ok()?).ok()?;
    Some(Claim { region: claim.region, name: Secret::new(claim.name), number: Secret::new(claim.number) })
}
