//! What an event says to people. The payload is another domain's: what is missing in it is left out of the title.

use serde_json::Value;

use crate::kernel::Text;
use crate::permissions::catalogue;

/// The topics that become notifications.
pub const TOPICS: &[&str] = &[
    "refund.requested",
    "refund.approved_once",
    "refund.approved",
    "refund.rejected",
    "permission.granted",
    "permission.revoked",
    "permission.changed",
    "sub_account.created",
    "sub_account.departed",
    "sub_account.restored",
    "sub_account.moved",
    "manager.invited",
    "manager.accepted",
    "certification.real_name_passed",
    "certification.real_name_failed",
    "certification.real_person_passed",
    "certification.real_person_failed",
    "review.announced",
    "review.failed",
    "family.accepted",
    "family.declined",
    "family.ended",
];

/// The title of an event in both languages; nothing for topics that are not told.
#[must_use]
pub fn title(topic: &str, payload: &Value) -> Option<Text> {
    let money = money(payload);
    let name = field(payload, "name");
    let (permission_en, permission_zh) = permission(payload);
    let (en, zh) = match topic {
        "refund.requested" => (format!("A buyer asks for a refund{money}."), format!("买家申请退款{money}。")),
        "refund.approved_once" => (
            format!("A refund{money} was approved once and waits for a second approval."),
            format!("退款{money}已初审通过,等待二次审批。"),
        ),
        "refund.approved" => (format!("A refund{money} was approved."), format!("退款{money}已同意。")),
        "refund.rejected" => (format!("A refund{money} was rejected."), format!("退款{money}已拒绝。")),
        "permission.granted" => (
            format!("The sub-account{name} was granted{permission_en}."),
            format!("已授予子账号{name}权限{permission_zh}。"),
        ),
        "permission.revoked" => (
            format!("The permission{permission_en} was taken from the sub-account{name}."),
            format!("已收回子账号{name}的权限{permission_zh}。"),
        ),
        "permission.changed" => {
            (format!("Permissions of the sub-account{name} changed."), format!("子账号{name}的权限已变更。"))
        }
        "sub_account.created" => (format!("The sub-account{name} was created."), format!("已新建子账号{name}。")),
        "sub_account.departed" => (format!("The sub-account{name} departed."), format!("子账号{name}已离职。")),
        "sub_account.restored" => (format!("The sub-account{name} is back."), format!("子账号{name}已恢复。")),
        "sub_account.moved" => {
            (format!("The sub-account{name} changed its position."), format!("子账号{name}已调整岗位。"))
        }
        "manager.invited" => (format!("An invitation to manage a shop{name}."), format!("邀请管理店铺{name}。")),
        "manager.accepted" => {
            (format!("The manager{name} accepted the invitation."), format!("管理员{name}已接受邀请。"))
        }
        "certification.real_name_passed" => ("Your name is certified.".to_owned(), "您的实名认证已通过。".to_owned()),
        "certification.real_name_failed" => (
            "Your name could not be certified. Look at your certification for the reason.".to_owned(),
            "您的实名认证未通过,请查看原因后重新提交。".to_owned(),
        ),
        "certification.real_person_passed" => {
            ("The photo shows you: you are certified.".to_owned(), "您的实人认证已通过。".to_owned())
        }
        "certification.real_person_failed" => (
            "The photo could not be taken for you. Start a new session.".to_owned(),
            "您的实人认证未通过,请重新发起。".to_owned(),
        ),
        "review.announced" => {
            let until = field(payload, "until");
            (
                format!("Your certification is reviewed: send a photo until{until}."),
                format!("您的身份信息需要复核,请在{until} 前完成实人认证。"),
            )
        }
        "review.failed" => (
            "A review of your certification was not passed: your shops sell nothing until a photo passes.".to_owned(),
            "您未通过身份复核,店铺暂停销售;通过实人认证后自动恢复。".to_owned(),
        ),
        "family.accepted" => (
            format!("Your invitation{name} was accepted: the family link stands."),
            format!("{name}已接受邀请,亲情号已建立。"),
        ),
        "family.declined" => (format!("Your invitation{name} was declined."), format!("{name}已拒绝亲情号邀请。")),
        "family.ended" => ("A family link has ended.".to_owned(), "亲情号关系已结束。".to_owned()),
        _ => return None,
    };
    Some(Text::made(en, zh))
}

/// Whether the account that the payload names is told as well: it is who is asked.
#[must_use]
pub fn concerns_account(topic: &str) -> bool {
    topic == "manager.invited" || topic.starts_with("certification.") || topic.starts_with("review.")
}

/// A text field of the payload, behind a space.
fn field(payload: &Value, key: &str) -> String {
    payload.get(key).and_then(Value::as_str).map_or_else(String::new, |text| format!(" {text}"))
}

fn money(payload: &Value) -> String {
    match (payload.get("currency").and_then(Value::as_str), payload.get("amount").and_then(Value::as_str)) {
        (Some(currency), Some(amount)) => format!(" {currency} {amount}"),
        _ => String::new(),
    }
}

fn permission(payload: &Value) -> (String, String) {
    let entry = payload.get("permission").and_then(Value::as_str).and_then(catalogue::by_code);
    entry.map_or_else(Default::default, |e| (format!(" \"{}\"", e.title.en), format!("“{}”", e.title.zh)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Locale;
    use serde_json::json;

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
            assert!(title(topic, &json!({ "amount": 7, "permission": "gone" })).is_some(), "{topic}");
        }
    }
}
