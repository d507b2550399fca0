//! Plugins in the server: from a file in the folder to a decision, and what each failure costs.

mod adviser;
mod dormant;
mod failing;
pub mod kit;
mod lasting;
mod operators;
mod panicking;
mod reload;
mod replicas;
mod revoked;
mod server;
mod services;
mod silent;
mod starting;
mod using;
mod versions;
