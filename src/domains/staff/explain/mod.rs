//! Why somebody may or may not, what would help, and who could: now and at a past moment (requirements 5.6 and 5.10).

pub mod entry;
