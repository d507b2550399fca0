//! Structured logs on standard error, so that standard output stays for what a command prints.

use std::io::IsTerminal as _;
use std::panic::PanicHookInfo;

use serde::Deserialize;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Dependencies that are chatty below `warn`; naming one in the level turns it up again.
const QUIET: &str = "wasmer=warn,wasmer_wasix=warn,virtual_fs=warn,cranelift_codegen=warn,h2=warn,hyper=warn,rustls=warn,\
                     tokio_postgres=warn,pglite_oxide=warn";

/// Reads a level such as `info` or `info,kith::db=debug`.
///
/// # Errors
/// What is wrong with it, in one line.
pub fn parse_level(level: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(format!("{QUIET},{level}")).map_err(|error| error.to_string().replace('\n', " "))
}

/// Starts logging for the whole process and sends panics there as well. A second call changes nothing.
///
/// # Errors
/// The level is not one; see [`parse_level`].
pub fn init(format: Format, level: &str) -> Result<(), String> {
    let filter = parse_level(level)?;
    // Colours are for eyes: a file or a pipe gets none, nor does who sets NO_COLOR (https://no-color.org).
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
    let lines = match format {
        Format::Text => lines.with_target(false).boxed(),
        Format::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
    };
    // Only the first subscriber of a process counts; tests start several servers in one.
    if tracing_subscriber::registry().with(lines.with_filter(filter)).try_init().is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
    Ok(())
}

/// A panic is a fault of ours: its place and message go to the log and nowhere else.
fn log_panic(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
    tracing::error!(target: "kith::panic", %message, %place, %thread, "panic");
}
