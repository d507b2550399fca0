//! The domain `accounts`.
