//! The domain `audit`.
