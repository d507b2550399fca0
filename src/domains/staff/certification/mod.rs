//! The certification of sub-accounts (子账号认证): a QR code of their own, name and number, a photo (requirements 4.5–4.10).
//!
//! An uncertified one can log in but is muted ([`Seat::is_muted`](crate::permissions::Seat::is_muted)), and after seven days
//! restricted: it holds nothing any more but the way to be certified. Both follow from the sub-account's row and the clock, so
//! no job has to run. Whoever scanned the code goes on, on the same account; what was begun can be resumed.
//!
//! A manager with an account of their own is as certified as that account; a trigger on `certifications` keeps their seats' rows so.
//!
//! Table: `staff_certifications`; `sub_accounts.certified_at` and `certify_by`.

pub mod graphql;
pub mod loaders;
pub mod model;
pub mod mutations;
pub mod ops;
pub mod qr;
pub mod store;

pub use ops::decided;
