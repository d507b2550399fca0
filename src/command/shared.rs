//! Commands that share a transaction.
//!
//! A row costs the database less than the statement and the commit around it. So commands of one kind that arrive while others of
//! that kind are under way are done together: one transaction locks what they are about, each decides by itself
//! ([`Shared::decide`]), and what all of them change is written in one statement. Whoever comes alone runs as any other command
//! does.
//!
//! Only what succeeds is done here, and only where nothing else need be read for it. The rest is left to [`Door::execute`], after
//! the others: a refusal, a denial, a key that was used before, a record or a counter that somebody else holds. So is each of
//! them where what they wrote together broke something. What a caller is told is the same either way.
//!
//! - Deciding takes no connection: what one of them does without success leaves nothing that is committed with the others.
//! - Records, and the counters of limits that add up, are locked without waiting, so none of them waits for somebody else's. Whoever
//!   finds no room in a counter behind those before is left to the door, which says how much there is.
//! - Whoever waits and sees nobody get a turn for 20 ms runs alone, and so does whoever waits for a second.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel::result::QueryResult;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::audit::{Outcome as AuditOutcome, Row};
use super::closing::{self, Kept};
use super::idempotency::Key;
use super::tx::{gate, under};
use super::{Caller, Command, Door, Entry, Event, Options, Outcome};
use crate::db::{Connection, End, Write};
use crate::kernel::{self, Fault};
use crate::permissions::quota::{self, Charge, Room};
use crate::permissions::{Actor, Guarded, Number, Permit, Sets};

/// Transactions of one kind under way at the same time: while they run, the next ones fill.
const UNDER_WAY: usize = 2;
/// Commands of one transaction at most.
const MOST: usize = 16;
/// How long those under way may keep the others waiting: they wait for a lock themselves, it seems.
const PATIENCE: Duration = Duration::from_millis(20);
/// How long a command waits for its turn at most. There are too many then, and the pool of connections turns some away.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// A command that can share a transaction with others of its kind.
pub trait Shared: Command {
    /// What it locks and decides by.
    type Locked: Send;
    /// What it changes, to be written with what the others change.
    type Change: Send;

    /// Whether it is likely that nothing need be read but what it locks.
    fn is_plain(&self, actor: &Actor) -> bool;

    /// Locks what these commands are about, in one statement that waits for nobody. The place of a command is `None` where there is no such
    /// record, somebody else holds it, or another of these commands changes the same row.
    fn lock_all<'c>(
        conn: &'c mut Connection,
        commands: &'c [&'c Self],
    ) -> impl Future<Output = QueryResult<Vec<Option<Self::Locked>>>> + Send + 'c;

    /// Decides by what is in hand, as [`Command::run`] would, and records it on the sheet. `None` where that is not enough, and
    /// where the answer is no.
    fn decide(&self, sheet: &mut Sheet<'_>, locked: Self::Locked) -> Option<(Self::Output, Self::Change)>;

    /// The writes of all changes. They break a constraint where one of the changes cannot be made.
    fn write_all(changes: &[Self::Change], now: kernel::Instant) -> Vec<Box<dyn Write>>;
}

/// What a command that shares a transaction decides with, and what it leaves to the door.
pub struct Sheet<'a> {
    /// The moment of the commands.
    pub now: kernel::Instant,
    caller: &'a Caller,
    sets: &'a Sets,
    entry: Option<Entry>,
    events: Vec<Event>,
    charges: Vec<Charge>,
}

impl<'a> Sheet<'a> {
    /// Who calls.
    #[must_use]
    pub fn actor(&self) -> Option<&'a Actor> {
        self.caller.actor.as_deref()
    }

    /// As [`super::Tx::permit`], where nothing need be read for it. What the use charges is counted with the others.
    #[must_use]
    pub fn permit<R: Guarded>(&mut self, permission: Number, record: R) -> Option<Permit<R>> {
        let gate = gate(self.sets, self.caller, self.actor()?, self.now, false);
        let (permit, charges) = gate.permit_in_hand(permission, record)?;
        self.charges.extend(charges);
        Some(permit)
    }

    /// As [`super::Tx::record_under`].
    pub fn record_under<R: Guarded>(&mut self, permit: &Permit<R>, target: &impl ToString, detail: Value) {
        self.entry = Some(under(permit, target, detail));
    }

    /// As [`super::Tx::emit`].
    pub fn emit(&mut self, event: Event) {
        self.events.push(event);
    }

    /// What the door keeps; `None` where the command has recorded nothing.
    fn kept<'o, C: Shared>(
        self,
        command: &C,
        options: &'o Options,
        output: &C::Output,
    ) -> Option<(Kept<'o>, Vec<Charge>)> {
        let answer = match &options.key {
            Some(key) => {
                let key = Key::of(self.actor()?.subject.uuid(), key, command).ok()?;
                Some((key, serde_json::to_value(output).ok()?))
            }
            None => None,
        };
        let entry = Row::of(self.caller, self.now, C::NAME, self.entry?, AuditOutcome::Done, None);
        Some((Kept { answer, events: self.events, entry }, self.charges))
    }
}

