//! The tables.

use std::fmt::Write as _;

use super::cases::Case;
use super::{Run, Settings, Who};

/// A workload with its runs: the limit's and Kith's.
pub struct Measured {
    name: &'static str,
    what: &'static str,
    aim: Option<f64>,
    limit: Vec<Run>,
    framework: Vec<Run>,
    kith: Vec<Run>,
}

impl Measured {
    pub fn of(case: &Case) -> Self {
        Self {
            name: case.name,
            what: case.what,
            aim: case.aim,
            limit: Vec::new(),
            framework: Vec::new(),
            kith: Vec::new(),
        }
    }

    pub fn add(&mut self, who: Who, run: Run) {
        match who {
            Who::Limit => self.limit.push(run),
            Who::Framework => self.framework.push(run),
            Who::Kith => self.kith.push(run),
        }
    }
}

#[derive(Default)]
pub struct Report {
    pub cases: Vec<Measured>,
    pub growth: Vec<(usize, (Run, Run))>,
}

fn mean(runs: &[Run], of: fn(&Run) -> f64) -> f64 {
    runs.iter().map(of).sum::<f64>() / runs.len().max(1) as f64
}

fn most(runs: &[Run], of: fn(&Run) -> f64) -> f64 {
    runs.iter().map(of).fold(0.0, f64::max)
}

/// Whether an aim is reached, as a mark.
fn mark(reached: bool) -> &'static str {
    if reached { "✓" } else { "✗" }
}

impl Report {
    pub fn markdown(&self, settings: &Settings) -> String {
        let mut text = String::new();
        let _ = self.write(&mut text, settings);
        text
    }

    fn write(&self, text: &mut String, settings: &Settings) -> std::fmt::Result {
        if !self.cases.is_empty() {
            writeln!(
                text,
                "wrk (one thread), {} connections, {} s after {} s of warm-up, {} interleaved rounds, {} connections to PostgreSQL each.\n",
                settings.clients, settings.seconds, settings.warm, settings.rounds, settings.connections
            )?;
            writeln!(text, "| | limit A /s | Kith /s | share | aim | p50 ms | p99 ms | p99 ratio (aim ≤ 2) |")?;
            writeln!(text, "|---|---|---|---|---|---|---|---|")?;
            for case in &self.cases {
                let (limit, kith) = (mean(&case.limit, |r| r.per_second), mean(&case.kith, |r| r.per_second));
                let aim = case.aim.map_or("–".to_owned(), |aim| format!("≥ {aim} {}", mark(kith / limit >= aim)));
                let (l50, k50) = (mean(&case.limit, |r| r.p50_ms), mean(&case.kith, |r| r.p50_ms));
                let (l99, k99) = (mean(&case.limit, |r| r.p99_ms), mean(&case.kith, |r| r.p99_ms));
                writeln!(
                    text,
                    "| **{}** | {limit:.0} | {kith:.0} | **{:.2}** | {aim} | {l50:.2} / {k50:.2} | {l99:.2} / {k99:.2} | {:.2} {} |",
                    case.name,
                    kith / limit,
                    k99 / l99,
                    mark(k99 <= 2.0 * l99),
                )?;
            }
            writeln!(text, "\nPairs are limit A / Kith.")?;
            for case in &self.cases {
                writeln!(text, "- **{}**: {}", case.name, case.what)?;
            }
            let alone: Vec<_> = self.cases.iter().filter(|case| !case.framework.is_empty()).collect();
            if !alone.is_empty() {
                writeln!(
                    text,
                    "\nThe framework alone (async-graphql and poem, the same documents, answers from memory):\n"
                )?;
                writeln!(text, "| | /s | share of limit A | server CPU µs a request | bytes |")?;
                writeln!(text, "|---|---|---|---|---|")?;
            }
            for case in alone {
                let of = |of: fn(&Run) -> f64| mean(&case.framework, of);
                let share = of(|r| r.per_second) / mean(&case.limit, |r| r.per_second);
                let (name, rate, cpu) = (case.name, of(|r| r.per_second), of(|r| r.server_us));
                writeln!(text, "| **{name}** | {rate:.0} | {share:.2} | {cpu:.0} | {:.0} |", of(|r| r.bytes))?;
            }
            writeln!(
                text,
                "\n| | server CPU µs a request | PostgreSQL CPU µs a request | requests per CPU-second of both | bytes | \
                 resident MB (most) | not answered well |"
            )?;
            writeln!(text, "|---|---|---|---|---|---|---|")?;
            for case in &self.cases {
                let pair = |of: fn(&Run) -> f64| (mean(&case.limit, of), mean(&case.kith, of));
                let (ls, ks) = pair(|r| r.server_us);
                let (ld, kd) = pair(|r| r.database_us);
                let (lb, kb) = pair(|r| r.bytes);
                let failed: u64 = case.limit.iter().chain(&case.kith).map(|r| r.failed).sum();
                writeln!(
                    text,
                    "| **{}** | {ls:.0} / {ks:.0} | {ld:.0} / {kd:.0} | {:.0} / {:.0} | {lb:.0} / {kb:.0} | \
                     {:.0} ({:.0}) / {:.0} ({:.0}) | {failed} |",
                    case.name,
                    1e6 / (ls + ld),
                    1e6 / (ks + kd),
                    most(&case.limit, |r| r.memory),
                    most(&case.limit, |r| r.most_memory),
                    most(&case.kith, |r| r.memory),
                    most(&case.kith, |r| r.most_memory),
                )?;
            }
            let memory = self.cases.iter().map(|case| most(&case.kith, |r| r.most_memory)).fold(0.0, f64::max);
            writeln!(text, "\nMost resident memory of Kith: {memory:.0} MB (aim < 100 {}).", mark(memory < 100.0))?;
        }
        if let Some((first, (limit, kith))) = self.growth.first() {
            writeln!(text, "\nQ2 with more rows, one connection, ms a request:\n")?;
            writeln!(text, "| rows | limit A | Kith | share | Kith: times the rows | Kith: times the time |")?;
            writeln!(text, "|---|---|---|---|---|---|")?;
            let _ = limit;
            for (rows, (l, k)) in &self.growth {
                let (more, longer) = (*rows as f64 / *first as f64, kith.per_second / k.per_second);
                writeln!(
                    text,
                    "| {rows} | {:.2} | {:.2} | {:.2} | {more:.0} | {longer:.1} {} |",
                    1e3 / l.per_second,
                    1e3 / k.per_second,
                    k.per_second / l.per_second,
                    mark(longer <= more * 1.05),
                )?;
            }
        }
        Ok(())
    }
}
