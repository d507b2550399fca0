//! Association: accounts that may belong together (requirements 1.2 to 1.6).
//!
//! A **signal** says that an account was seen with something: a device, a network, a phone number, an e-mail address, a real
//! name, a delivery address, or logged in at once with another account on one device. Signals come from events of the lower
//! domains ([`signals::consumer`]) and are kept as keyed hashes, bound to their kind: the table tells no value, and a hash of
//! one kind matches none of another. Two accounts that share values are *possibly associated*: with a score from 0 to 1 and
//! the evidence in words. **Nothing is merged or blocked by it.** The owner sees it for their own account and can contest a
//! signal, which then does not count unless an operator upholds it; an operator sees it by a command, so that every look is on
//! record.
//!
//! The score ([`signals::model`]): each shared value says `weight × ½^(age / half-life) ÷ (accounts that have it − 1)`, where
//! the age is that of the account that was seen with it longer ago; several values add up as `1 − Π(1 − s)`.
//!
//! # Values that many have
//!
//! The network of a school leads to ten thousand accounts, and says nothing. So the accounts of a value are counted, in a table
//! of its own, by the statement that writes the signal. A look-up reads the account's own signals (at most
//! [`signals::store::MOST_OWN`]) with the count of each from two primary keys, leaves those out that more than
//! `association.max_degree` accounts have *before* it follows any, and then follows each of the others through one index that
//! has all it needs. That is `MOST_OWN × max_degree` index entries at the very most, whatever else is in the tables;
//! `bench/association.sql` measures it among 1,000,000 accounts.
//!
//! **Own association** ([`links`]) is another thing: the owner of two accounts joins them, with consent on both sides, and then
//! sees their orders together (`viewer.jointOrders`, in the domain `shops`). It rests on no signal and makes none.
//!
//! Tables: `association_signals`, `association_degrees`, `association_logins`, `associations`. Permission:
//! `platform.association.read`. Events: `association.requested`, `association.accepted`, `association.declined`,
//! `association.ended`, `association.contested`.

pub mod leaving;
pub mod links;
pub mod signals;

pub use signals::consumer::Signals;
