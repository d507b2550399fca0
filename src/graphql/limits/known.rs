//! Documents that were parsed before. Clients send the same few texts again and again, and parsing a point read takes longer than
//! executing it.
//!
//! Only what passed every limit is kept, so nothing large, and nothing that is no GraphQL. What depends on a request (variables, the
//! operation chosen, its cost) is measured anew each time. Reading takes no lock.
//!
//! A document remembers whether the schema's strict validation has passed it ([`Proof`]): see [`super::Checked::is_valid`].

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use async_graphql::parser::types::ExecutableDocument;

/// Documents kept. When they are that many, all are forgotten: those in use come back at once.
pub const MOST: usize = 256;
/// Bytes of text of one that is kept.
pub const LONGEST: usize = 4 * 1024;

/// A parsed document.
#[derive(Debug)]
pub struct Document {
    pub parsed: ExecutableDocument,
    /// Whether it was validated and found good, with variables as their types say.
    pub valid: AtomicBool,
}

impl Document {
    pub fn new(parsed: ExecutableDocument) -> Arc<Self> {
        Arc::new(Self { parsed, valid: AtomicBool::new(false) })
    }
}

/// The right to say that a document passed strict validation.
#[derive(Debug)]
pub struct Proof(pub(super) Arc<Document>);

impl Proof {
    /// It passed.
    pub fn give(self) {
        self.0.valid.store(true, Ordering::Relaxed);
    }
}

type Documents = HashMap<Box<str>, Arc<Document>>;

/// Parsed documents by their text.
#[derive(Debug, Default)]
pub struct Known(ArcSwap<Documents>);

impl Known {
    /// The document of this text, if it is kept.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<Arc<Document>> {
        self.0.load().get(text).cloned()
    }

    /// Keeps the document of this text, unless the text is too long.
    pub fn keep(&self, text: &str, document: &Arc<Document>) {
        if text.len() > LONGEST {
            return;
        }
        self.0.rcu(|known| {
            let mut next = if known.len() < MOST { Documents::clone(known) } else { Documents::new() };
            next.insert(text.into(), document.clone());
            next
        });
    }

    /// How many are kept.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load().len()
    }
}
