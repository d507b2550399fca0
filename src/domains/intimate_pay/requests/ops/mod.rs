//! What can be done with requests.

pub mod answer;
pub mod ask;
pub mod lapse;
