//! Words that every layer may use. No I/O, no SQL, no GraphQL.
//!
//! | file | words |
//! |---|---|
//! | [`ids`] | typed, prefixed, sortable identifiers |
//! | [`money`] | amounts in minor units, currencies |
//! | [`clock`] | where "now" comes from |
//! | [`dice`] | where chance comes from |
//! | [`text`] | locales and two-language texts |
//! | [`names`] | names that people choose: folding, hidden characters |
//! | [`fault`] | the one error shape: whose fault is it? |
//! | [`subject`] | who can hold a permission |
//! | [`page`] | forward and backward pages |

pub mod clock;
pub mod dice;
pub mod fault;
pub mod ids;
pub mod money;
pub mod names;
pub mod page;
pub mod subject;
pub mod text;

pub use clock::{Clock, Instant};
pub use dice::Dice;
pub use fault::Fault;
pub use money::{Currency, Money};
pub use subject::Subject;
pub use text::{Locale, Text};
