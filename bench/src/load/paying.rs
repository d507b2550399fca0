//! Payments of relatives: `payWithIntimatePay` through GraphQL beside pgbench, which runs the same statements by hand
//! (`bench/pay/pay.sql`) on the same server, in turns. On one relation that everybody pays with, and on a thousand.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use kith::domains::accounts::password::{self, Cost};
use kith::domains::accounts::token::Token;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use super::cases::{Case, Question, Request, graphql};
use super::{Bench, Run, Settings, Who, servers, to_kith, url};
use crate::Failure;
use crate::ids::text;
use crate::seed::connect;
use crate::world::World;

/// Everybody's payment password.
const PASSWORD: &str = "135790";
const PAY: &str = "mutation($r: ID!, $o: ID!, $key: String!) { payWithIntimatePay(
    input: { intimatePayId: $r, orderId: $o, paymentPassword: \"135790\" }) @idempotent(key: $key) {
    purchase { id state amount { amount currency } } userErrors { code message } } }";

/// What is measured.
struct Workload {
    name: &'static str,
    relations: usize,
    /// Whether comparing the payment password costs what it costs (Argon2id, 19 MiB), or nothing to speak of.
    compares: bool,
}

const WORKLOADS: [Workload; 3] = [
    Workload { name: "one hot relation", relations: 1, compares: false },
    Workload { name: "1,000 relations", relations: 1_000, compares: false },
    Workload { name: "1,000 relations, passwords at full cost", relations: 1_000, compares: true },
];

/// The hash of the payment password, at what it costs by default.
pub async fn hash() -> Result<String, Failure> {
    password::hash(PASSWORD.to_owned()).await.map_err(|fault| format!("{fault:?}").into())
}

/// The hash of the payment password. What hashing costs is settled once in a process, so the dear one is another's.
async fn hash_for(workload: &Workload) -> Result<String, Failure> {
    if workload.compares {
        let output = Command::new(std::env::current_exe()?).arg("payment-password").output()?;
        return Ok(String::from_utf8(output.stdout)?.trim().to_owned());
    }
    password::configure(Cost { memory_kib: 8, passes: 1, lanes: 1, at_once: 2 });
    hash().await
}

impl Bench {
    /// Measures every workload in turns; gives the table.
    pub(super) async fn paying(&self, world: World) -> Result<String, Failure> {
        let Settings { clients, seconds, warm, rounds, connections, .. } = &self.settings;
        let mut table = format!(
            "wrk (one thread) and pgbench, {clients} connections each, {seconds} s after {warm} s of warm-up, {rounds} interleaved rounds; Kith \
             has {connections} connections to PostgreSQL.\n\n\
             | | pgbench /s | Kith /s | share | p50 ms | p99 ms | p99 ratio | Kith CPU µs a payment | PostgreSQL CPU µs |\n\
             |---|---|---|---|---|---|---|---|---|\n"
        );
        // Enough for the fastest that this could be.
        let orders = if world.shops > 1_000 { 150_000 } else { 30_000 };
        for workload in &WORKLOADS {
            let hash = hash_for(workload).await?;
            let (mut theirs, mut ours) = (Vec::new(), Vec::new());
            for _ in 0..*rounds {
                theirs.push(self.by_hand(workload, &hash, orders).await?);
                ours.push(self.by_kith(workload, &hash, orders).await?);
            }
            let mean = |runs: &[Run], of: fn(&Run) -> f64| runs.iter().map(of).sum::<f64>() / runs.len().max(1) as f64;
            let pair = |of: fn(&Run) -> f64| (mean(&theirs, of), mean(&ours, of));
            let ((tps, kps), (t50, k50), (t99, k99)) = (pair(|r| r.per_second), pair(|r| r.p50_ms), pair(|r| r.p99_ms));
            let (server, (td, kd)) = (mean(&ours, |r| r.server_us), pair(|r| r.database_us));
            writeln!(
                table,
                "| **{}** | {tps:.0} | {kps:.0} | **{:.2}** | {t50:.2} / {k50:.2} | {t99:.2} / {k99:.2} | {:.2} | {server:.0} | \
                 {td:.0} / {kd:.0} |",
                workload.name,
                kps / tps,
                k99 / t99,
            )?;
        }
        Ok(table)
    }

    /// A copy of the world with relations and orders; each payment is made once.
    async fn relatives(&self, workload: &Workload, hash: &str, orders: usize) -> Result<Client, Failure> {
        self.copy_of(&self.settings.reads).await?;
        let client = connect(&url(&self.settings, "bench_run")).await?;
        let seed = include_str!("../../pay/seed.sql")
            .replace("{relations}", &workload.relations.to_string())
            .replace("{orders}", &orders.to_string())
            .replace("{hash}", hash);
        client.batch_execute(&seed).await?;
        client.batch_execute("VACUUM ANALYZE").await?;
        client.batch_execute("CHECKPOINT").await?;
        Ok(client)
    }

