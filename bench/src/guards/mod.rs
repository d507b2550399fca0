//! What a guard costs: by the core, by a plugin in this process, by one in a process of its own, beside a trait object and
//! WebAssembly. The same questions to all, every answer checked.

mod policy;
pub mod seats;
mod whole;

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use kith_plugin_host::{Config, Isolated};
use kith_plugin_loader::{Instance, OwnedAttr, OwnedRequest, OwnedValue, Request};

use crate::Failure;
use policy::{Answer, Decides, Policy, Question, questions};

/// A line of the table.
struct Line {
    who: String,
    nanoseconds: f64,
    aim: Option<f64>,
}

/// The middle of all batches, for one question, in ns.
fn middle(mut batches: Vec<f64>) -> f64 {
    batches.sort_by(f64::total_cmp);
    batches[batches.len() / 2]
}

/// Asks all questions once and compares, then measures batches of them.
fn time<Q>(
    who: &str,
    aim: Option<f64>,
    asked: &[Q],
    wanted: &[Answer],
    mut ask: impl FnMut(&Q) -> Answer,
) -> Result<Line, Failure> {
    for (at, (one, wanted)) in asked.iter().zip(wanted).enumerate() {
        let answer = ask(one);
        if answer != *wanted {
            return Err(format!("{who}: {answer:?} to question {at} in place of {wanted:?}").into());
        }
    }
    let batches = (0..201).map(|_| {
        let started = Instant::now();
        for one in asked {
            black_box(ask(black_box(one)));
        }
        started.elapsed().as_nanos() as f64 / asked.len() as f64
    });
    let line = Line { who: who.to_owned(), nanoseconds: middle(batches.collect()), aim };
    eprintln!("{who}: {:.1} ns", line.nanoseconds);
    Ok(line)
}

/// A question as the contract's request, with what owns it.
fn owned(question: &Question) -> OwnedRequest {
    let attr = |key: &str, value| OwnedAttr { key: key.to_owned(), value };
    OwnedRequest {
        tenant: "shop_01h455vb4pex5vsknk084sn02q".to_owned(),
        principal: "sub_01h455vb4pex5vsknk084sn02q".to_owned(),
        permission: "refund.approve".to_owned(),
        roles: vec!["finance".to_owned()],
        attrs: vec![
            attr("amount", OwnedValue::Money(question.amount, 156)),
            attr("local_minute", OwnedValue::I64(question.minute)),
        ],
        ..OwnedRequest::default()
    }
}

fn answer(verdict: &kith_plugin_loader::Verdict) -> Answer {
    match (verdict.allowed(), verdict.obligations().is_empty()) {
        (false, _) => Answer::No,
        (true, true) => Answer::Yes,
        (true, false) => Answer::WithSecond,
    }
}

