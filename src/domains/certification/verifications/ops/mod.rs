//! What can be done with questions.

pub mod decide;
pub mod lapse;
pub mod open;
