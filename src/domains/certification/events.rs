//! What certification tells others. Payloads hold ids and words, never names or numbers.

use serde_json::json;
use uuid::Uuid;

use crate::command::Event;
use crate::kernel::ids::{AccountId, TypedId};

/// An identity was found to be right.
pub const REAL_NAME_PASSED: &str = "certification.real_name_passed";
/// It was found to be wrong.
pub const REAL_NAME_FAILED: &str = "certification.real_name_failed";
/// A photo was found to show its owner.
pub const REAL_PERSON_PASSED: &str = "certification.real_person_passed";
/// It was not.
pub const REAL_PERSON_FAILED: &str = "certification.real_person_failed";
/// A photo waited too long for an answer: nothing is held against its owner, who sends a new one.
pub const PHOTO_LAPSED: &str = "certification.photo_lapsed";
/// The same of a sub-account.
pub const STAFF_PHOTO_LAPSED: &str = "sub_account.photo_lapsed";
/// A review is coming.
pub const REVIEW_ANNOUNCED: &str = "review.announced";
/// A review was failed, or nobody came: selling ends until one is passed.
pub const REVIEW_FAILED: &str = "review.failed";

/// Something happened to the certification of an account.
#[must_use]
pub fn about(topic: &'static str, account: AccountId) -> Event {
    Event { topic, shop: None, payload: json!({ "account": account }) }
}

/// The account behind the owner of a session or a question that belongs to no shop.
#[must_use]
pub fn account(owner: Uuid) -> AccountId {
    AccountId::from_uuid(owner)
}
