//! The whole way that a command of Kith takes: a question of an actor, the generation in use, the request with what the manifest
//! asks for, the plugin, its answer in the engine's words.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, TimeZone as _, Utc};
use kith::kernel::{Currency, Money};
use kith::permissions::Number;
use kith::permissions::arbiter::{Arbiters as _, Ask, InUse, Ruling, Said};
use kith::permissions::catalogue;
use kith::plugins::registry::Wanted;
use kith::plugins::{Plugins, Settings};

use super::policy::{Answer, Question};
use super::seats::Folder;
use super::{Line, middle};
use crate::Failure;
use crate::permissions::actor_of_somebody;

fn answer(ruling: &Ruling) -> Answer {
    match ruling.words.as_slice() {
        [word] if word.said == Said::Allow && word.limits.is_empty() => Answer::Yes,
        [word] if word.said == Said::Allow => Answer::WithSecond,
        _ => Answer::No,
    }
}

/// A generation with `risk-guard` behind `refund.approve`.
async fn generation(folder: &Folder, in_process: bool) -> Result<InUse, Failure> {
    folder.guard(in_process)?;
    let patient = Duration::from_secs(1);
    let plugins = Plugins::new(Settings { deadline: patient, hard_deadline: patient * 2, ..folder.settings() });
    plugins.look(Utc::now(), &[]).await;
    let wanted = Wanted {
        id: "bench-guard".to_owned(),
        seq: 1,
        previous: None,
        high_water: 1,
        installed: true,
        advises: Vec::new(),
    };
    if !plugins.follow(&[wanted], false).await {
        return Err(format!("the guard does not run: {:?}", plugins.faults()).into());
    }
    Ok(InUse::of(plugins.current()))
}

pub async fn run(folder: &Folder, lines: &mut Vec<Line>, all: &[Question], wanted: &[Answer]) -> Result<(), Failure> {
    let actor = Arc::new(actor_of_somebody());
    let midnight = Utc.with_ymd_and_hms(2026, 11, 20, 16, 0, 0).single().ok_or("no such moment")?;
    let permission: Number = catalogue::number("refund.approve");
    let ask = |question: &Question| {
        let amount = Money::new(question.amount, Currency::CNY);
        // The seat's clock is eight hours ahead.
        let now = midnight + TimeDelta::minutes(question.minute);
        Ask::of(&actor, &actor.seats[0], permission, Some(amount), now)
    };
    for (in_process, count, batches, who) in [
        (true, 1, 20_001, "Kith's whole way, in process: one question"),
        (true, 32, 2_001, "Kith's whole way, in process: one of 32"),
        (false, 1, 4_001, "Kith's whole way, isolated: one question"),
        (false, 32, 1_001, "Kith's whole way, isolated: one of 32"),
    ] {
        let generation = generation(folder, in_process).await?;
        let mut times = Vec::new();
        for batch in 0..batches {
            let from = batch * count % (all.len() - count);
            let started = Instant::now();
            let rulings = generation.rule(all[from..from + count].iter().map(&ask).collect()).await;
            times.push(started.elapsed().as_nanos() as f64 / count as f64);
            if rulings.iter().map(answer).ne(wanted[from..from + count].iter().copied()) {
                return Err(format!("{who}: a wrong answer in batch {batch}").into());
            }
        }
        let line = Line { who: who.to_owned(), nanoseconds: middle(times), aim: None };
        eprintln!("{who}: {:.0} ns", line.nanoseconds);
        lines.push(line);
    }
    Ok(())
}
