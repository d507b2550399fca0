//! The door itself.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::audit::{Outcome as AuditOutcome, Row};
use super::idempotency::{self, Key};
use super::tx::Left;
use super::{Caller, Chain, Command, Entry, Env, Tx, closing};
use crate::db::{Connection, Db, End, PerType};
use crate::kernel::clock::SharedClock;
use crate::kernel::fault::Denial;
use crate::kernel::{Fault, Instant, Text};
use crate::permissions::Sets;

const NO_DRY_RUN: Text = Text::new(
    "A secret is compared here, so this mutation cannot be tried with @dryRun: remove it.",
    "该操作会校验验证码或密码,不支持 @dryRun,请去掉。",
);

/// Why an account does nothing that has to confirm something first.
const RESTRICTED: &str = "ACCOUNT_RESTRICTED";

fn restricted<E>() -> Fault<E> {
    let message = Text::new(
        "Something unusual happened to this account, so it can only be read until that is confirmed. Ask viewer { restriction }, \
         then call stepUp and confirmActivity.",
        "该账号出现异常活动,确认前仅可查看。请查询 viewer { restriction },然后调用 stepUp 和 confirmActivity。",
    );
    Fault::Denied(Box::new(Denial { reason: RESTRICTED, message: Some(message), ..Denial::default() }))
}

/// How a command is to be run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The key of `@idempotent`.
    pub key: Option<String>,
    /// `@dryRun`: do everything, then roll back.
    pub dry_run: bool,
}

impl Options {
    /// Checks what is asked for against what the command takes.
    pub(super) fn check<C: Command>(&self) -> Result<(), Fault<C::Refusal>> {
        idempotency::check::<C>(self.key.as_deref())?;
        if self.dry_run && !C::DRY_RUN {
            return Err(Fault::BadInput { field: "dryRun", message: NO_DRY_RUN });
        }
        Ok(())
    }
}

/// What a command answered.
#[derive(Debug)]
pub struct Outcome<T> {
    /// The answer.
    pub output: T,
    /// Whether it is the answer of an earlier call with the same key.
    pub replayed: bool,
}

/// The only way to change Kith's data.
pub struct Door {
    /// The database.
    pub db: Db,
    /// What time it is.
    pub clock: SharedClock,
    /// The compiled permission sets.
    pub sets: Arc<Sets>,
    /// Keys and figures.
    pub env: Arc<Env>,
    /// The commands under way, which a shutdown waits for.
    pub tasks: TaskTracker,
    /// Fires when a command that wrote events has committed: the worker of this process need not wait for its clock.
    pub committed: Arc<Notify>,
    /// The commands that wait to share a transaction: a queue of each kind.
    pub queues: PerType,
}

/// What is to be run, for whom, and how.
struct Call<'a, C> {
    now: Instant,
    caller: &'a Caller,
    command: &'a C,
    dry_run: bool,
    key: Option<&'a Key<'a>>,
}

/// What a transaction leaves to be done after it has ended.
#[derive(Default)]
struct Aftermath {
    /// The entry to put on record if the command was denied.
    attempt: Option<Entry>,
    /// Whether it wrote events.
    events: bool,
}

impl Door {
    /// Runs a command in a task of its own: a client that goes away does not cut it in half (design, decision 13).
    ///
    /// # Errors
    /// What the command refuses, a denial, or a fault. After an error nothing has changed, except after
    /// [`Fault::Unknown`], which a retry with the same key settles.
    pub async fn execute<C: Command>(
        self: &Arc<Self>,
        caller: Caller,
        command: C,
        options: Options,
    ) -> Result<Outcome<C::Output>, Fault<C::Refusal>> {
        options.check::<C>()?;
        let door = Arc::clone(self);
        let task = self.tasks.spawn(async move { door.run(&caller, &command, &options).await });
        match task.await {
            Ok(result) => result,
            Err(stopped) => Err(Fault::internal(stopped)),
        }
    }

    /// What the key of a call was answered before: by the same caller, for the same command and `content`, which is what the
    /// command serialises to. For mutations that do something before the door, such as comparing a password, which must not
    /// hide that a retry was done already (h03).
    ///
    /// # Errors
    /// [`Fault::KeyReused`] when the key stands for other content; the database's fault.
    pub async fn known<C: Command>(
        &self,
        caller: &Caller,
        content: &(impl Serialize + Sync),
        options: &Options,
    ) -> Result<Option<C::Output>, Fault<C::Refusal>> {
        idempotency::check::<C>(options.key.as_deref())?;
        let subject = caller.actor.as_ref().map(|actor| actor.subject.uuid());
        let Some((key, subject)) = options.key.as_deref().filter(|_| !options.dry_run).zip(subject) else {
            return Ok(None);
        };
        let key = Key::of_content::<C>(subject, key, content).map_err(Fault::internal)?;
        let answer = self.answered::<C>(&key).await?;
        answer.map(serde_json::from_value).transpose().map_err(Fault::internal)
    }