    async fn by_hand(&self, workload: &Workload, hash: &str, orders: usize) -> Result<Run, Failure> {
        let client = self.relatives(workload, hash, orders).await?;
        let script = self.folder.join("pay.sql");
        fs::write(&script, include_str!("../../pay/pay.sql"))?;
        self.pgbench(&script, self.settings.warm, None)?;
        let log = self.folder.join("pgbench");
        let before = (paid(&client).await?, servers::processor_with_children(self.postmaster));
        self.pgbench(&script, self.settings.seconds, Some(&log))?;
        let spent = servers::processor_with_children(self.postmaster) - before.1;
        let mut took = self.latencies()?;
        let done = paid(&client).await? - before.0;
        if usize::try_from(done)? != took.len() || took.is_empty() {
            return Err(format!("pgbench: {} transactions, but {done} payments", took.len()).into());
        }
        took.sort_unstable();
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize] as f64 / 1e3;
        let run = Run {
            per_second: took.len() as f64 / f64::from(self.settings.seconds),
            seconds: f64::from(self.settings.seconds),
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            database_us: spent * 1e6 / took.len() as f64,
            ..Run::default()
        };
        eprintln!("pgbench, {}: {run:?}", workload.name);
        Ok(run)
    }

    /// Runs pgbench, which writes how long each transaction took to files whose names begin with `log`.
    fn pgbench(&self, script: &Path, seconds: u32, log: Option<&Path>) -> Result<(), Failure> {
        let mut command = servers::bound(&self.settings.pgbench);
        let clients = self.settings.clients;
        command.args(["--no-vacuum", "--protocol", "prepared", "--client", &clients.to_string()]);
        command.args(["--jobs", &clients.min(2).to_string(), "--time", &seconds.to_string(), "--file"]).arg(script);
        if let Some(log) = log {
            command.arg("--log").arg("--log-prefix").arg(log);
        }
        let output = command.arg(url(&self.settings, "bench_run")).current_dir(&self.folder).output()?;
        if !output.status.success() {
            return Err(format!("pgbench: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(())
    }

    /// How long each transaction took, in µs: the third column of pgbench's logs, which are removed.
    fn latencies(&self) -> Result<Vec<u64>, Failure> {
        let mut took = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pgbench.")) {
                for line in fs::read_to_string(&path)?.lines() {
                    took.push(line.split(' ').nth(2).ok_or("a line of pgbench's log that is none")?.parse()?);
                }
                fs::remove_file(path)?;
            }
        }
        Ok(took)
    }

    async fn by_kith(&self, workload: &Workload, hash: &str, orders: usize) -> Result<Run, Failure> {
        let client = self.relatives(workload, hash, orders).await?;
        let case = payments(&client).await?;
        let server = self.start(Who::Kith, "bench_run")?;
        let answer = super::http::send(server.address, &case.questions[0].kith)?;
        if answer["data"]["payWithIntimatePay"]["purchase"]["state"] != "PAID" {
            return Err(format!("not paid: {answer}").into());
        }
        let file = self.requests(&case, to_kith)?;
        // A fifth of the orders is for warming up.
        let (parted, count) = (1 + case.questions.len() / 5, case.questions.len());
        self.wrk(&server, &file, "once", (2, parted), self.settings.clients, self.settings.warm)?;
        let before = paid(&client).await?;
        let range = (parted + 1, count);
        let run = self.timed(&server, &file, "once", range, self.settings.clients, self.settings.seconds)?;
        let (done, seen) = (paid(&client).await? - before, run.per_second * run.seconds);
        if run.failed > 0 || (done as f64) < seen * 0.999 - 100.0 {
            return Err(format!("{}: {seen} answers, {} failed, {done} payments", workload.name, run.failed).into());
        }
        Ok(run)
    }
}

/// Opens a session for everybody who buys; gives the requests that pay every order.
async fn payments(client: &Client) -> Result<Case, Failure> {
    let mut tokens = std::collections::HashMap::new();
    let open = "INSERT INTO sessions (token_hash, id, account_id, client, created_at, expires_at)
        VALUES ($1, gen_random_uuid(), $2, 'WEB', now(), '2099-01-01')";
    for row in client.query("SELECT relative FROM bench_relations", &[]).await? {
        let (who, token): (Uuid, Token) = (row.get(0), Token::generate());
        client.execute(open, &[&token.hash().as_slice(), &who]).await?;
        tokens.insert(who, token.reveal().to_owned());
    }
    let rows = client.query("SELECT relation, order_id, relative FROM bench_pay ORDER BY n", &[]).await?;
    let questions = rows.iter().map(|row| {
        let (relation, order, relative): (Uuid, Uuid, Uuid) = (row.get(0), row.get(1), row.get(2));
        let id = text("order", order);
        let variables = json!({ "r": text("ipay", relation), "o": id, "key": id });
        let nothing = Request { path: String::new(), token: String::new(), body: String::new() };
        let kith = graphql(tokens.get(&relative).cloned().unwrap_or_default(), PAY, &variables);
        Question { kith, limit: nothing, about: order, rows: 1 }
    });
    Ok(Case { name: "payments", what: "a relative pays an order", aim: None, questions: questions.collect() })
}

/// How many payments were made, with everything that belongs to one.
async fn paid(client: &Client) -> Result<i64, Failure> {
    let query = "SELECT count(*) FROM intimate_uses u JOIN payments p ON p.id = u.payment_id AND p.state = 'CAPTURED'
        JOIN orders o ON o.id = u.order_id AND o.state = 'PAID' WHERE u.state = 'PAID'";
    Ok(client.query_one(query, &[]).await?.get(0))
}
