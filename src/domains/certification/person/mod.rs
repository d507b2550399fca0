//! Real-person sessions: a gesture is asked for, a photo of it is sent, within minutes (requirements 2.4, 2.5, 2.8).

pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;
