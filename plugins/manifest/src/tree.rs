//! The permissions a plugin brings. Checked before a seller sees one of them, and bound to the signature by a digest
//! that does not depend on the order in which the library tells them.

use sha2::{Digest as _, Sha256};

use crate::manifest::Digest;
use crate::names::{code_within, valid_code};

/// One permission as a library tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The code.
    pub code: String,
    /// The position, in the order told, of the node that this one stands under. It may come later.
    pub parent: Option<u32>,
    /// How much harm it can do; the host's own scale.
    pub risk: u32,
    /// The host's own flags.
    pub flags: u32,
    /// English.
    pub title_en: String,
    /// Chinese.
    pub title_zh: String,
    /// What holding it allows.
    pub help: String,
}

/// How much a tree may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Nodes.
    pub nodes: usize,
    /// Levels.
    pub depth: usize,
    /// Bytes of a title.
    pub title: usize,
    /// Bytes of a help text.
    pub help: usize,
}

impl Limits {
    /// What the server allows.
    pub const STANDARD: Self = Self { nodes: 512, depth: 8, title: 200, help: 2000 };
}

/// Why a tree is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeRefusal {
    /// More nodes than allowed.
    #[error("TREE_TOO_MANY: {0} permissions, at most {1}; split the plugin")]
    TooMany(usize, usize),
    /// Nodes, though the manifest gives no prefix for them, or none though it does.
    #[error("TREE_ROLE: the manifest's role and the permissions told do not fit; set code_prefix when there are any")]
    Role,
    /// A code that is not well formed.
    #[error("TREE_CODE: {0:?} is no permission code; use parts of a-z, 0-9 and _ joined by dots")]
    Code(String),
    /// A code outside the plugin's prefix.
    #[error("TREE_FOREIGN: {0:?} is outside the plugin's prefix {1:?}; rename it")]
    Foreign(String, String),
    /// The same code twice.
    #[error("TREE_DOUBLED: {0:?} stands there twice; remove one")]
    Doubled(String),
    /// A parent that is not there.
    #[error("TREE_PARENT: {0:?} stands under a node that is not there")]
    Parent(String),
    /// A node that stands under itself.
    #[error("TREE_CYCLE: {0:?} stands under itself")]
    Cycle(String),
    /// More levels than allowed.
    #[error("TREE_TOO_DEEP: {0:?} stands deeper than {1} levels")]
    TooDeep(String, usize),
    /// A title or text that is empty, too long, or holds control or direction-changing characters.
    #[error("TREE_TEXT: {1} of {0:?} is empty, over {2} bytes, or holds control characters")]
    Text(String, &'static str, usize),
}

impl TreeRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooMany(..) => "TREE_TOO_MANY",
            Self::Role => "TREE_ROLE",
            Self::Code(_) => "TREE_CODE",
            Self::Foreign(..) => "TREE_FOREIGN",
            Self::Doubled(_) => "TREE_DOUBLED",
            Self::Parent(_) => "TREE_PARENT",
            Self::Cycle(_) => "TREE_CYCLE",
            Self::TooDeep(..) => "TREE_TOO_DEEP",
            Self::Text(..) => "TREE_TEXT",
        }
    }
}

/// A tree that holds the rules. Its nodes stand in the order told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Checks nodes against a prefix (`None`: an adviser without codes of its own) and limits.
    pub fn check(nodes: Vec<Node>, prefix: Option<&str>, limits: Limits) -> Result<Self, TreeRefusal> {
        if nodes.len() > limits.nodes {
            return Err(TreeRefusal::TooMany(nodes.len(), limits.nodes));
        }
        if nodes.is_empty() != prefix.is_none() {
            return Err(TreeRefusal::Role);
        }
        let mut seen = std::collections::HashSet::new();
        for node in &nodes {
            if !valid_code(&node.code) {
                return Err(TreeRefusal::Code(node.code.chars().take(96).collect()));
            }
            if let Some(prefix) = prefix
                && !code_within(&node.code, prefix)
            {
                return Err(TreeRefusal::Foreign(node.code.clone(), prefix.to_owned()));
            }
            if !seen.insert(node.code.as_str()) {
                return Err(TreeRefusal::Doubled(node.code.clone()));
            }
            text(node, "title_en", &node.title_en, 1, limits.title)?;
            text(node, "title_zh", &node.title_zh, 1, limits.title)?;
            text(node, "help", &node.help, 0, limits.help)?;
        }
        for node in &nodes {
            ancestry(&nodes, node, limits.depth)?;
        }
        Ok(Self { nodes })
    }

    /// The nodes.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The parent's code of a node.
    #[must_use]
    pub fn parent(&self, node: &Node) -> Option<&str> {
        node.parent.and_then(|p| self.nodes.get(p as usize)).map(|p| p.code.as_str())
    }

    /// The digest that the manifest signs: over the nodes in the order of their codes, each text with its length before
    /// it, parents by code.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut sorted: Vec<&Node> = self.nodes.iter().collect();
        sorted.sort_by(|a, b| a.code.cmp(&b.code));
        let mut hash = Sha256::new();
        hash.update(b"kith-permission-tree-v1\0");
        hash.update((sorted.len() as u64).to_le_bytes());
        for node in sorted {
            for part in [&node.code, self.parent(node).unwrap_or(""), &node.title_en, &node.title_zh, &node.help] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part.as_bytes());
            }
            hash.update(node.risk.to_le_bytes());
            hash.update(node.flags.to_le_bytes());
        }
        Digest(hash.finalize().into())
    }
}

fn text(node: &Node, what: &'static str, text: &str, least: usize, most: usize) -> Result<(), TreeRefusal> {
    // Characters that turn the direction of what follows, or break the line, could make a title read as another one; those that
    // nobody sees could make two of one.
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}')
            || matches!(c, '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
    };
    let bad = |c: char| hidden(c) && !(c == '\n' && what == "help");
    if text.trim().len() < least || text.len() > most || text.chars().any(bad) {
        return Err(TreeRefusal::Text(node.code.clone(), what, most));
    }
    Ok(())
}

fn ancestry(nodes: &[Node], node: &Node, depth: usize) -> Result<(), TreeRefusal> {
    let mut at = node;
    let mut levels = 1;
    while let Some(parent) = at.parent {
        at = nodes.get(parent as usize).ok_or_else(|| TreeRefusal::Parent(at.code.clone()))?;
        levels += 1;
        if std::ptr::eq(at, node) {
            return Err(TreeRefusal::Cycle(node.code.clone()));
        }
        // A cycle that `node` only leads into is reported for the nodes on it.
        if levels > nodes.len() {
            return Err(TreeRefusal::Cycle(at.code.clone()));
        }
    }
    if levels > depth {
        return Err(TreeRefusal::TooDeep(node.code.clone(), depth));
    }
    Ok(())
}
