//! Idempotency keys (h03–h05): the key is written with the answer in the command's own transaction, so there is an answer
//! exactly when there was an effect.
//!
//! It is written last ([`super::closing`]) and looked for only where a command did not succeed. Of two that use a key at the
//! same time, the second meets what the first has done: a lock, a rule that now refuses, or at the latest the key's row. It is
//! undone then, finds the key, and gives the first one's answer. So the first use, which nearly every one is, writes one
//! row and asks nothing.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Command, KeyRule};
use crate::db::RunQueryDsl;
use crate::db::schema::idempotency_keys as k;
use crate::kernel::{Fault, Text};

/// The longest key, in characters.
pub const LONGEST_KEY: usize = 255;

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

/// A key with whoever uses it and what it stands for.
#[derive(Debug)]
pub struct Key<'a> {
    /// Whose it is: the same text is another key for another subject.
    pub subject: Uuid,
    /// The text.
    pub key: &'a str,
    /// The hash of the command's name and content.
    pub content: Vec<u8>,
}

impl<'a> Key<'a> {
    /// The key of a command.
    ///
    /// # Errors
    /// When the command cannot be serialised, which is a fault of ours.
    pub fn of<C: Command>(subject: Uuid, key: &'a str, command: &C) -> Result<Self, serde_json::Error> {
        Self::of_content::<C>(subject, key, command)
    }

    /// The key of a command that is not made yet, by what it will serialise to.
    ///
    /// # Errors
    /// As [`Key::of`].
    pub fn of_content<C: Command>(
        subject: Uuid,
        key: &'a str,
        content: &impl Serialize,
    ) -> Result<Self, serde_json::Error> {
        let mut hasher = Sha256::new();
        hasher.update(C::NAME);
        hasher.update([0]);
        hasher.update(serde_json::to_vec(content)?);
        Ok(Self { subject, key, content: hasher.finalize().to_vec() })
    }

    /// The answer that the key got, if it was used.
    ///
    /// # Errors
    /// [`Fault::KeyReused`] when it stands for other content; the database's fault.
    pub async fn answer<E>(&self, conn: &mut AsyncPgConnection) -> Result<Option<Value>, Fault<E>> {
        let found: Option<(Vec<u8>, Value)> = k::table
            .find((self.subject, self.key))
            .select((k::content_hash, k::answer))
            .first(conn)
            .await
            .optional()?;
        match found {
            Some((content, _)) if content != self.content => Err(Fault::KeyReused),
            found => Ok(found.map(|(_, answer)| answer)),
        }
    }
}
