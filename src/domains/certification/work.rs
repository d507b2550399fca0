//! What the worker does for certification.

use std::sync::Arc;

use chrono::TimeDelta;
use uuid::Uuid;

use super::reviews::ops::announce::AnnounceReview;
use super::reviews::ops::lapse::LapseReview;
use super::verifications::ops::lapse::LapseVerification;
use super::{Certifier, identity, person, reviews, verifications};
use crate::command::{Caller, Command, Door, Options, Origin};
use crate::graphql::command::blameless;
use crate::kernel::Fault;

/// Questions of one round.
const QUESTIONS: i64 = 20;
/// Sessions of one round whose photos are deleted.
const PHOTOS: i64 = 100;

/// Asks what could not be asked before. Says how many questions there were.
///
/// # Errors
/// The database's fault.
pub async fn ask_again(door: &Arc<Door>, certifier: &Certifier) -> Result<usize, Fault> {
    let due = {
        let mut conn = door.db.get().await?;
        verifications::store::due(&mut conn, door.clock.now(), QUESTIONS).await?
    };
    for (owner, id) in &due {
        verifications::ask(door, certifier, *owner, *id).await?;
    }
    Ok(due.len())
}

/// Announces the reviews that are due and closes those that have lapsed, a batch of each. Says how many there were.
///
/// # Errors
/// The database's fault.
pub async fn review(door: &Arc<Door>) -> Result<usize, Fault> {
    let (now, most) = (door.clock.now(), i64::from(door.env.certification.review_batch));
    let (due, lapsed) = {
        let mut conn = door.db.get().await?;
        (identity::store::due(&mut conn, now, most).await?, reviews::store::lapsed(&mut conn, now, most).await?)
    };
    let mut done = 0;
    for account in due {
        done += usize::from(run(door, AnnounceReview { account }).await?);
    }
    for account in lapsed {
        done += usize::from(run(door, LapseReview { account }).await?);
    }
    Ok(done)
}

/// Closes questions about photos that nobody answered in time, a batch. Says how many there were.
///
/// # Errors
/// The database's fault.
pub async fn lapse_photos(door: &Arc<Door>, certifier: &Certifier) -> Result<usize, Fault> {
    let before = door.clock.now() - TimeDelta::days(i64::from(door.env.certification.undecided_photos_days));
    let old = {
        let mut conn = door.db.get().await?;
        verifications::store::unanswered_photos(&mut conn, before, PHOTOS).await?
    };
    let mut done = 0;
    for (owner, verification) in old {
        done += usize::from(run(door, LapseVerification { owner, verification, staff: certifier.staff }).await?);
    }
    Ok(done)
}

/// Deletes photos that were kept long enough after their answer. Says of how many sessions.
///
/// # Errors
/// The fault of the database or of the store; what was deleted before stays deleted.
pub async fn delete_photos(door: &Arc<Door>, certifier: &Certifier) -> Result<usize, Fault> {
    let now = door.clock.now();
    let before = now - TimeDelta::days(i64::from(door.env.certification.keep_photos_days));
    let old = {
        let mut conn = door.db.get().await?;
        person::store::with_old_photos(&mut conn, before, PHOTOS).await?
    };
    for (owner, session) in &old {
        certifier.photos.delete_below(&person::model::folder(*session)).await?;
        person::store::photos_deleted(&mut *door.db.get().await?, (*owner, *session), now).await?;
    }
    Ok(old.len())
}

/// Runs a command in nobody's name; says whether there was something to do.
async fn run<C: Command>(door: &Arc<Door>, command: C) -> Result<bool, Fault> {
    let caller = Caller {
        actor: None,
        origin: Origin { request_id: Uuid::now_v7(), ip: None, user_agent: Some("kith worker".to_owned()) },
    };
    match door.execute(caller, command, Options::default()).await {
        Ok(_) => Ok(true),
        Err(Fault::Refused(_)) => Ok(false),
        Err(fault) => Err(blameless(fault)),
    }
}
