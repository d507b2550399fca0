//! Staff: one file per operation, and what runs across them.

mod accept_manager_invitation;
mod certification;
mod create_position;
mod create_sub_account;
pub mod crew;
mod depart_sub_account;
mod explain;
mod foreign_ids;
mod grant_permission;
pub mod invite_manager;
mod lists;
mod login_policy;
mod manage;
mod move_sub_account;
mod names;
mod past;
mod permission_catalog;
mod restore_sub_account;
mod revoke_permission;
mod set_roster;
mod set_sub_account_permissions;
mod unused;
mod update_position;
