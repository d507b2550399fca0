//! Who decides beside the engine: third-party services on codes of their own, and advisers on Kith's (issue 3).
//!
//! The engine asks; it knows no plugin. An [`Arbiter`] is one consistent generation of all of them: an operation takes it once
//! at its start ([`Actor::arbiter`](super::Actor)), so everything that the operation asks is answered by the same versions.
//!
//! A service can only narrow: it is asked after the engine has said yes, a yes of its own may come with limits, and whatever is
//! not a clean yes is a no.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use chrono_tz::Tz;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::catalogue::{FIRST_DYNAMIC, Number};
use super::constraints::{Constraints, STEP_UP_LASTS, Use};
use super::settings::SettingsText;
use super::{Actor, Seat, denial};
use crate::kernel::fault::Denial;
use crate::kernel::ids::ShopId;
use crate::kernel::{Currency, Instant, Money, Subject, Text};

/// One generation of all services and advisers.
pub trait Arbiter: Send + Sync + 'static {
    /// Which generation: grows with each change of the versions in use.
    fn generation(&self) -> u64;

    /// Whether anybody has a word on `number`. A bit test.
    fn concerns(&self, number: Number) -> bool;

    /// What they say to each, in the same order. Never takes longer than the deadline, or the hard one besides while a service
    /// gets ready for settings that nobody used for a while; holds no lock and needs no connection.
    fn rule(self: Arc<Self>, asks: Vec<Ask>) -> BoxFuture<'static, Vec<Ruling>>;

    /// The services among them, as they tell of themselves.
    fn services(&self) -> Vec<Described>;

    /// Tries settings on a service: whether it takes them, and if not, why in a word for logs. Nothing of the trial stays.
    /// `None`: there is no such service to try them on.
    fn try_settings(
        self: Arc<Self>,
        service: String,
        settings: SettingsText,
    ) -> BoxFuture<'static, Option<Result<(), String>>>;

    /// Lets a service get ready for questions with settings that a shop has now. Waits for nothing.
    fn make_ready(&self, service: &str, shop: ShopId, settings: &SettingsText);
}

/// A service in use, as it tells of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// The id: that of its plugin.
    pub id: String,
    /// The version in use.
    pub version: String,
    /// Who publishes it.
    pub publisher: String,
    /// Whether it answers, as far as is known.
    pub running: bool,
    /// What can be set.
    pub settings: Vec<Field>,
}

/// Something that can be set of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The key.
    pub key: String,
    /// The title on the form.
    pub title: String,
    /// What kind of value.
    pub kind: FieldKind,
    /// The value while nobody sets another; `None`: it must be set.
    pub default: Option<serde_json::Value>,
    /// The JSON Schema of the value; `None`: any of its kind.
    pub schema: Option<serde_json::Value>,
}

/// What a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// true or false.
    Boolean,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// A text.
    Text,
    /// Minor units.
    Money,
    /// Any JSON that the schema allows.
    Json,
}

impl FieldKind {
    /// The name in the API.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::Integer => "INTEGER",
            Self::Number => "NUMBER",
            Self::Text => "TEXT",
            Self::Money => "MONEY",
            Self::Json => "JSON",
        }
    }

    /// What a value must be, for a message.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Money => "an integer of minor units",
            Self::Json => "JSON",
        }
    }
}

/// Where the generation in use is found.
pub trait Arbiters: Send + Sync + 'static {
    /// The generation in use.
    fn current(&self) -> Arc<dyn Arbiter>;
}

/// A place for [`Arbiters`], which is empty where no plugins run.
#[derive(Default)]
pub struct Bench(OnceLock<Arc<dyn Arbiters>>);

impl Bench {
    /// Seats them; the first who come stay.
    pub fn seat(&self, arbiters: Arc<dyn Arbiters>) {
        let _ = self.0.set(arbiters);
    }

    /// The generation in use, for one operation.
    #[must_use]
    pub fn current(&self) -> InUse {
        InUse(self.0.get().map_or(Which::None, |arbiters| Which::One(arbiters.current())))
    }

    /// The generation in use at each moment, for an operation without an end: it moves on, and keeps no old one alive.
    #[must_use]
    pub fn newest(&self) -> InUse {
        InUse(self.0.get().map_or(Which::None, |arbiters| Which::Newest(Arc::clone(arbiters))))
    }

    /// Whether plugins run here at all.
    #[must_use]
    pub fn is_seated(&self) -> bool {
        self.0.get().is_some()
    }
}

