//! Staff: who works for a shop, in which position, and what each may do.
//!
//! | aggregate | what | requirements |
//! |---|---|---|
//! | [`positions`] | jobs with default and locked permissions | 4.2, 4.14 |
//! | [`sub_accounts`] | people: created, invited, departed, restored | 4.1–4.4, 4.19 |
//! | [`certification`] | a QR code, name and number, a photo; muted and restricted without | 4.5–4.10 |
//! | [`grants`] | what one person may do beyond or below their position, within limits | 4.13–4.15, 5.4 |
//! | [`login_policies`] | when and how those of a position may log in | 4.20 |
//! | [`rosters`] | who is on shift when: what shift-bound grants and the service desk look at | 4.17, 5.4 |
//! | [`unused`] | personal grants that nobody uses, and one call that takes them back | 4.20 |
//! | [`explain`] | why, and what would help; who could, now and at a past moment | 5.6, 5.10 |
//!
//! Every change locks the shop's permission epoch first ([`change`]) and triggers move it, so changes of one shop come one after the
//! other and a permission that was taken is gone with the next request (requirement 5.5). What everybody may give and take
//! is [`reach`] (requirement 5.2); that somebody can always manage a permission is [`manage`] (requirement 5.3).
//!
//! Tables: `positions`, `position_permissions`, `sub_accounts`, `position_assignments`, `permission_grants`,
//! `staff_certifications`, `rosters`; reads
//! `quota_usage`, and of `shops` and `accounts` who owns a shop. Permissions: `staff.read`, `sub_account.create`,
//! `sub_account.depart`, `position.manage`, `permission.grant`, `roster.manage`. Events: [`events`].

pub mod certification;
pub mod change;
pub mod events;
pub mod explain;
pub mod grants;
pub mod graphql;
pub mod leaving;
pub mod login_policies;
pub mod manage;
pub mod names;
pub mod outcome;
pub mod perms;
pub mod positions;
pub mod reach;
pub mod rosters;
pub mod sub_accounts;
pub mod unused;

pub use manage::{unmanaged, unmanaged_after, unmanaged_without_owner};
pub use positions::defaults::seed_positions;
