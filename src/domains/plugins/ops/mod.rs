//! The commands on plugins, one a file. Those of the folder have nobody behind them: the operating system let somebody write
//! there. All are on record in the platform's trail.

pub mod install;
pub mod let_go_on;
pub mod promote;
pub mod remove;
pub mod roll_back;

use serde_json::{Value, json};

use promote::{InUse, VersionRefusal};

use super::perms::PLUGIN_MANAGE;
use super::store::{self, Row};
use crate::command::{Chain, Entry, Event, Tx};
use crate::kernel::Fault;
use crate::permissions::Number;
use crate::permissions::codes::{self, Registered};
use crate::plugins::Release;

/// How every change of the release in use begins: by an operator, on a plugin that is locked and installed.
async fn installed(tx: &mut Tx<'_>, id: &str) -> Result<Row, Fault<VersionRefusal>> {
    tx.permit_platform(PLUGIN_MANAGE, &id.to_owned())?;
    let row = store::lock(tx.conn, id).await?.ok_or(Fault::NotFound { what: "plugin" })?;
    if row.is_installed() { Ok(row) } else { Err(Fault::Refused(VersionRefusal::NotInstalled)) }
}

/// How it ends: the codes are the release's, the release is in use, and it is on record. `previous` is what to go back to.
async fn use_release(
    tx: &mut Tx<'_>,
    (row, release): (&Row, &Release),
    previous: Option<i64>,
    topic: &'static str,
) -> Result<InUse, Fault<VersionRefusal>> {
    let registered = codes::register(tx.conn, &row.id, &release.codes, tx.now).await?;
    let registered = registered.map_err(VersionRefusal::Codes).map_err(Fault::Refused)?;
    store::use_release(tx.conn, release, previous, tx.now).await?;
    let version = release.version().to_owned();
    let detail = json!({
        "version": version, "release": release.seq(), "before": row.version,
        "digest": release.verified.digest.to_string(), "codes": codes_changed(&registered),
    });
    tx.record(entry(&row.id, Some(PLUGIN_MANAGE), detail));
    tx.emit(event(topic, &row.id, &version));
    Ok(InUse { id: row.id.clone(), seq: release.seq(), version })
}

/// The entry of what was done to a plugin.
fn entry(id: &str, permission: Option<Number>, detail: Value) -> Entry {
    Entry { chain: Chain::Platform, target: id.to_owned(), permission, grant: None, detail }
}

/// The event of it.
fn event(topic: &'static str, id: &str, version: &str) -> Event {
    Event { topic, shop: None, payload: json!({ "plugin": id, "version": version }) }
}

/// What became of its codes.
fn codes_changed(registered: &Registered) -> Value {
    json!({ "added": registered.added, "dormant": registered.dormant, "riskier": registered.riskier })
}
