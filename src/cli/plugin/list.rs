//! `kith plugin list`

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Value, json};

use super::client::{Server, text};
use crate::app::AppError;

const AFTER_HELP: &str = "\
Examples:
  KITH_TOKEN=… kith plugin list
  KITH_TOKEN=… kith plugin list --json --url https://kith.example.com | jq '.plugins[].state'

What each is, its state on this server and its figures; the release in its shadow and how often they disagree; the files of the
plugin folder that are refused, and why.";

const QUERY: &str = "{ plugins {
    id name publisher state version releaseSeq previousReleaseSeq isolated generation advises
    figures { calls denials faults timeouts crashes p99Micros lastFailure }
    releases { releaseSeq version inUse }
    shadow { releaseSeq version compared disagreed skipped }
  } pluginFaults { file code message } }";

/// List the plugins of a running server.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct List {
    #[command(flatten)]
    server: Server,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(&self) -> Result<(), AppError> {
        let data = self.server.run("list", QUERY, json!({}))?;
        if self.json {
            super::print(&format!("{data:#}\n"));
            return Ok(());
        }
        let list = |key: &str| data[key].as_array().cloned().unwrap_or_default();
        let mut out = String::new();
        for plugin in list("plugins") {
            describe(&mut out, &plugin);
        }
        if out.is_empty() {
            out.push_str("no plugins\n");
        }
        for fault in list("pluginFaults") {
            // Writing to a String does not fail.
            let _ =
                writeln!(out, "REFUSED {} {}: {}", text(&fault["file"]), text(&fault["code"]), text(&fault["message"]));
        }
        super::print(&out);
        Ok(())
    }
}

/// One plugin in two or three lines.
pub(super) fn describe(out: &mut String, plugin: &Value) {
    let place = match plugin["isolated"].as_bool() {
        Some(true) => "isolated",
        Some(false) => "in process",
        None => "-",
    };
    let _ = writeln!(
        out,
        "{:<20} {:<13} {} (release {})  {place}  of {}",
        text(&plugin["id"]),
        text(&plugin["state"]),
        text(&plugin["version"]),
        plugin["releaseSeq"],
        text(&plugin["publisher"]),
    );
    let figures = &plugin["figures"];
    if figures.is_object() {
        let _ = writeln!(
            out,
            "    {} calls, {} denials, {} faults, {} timeouts, {} crashes, p99 {} µs",
            figures["calls"],
            figures["denials"],
            figures["faults"],
            figures["timeouts"],
            figures["crashes"],
            figures["p99Micros"]
        );
        let why = text(&figures["lastFailure"]);
        if !why.is_empty() {
            let _ = writeln!(out, "    last failure: {why}");
        }
    }
    let shadow = &plugin["shadow"];
    if shadow.is_object() {
        let _ = writeln!(
            out,
            "    in its shadow: {} (release {}), {} of {} answers differ",
            text(&shadow["version"]),
            shadow["releaseSeq"],
            shadow["disagreed"],
            shadow["compared"]
        );
    }
}
