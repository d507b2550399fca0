//! Reviews: everybody again after twelve months, an account with a bad record at a random time (requirements 2.6–2.9).
//!
//! One is announced some days before it lapses; a photo that passes is all it takes. One that is failed, or that nobody comes
//! to in time, takes selling away until a later photo passes.

pub mod model;
pub mod mutations;
pub mod ops;
pub mod store;
