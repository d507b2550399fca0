//! What can be done to settings.

pub mod configure;
