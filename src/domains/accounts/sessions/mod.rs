//! Sessions: from a password to a token, and from a token to an actor with the seats it may act from.

pub mod authenticate;
pub mod by_code;
pub mod credentials;
pub mod graphql;
pub mod login_name;
pub mod login_throttle;
pub mod may_log_in;
pub mod mutations;
pub mod ops;
pub mod passwords;
pub mod phones;
pub mod policy;
pub mod recovery;
pub mod seen;
pub mod store;

pub use authenticate::authenticate;
pub use store::{end_all_of_account, end_of_sub_account};
