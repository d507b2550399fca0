//! The domain `shops`.
