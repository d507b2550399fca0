//! Measures Kith beside the limit: the same questions, in turns, with wrk.

mod cases;
mod check;
mod guarded;
mod http;
pub mod paying;
mod report;
mod servers;

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::seed::connect;
use crate::world::World;
use cases::{Approval, Case, Question, Request};
use servers::Server;

/// What is measured, and how long.
#[derive(Args, Debug, Clone)]
pub struct Settings {
    /// The server of the databases, with {db} in the place of the name
    #[arg(long)]
    url: String,
    /// The seeded database
    #[arg(long, default_value = "bench")]
    reads: String,
    /// The seeded database with the refunds for Q4: every run of Q4 gets a copy
    #[arg(long, default_value = "bench_q4")]
    approvals: String,
    /// The program
    #[arg(long)]
    kith: PathBuf,
    /// Seconds of a run
    #[arg(long, default_value_t = 15)]
    seconds: u32,
    /// Seconds of warming up before it
    #[arg(long, default_value_t = 4)]
    warm: u32,
    /// Runs of each server
    #[arg(long, default_value_t = 2)]
    rounds: u32,
    /// Connections of wrk
    #[arg(long, default_value_t = 32)]
    clients: u32,
    /// Connections of a server to PostgreSQL
    #[arg(long, default_value_t = 16)]
    connections: u32,
    /// pgbench, for payments
    #[arg(long, default_value = "pgbench")]
    pgbench: PathBuf,
    /// Workloads to measure, such as "Q1" or "Q4 counted"; all when left out
    #[arg(long)]
    only: Vec<String>,
    /// Write the tables to a file as well
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What a run gave.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Run {
    pub per_second: f64,
    pub seconds: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Processor time of the server for a request, in µs.
    pub server_us: f64,
    /// Processor time of PostgreSQL for a request, in µs.
    pub database_us: f64,
    pub bytes: f64,
    /// Resident memory of the server after the run, and the most it was, in MB.
    pub memory: f64,
    pub most_memory: f64,
    /// Answers that were no success.
    pub failed: u64,
}

#[derive(Deserialize)]
struct Wrk {
    requests: u64,
    seconds: f64,
    bytes: u64,
    p50_us: f64,
    p99_us: f64,
    failed: u64,
}

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Limit,
    /// async-graphql and poem alone, from memory: what the framework allows.
    Framework,
    Kith,
}

struct Bench {
    settings: Settings,
    folder: PathBuf,
    postmaster: u32,
}

/// Measures Q1 to Q4 and reports.
pub async fn run(settings: Settings, world: World) -> Result<(), Failure> {
    reported(settings, async |bench| bench.measure(world).await).await
}

/// Measures payments of relatives and reports.
pub async fn pay(settings: Settings, world: World) -> Result<(), Failure> {
    reported(settings, async |bench| bench.paying(world).await).await
}

async fn reported(
    settings: Settings,
    measure: impl AsyncFnOnce(&Bench) -> Result<String, Failure>,
) -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("kith-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("load.lua"), include_str!("../../load.lua"))?;
    let client = connect(&url(&settings, "postgres")).await?;
    let backend: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await?.get(0);
    let postmaster = servers::parent(u32::try_from(backend)?);
    let bench = Bench { settings, folder: folder.clone(), postmaster };
    let measured = measure(&bench).await;
    if measured.is_ok() {
        fs::remove_dir_all(folder)?;
    }
    let text = measured?;
    println!("{text}");
    if let Some(out) = &bench.settings.out {
        fs::write(out, text)?;
    }
    Ok(())
}

fn url(settings: &Settings, database: &str) -> String {
    settings.url.replace("{db}", database)
}

fn to_kith(question: &Question) -> &Request {
    &question.kith
}

fn to_limit(question: &Question) -> &Request {
    &question.limit
}

impl Bench {
    fn wanted(&self, name: &str) -> bool {
        self.settings.only.is_empty() || self.settings.only.iter().any(|only| only == name)
    }

    async fn measure(&self, world: World) -> Result<String, Failure> {
        let mut report = report::Report::default();
        for case in [cases::q1(world), cases::q2(world), cases::q3(world)] {
            if self.wanted(case.name) {
                report.cases.push(self.reading(&case).await?);
            }
        }
        if self.wanted("Q4") || self.wanted("Q4 counted") || self.wanted("Q4 all rows") {
            for how in [Approval::Limited, Approval::Counted, Approval::All] {
                let client = connect(&url(&self.settings, &self.settings.approvals)).await?;
                let case = cases::q4(world, &client, how).await?;
                if self.wanted(case.name) {
                    report.cases.push(self.approving(world, &case, how).await?);
                }
            }
        }
        if self.wanted("growth") {
            for rows in [20, 100, 1000] {
                report.growth.push((rows, self.growing(world, rows).await?));
            }
        }
        let mut text = report.markdown(&self.settings);
        if self.wanted("guarded") {
            write!(text, "\n### Q3 with a plugin\n\n{}", self.guarded(world).await?)?;
        }
        if self.wanted("dropped") {
            write!(text, "\n### From a file to its codes\n\n{}", self.dropped(world).await?)?;
        }
        Ok(text)
    }

