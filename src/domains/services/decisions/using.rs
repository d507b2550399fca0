//! A service goes ahead: the same decision as asking gets, made by the command door, which counts the use.

use std::sync::Arc;

use chrono_tz::Tz;
use sha2::{Digest, Sha256};

use super::decide::{Known, decision, engine, facts_of};
use super::model::{Decision, Question};
use super::ops::use_permission::UsePermission;
use crate::command::{Caller, Options, idempotency};
use crate::graphql::command::blameless;
use crate::graphql::context::RequestContext;
use crate::kernel::ids::{SessionId, TypedId};
use crate::kernel::{Fault, Money, Subject};
use crate::permissions::arbiter::Ask;
use crate::permissions::bits::Bits;
use crate::permissions::{Actor, Seat, ServiceCaller};
use crate::providers::keys::hex;

/// Uses a permission for a service. Who is no service gets the answer of what does not exist.
///
/// # Errors
/// What stands in the way of deciding at all: the database's fault, a key that was used for something else.
pub async fn use_permission(
    request: &RequestContext,
    question: &Question,
    options: Options,
) -> Result<Decision, Fault> {
    let Some(service) = &request.service else { return Ok(Decision::unknown()) };
    idempotency::check::<UsePermission>(options.key.as_deref()).map_err(blameless)?;
    let options = Options { key: options.key.map(|key| own_key(&service.service, &key)), ..options };
    let known = {
        let mut conn = request.conn().await?;
        engine(&mut conn, request, std::slice::from_ref(question)).await?.pop()
    };
    let mut known = match known {
        Some(Ok(known)) => known,
        Some(Err(refused)) => return Ok(refused),
        None => return Ok(Decision::unknown()),
    };
    let actor = Arc::new(actor(request, service, &known));
    let facts = facts_of(question);
    let amount = known.question.intended.amount.map(|minor| Money::new(minor, known.question.currency));
    // The plugin is asked with no connection in hand; the door asks again only if something changed meanwhile. What the engine
    // refuses goes to the door all the same: it may be the retry of what was done, and a denial belongs on record.
    let ruling = match actor.seats.first() {
        Some(seat) if known.answer.allowed => {
            let mut ask = Ask::of(&actor, seat, known.entry.number, amount, request.now).with(facts.clone());
            (ask.request_id, ask.dry_run) = (request.caller.origin.request_id, options.dry_run);
            actor.arbiter.rule_one(ask).await
        }
        _ => None,
    };
    let command = UsePermission {
        shop: known.row.shop(),
        permission: known.entry.number,
        resource: question.resource.clone(),
        amount,
        facts,
        service: service.service.clone(),
        token: service.token,
        ruling: ruling.clone(),
    };
    let caller = Caller { actor: Some(actor), origin: request.caller.origin.clone() };
    match request.door.execute(caller, command, options).await {
        Ok(_) => {
            (known.answer.allowed, known.answer.denial, known.answer.change) = (true, None, None);
            known.answer.second_approver = false;
            Ok(decision(known, ruling.as_ref()))
        }
        Err(Fault::Denied(denial)) => {
            let mut decided = decision(known, None);
            (decided.allowed, decided.reason, decided.message) = (false, Some(denial.reason), denial.message.clone());
            decided.obligations.clear();
            if let Some(explanation) = &mut decided.explanation {
                (explanation.allowed, explanation.denial) = (false, Some(*denial));
            }
            Ok(decided)
        }
        Err(Fault::NotFound { .. }) => Ok(Decision::unknown()),
        Err(fault) => Err(blameless(fault)),
    }
}

/// The key of one service: the command is the sub-account's, and several services act for it.
fn own_key(service: &str, key: &str) -> String {
    // Hashed: with the service in front, a long key would be longer than keys may be.
    format!("{service}:{}", hex(&Sha256::digest(key.as_bytes()).into()))
}

/// The sub-account, acting through the service: what it holds, and no more.
fn actor(request: &RequestContext, service: &ServiceCaller, known: &Known) -> Actor {
    let row = &known.row;
    let seat = Seat {
        shop: row.shop(),
        sub_account: Some(row.id()),
        name: row.name.clone(),
        rank: row.rank,
        zone: row.zone.parse::<Tz>().unwrap_or(Tz::UTC),
        currency: known.question.currency,
        set: Arc::clone(&known.set),
        opened: None,
    };
    Actor {
        // No log-in: the token stands in its place, so that what was done with it can be found.
        session: SessionId::from_uuid(service.token.uuid()),
        subject: Subject::SubAccount { shop: row.shop(), id: row.id() },
        login: row.name.clone(),
        client: "SERVICE".to_owned(),
        stepped_up_at: None,
        restricted: false,
        seats: vec![seat],
        platform: Bits::default(),
        arbiter: request.arbiter.clone(),
    }
}
