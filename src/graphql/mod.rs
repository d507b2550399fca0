//! The GraphQL toolkit: what every domain's resolvers share and what knows no domain itself.
//!
//! | module | what it is |
//! |---|---|
//! | [`limits`] | how much one request may ask for, checked before anything is validated or run |

pub mod limits;
