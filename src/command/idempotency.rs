//! Idempotency keys (h03–h05): the key and the answer are written in the command's own transaction, so there is an
//! answer exactly when there was an effect. A second caller of the same key waits at the key's row for the first.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Command, KeyRule};
use crate::db::Prepare as _;
use crate::db::schema::idempotency_keys as k;
use crate::kernel::{Fault, Instant, Text};

/// The longest key, in characters.
pub const LONGEST_KEY: usize = 255;

/// What became of claiming a key.
pub enum Claim {
    /// It is new: run the command.
    New,
    /// It was used with the same content: here is the answer it got.
    Replay(Value),
}

/// Checks what was given as a key against what the command wants.
///
/// # Errors
/// [`Fault::BadInput`] for a missing, empty, overlong or unprintable key, and for a key where none is taken (h05).
pub fn check<C: Command>(key: Option<&str>) -> Result<(), Fault<C::Refusal>> {
    let bad = |en: &'static str, zh: &'static str| {
        Err(Fault::BadInput { field: "idempotent.key", message: Text::new(en, zh) })
    };
    match (key, C::KEY) {
        (None, KeyRule::Required) => bad(
            "Money moves here: add @idempotent(key: \"…\") with a key of your own, such as a UUID, and repeat it when you retry.",
            "该操作涉及资金:请添加 @idempotent(key: \"…\"),重试时使用同一个 key。",
        ),
        (Some(_), KeyRule::Unsupported) => {
            bad("This mutation takes no @idempotent key: remove it.", "该操作不支持 @idempotent,请去掉。")
        }
        (Some(key), _) if key.is_empty() || key.chars().count() > LONGEST_KEY || key.chars().any(char::is_control) => {
            bad(
                "The key of @idempotent is 1 to 255 printable characters.",
                "@idempotent 的 key 为 1 到 255 个可见字符。",
            )
        }
        _ => Ok(()),
    }
}

/// The content that a key stands for.
///
/// # Errors
/// When the command cannot be serialised, which is a fault of ours.
pub fn content_hash<C: Command>(command: &C) -> Result<Vec<u8>, serde_json::Error> {
    let mut hasher = Sha256::new();
    hasher.update(C::NAME);
    hasher.update([0]);
    hasher.update(serde_json::to_vec(command)?);
    Ok(hasher.finalize().to_vec())
}

/// Claims a key for this transaction, or finds the answer that it got.
///
/// # Errors
/// [`Fault::KeyReused`] when the key stands for other content; [`Fault::Busy`] when the first caller takes too long.
pub async fn claim<C: Command>(
    conn: &mut AsyncPgConnection,
    subject: Uuid,
    key: &str,
    content: &[u8],
    now: Instant,
) -> Result<Claim, Fault<C::Refusal>> {
    let claimed = diesel::insert_into(k::table)
        .values((
            k::subject_id.eq(subject),
            k::key.eq(key),
            k::command.eq(C::NAME),
            k::content_hash.eq(content),
            k::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if claimed == 1 {
        return Ok(Claim::New);
    }
    let (stored, answer): (Vec<u8>, Option<Value>) =
        k::table.find((subject, key)).select((k::content_hash, k::answer)).first(conn).await?;
    match answer {
        _ if stored != content => Err(Fault::KeyReused),
        Some(answer) => Ok(Claim::Replay(answer)),
        None => Err(Fault::internal("an idempotency key was committed without its answer")),
    }
}

/// Keeps the answer with the key.
///
/// # Errors
/// The database's fault.
pub async fn keep(
    mut conn: &AsyncPgConnection,
    subject: Uuid,
    key: &str,
    answer: &Value,
) -> Result<(), diesel::result::Error> {
    diesel::update(k::table.find((subject, key))).set(k::answer.eq(answer)).prepared().execute(&mut conn).await?;
    Ok(())
}
