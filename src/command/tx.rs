//! What a command works with while it runs.

use diesel_async::AsyncPgConnection;
use serde_json::Value;

use super::audit::{By, Chain, Entry};
use super::outbox::Event;
use super::{Caller, Door, Env};
use crate::db::Write;
use crate::kernel::{Fault, Instant};
use crate::permissions::arbiter::{Facts, Ruling};
use crate::permissions::{Actor, Gate, Guarded, Number, Permit, PlatformPermit, Sets, denial};

/// One open transaction of one command.
pub struct Tx<'a> {
    /// The connection, inside the transaction.
    pub conn: &'a mut AsyncPgConnection,
    /// Who calls, and from where.
    pub caller: &'a Caller,
    /// The moment of the command; the same for all that it writes.
    pub now: Instant,
    /// Keys and figures.
    pub env: &'a Env,
    sets: &'a Sets,
    dry_run: bool,
    left: Left,
    /// What was last asked of the gate, for the audit entry of a denial.
    pub(super) attempt: Option<Entry>,
}

/// What a command leaves to the door.
#[derive(Default)]
pub(super) struct Left {
    pub(super) entry: Option<Entry>,
    pub(super) by: Option<By>,
    pub(super) events: Vec<Event>,
    pub(super) writes: Vec<Box<dyn Write>>,
    pub(super) notes: Vec<(&'static str, Value)>,
    pub(super) system: Option<&'static str>,
    pub(super) unrecorded: bool,
}

impl<'a> Tx<'a> {
    pub(super) fn new(
        conn: &'a mut AsyncPgConnection,
        caller: &'a Caller,
        now: Instant,
        door: &'a Door,
        dry_run: bool,
    ) -> Self {
        let (env, sets) = (&*door.env, &*door.sets);
        Self { conn, caller, now, env, sets, dry_run, left: Left::default(), attempt: None }
    }

    pub(super) fn left(self) -> Left {
        self.left
    }
}

impl Tx<'_> {
    /// Who is logged in.
    ///
    /// # Errors
    /// [`Fault::Unauthenticated`] when nobody is.
    pub fn actor<E>(&self) -> Result<&Actor, Fault<E>> {
        self.caller.actor.as_deref().ok_or(Fault::Unauthenticated)
    }

    /// Permits acting on a record that was locked in this transaction, or says why not.
    ///
    /// # Errors
    /// As [`Gate::permit`].
    pub async fn permit<R: Guarded, E>(
        &mut self,
        permission: Number,
        record: Option<R>,
    ) -> Result<Permit<R>, Fault<E>> {
        let actor = self.caller.actor.as_deref().ok_or(Fault::Unauthenticated)?;
        self.attempt = record.as_ref().map(|record| attempt(Chain::Shop(record.shop()), record.target(), permission));
        let gate = gate(self.sets, self.caller, actor, self.now, self.dry_run);
        gate.permit(self.conn, permission, record).await.map_err(Fault::widen)
    }

    /// As [`Tx::permit`], with facts that the caller knows, and with what plugins said to them before the transaction began:
    /// so that no connection waits for a plugin. A ruling that does not fit is asked for anew.
    ///
    /// # Errors
    /// As [`Gate::permit`].
    pub async fn permit_ruled<R: Guarded, E>(
        &mut self,
        permission: Number,
        record: Option<R>,
        facts: &Facts,
        ruling: Option<&Ruling>,
    ) -> Result<Permit<R>, Fault<E>> {
        let actor = self.caller.actor.as_deref().ok_or(Fault::Unauthenticated)?;
        self.attempt = record.as_ref().map(|record| attempt(Chain::Shop(record.shop()), record.target(), permission));
        let gate = gate(self.sets, self.caller, actor, self.now, self.dry_run);
        gate.permit_ruled(self.conn, permission, record, facts, ruling).await.map_err(Fault::widen)
    }

    /// Permits an operator of the platform; a denial goes on record.
    ///
    /// # Errors
    /// [`Fault::Denied`] without `permission`.
    pub fn permit_platform<E>(
        &mut self,
        permission: Number,
        target: &impl ToString,
    ) -> Result<PlatformPermit, Fault<E>> {
        let actor = self.caller.actor.as_deref().ok_or(Fault::Unauthenticated)?;
        self.attempt = Some(attempt(Chain::Platform, target.to_string(), permission));
        actor.platform_permit(permission).ok_or_else(|| Fault::Denied(Box::new(denial::bare(permission))))
    }

    /// Says what was done. Every command says it once; the door refuses to commit without.
    pub fn record(&mut self, entry: Entry) {
        self.left.entry = Some(entry);
    }

    /// Says that nothing happened that anybody would look up: a sign of life that changes nothing else. Whoever leaves events, writes
    /// or a key's answer has to [`record`](Tx::record) nevertheless.
    pub fn leave_unrecorded(&mut self) {
        self.left.unrecorded = true;
    }

    /// Says who did it, when the caller is nobody yet.
    pub fn record_by(&mut self, by: By) {
        self.left.by = Some(by);
    }

    /// Says that nobody did it but a part of Kith itself, such as `payments`.
    pub fn record_system(&mut self, part: &'static str) {
        self.left.system = Some(part);
    }

    /// Adds to the detail of this command's audit entry, to the list under `key`: for what a rule leaves to a helper that
    /// does not write the entry.
    pub fn note(&mut self, key: &'static str, value: Value) {
        self.left.notes.push((key, value));
    }

    /// Says what was done under a permit.
    pub fn record_under<R>(&mut self, permit: &Permit<R>, target: &impl ToString, detail: Value)
    where
        R: Guarded,
    {
        let mut detail = detail;
        if let (Some(ruling), Value::Object(detail)) = (&permit.ruling, &mut detail) {
            detail.insert("plugins".to_owned(), ruling.audit());
        }
        self.record(under(permit, target, detail));
    }

    /// Leaves a last write to the door, which does it in one statement with all others and its own. If it breaks a constraint,
    /// [`super::Command::broken`] says what that means.
    pub fn leave(&mut self, write: impl Write) {
        self.left.writes.push(Box::new(write));
    }

    /// Tells others, once this transaction is committed.
    pub fn emit(&mut self, event: Event) {
        self.left.events.push(event);
    }
}

/// What was done under a permit.
pub(super) fn under<R: Guarded>(permit: &Permit<R>, target: &impl ToString, detail: Value) -> Entry {
    Entry {
        chain: Chain::Shop(permit.record().shop()),
        target: target.to_string(),
        permission: Some(permit.permission),
        grant: permit.grant.map(|g| g.to_string()),
        detail,
    }
}

pub(super) fn gate<'a>(sets: &'a Sets, caller: &Caller, actor: &'a Actor, now: Instant, dry_run: bool) -> Gate<'a> {
    Gate { sets, actor, now, request: caller.origin.request_id, dry_run }
}

/// What is asked of the gate; the door adds the reason when it is denied.
fn attempt(chain: Chain, target: String, permission: Number) -> Entry {
    Entry { chain, target, permission: Some(permission), grant: None, detail: Value::Null }
}