/// Calls the library itself: a vtable call, with the answer checked.
fn in_process(instance: Instance, lines: &mut Vec<Line>, all: &[Question], wanted: &[Answer]) -> Result<(), Failure> {
    let owned: Vec<OwnedRequest> = all.iter().map(owned).collect();
    let instance = ArcSwap::from_pointee(instance);
    // Each request borrows from its owner for as long as the batch goes on.
    fn with_all<R>(
        owned: &[OwnedRequest],
        so_far: &mut Vec<Request<'_>>,
        done: &mut dyn FnMut(&[Request<'_>]) -> R,
    ) -> R {
        match owned.split_first() {
            None => done(so_far),
            Some((first, rest)) => first.with(|request| {
                let mut next: Vec<Request<'_>> = so_far.clone();
                next.push(*request);
                with_all(rest, &mut next, done)
            }),
        }
    }
    // Sixty-four are enough, and keep the nesting shallow.
    let few = owned.len().min(64);
    with_all(&owned[..few], &mut Vec::new(), &mut |requests| -> Result<(), Failure> {
        let held = instance.load();
        let ask = |request: &Request<'_>| answer(&held.authorize(request));
        lines.push(time("plugin in process: the call, with its answer checked", Some(25.0), requests, wanted, ask)?);
        let ask = |request: &Request<'_>| answer(&instance.load().authorize(request));
        lines.push(time("… behind `ArcSwap::load`", Some(25.0), requests, wanted, ask)?);
        Ok(())
    })
}

/// The middle time of a question that is asked by itself, and of one among 32.
async fn isolated(
    plugin: &Isolated,
    lines: &mut Vec<Line>,
    all: &[Question],
    wanted: &[Answer],
) -> Result<(), Failure> {
    let patience = Duration::from_secs(1);
    for (count, batches, who, aim) in [
        (1, 4_001, "plugin isolated: one question", None),
        (32, 1_001, "plugin isolated: one of 32 in a frame", Some(1_250.0)),
    ] {
        let mut times = Vec::new();
        for batch in 0..batches {
            let from = batch * count % (all.len() - count);
            let requests: Vec<OwnedRequest> = all[from..from + count].iter().map(owned).collect();
            let started = Instant::now();
            let verdicts = plugin.authorize_batch(requests, patience).await;
            times.push(started.elapsed().as_nanos() as f64 / count as f64);
            if verdicts.iter().map(answer).ne(wanted[from..from + count].iter().copied()) {
                return Err(format!("{who}: a wrong answer in batch {batch}").into());
            }
        }
        let line = Line { who: who.to_owned(), nanoseconds: middle(times), aim };
        eprintln!("{who}: {:.0} ns", line.nanoseconds);
        lines.push(line);
    }
    Ok(())
}

#[cfg(feature = "others")]
fn wasm(lines: &mut Vec<Line>, all: &[Question], wanted: &[Answer]) -> Result<(), Failure> {
    let engine = wasmtime::Engine::default();
    let module = wasmtime::Module::new(&engine, policy::WAT)?;
    let mut store = wasmtime::Store::new(&engine, ());
    let instance = wasmtime::Instance::new(&mut store, &module, &[])?;
    let decide = instance.get_typed_func::<(i64, i64), i32>(&mut store, "decide")?;
    lines.push(time("wasmtime: a warm typed call", None, all, wanted, |question| {
        match decide.call(&mut store, (question.amount, question.minute)) {
            Ok(1) => Answer::Yes,
            Ok(2) => Answer::WithSecond,
            _ => Answer::No,
        }
    })?);
    Ok(())
}

/// Compares, and prints a table.
pub async fn run(out: Option<&Path>) -> Result<(), Failure> {
    let folder = seats::Folder::new()?;
    let all = questions();
    let wanted: Vec<Answer> = all.iter().map(|question| Policy::default().answer(question)).collect();
    let mut lines = Vec::new();
    for line in crate::permissions::core()? {
        lines.push(Line { who: line.who.replace("Kith: ", "core: "), nanoseconds: line.nanoseconds, aim: line.aim });
    }
    let object: Box<dyn Decides> = black_box(Box::new(Policy::default()));
    let facts: Vec<policy::Facts> = all.iter().map(policy::Facts::of).collect();
    lines.push(time("a Rust trait object, the same decision", None, &facts, &wanted, |facts| object.decide(facts))?);
    in_process(folder.instance()?, &mut lines, &all, &wanted)?;
    #[cfg(feature = "others")]
    wasm(&mut lines, &all, &wanted)?;
    let config =
        Config { deadline: Duration::from_secs(1), hard_deadline: Duration::from_secs(2), ..Config::default() };
    let child = Isolated::start(config, folder.checked()?, "{}").await?;
    isolated(&child, &mut lines, &all, &wanted).await?;
    drop(child);
    whole::run(&folder, &mut lines, &all, &wanted).await?;

    let mut text = String::from("| median of one guard | ns | aim |\n|---|---|---|\n");
    for Line { who, nanoseconds, aim } in &lines {
        let aim =
            aim.map_or("–".to_owned(), |aim| format!("≤ {aim} {}", if *nanoseconds <= aim { "✓" } else { "✗" }));
        let figure = if *nanoseconds < 1e3 { format!("{nanoseconds:.1}") } else { format!("{nanoseconds:.0}") };
        writeln!(text, "| {who} | {figure} | {aim} |")?;
    }
    println!("{text}");
    if let Some(out) = out {
        std::fs::write(out, text)?;
    }
    Ok(())
}
