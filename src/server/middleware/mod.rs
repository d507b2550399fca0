//! What every request passes, whatever its route; one file each, in this order from the outside:
//!
//! | file | what |
//! |---|---|
//! | [`request_id`] | a UUIDv7 for the request, in `X-Request-Id` |
//! | [`security_headers`] | what browsers have to be told |
//! | [`measure`] | requests and seconds, per route |
//! | [`catch_panic`] | a panic becomes an answer |
//! | [`hosts`] | only the configured values of `Host` |

pub mod catch_panic;
pub mod hosts;
pub mod measure;
pub mod request_id;
pub mod security_headers;
