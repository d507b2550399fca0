use serde_json::{Value, json};

use kith::domains::notifications::model::Channel;
use kith::domains::notifications::topics::*;
use kith::kernel::Locale;

#[test]
fn titles_say_what_the_payload_says_and_do_without_it() {
    let full = json!({ "amount": "150.00", "currency": "CNY", "name": "xiaoli", "permission": "refund.approve" });
    let said = |topic, payload: &Value| {
        title(topic, payload).map(|t| (t.get(Locale::En).to_owned(), t.get(Locale::ZhCn).to_owned()))
    };
    let (en, zh) = said("permission.granted", &full).unwrap_or_default();
    assert_eq!(en, "The sub-account xiaoli was granted \"Approve refunds\".");
    assert_eq!(zh, "已授予子账号 xiaoli权限“同意退款”。");
    assert_eq!(said("refund.approved", &full).unwrap_or_default().0, "A refund CNY 150.00 was approved.");
    assert_eq!(said("refund.approved", &Value::Null).unwrap_or_default().0, "A refund was approved.");
    assert_eq!(said("no.such.topic", &full), None);
    for topic in TOPICS {
        assert!(!is_alarm(topic) || Channel::of(topic) == Channel::Security, "{topic}: an alarm is about security");
        assert!(title(topic, &json!({ "amount": 7, "permission": "gone" })).is_some(), "{topic}");
    }
}
