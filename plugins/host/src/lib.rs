//! Plugins in a sandboxed child process: a crash, a hang, a flood or a lie of one costs that plugin's answers and nothing
//! else.
//!
//! | part | what it does |
//! |---|---|
//! | [`Isolated`] | the server's handle: asks in batches without blocking a runtime thread; one supervising thread a plugin |
//! | [`probe`] | tries a library in a throw-away child: constructors, description, self-test, golden vectors |
//! | [`child`] | what the server's executable does when it is started as `plugin-host` |
//! | [`sandbox`] | limits, Landlock and seccomp; [`sandbox::available`] says whether this kernel has them |
//! | [`wire`] | the frames between the two |
//!
//! How it does not block: the asking task itself puts a frame into the socket (a packet is whole or not there, so many
//! tasks can) and awaits a channel. The plugin's own thread sleeps until an answer comes, and hands it over. It is woken
//! for nothing else but an answer that is late. The same thread starts the child, since the child dies with it.

pub mod child;
mod golden;
mod isolated;
mod link;
mod probe;
pub mod sandbox;
mod spawn;
mod start;
mod stats;
mod supervisor;
pub mod wire;

pub use golden::{Golden, Mismatch};
pub use isolated::Isolated;
pub use probe::{ProbeRefusal, Probed, probe};
pub use spawn::{Config, LogSink, Missing, StartRefusal};
pub use stats::{State, Stats};
