//! The domain `staff`.