/// What is to be run, for whom, and how.
struct Ticket<C> {
    caller: Caller,
    command: C,
    options: Options,
}

/// Who waits.
struct Member<C: Shared> {
    ticket: Ticket<C>,
    number: u64,
    since: Instant,
    tell: oneshot::Sender<Told<C>>,
}

/// What one who waits is told.
enum Told<C: Shared> {
    /// It has ended.
    Ended(Result<Outcome<C::Output>, Fault<C::Refusal>>),
    /// It is to run alone.
    Alone(Box<Ticket<C>>),
}

impl<C: Shared> Member<C> {
    fn ended(self, result: Result<Outcome<C::Output>, Fault<C::Refusal>>) {
        // Whoever went away is not told.
        let _ = self.tell.send(Told::Ended(result));
    }

    fn alone(self) {
        let _ = self.tell.send(Told::Alone(Box::new(self.ticket)));
    }
}

/// The commands of one kind that wait.
struct Queue<C: Shared>(Mutex<Waiting<C>>);

struct Waiting<C: Shared> {
    members: VecDeque<Member<C>>,
    next: u64,
    under_way: usize,
    /// When somebody got a turn last.
    moved: Instant,
}

impl<C: Shared> Default for Queue<C> {
    fn default() -> Self {
        let (members, moved) = (VecDeque::new(), Instant::now());
        Self(Mutex::new(Waiting { members, next: 0, under_way: 0, moved }))
    }
}

impl<C: Shared> Queue<C> {
    fn lock(&self) -> MutexGuard<'_, Waiting<C>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a command at the end, with a turn if there is one to be had. Gives its number, and what it is told.
    fn enter(self: &Arc<Self>, ticket: Ticket<C>) -> (u64, oneshot::Receiver<Told<C>>, Option<Turn<C>>) {
        let (tell, told) = oneshot::channel();
        let mut waiting = self.lock();
        let number = waiting.next;
        waiting.next += 1;
        waiting.members.push_back(Member { ticket, number, since: Instant::now(), tell });
        let free = waiting.under_way < UNDER_WAY;
        waiting.under_way += usize::from(free);
        (number, told, free.then(|| Turn { queue: Arc::clone(self), held: true }))
    }

    /// Takes back who still waits, if it is no use to wait any longer.
    fn leave(&self, number: u64) -> Option<Ticket<C>> {
        let mut waiting = self.lock();
        let at = waiting.members.binary_search_by_key(&number, |member| member.number).ok()?;
        let waits = |member: &Member<C>| member.since.elapsed() < LONGEST_WAIT;
        if waiting.moved.elapsed() < PATIENCE && waiting.members.get(at).is_some_and(waits) {
            return None;
        }
        waiting.members.remove(at).map(|member| member.ticket)
    }
}

/// The right to run those who wait. It goes back when it is dropped, by a panic too.
struct Turn<C: Shared> {
    queue: Arc<Queue<C>>,
    held: bool,
}

impl<C: Shared> Turn<C> {
    /// Those who are next. When nobody waits the turn is over.
    fn next(&mut self) -> Vec<Member<C>> {
        let mut waiting = self.queue.lock();
        if waiting.members.is_empty() {
            waiting.under_way -= 1;
            self.held = false;
        }
        waiting.moved = Instant::now();
        let most = waiting.members.len().min(MOST);
        waiting.members.drain(..most).collect()
    }
}

impl<C: Shared> Drop for Turn<C> {
    fn drop(&mut self) {
        if self.held {
            self.queue.lock().under_way -= 1;
        }
    }
}

