//! The domain `notifications`.
