//! Intimate pay: requirements 0.3 to 0.14, each by its number.

mod bill;
mod ending;
mod limits;
mod model;
mod oneself;
mod open;
mod passwords;
mod pay;
mod reopening;
mod replay;
mod requests;
mod time;