/// The generation that an operation works with; none where no plugins run.
#[derive(Clone, Default)]
pub struct InUse(Which);

#[derive(Clone, Default)]
enum Which {
    #[default]
    None,
    One(Arc<dyn Arbiter>),
    Newest(Arc<dyn Arbiters>),
}

impl InUse {
    /// A generation.
    #[must_use]
    pub fn of(arbiter: Arc<dyn Arbiter>) -> Self {
        Self(Which::One(arbiter))
    }

    /// Whether it moves on with the generations: what it said before need not hold any more.
    #[must_use]
    pub fn moves_on(&self) -> bool {
        matches!(self.0, Which::Newest(_))
    }

    fn arbiter(&self) -> Option<Arc<dyn Arbiter>> {
        match &self.0 {
            Which::None => None,
            Which::One(arbiter) => Some(Arc::clone(arbiter)),
            Which::Newest(arbiters) => Some(arbiters.current()),
        }
    }

    /// Which generation; 0 where no plugins run.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.arbiter().map_or(0, |arbiter| arbiter.generation())
    }

    /// Whether a permission needs a ruling: every code of a service, and those of Kith's that have an adviser.
    #[must_use]
    #[inline]
    pub fn concerns(&self, number: Number) -> bool {
        number >= FIRST_DYNAMIC
            || match &self.0 {
                Which::None => false,
                Which::One(arbiter) => arbiter.concerns(number),
                Which::Newest(arbiters) => arbiters.current().concerns(number),
            }
    }

    /// Asks. A service's code that nobody answers for is unavailable.
    pub async fn rule(&self, asks: Vec<Ask>) -> Vec<Ruling> {
        match self.arbiter() {
            Some(arbiter) => arbiter.rule(asks).await,
            None => asks.into_iter().map(|ask| Ruling::unavailable(ask, 0, None, "not_running")).collect(),
        }
    }

    /// The services in use, as they tell of themselves.
    #[must_use]
    pub fn services(&self) -> Vec<Described> {
        self.arbiter().map(|arbiter| arbiter.services()).unwrap_or_default()
    }

    /// Tries settings on a service (see [`Arbiter::try_settings`]).
    pub async fn try_settings(&self, service: &str, settings: SettingsText) -> Option<Result<(), String>> {
        self.arbiter()?.try_settings(service.to_owned(), settings).await
    }

    /// Lets a service get ready (see [`Arbiter::make_ready`]).
    pub fn make_ready(&self, service: &str, shop: ShopId, settings: &SettingsText) {
        if let Some(arbiter) = self.arbiter() {
            arbiter.make_ready(service, shop, settings);
        }
    }

    /// Asks one question.
    pub async fn rule_one(&self, ask: Ask) -> Option<Ruling> {
        self.rule(vec![ask]).await.pop()
    }
}

impl fmt::Debug for InUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "generation {}", self.generation())
    }
}

/// Something that the caller knows and the engine does not: a printer, a number of copies. Nothing secret.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fact {
    /// A truth.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(String),
}

/// Facts by name. A service gets those that its manifest asks for, no others.
pub type Facts = BTreeMap<String, Fact>;

/// A question to the services.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The request that it belongs to.
    pub request_id: Uuid,
    /// The shop.
    pub shop: ShopId,
    /// Who acts.
    pub principal: Subject,
    /// What they are in the shop: `main_account`, or the kind of the position and its name, as `warehouse_lead`.
    pub roles: Arc<[String]>,
    /// The permission.
    pub permission: Number,
    /// The type and the field that ask; empty for commands.
    pub field: (String, String),
    /// When.
    pub now: Instant,
    /// The shop's time zone.
    pub zone: Tz,
    /// The shop's currency.
    pub currency: Currency,
    /// How much it moves.
    pub amount: Option<Money>,
    /// Whether the session was stepped up a short while ago.
    pub stepped_up: bool,
    /// Whether nothing will be done whatever the answer is.
    pub dry_run: bool,
    /// What was set of the service whose code it is, for the shop and the one who acts; `None`: its defaults.
    pub settings: Option<SettingsText>,
    /// What the caller knows.
    pub facts: Facts,
}

impl Ask {
    /// The question of an actor from one of its seats.
    #[must_use]
    pub fn of(actor: &Actor, seat: &Seat, permission: Number, amount: Option<Money>, now: Instant) -> Self {
        Self {
            request_id: Uuid::nil(),
            shop: seat.shop,
            principal: seat.holder(actor.subject),
            roles: seat.set.roles(),
            permission,
            field: Default::default(),
            now,
            zone: seat.zone,
            currency: seat.currency,
            amount,
            stepped_up: actor.stepped_up_at.is_some_and(|at| now < at + STEP_UP_LASTS),
            dry_run: false,
            settings: seat.set.settings_for(permission),
            facts: Facts::new(),
        }
    }

