//! `kith doctor`: one line for each check, with what to do about what is wrong.

use std::path::Path;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Args;
use diesel::sql_types::Timestamptz;

use super::{block_on, print};
use crate::app::{self, AppError};
use crate::config::{self, Config, Sources};
use crate::db::{Db, RunQueryDsl, migrate};
use crate::telemetry::redact::mask_url;

/// Clocks that differ by more than this make sessions and limits end at the wrong time.
const CLOCK_TOLERANCE_SECONDS: i64 = 5;
/// No clock that is right shows an earlier time.
const THIS_BINARY_IS_YOUNGER_THAN: i64 = 1_767_225_600;

/// Look for what is wrong with the settings, the port, the data folder and the database. Changes no data.
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 if everything is well, 1 if something is wrong, 2 if the settings cannot be read."
)]
pub(super) struct Doctor {
    /// Address and port that the server will listen on [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

/// The lines so far.
#[derive(Default)]
struct Findings {
    wrong: bool,
}

impl Findings {
    fn ok(&self, check: &str, text: &str) {
        print(&format!("ok    {check:<14} {text}\n"));
    }

    fn note(&self, check: &str, text: &str) {
        print(&format!("note  {check:<14} {text}\n"));
    }

    fn wrong(&mut self, check: &str, text: &str) {
        self.wrong = true;
        print(&format!("WRONG {check:<14} {}\n", text.replace(['\n', '\r'], " ")));
    }

    fn result(&mut self, check: &str, result: Result<String, String>) {
        match result {
            Ok(text) => self.ok(check, &text),
            Err(text) => self.wrong(check, &text),
        }
    }
}

impl Doctor {
    pub(super) fn run(self, mut sources: Sources) -> Result<ExitCode, AppError> {
        if let Some(address) = self.listen {
            sources.flags.push(("--listen", "server.listen", address.into()));
        }
        let mut findings = Findings::default();
        let config = match config::load(&sources) {
            Ok(config) => config,
            Err(error) => {
                findings.wrong("settings", &error.to_string());
                return Ok(ExitCode::from(2));
            }
        };
        findings.ok("settings", &format!("from {}", config.sources().join(", ")));
        for variable in config::stray_variables(&sources) {
            findings.note("settings", &format!("{variable} is not a setting; those are written KITH_<SECTION>__<KEY>"));
        }
        block_on(async {
            let listening = app::listen(&config).await;
            let port =
                listening.map(|_| format!("{} is free", config.server.listen)).map_err(|error| error.to_string());
            findings.result("port", port);
            clock(&mut findings);
            plugins(&mut findings, &config);
            match &config.database.url {
                Some(url) => {
                    findings.ok(
                        "database",
                        &format!("server {} ({})", mask_url(url.expose()), config.origin("database.url")),
                    );
                    database(&mut findings, &config).await;
                }
                None => folder(&mut findings, &config).await,
            }
            Ok(())
        })?;
        Ok(if findings.wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn clock(findings: &mut Findings) {
    let now = Utc::now();
    findings.result(
        "clock",
        if now.timestamp() > THIS_BINARY_IS_YOUNGER_THAN {
            Ok(now.format("%Y-%m-%d %H:%M:%S UTC").to_string())
        } else {
            Err(format!("says {now}, before this program was made; set the machine's clock"))
        },
    );
}

fn plugins(findings: &mut Findings, config: &Config) {
    let isolation = crate::plugins::check_isolation();
    let Some(settings) = app::service::plugin_settings(config) else {
        return match isolation {
            Ok(()) => findings.ok("plugins", "off (plugins.folder is not set); this kernel can isolate them"),
            Err(reason) => findings.note("plugins", &format!("off; this kernel cannot isolate them: {reason}")),
        };
    };
    if let Err(reason) = isolation {
        return findings.wrong("plugins", &format!("isolated plugins cannot run here: {reason}"));
    }
    // As the server reads them: files that others can write, or that are links, are none.
    let trust = settings.trust().map_err(|refused| format!("nobody is trusted, so no plugin runs: {refused}"));
    let found = trust
        .map(|(trust, _)| format!("{}, {} trusted publishers", settings.folder.display(), trust.publishers().len()));
    findings.result("plugins", found);
}

async fn folder(findings: &mut Findings, config: &Config) {
    let folder = &config.database.data_dir;
    findings.ok("database", &format!("embedded, in {} ({})", folder.display(), config.origin("database.data_dir")));
    if folder.join("postgres").exists() {
        findings.result("data folder", writable(folder));
        database(findings, config).await;
    } else {
        // Nothing is made that was not there: the nearest folder that exists has to let us.
        let parent = folder.ancestors().find(|f| f.exists()).filter(|f| !f.as_os_str().is_empty());
        let made = writable(parent.unwrap_or(Path::new("."))).map(|_| "will be made by the first start".to_owned());
        findings.result("data folder", made);
    }
}

fn writable(folder: &Path) -> Result<String, String> {
    let probe = folder.join(format!(".kith-doctor-{}", std::process::id()));
    let written = std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe));
    written.map(|()| "is writable".to_owned()).map_err(|error| {
        format!("{} cannot be written: {error}; change its owner, or choose another with --data-dir", folder.display())
    })
}

async fn database(findings: &mut Findings, config: &Config) {
    let opened = match app::database(config).await {
        Ok(opened) => opened,
        Err(error) => return findings.wrong("connection", &error.to_string()),
    };
    let db = &opened.db;
    match db.version().await {
        Ok(version) => findings.ok("connection", &format!("PostgreSQL {}.{}", version / 10_000, version % 10_000)),
        Err(fault) => findings.wrong("connection", &format!("{fault:?}")),
    }
    let migrations = match migrate::status(db).await {
        Ok(status) if !status.unknown.is_empty() => {
            Err(format!("a later version of Kith was here (steps {}); run that version", status.unknown.join(", ")))
        }
        Ok(status) if !status.pending.is_empty() => {
            Ok(format!("{} pending; the next `kith serve` or `kith migrate run` applies them", status.pending.len()))
        }
        Ok(status) => Ok(format!("all {} applied", status.applied.len())),
        Err(error) => Err(error.to_string()),
    };
    findings.result("migrations", migrations);
    if !opened.is_embedded() {
        findings.result("server clock", server_clock(db).await);
    }
    app::close(opened).await;
}

async fn server_clock(db: &Db) -> Result<String, String> {
    let mut conn = db.get::<std::convert::Infallible>().await.map_err(|fault| format!("{fault:?}"))?;
    let now = diesel::dsl::sql::<Timestamptz>("SELECT clock_timestamp()").get_result::<DateTime<Utc>>(&mut *conn).await;
    let ahead = now.map_err(|error| error.to_string())?.signed_duration_since(Utc::now()).num_seconds();
    if ahead.abs() > CLOCK_TOLERANCE_SECONDS {
        Err(format!("is {ahead} s ahead of this machine's; synchronise both (NTP)"))
    } else {
        Ok("agrees with this machine's".to_owned())
    }
}