    /// A workload that changes nothing.
    async fn reading(&self, case: &Case) -> Result<report::Measured, Failure> {
        let client = connect(&url(&self.settings, &self.settings.reads)).await?;
        let mut measured = report::Measured::of(case);
        for round in 0..self.settings.rounds {
            for who in [Who::Limit, Who::Framework, Who::Kith] {
                let server = self.start(who, &self.settings.reads)?;
                let how = if who == Who::Limit { to_limit } else { to_kith };
                // What the framework says is of one shop only.
                if round == 0 && who != Who::Framework {
                    let step = (case.questions.len() / check::SAMPLE).max(1);
                    let sample: Vec<Question> = case.questions.iter().step_by(step).cloned().collect();
                    check::run(server.address, case, &client, how, &sample).await?;
                }
                let file = self.requests(case, how)?;
                let all = (1, case.questions.len());
                self.wrk(&server, &file, "any", all, self.settings.clients, self.settings.warm)?;
                let run = self.timed(&server, &file, "any", all, self.settings.clients, self.settings.seconds)?;
                measured.add(who, run);
            }
        }
        Ok(measured)
    }

    /// Q4: every run on a fresh copy of the database, each refund once.
    async fn approving(&self, world: World, case: &Case, how_asked: Approval) -> Result<report::Measured, Failure> {
        let mut measured = report::Measured::of(case);
        for round in 0..self.settings.rounds {
            for who in [Who::Limit, Who::Kith] {
                self.copy_of(&self.settings.approvals).await?;
                let server = self.start(who, "bench_run")?;
                let how = if who == Who::Kith { to_kith } else { to_limit };
                let client = connect(&url(&self.settings, "bench_run")).await?;
                let sample = &case.questions[..check::SAMPLE.min(case.questions.len())];
                if round == 0 {
                    if who == Who::Kith {
                        refused(world, &server, &sample[0])?;
                    }
                    check::run(server.address, case, &client, how, sample).await?;
                    if who == Who::Kith || how_asked == Approval::All {
                        written(&client, sample).await?;
                    }
                }
                let file = self.requests(case, how)?;
                // A fifth of what there is to approve is for warming up.
                let (first, count) = (sample.len() + 1, case.questions.len());
                let parted = first + (count - first) / 5;
                self.wrk(&server, &file, "once", (first, parted - 1), self.settings.clients, self.settings.warm)?;
                let before = approved(&client).await?;
                let range = (parted, count);
                let run = self.timed(&server, &file, "once", range, self.settings.clients, self.settings.seconds)?;
                let done = approved(&client).await? - before;
                let seen = run.per_second * run.seconds;
                if (done as f64) < seen * 0.999 - 100.0 {
                    return Err(format!("{}: {seen} answers, but {done} approvals", case.name).into());
                }
                measured.add(who, run);
            }
        }
        Ok(measured)
    }

    async fn growing(&self, world: World, rows: usize) -> Result<(Run, Run), Failure> {
        let case = cases::q2_rows(world, rows);
        let client = connect(&url(&self.settings, &self.settings.reads)).await?;
        let mut runs = [Run::default(); 2];
        for (at, who) in [Who::Limit, Who::Kith].into_iter().enumerate() {
            let server = self.start(who, &self.settings.reads)?;
            let how = if who == Who::Kith { to_kith } else { to_limit };
            check::run(server.address, &case, &client, how, &case.questions).await?;
            let file = self.requests(&case, how)?;
            let seconds = self.settings.seconds.min(5);
            self.wrk(&server, &file, "any", (1, 1), 1, 1)?;
            runs[at] = self.timed(&server, &file, "any", (1, 1), 1, seconds)?;
        }
        Ok((runs[0], runs[1]))
    }

    /// A fresh copy of a database for what writes, under the name `bench_run`.
    async fn copy_of(&self, from: &str) -> Result<(), Failure> {
        // Whoever is connected to a database keeps it from being copied.
        let client = connect(&url(&self.settings, "postgres")).await?;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 OR datname = 'bench_run'";
        client.execute(end, &[&from]).await?;
        client.batch_execute("DROP DATABASE IF EXISTS bench_run WITH (FORCE)").await?;
        // Copying files, where the default would write every page to the log; it ends with a checkpoint.
        client.batch_execute(&format!("CREATE DATABASE bench_run TEMPLATE {from} STRATEGY file_copy")).await?;
        Ok(())
    }

