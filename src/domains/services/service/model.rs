//! What a service is, put together from the catalogue of codes and from what its plugin tells.

use async_graphql::Enum;

use crate::kernel::Text;
use crate::permissions::arbiter::{Described, InUse};
use crate::permissions::catalogue::Entry;
use crate::permissions::dynamic;

/// The most services that are listed.
pub const MOST: usize = 100;

/// Whether a service can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "ServiceState")]
pub enum State {
    /// It runs and answers.
    Available,
    /// It is installed but does not answer at present: what needs it is denied.
    Unavailable,
    /// The platform removed it. What a shop granted and set waits until it is back.
    Removed,
}

/// A third-party service.
#[derive(Debug, Clone)]
pub struct Service {
    /// The id: that of its plugin.
    pub id: String,
    /// Its codes in the order of the permission page, headings among them.
    pub entries: Vec<&'static Entry>,
    /// What its plugin tells, while there is one.
    pub described: Option<Described>,
}

impl Service {
    /// The services that bring permissions, by id, the removed ones included.
    #[must_use]
    pub fn all(arbiter: &InUse) -> Vec<Self> {
        let codes = dynamic::current();
        let mut found: Vec<Self> = Vec::new();
        let mut described = arbiter.services();
        for entry in codes.entries().iter().copied() {
            let Some(service) = &entry.service else { continue };
            match found.iter_mut().find(|known| known.id == service.id) {
                Some(known) => known.entries.push(entry),
                None => {
                    let at = described.iter().position(|one| one.id == service.id);
                    let described = at.map(|at| described.swap_remove(at));
                    found.push(Self { id: service.id.to_owned(), entries: vec![entry], described });
                }
            }
        }
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found
    }

    /// The service of an id.
    #[must_use]
    pub fn find(arbiter: &InUse, id: &str) -> Option<Self> {
        Self::all(arbiter).into_iter().find(|service| service.id == id)
    }

    /// Whether it can be used.
    #[must_use]
    pub fn state(&self) -> State {
        let active = self.entries.iter().any(|entry| entry.is_active());
        match &self.described {
            _ if !active => State::Removed,
            Some(described) if described.running => State::Available,
            _ => State::Unavailable,
        }
    }

    /// What people call it: the title of its first heading.
    #[must_use]
    pub fn name(&self) -> Text {
        let top = self.entries.iter().find(|e| e.service.as_ref().is_some_and(|service| service.parent.is_none()));
        top.or(self.entries.first()).map_or_else(|| Text::made(self.id.clone(), self.id.clone()), |e| e.title.clone())
    }
}
