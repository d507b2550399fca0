//! The permission engine: one decision for everything, deny by default (requirement 5.1).
//!
//! A permission is a bit ([`catalogue`], [`bits`]). What a sub-account may do is the permissions of its position,
//! overridden by personal grants; [`resolve`] compiles them once per epoch of the shop. Limits are data beside the bit
//! ([`constraints`]); those that add up are counted by [`quota`]. A field guard asks [`actor::Actor::holds`]; a command
//! asks [`permit::Gate::permit`], which hands over the record; a read asks for a [`ReadPermit`]. [`denial`] and [`explain`] say why.
//!
//! Codes of third-party services stand beside Kith's own ([`dynamic`], [`codes`]); what their plugins, and advisers on Kith's
//! codes, have to say is asked through [`arbiter`].
//!
//! Tables: `permission_epochs`, `position_permissions`, `position_assignments`, `permission_grants`, `quota_usage`,
//! `rosters` and `position_login_policies` (read), `platform_grants`, `permission_codes`, `permission_code_periods`,
//! `shop_services`; the view `seats`.

pub mod actor;
pub mod actors;
pub mod arbiter;
pub mod bits;
pub mod catalogue;
pub mod codes;
pub mod constraints;
pub mod denial;
pub mod dynamic;
pub mod explain;
pub mod holders;
pub mod login;
pub mod permit;
pub mod quota;
pub mod read;
pub mod resolve;
pub mod service_caller;
pub mod settings;
pub mod shifts;
pub mod store;

pub use actor::{Actor, Seat};
pub use catalogue::Number;
pub use constraints::Constraints;
pub use permit::{Gate, Guarded, Permit, ShopAmount, WholeShop};
pub use read::{PlatformPermit, ReadPermit};
pub use resolve::Sets;
pub use service_caller::ServiceCaller;
