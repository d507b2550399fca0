//! Q3 with a plugin's word on what it reads, beside Q3 without, and the time from a file in the folder to its codes in use.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kith::plugins::sign::Claims;
use serde_json::{Value, json};

use super::cases::{self, Case, Question, Request, graphql};
use super::servers::Server;
use super::{Bench, Run, http, to_kith};
use crate::Failure;
use crate::guards::seats::{Folder, claims, yes};
use crate::ids::text;
use crate::world::{APPROVER, World};

/// What stands in the plugin folder of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plugin {
    /// Plugins are off.
    None,
    InProcess,
    Isolated,
}

const AUTHORIZE: &str = "$asked: [AuthorizeInput!]!";

/// Q3, and with it a decision on each of its rows: may the approver of the shop approve it? Asked by the main account.
fn each_row(world: World, q3: &Case, rows: &[Vec<i64>]) -> Case {
    let questions = q3.questions.iter().enumerate().map(|(shop, question)| {
        let body: Value = serde_json::from_str(&question.kith.body).unwrap_or_default();
        let query = body["query"].as_str().unwrap_or_default();
        let query = query.replacen("query($id: ID!)", &format!("query($id: ID!, {AUTHORIZE})"), 1);
        let query = match query.rfind('}') {
            Some(end) => format!("{} authorizeAll(inputs: $asked) {{ decision }} }}", &query[..end]),
            None => query,
        };
        let who = text("sub", world.sub_account(shop, APPROVER));
        let ask = |amount: &i64| {
            json!({ "subAccountId": who, "permission": "refund.approve",
                    "amount": { "amount": format!("{}.{:02}", amount / 100, amount % 100) } })
        };
        let asked: Vec<Value> = rows[shop].iter().map(ask).collect();
        let variables = json!({ "id": body["variables"]["id"], "asked": asked });
        let kith = graphql(world.token(shop, None), &query, &variables);
        Question { kith, ..question.clone() }
    });
    Case { name: "Q3 each row", what: "", aim: None, questions: questions.collect() }
}

impl Bench {
    /// Kith with a folder of plugins: `Server`, and what has to live as long.
    fn with_plugin(&self, plugin: Plugin, advises: &[&str]) -> Result<(Server, Option<Folder>), Failure> {
        if plugin == Plugin::None {
            return Ok((self.kith("bench_run", |_| ())?, None));
        }
        let folder = Folder::empty("plugins")?;
        let library = yes("bench", &["-DADVISER"])?;
        let claims = Claims { in_process: plugin == Plugin::InProcess, advises, ..claims("bench-yes") };
        let manifest = folder.sign(&library, &claims)?;
        folder.put("yes", &library, &manifest)?;
        let server = self.watching("bench_run", &folder)?;
        Ok((server, Some(folder)))
    }

    fn watching(&self, database: &str, folder: &Folder) -> Result<Server, Failure> {
        let trust = self.folder.join("trust.toml");
        fs::write(&trust, folder.trust())?;
        self.kith(database, |command| {
            command.env("KITH_PLUGINS__FOLDER", folder.path()).env("KITH_PLUGINS__TRUST_FILE", &trust);
            command.env("KITH_PLUGINS__LOCK_REQUIRED", "false");
        })
    }

    fn kith(&self, database: &str, more: impl FnOnce(&mut std::process::Command)) -> Result<Server, Failure> {
        let address: SocketAddr = "127.0.0.1:8602".parse()?;
        let mut command = self.kith_command(database, address);
        more(&mut command);
        Server::start(command, address, &self.folder.join("kith.log"))
    }

