//! One permission decision, by Kith and by others, on the same questions; every answer is checked.

mod ours;
mod questions;
#[cfg(feature = "others")]
mod theirs;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use crate::Failure;
pub use ours::{actor_of_somebody, core};
use questions::Question;

/// A line of the table.
pub struct Line {
    pub who: &'static str,
    pub nanoseconds: f64,
    pub aim: Option<f64>,
}

/// The median over batches of what one question takes, in ns. Every answer of the first batch is checked.
fn time<Q>(
    who: &'static str,
    aim: Option<f64>,
    (questions, asked): (&[Question], &[Q]),
    batches: usize,
    mut ask: impl FnMut(&Q) -> bool,
) -> Result<Line, Failure> {
    for (question, asked) in questions.iter().zip(asked) {
        if ask(asked) != questions::answer(question) {
            return Err(format!("{who}: a wrong answer to {question:?}").into());
        }
    }
    let mut medians: Vec<f64> = (0..batches)
        .map(|_| {
            let started = Instant::now();
            let mut yes = 0_usize;
            for asked in asked {
                yes += usize::from(ask(std::hint::black_box(asked)));
            }
            std::hint::black_box(yes);
            started.elapsed().as_nanos() as f64 / asked.len() as f64
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    let line = Line { who, nanoseconds: medians[medians.len() / 2], aim };
    eprintln!("{who}: {:.1} ns", line.nanoseconds);
    Ok(line)
}

/// Compares, and prints a table.
pub async fn run(out: Option<&Path>, quick: bool) -> Result<(), Failure> {
    let ours = ours::run()?;
    #[cfg(feature = "others")]
    let theirs = theirs::run(quick).await?;
    #[cfg(not(feature = "others"))]
    let theirs: Vec<Line> = {
        eprintln!("without the others, quick or not ({quick}): build with the feature");
        Vec::new()
    };
    let lines: Vec<Line> = ours.into_iter().chain(theirs).collect();
    let mut text = String::from("| median of one decision | ns | aim |\n|---|---|---|\n");
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
