//! From a file to a plugin that can be called, without a moment in which other bytes could run.
//!
//! Each step is a type that only the step before gives, so that none can be left out:
//!
//! | step | type | what it made sure of |
//! |---|---|---|
//! | [`open`] | [`Opened`] | no symlink on the way; owner, mode, links, size, kind of file and folder |
//! | [`Opened::seal`] | [`Sealed`] | a copy in memory that nobody can change any more; hashed after sealing |
//! | [`Sealed::check`] | [`Checked`] | the signed size, SHA-256 and build id; the ELF rules ([`elf`]) |
//! | [`Checked::load`] | [`Plugin`] | a new place in memory, its own word on its build, the contract's versions |
//! | [`Plugin::describe`] | [`Description`] | bounds on all it tells |
//! | [`Plugin::create`] | [`Instance`] | answers: checked [`Verdict`]s only |
//!
//! [`prepare`] takes the steps up to [`Checked`] for a signed manifest and its library.
//!
//! A library is never unloaded; the same bytes are loaded once and shared. What a library does in its constructors it
//! does in this process: the server tries every library in a throw-away child first (`kith-plugin-host`).

mod describe;
pub mod elf;
mod instance;
mod library;
mod prepare;
mod request;
mod sealed;
mod source;
mod verdict;

pub use describe::{Collector, DescribeRefusal, Description, Setting, SettingKind, fill_in};
pub use instance::{Instance, MAX_BATCH};
pub use kith_plugin_abi as abi;
pub use library::{LoadRefusal, Log, LogLevel, Plugin, loaded};
pub use prepare::{PrepareRefusal, prepare};
pub use request::{Attr, OwnedAttr, OwnedRequest, OwnedValue, Parts, Request, Text};
pub use sealed::{Checked, Expected, SealRefusal, Sealed};
pub use source::{FileRefusal, Opened, Rules, open};
pub use verdict::{Fault, Verdict};

/// For fuzzing: judges whatever the bytes are; must return.
pub fn fuzz_elf(bytes: &[u8]) {
    let _ = elf::check(bytes);
}