    /// Q3 without a plugin, with one in process and with an isolated one; then the same with a decision on each row.
    pub(super) async fn guarded(&self, world: World) -> Result<String, Failure> {
        let q3 = cases::q3(world);
        let client = super::connect(&super::url(&self.settings, &self.settings.reads)).await?;
        let mut rows = Vec::new();
        for question in &q3.questions {
            let newest = "SELECT amount_minor FROM refunds WHERE shop_id = $1 ORDER BY id DESC LIMIT 50";
            let found = client.query(newest, &[&question.about]).await?;
            rows.push(found.iter().map(|row| row.get(0)).collect::<Vec<i64>>());
        }
        drop(client);
        let each = each_row(world, &q3, &rows);
        let mean = rows.iter().map(Vec::len).sum::<usize>() as f64 / rows.len().max(1) as f64;
        let mut report = format!(
            "Rows a request: {mean:.0} on average. \"Behind the list\" is an adviser on `refund.read`, asked once for the list; \"on \
             each row\" is `authorizeAll` in the same request: a decision on `refund.approve` for each row, and an adviser behind it.\n\n\
             | | /s | share of the same without a plugin | p50 ms | p99 ms | server CPU µs |\n|---|---|---|---|---|---|\n"
        );
        for (case, about, advises) in
            [(&q3, "Q3, behind the list", &["refund.read"][..]), (&each, "Q3, on each row", &["refund.approve"][..])]
        {
            let mut without = 0.0;
            for (plugin, how) in
                [(Plugin::None, "no plugin"), (Plugin::InProcess, "in process"), (Plugin::Isolated, "isolated")]
            {
                self.copy_of(&self.settings.reads).await?;
                let (server, folder) = self.with_plugin(plugin, advises)?;
                checked(&server, case, &rows)?;
                let file = self.requests(case, to_kith)?;
                let all = (1, case.questions.len());
                self.wrk(&server, &file, "any", all, self.settings.clients, self.settings.warm)?;
                let run: Run = self.timed(&server, &file, "any", all, self.settings.clients, self.settings.seconds)?;
                if run.failed > 0 {
                    return Err(format!("{about}, {how}: {} requests failed", run.failed).into());
                }
                if plugin == Plugin::None {
                    without = run.per_second;
                }
                writeln!(
                    report,
                    "| **{about}**: {how} | {:.0} | {:.2} | {:.2} | {:.2} | {:.0} |",
                    run.per_second,
                    run.per_second / without,
                    run.p50_ms,
                    run.p99_ms,
                    run.server_us
                )?;
                drop((server, folder));
            }
        }
        Ok(report)
    }

    /// The time from the manifest's appearing in the folder of a running server to its codes on the permission page.
    pub(super) async fn dropped(&self, world: World) -> Result<String, Failure> {
        self.copy_of(&self.settings.reads).await?;
        let folder = Folder::empty("dropped")?;
        let server = self.watching("bench_run", &folder)?;
        let query = "{ permissionCatalog { family permissions { code } } }";
        let page = graphql(world.token(0, None), query, &json!({}));
        let shown =
            || -> Result<bool, Failure> { Ok(http::send(server.address, &page)?.to_string().contains("bench.use")) };
        let mut times = Vec::new();
        for round in 0..9 {
            let library = yes("bench", &[&format!("-DSALT={round}")])?;
            let claims = Claims { release_seq: round + 1, code_prefix: Some("bench"), ..claims("bench-print") };
            let manifest = folder.sign(&library, &claims)?;
            // At another moment of the server's quarter of a second each time.
            std::thread::sleep(Duration::from_millis(37 * round));
            let started = Instant::now();
            folder.put("print", &library, &manifest)?;
            wait(started, || shown())?;
            times.push(started.elapsed().as_secs_f64() * 1e3);
            folder.take_away("print")?;
            wait(Instant::now(), || Ok(!shown()?))?;
        }
        times.sort_by(f64::total_cmp);
        Ok(format!(
            "From the file in the folder to its codes on the permission page, an isolated service, {} times: **{:.0} ms** in the \
             middle, {:.0} ms at most (the folder is looked at every 250 ms; aim < 1 s {}).\n",
            times.len(),
            times[times.len() / 2],
            times[times.len() - 1],
            if times[times.len() - 1] < 1e3 { "✓" } else { "✗" },
        ))
    }
}

fn wait(since: Instant, is: impl Fn() -> Result<bool, Failure>) -> Result<(), Failure> {
    while !is()? {
        if since.elapsed() > Duration::from_secs(20) {
            return Err("the plugin folder is not followed".into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// The rows are there, and every one that was asked about has a decision.
fn checked(server: &Server, case: &Case, rows: &[Vec<i64>]) -> Result<(), Failure> {
    for (shop, question) in case.questions.iter().enumerate().step_by(97) {
        let answer: Value = http::send(server.address, &Request::clone(&question.kith))?;
        let edges = answer["data"]["shop"]["refunds"]["edges"].as_array().map_or(0, Vec::len);
        let decisions = answer["data"]["authorizeAll"].as_array().map(Vec::len);
        if edges != rows[shop].len() || decisions.is_some_and(|n| n != rows[shop].len()) || !answer["errors"].is_null()
        {
            return Err(format!("{}: a wrong answer: {answer}", case.name).into());
        }
    }
    Ok(())
}