impl Door {
    /// As [`Door::execute`], in one transaction with others of its kind that arrive at the same time.
    ///
    /// # Errors
    /// As [`Door::execute`].
    pub async fn execute_shared<C: Shared>(
        self: &Arc<Self>,
        caller: Caller,
        command: C,
        options: Options,
    ) -> Result<Outcome<C::Output>, Fault<C::Refusal>> {
        options.check::<C>()?;
        let plain = caller.actor.as_deref().is_some_and(|actor| !actor.restricted && command.is_plain(actor));
        if options.dry_run || !plain {
            return self.execute(caller, command, options).await;
        }
        let queue = self.queues.of(Queue::<C>::default);
        let (number, mut told, turn) = queue.enter(Ticket { caller, command, options });
        if let Some(turn) = turn {
            self.tasks.spawn(Arc::clone(self).serve(turn));
        }
        let told = loop {
            if let Ok(told) = tokio::time::timeout(PATIENCE, &mut told).await {
                break told;
            }
            if let Some(Ticket { caller, command, options }) = queue.leave(number) {
                return self.execute(caller, command, options).await;
            }
        };
        match told {
            Ok(Told::Ended(result)) => result,
            Ok(Told::Alone(ticket)) => self.execute(ticket.caller, ticket.command, ticket.options).await,
            // Whoever ran it has panicked, before the commit or behind it.
            Err(_gone) => Err(Fault::Unknown),
        }
    }

    /// Runs those who wait until nobody does.
    async fn serve<C: Shared>(self: Arc<Self>, mut turn: Turn<C>) {
        loop {
            // Those that are ready to come do so first.
            tokio::task::yield_now().await;
            let mut members = turn.next();
            if members.len() > 1 {
                self.run_together(members).await;
                continue;
            }
            let Some(member) = members.pop() else { return };
            let Ticket { caller, command, options } = &member.ticket;
            let result = self.run(caller, command, options).await;
            member.ended(result);
        }
    }

    /// Runs several commands in one transaction, and tells each what became of it.
    async fn run_together<C: Shared>(&self, members: Vec<Member<C>>) {
        let mut answers: Vec<Option<C::Output>> = members.iter().map(|_| None).collect();
        let now = self.clock.now();
        let mut events = false;
        let ended = self
            .db
            .transaction_ending(async |conn: &mut Connection| {
                self.together_in(conn, now, &members, &mut answers, &mut events).await
            })
            .await;
        match &ended {
            Ok(()) if events => self.committed.notify_one(),
            Ok(()) | Err(Fault::Unknown | Fault::Busy { .. }) => {}
            Err(fault) => tracing::debug!(?fault, command = C::NAME, "what was written together is done one by one"),
        }
        for (member, answer) in members.into_iter().zip(answers) {
            match (&ended, answer) {
                (Ok(()), Some(output)) => member.ended(Ok(Outcome { output, replayed: false })),
                (Err(Fault::Unknown), Some(_)) => member.ended(Err(Fault::Unknown)),
                (Err(Fault::Busy { retry_after }), _) => member.ended(Err(Fault::Busy { retry_after: *retry_after })),
                _ => member.alone(),
            }
        }
    }

    async fn together_in<C: Shared>(
        &self,
        conn: &mut Connection,
        now: kernel::Instant,
        members: &[Member<C>],
        answers: &mut [Option<C::Output>],
        events: &mut bool,
    ) -> Result<End<()>, Fault<Infallible>> {
        let commands: Vec<&C> = members.iter().map(|member| &member.ticket.command).collect();
        let locked = C::lock_all(conn, &commands).await?;
        let mut decided = Vec::new();
        for ((member, locked), answer) in members.iter().zip(locked).zip(answers) {
            let Ticket { caller, command, options } = &member.ticket;
            let Some(locked) = locked else { continue };
            let mut sheet =
                Sheet { now, caller, sets: &self.sets, entry: None, events: Vec::new(), charges: Vec::new() };
            let Some((output, change)) = command.decide(&mut sheet, locked) else { continue };
            let Some((keeping, charges)) = sheet.kept(command, options, &output) else { continue };
            decided.push((keeping, charges, output, change, answer));
        }
        let charges: Vec<Charge> = decided.iter().flat_map(|(_, charges, ..)| charges).copied().collect();
        let mut room = Room::lock(conn, &charges).await?;
        let (mut changes, mut kept, mut charged) = (Vec::new(), Vec::new(), Vec::new());
        for (keeping, charges, output, change, answer) in decided {
            if !room.take(&charges) {
                continue;
            }
            *events |= !keeping.events.is_empty();
            changes.push(change);
            kept.push(keeping);
            charged.extend(charges);
            *answer = Some(output);
        }
        if kept.is_empty() {
            return Ok(End::RollBack(()));
        }
        let mut writes = C::write_all(&changes, now);
        if !charged.is_empty() {
            writes.push(Box::new(quota::uses(&charged)));
        }
        let closing = closing::write_together_and_commit(conn, now, &writes, &kept).await;
        closing.settle(conn, Fault::from).await?;
        Ok(End::Committed(()))
    }
}
