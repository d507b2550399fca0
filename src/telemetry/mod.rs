//! What the outside may see of a running server: logs, metrics, and nothing that is private in either.
//!
//! | file | what |
//! |---|---|
//! | [`logging`] | structured logs as text or JSON, and panics among them |
//! | [`metrics`] | counters and histograms for Prometheus |
//! | [`redact`] | masks for phones, e-mails and tokens, and [`Secret`], which cannot be printed (h35) |

pub mod logging;
pub mod metrics;
pub mod redact;

pub use redact::Secret;
