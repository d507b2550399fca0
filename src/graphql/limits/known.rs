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
const MOST: usize = 256;
/// Bytes of text of one that is kept.
const LONGEST: usize = 4 * 1024;

/// A parsed document.
#[derive(Debug)]
pub(super) struct Document {
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
pub(super) struct Known(ArcSwap<Documents>);

impl Known {
    pub fn get(&self, text: &str) -> Option<Arc<Document>> {
        self.0.load().get(text).cloned()
    }

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
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn h25_what_is_kept_is_bounded() {
        let known = Known::default();
        let document = Document::new(parse_query("{ a }").unwrap());
        for i in 0..2_000 {
            known.keep(&format!("{{ a{i} }}"), &document);
            assert!(known.0.load().len() <= MOST);
            assert!(known.get(&format!("{{ a{i} }}")).is_some());
        }
        let long = "a".repeat(LONGEST + 1);
        known.keep(&long, &document);
        assert!(known.get(&long).is_none());
    }
}