    fn start(&self, who: Who, database: &str) -> Result<Server, Failure> {
        let url = url(&self.settings, database);
        let connections = self.settings.connections.to_string();
        match who {
            Who::Limit => {
                let address: SocketAddr = "127.0.0.1:8601".parse()?;
                let mut command = servers::bound(&std::env::current_exe()?);
                command.args(["limit", "--database-url", &url, "--listen", &address.to_string()]);
                command.args(["--connections", &connections]);
                Server::start(command, address, &self.folder.join("limit.log"))
            }
            Who::Framework => {
                let address: SocketAddr = "127.0.0.1:8603".parse()?;
                let mut command = servers::bound(&std::env::current_exe()?);
                command.args(["framework", "--listen", &address.to_string()]);
                Server::start(command, address, &self.folder.join("framework.log"))
            }
            Who::Kith => {
                let address: SocketAddr = "127.0.0.1:8602".parse()?;
                let command = self.kith_command(database, address);
                Server::start(command, address, &self.folder.join("kith.log"))
            }
        }
    }

    /// Kith on a database, as an operator starts it.
    fn kith_command(&self, database: &str, address: SocketAddr) -> std::process::Command {
        let mut command = servers::bound(&self.settings.kith);
        let url = url(&self.settings, database);
        command.args(["serve", "--database-url", &url, "--listen", &address.to_string()]);
        command.env("KITH_DATABASE__MAX_CONNECTIONS", self.settings.connections.to_string()).current_dir(&self.folder);
        // Ten pages in one request cost more than the default lets one request cost.
        command.env("KITH_GRAPHQL__MAX_COST", "200000");
        command.env("KITH_SECRETS__KEY", "00".repeat(32));
        command
    }

    fn requests(&self, case: &Case, how: fn(&Question) -> &Request) -> Result<PathBuf, Failure> {
        let mut text = String::new();
        for Request { path, token, body } in case.questions.iter().map(how) {
            writeln!(text, "{path}\t{token}\t{body}")?;
        }
        let file = self.folder.join("requests");
        fs::write(&file, text)?;
        Ok(file)
    }

    fn wrk(
        &self,
        server: &Server,
        file: &Path,
        how: &str,
        (from, to): (usize, usize),
        clients: u32,
        seconds: u32,
    ) -> Result<Wrk, Failure> {
        // One thread: wrk lets the first one load a server while the second still reads its requests, and counts what was answered
        // meanwhile, but not how long that took.
        let output = servers::bound(Path::new("wrk"))
            .args(["--threads", "1", "--connections", &clients.to_string()])
            .args(["--duration", &format!("{seconds}s"), "--timeout", "10s", "--script"])
            .arg(self.folder.join("load.lua"))
            .arg(format!("http://{}", server.address))
            .arg("--")
            .arg(file)
            .args([how, &from.to_string(), &to.to_string()])
            .stderr(Stdio::inherit())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find(|line| line.starts_with('{'));
        Ok(serde_json::from_str(line.ok_or_else(|| format!("wrk said:\n{text}"))?)?)
    }

    /// A run of wrk with what the processes spent on it.
    fn timed(
        &self,
        server: &Server,
        file: &Path,
        how: &str,
        range: (usize, usize),
        clients: u32,
        seconds: u32,
    ) -> Result<Run, Failure> {
        let spent = || (servers::processor(server.pid()), servers::processor_with_children(self.postmaster));
        let before = spent();
        let wrk = self.wrk(server, file, how, range, clients, seconds)?;
        let after = spent();
        let requests = wrk.requests.max(1) as f64;
        let (memory, most_memory) = server.memory();
        let run = Run {
            per_second: requests / wrk.seconds,
            seconds: wrk.seconds,
            p50_ms: wrk.p50_us / 1e3,
            p99_ms: wrk.p99_us / 1e3,
            server_us: (after.0 - before.0) * 1e6 / requests,
            database_us: (after.1 - before.1) * 1e6 / requests,
            bytes: wrk.bytes as f64 / requests,
            memory,
            most_memory,
            failed: wrk.failed,
        };
        eprintln!("{} {run:?}", server.address);
        Ok(run)
    }
}

/// Somebody without the permission is refused, and nothing happens.
fn refused(world: World, server: &Server, question: &Question) -> Result<(), Failure> {
    let shop = cases::shop_of(world, question).ok_or("nobody's refund")?;
    let answer = http::send(server.address, &cases::denied(world, question, shop))?;
    if answer["errors"][0]["extensions"]["permission"] != "refund.approve" {
        return Err(format!("a manager was not refused: {answer}").into());
    }
    Ok(())
}

/// Every row that an approval writes is there.
async fn written(client: &tokio_postgres::Client, sample: &[Question]) -> Result<(), Failure> {
    for question in sample {
        let id = crate::ids::text("refund", question.about);
        let rows: i64 = client.query_one(cases::EVERY_ROW, &[&question.about, &id]).await?.get(0);
        if rows != 1 {
            return Err(format!("{rows} rows instead of one tell of the approval of {id}").into());
        }
    }
    Ok(())
}

async fn approved(client: &tokio_postgres::Client) -> Result<i64, Failure> {
    Ok(client.query_one("SELECT count(*) FROM refunds WHERE state = 'APPROVED'", &[]).await?.get(0))
}
