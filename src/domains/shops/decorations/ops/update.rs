//! `updateDecoration`: one version more, upon the one that was looked at.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::store::{self, Decoration};
use crate::command::{Command, Tx};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::ShopId;
use crate::kernel::{Fault, Text};
use crate::permissions::WholeShop;
use crate::permissions::catalogue::number;

/// Bytes of a document.
const LONGEST: usize = 32 * 1024;
/// Levels of a document.
const DEEPEST: usize = 16;

/// Changes what a shop's pages look like.
#[derive(Debug, Serialize)]
pub struct UpdateDecoration {
    /// The shop.
    pub shop: ShopId,
    /// The version that it is made upon; 0 for the first.
    pub upon: i32,
    /// The document.
    pub document: Value,
}

/// The new version.
#[derive(Debug, Serialize, Deserialize)]
pub struct Updated {
    /// Its number.
    pub version: i32,
}

/// Why nothing is changed.
#[derive(Debug)]
pub enum UpdateRefusal {
    /// Somebody made a version meanwhile.
    Conflict {
        /// The newest.
        newest: i32,
    },
    /// It is no object, too long, or too deep.
    Document,
}

impl Refusal for UpdateRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "VERSION_CONFLICT",
            Self::Document => "DOCUMENT_INVALID",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::Conflict { .. } => &["upon"],
            Self::Document => &["document"],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::Conflict { newest } => Text::made(
                format!("The newest version is {newest}. Look at it, and make yours upon it."),
                format!("当前最新版本为 {newest},请基于最新版本修改。"),
            ),
            Self::Document => Text::new(
                "A decoration is a JSON object of 32 KiB and 16 levels at most.",
                "装修内容须为 JSON 对象,不超过 32 KiB、16 层。",
            ),
        }
    }
}

impl Command for UpdateDecoration {
    const NAME: &'static str = "updateDecoration";
    type Output = Updated;
    type Refusal = UpdateRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Updated, Fault<UpdateRefusal>> {
        let permit = tx.permit(const { number("decoration.update") }, Some(WholeShop(self.shop))).await?;
        let length = serde_json::to_vec(&self.document).map_err(Fault::internal)?.len();
        if !self.document.is_object() || length > LONGEST || depth(&self.document) > DEEPEST {
            return Err(Fault::Refused(UpdateRefusal::Document));
        }
        let newest = store::get(tx.conn, self.shop, None).await?.map_or(0, |found| found.version);
        let new = Decoration {
            version: newest + 1,
            document: self.document.clone(),
            changed_by: permit.seat.name.clone(),
            changed_at: tx.now,
        };
        if self.upon != newest || !store::insert(tx.conn, self.shop, &new).await? {
            return Err(Fault::Refused(UpdateRefusal::Conflict { newest }));
        }
        tx.record_under(&permit, &self.shop, json!({ "version": new.version, "bytes": length }));
        Ok(Updated { version: new.version })
    }
}

/// Levels of a value. It was read by a parser that stops at 128.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
