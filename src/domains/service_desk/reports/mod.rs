//! Unwanted messages that people report (requirement 3.14): a message of one's own inbox, or of a conversation that one is in.
//! Each is a case for the platform's operator, who closes it with a word. The text of a reported chat message goes into the
//! case, sealed, so that it can be read there and nowhere else.

pub mod graphql;
pub mod mutations;
pub mod ops;
pub mod store;
