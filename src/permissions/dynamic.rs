//! The codes of third-party services, as this process knows them (requirement 5.8).
//!
//! They stand in `permission_codes` ([`codes`](super::codes)); whoever changes them there installs what the table then says
//! here. A look-up by number is a load and an index. Entries live for ever, so that a code is `&'static` like Kith's own: a
//! code that is told a thousand times in the same words is kept once.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use super::catalogue::{Entry, FIRST_DYNAMIC, Family, Holder, Number, Service};
use crate::kernel::Text;

/// A code of a service, as the table has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Code {
    /// The bit, from [`FIRST_DYNAMIC`] on.
    pub number: Number,
    /// The code that the API speaks.
    pub code: String,
    /// The service: the id of its plugin.
    pub service: String,
    /// The code of the heading that it stands under.
    pub parent: Option<String>,
    /// The title, English and Chinese.
    pub title: (String, String),
    /// What holding it allows.
    pub help: String,
    /// Whether it only groups others.
    pub heading: bool,
    /// Whether amounts flow.
    pub money: bool,
    /// Whether it is never in a position (requirement 4.14).
    pub high_risk: bool,
    /// Whether its service is there.
    pub active: bool,
}

/// All codes of services at one moment.
#[derive(Default)]
pub struct Dynamic {
    entries: Vec<&'static Entry>,
    by_number: Vec<Option<&'static Entry>>,
    by_code: HashMap<&'static str, &'static Entry>,
    active: bool,
}

static CURRENT: LazyLock<ArcSwap<Dynamic>> = LazyLock::new(ArcSwap::default);

/// The codes as they stand.
#[must_use]
pub fn current() -> Guard<Arc<Dynamic>> {
    CURRENT.load()
}

/// Makes these the codes of this process, in the order of the permission page.
pub fn install(codes: &[Code]) {
    let mut next = Dynamic::default();
    for code in codes.iter().filter(|code| code.number >= FIRST_DYNAMIC) {
        let entry = entry(code);
        let at = usize::from(code.number - FIRST_DYNAMIC);
        if next.by_number.len() <= at {
            next.by_number.resize(at + 1, None);
        }
        next.by_number[at] = Some(entry);
        next.by_code.insert(entry.code, entry);
        next.entries.push(entry);
        next.active |= code.active && !code.heading;
    }
    CURRENT.store(Arc::new(next));
}

impl Dynamic {
    /// Every entry, in the order of the permission page, the removed ones included.
    #[must_use]
    pub fn entries(&self) -> &[&'static Entry] {
        &self.entries
    }

    /// The entry of a number.
    #[must_use]
    #[inline]
    pub fn by_number(&self, number: Number) -> Option<&'static Entry> {
        let at = usize::from(number).checked_sub(usize::from(FIRST_DYNAMIC))?;
        self.by_number.get(at).copied().flatten()
    }

    /// The entry of a code.
    #[must_use]
    pub fn by_code(&self, code: &str) -> Option<&'static Entry> {
        self.by_code.get(code).copied()
    }

    /// Whether any code of a service can be held at all.
    #[must_use]
    pub fn any_active(&self) -> bool {
        self.active
    }
}

/// The entry of a code in just these words, made once.
fn entry(code: &Code) -> &'static Entry {
    static MADE: LazyLock<Mutex<HashMap<Code, &'static Entry>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(entry) = made.get(code) {
        return entry;
    }
    let entry: &'static Entry = Box::leak(Box::new(Entry {
        number: code.number,
        code: text(&code.code),
        family: Family::AppService,
        high_risk: code.high_risk,
        holder: if code.heading { Holder::Nobody } else { Holder::Staff },
        money: code.money,
        title: Text::new(text(&code.title.0), text(&code.title.1)),
        help: Text::new(text(&code.help), text(&code.help)),
        service: Some(Service {
            id: text(&code.service),
            parent: code.parent.as_deref().map(text),
            active: code.active,
        }),
    }));
    made.insert(code.clone(), entry);
    entry
}

/// A text that lives for ever, kept once.
fn text(text: &str) -> &'static str {
    static KEPT: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(text) = kept.get(text) {
        return text;
    }
    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
    kept.insert(text);
    text
}