    /// The same with facts.
    #[must_use]
    pub fn with(mut self, facts: Facts) -> Self {
        self.facts = facts;
        self
    }

    /// Whether a ruling on `self` answers `other` as well: who, where, what and how much are the same. The moment may differ
    /// by as long as a command takes.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let late = other.now - self.now;
        (self.shop, self.principal, self.permission, self.amount, &self.field, self.stepped_up)
            == (other.shop, other.principal, other.permission, other.amount, &other.field, other.stepped_up)
            && self.facts == other.facts
            && self.settings == other.settings
            && self.roles == other.roles
            && (chrono::TimeDelta::zero()..=chrono::TimeDelta::seconds(10)).contains(&late)
    }
}

/// Who says something: a release of a plugin.
#[derive(Debug, PartialEq, Eq)]
pub struct Speaker {
    /// The plugin's id.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// What people call it.
    pub name: Text,
}

/// What one plugin said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Who said it.
    pub by: Arc<Speaker>,
    /// Yes, no, or no answer.
    pub said: Said,
    /// The plugin's own number for why; 0: none.
    pub reason_code: u32,
    /// Why, in the plugin's words: third-party text, shown as a quotation.
    pub reason: Option<Text>,
    /// Limits that its yes comes with.
    pub limits: Constraints,
}

/// A plugin's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Yes, within the limits.
    Allow,
    /// No.
    Deny,
    /// Nothing that counts: why, in a word for logs (`deadline`, `crashed` …). It denies.
    Nothing(&'static str),
}

/// What all plugins together say to one question.
#[derive(Debug, Clone)]
pub struct Ruling {
    /// The question.
    pub ask: Ask,
    /// The generation that answered.
    pub generation: u64,
    /// What each said, in order; after the first that is no yes, nobody else is asked.
    pub words: Vec<Word>,
}

impl Ruling {
    /// Nobody answers for a service's code.
    #[must_use]
    pub fn unavailable(ask: Ask, generation: u64, plugin: Option<(&str, &str, Text)>, why: &'static str) -> Self {
        let entry = super::catalogue::by_number(ask.permission);
        let service = entry.and_then(|entry| entry.service.as_ref()).map_or("", |service| service.id);
        let (id, version, name) = plugin.map_or_else(
            || (service.to_owned(), String::new(), Text::made(service.to_owned(), service.to_owned())),
            |(id, version, name)| (id.to_owned(), version.to_owned(), name),
        );
        let word = Word {
            by: Arc::new(Speaker { plugin: id, version, name }),
            said: Said::Nothing(why),
            reason_code: 0,
            reason: None,
            limits: Constraints::default(),
        };
        Self { ask, generation, words: vec![word] }
    }

    /// The word that denies, if one does.
    #[must_use]
    pub fn refused(&self) -> Option<&Word> {
        self.words.iter().find(|word| word.said != Said::Allow)
    }

    /// Whether anybody obliges a limit that adds up over a day or a month.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.words.iter().any(|word| word.limits.counts())
    }

    /// What stands against a use that moves nothing: a no, or a limit on time alone.
    #[must_use]
    pub fn denial_of_nothing(&self, seat: &Seat) -> Option<Denial> {
        let number = self.ask.permission;
        if let Some(word) = self.refused() {
            return Some(denial::of_word(number, word));
        }
        let intended = Use::of_nothing(self.ask.now, seat.zone);
        self.words.iter().find_map(|word| {
            let violation = word.limits.check(&intended).err()?;
            Some(denial::of_limit(seat.currency, number, word, &intended, violation))
        })
    }

    /// For the audit entry: which generation, and who said what.
    #[must_use]
    pub fn audit(&self) -> serde_json::Value {
        let word = |word: &Word| {
            let said = match word.said {
                Said::Allow => "allow",
                Said::Deny => "deny",
                Said::Nothing(why) => why,
            };
            serde_json::json!({
                "plugin": word.by.plugin, "version": word.by.version, "said": said, "reasonCode": word.reason_code,
                "limits": word.limits,
            })
        };
        serde_json::json!({ "generation": self.generation, "words": self.words.iter().map(word).collect::<Vec<_>>() })
    }
}