    /// Runs a command, from the transaction's beginning to what is left to do after its end.
    pub(super) async fn run<C: Command>(
        &self,
        caller: &Caller,
        command: &C,
        options: &Options,
    ) -> Result<Outcome<C::Output>, Fault<C::Refusal>> {
        let now = self.clock.now();
        if let Some(actor) = caller.actor.as_deref().filter(|actor| actor.restricted && !C::WHILE_RESTRICTED) {
            let (chain, target) = (Chain::from(actor.subject), actor.subject.to_string());
            let detail = serde_json::json!({ "reason": RESTRICTED });
            self.record_denied(caller, now, C::NAME, Entry { chain, target, permission: None, grant: None, detail })
                .await;
            return Err(restricted());
        }
        let subject = caller.actor.as_ref().map(|actor| actor.subject.uuid());
        // A dry run leaves nothing behind, so it neither uses a key nor answers from one.
        let key = match options.key.as_deref().filter(|_| !options.dry_run).zip(subject) {
            Some((key, subject)) => Some(Key::of(subject, key, command).map_err(Fault::internal)?),
            None => None,
        };
        let call = Call { now, caller, command, dry_run: options.dry_run, key: key.as_ref() };
        let mut after = Aftermath::default();
        let result =
            self.db.transaction_ending(async |conn: &mut Connection| self.run_in(conn, &call, &mut after).await).await;
        let fault = match result {
            Ok(output) => {
                if after.events {
                    self.committed.notify_one();
                }
                return Ok(Outcome { output, replayed: false });
            }
            Err(fault) => fault,
        };
        if let Some(key) = key.filter(|_| !matches!(fault, Fault::Busy { .. } | Fault::Unknown))
            && let Some(answer) = self.answered::<C>(&key).await?
        {
            let output = serde_json::from_value(answer).map_err(Fault::internal)?;
            return Ok(Outcome { output, replayed: true });
        }
        if let (Fault::Denied(denial), Some(entry), false) = (&fault, after.attempt, options.dry_run) {
            self.record_denial::<C>(caller, now, entry, denial).await;
        }
        Err(fault)
    }

    /// What a key was answered that may be the reason why a command did not succeed.
    async fn answered<C: Command>(&self, key: &Key<'_>) -> Result<Option<serde_json::Value>, Fault<C::Refusal>> {
        key.answer(&mut *self.db.get().await?).await
    }

    async fn run_in<C: Command>(
        &self,
        conn: &mut Connection,
        call: &Call<'_, C>,
        after: &mut Aftermath,
    ) -> Result<End<C::Output>, Fault<C::Refusal>> {
        let Call { now, caller, command, dry_run, key } = *call;
        let mut tx = Tx::new(conn, caller, now, self, dry_run);
        let result = command.run(&mut tx).await;
        after.attempt = tx.attempt.take();
        let output = result?;
        let Left { entry, by, events, writes, notes, system, unrecorded } = tx.left();
        let Some(mut entry) = entry else {
            if unrecorded && key.is_none() && events.is_empty() && writes.is_empty() {
                return Ok(if dry_run { End::RollBack(output) } else { End::Commit(output) });
            }
            return Err(Fault::internal(format!("{} left no audit entry", C::NAME)));
        };
        if dry_run {
            closing::rehearse(conn, &writes).await.map_err(refused::<C>)?;
            return Ok(End::RollBack(output));
        }
        let answer = key.map(|_| serde_json::to_value(&output)).transpose().map_err(Fault::internal)?;
        after.events = !events.is_empty();
        noted(&mut entry.detail, notes);
        let mut entry = Row::of(caller, now, C::NAME, entry, AuditOutcome::Done, by);
        if let Some(part) = system {
            (entry.actor, entry.actor_name) = ("system".to_owned(), part.to_owned());
        }
        let closing = closing::write_and_commit(conn, now, &writes, key.zip(answer.as_ref()), &events, &entry).await;
        closing.settle(conn, refused::<C>).await?;
        Ok(End::Committed(output))
    }

    /// A denial is on record as well (requirement 4.18). It is written after the roll-back; failing to write it does not
    /// change the answer, which is no.
    async fn record_denial<C: Command>(&self, caller: &Caller, now: Instant, mut entry: Entry, denial: &Denial) {
        entry.detail = serde_json::json!({ "reason": denial.reason });
        if let Some(word) = &denial.plugin {
            let generation = caller.actor.as_ref().map_or(0, |actor| actor.arbiter.generation());
            entry.detail["plugins"] = serde_json::json!({ "generation": generation, "denied": word });
        }
        self.record_denied(caller, now, C::NAME, entry).await;
    }

    /// Puts a denial on record that a field guard gave.
    pub async fn record_denied(&self, caller: &Caller, now: Instant, action: &str, entry: Entry) {
        let row = Row::of(caller, now, action, entry, AuditOutcome::Denied, None);
        let written = self
            .db
            .transaction(async |conn: &mut Connection| {
                closing::write(conn, now, &row).await.map_err(Fault::<std::convert::Infallible>::from)
            })
            .await;
        if let Err(fault) = written {
            tracing::error!(?fault, "a denial could not be put on record");
        }
    }
}

/// Puts notes into the detail, each into the list under its key.
fn noted(detail: &mut serde_json::Value, notes: Vec<(&'static str, serde_json::Value)>) {
    if notes.is_empty() {
        return;
    }
    if !detail.is_object() {
        *detail = serde_json::json!({});
    }
    for (key, note) in notes {
        match &mut detail[key] {
            serde_json::Value::Array(list) => list.push(note),
            none @ serde_json::Value::Null => *none = serde_json::Value::Array(vec![note]),
            one => *one = serde_json::Value::Array(vec![one.take(), note]),
        }
    }
}

/// What a write that did not happen means: a broken constraint may be something that the rule refuses.
fn refused<C: Command>(error: diesel::result::Error) -> Fault<C::Refusal> {
    let refusal = match &error {
        diesel::result::Error::DatabaseError(_, info) => info.constraint_name().and_then(C::broken),
        _ => None,
    };
    refusal.map_or_else(|| error.into(), Fault::Refused)
}

/// An entry for a denial that no command saw.
#[must_use]
pub fn denied_entry(
    chain: super::Chain,
    target: String,
    permission: crate::permissions::Number,
    reason: &str,
) -> Entry {
    Entry { chain, target, permission: Some(permission), grant: None, detail: serde_json::json!({ "reason": reason }) }
}
