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
    "refund.overtaken",
    "permission.granted",
    "permission.revoked",
    "permission.changed",
    "sub_account.created",
    "sub_account.departed",
    "sub_account.restored",
    "sub_account.moved",
    "sub_account.password_reset",
    "manager.invited",
    "manager.accepted",
    "order.paid",
    "payment.captured",
    "payment.failed",
    "payment.refund_to_balance",
    "payment_account.verified",
    "payment_method.removed",
    "deposit.paid",
    "deposit.compensated",
    "violation.recorded",
    "shop.closed",
    "red_packet.sent",
    "red_packet.ended",
    "order.settled",
    "funds.withdrawn",
    "friend.requested",
    "friend.accepted",
    "association.requested",
    "association.accepted",
    "association.declined",
    "association.ended",
    "certification.real_name_passed",
    "certification.real_name_failed",
    "certification.real_person_passed",
    "certification.real_person_failed",
    "certification.photo_lapsed",
    "sub_account.photo_lapsed",
    "review.announced",
    "review.failed",
    "family.accepted",
    "family.declined",
    "family.ended",
    "intimate_pay.opened",
    "intimate_pay.changed",
    "intimate_pay.frozen",
    "intimate_pay.unfrozen",
    "intimate_pay.ended",
    "intimate_pay.used",
    "intimate_pay.failed",
    "intimate_pay.given_back",
    "pay_request.asked",
    "pay_request.approved",
    "pay_request.declined",
    "pay_request.lapsed",
    "payment_password.set",
    "payment_password.locked",
    "contact.bound",
    "contact.changed",
    "contact.unbound",
    "security.new_device",
    "security.token_reused",
    "security.password_reset",
    "security.password_changed",
    "security.guessing",
    "security.restricted",
    "security.confirmed",
    "security.sessions_ended",
    "security.totp_enabled",
    "security.totp_disabled",
    "security.recovery_code_used",
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
        "refund.overtaken" => (
            format!(
                "The platform gave money of an order back, and less is left than the{money} that a refund asked for: it is closed, and what is left can be asked for."
            ),
            format!("平台已就订单赔付,剩余可退金额低于退款申请{money},该申请已关闭;可就剩余金额重新申请。"),
        ),
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
        "sub_account.password_reset" => {
            (format!("A new password was set for the sub-account{name}."), format!("子账号{name}的密码已被重置。"))
        }
        "manager.invited" => (format!("An invitation to manage a shop{name}."), format!("邀请管理店铺{name}。")),
        "manager.accepted" => {
            (format!("The manager{name} accepted the invitation."), format!("管理员{name}已接受邀请。"))
        }
        "order.paid" => (format!("An order was paid{money}."), format!("订单已付款{money}。")),
        "payment.captured" => (format!("You paid{money}."), format!("您已付款{money}。")),
        "payment.failed" => {
            (format!("A payment{money} failed. Choose another method."), format!("付款{money}失败,请更换付款方式。"))
        }
        "payment.refund_to_balance" => (
            format!("A refund{money} could not go to your card and is on your balance."),
            format!("退款{money}无法退回银行卡,已退至账户余额。"),
        ),
        "payment_account.verified" => {
            (format!("The payment account{name} was verified."), format!("支付账户{name}已验证。"))
        }
        "payment_method.removed" => {
            (format!("The payment method{name} was removed."), format!("付款方式{name}已移除。"))
        }
        "deposit.paid" => (format!("The deposit grew by{money}."), format!("保证金已缴纳{money}。")),
        "deposit.compensated" => {
            let (lacks_en, lacks_zh) =
                payload.get("missing").and_then(Value::as_str).map_or_else(Default::default, |m| {
                    (
                        format!(" {m} is missing: nothing new is listed until it is paid."),
                        format!("还需补缴 {m},补缴前不能发布新宝贝。"),
                    )
                });
            (
                format!("The deposit compensated a buyer with{money}.{lacks_en}"),
                format!("保证金已赔付买家{money}。{lacks_zh}"),
            )
        }
        "violation.recorded" => (
            format!("A violation was recorded; it costs{money} when the shop closes."),
            format!("已记录违规,关店时将从保证金扣除{money}。"),
        ),
        "shop.closed" => {
            (format!("The shop is closed;{money} of its deposit went back."), format!("店铺已关闭,保证金退还{money}。"))
        }
        "red_packet.sent" => (format!("A red packet of{money} was sent."), format!("已发放店铺红包{money}。")),
        "red_packet.ended" => {
            (format!("A red packet is over;{money} of it went back."), format!("店铺红包已结束,退回{money}。"))
        }
        "order.settled" => (
            format!("An order was settled:{money} is on the shop's balance."),
            format!("订单已结算,{money} 已入店铺余额。"),
        ),
        "funds.withdrawn" => (
            format!("The shop's balance paid out{money} to the main account."),
            format!("店铺余额{money}已提现至主账号。"),
        ),
        "friend.requested" => ("Somebody asks to be your friend.".to_owned(), "有人请求添加您为好友。".to_owned()),
        "friend.accepted" => ("You have a new friend.".to_owned(), "您有一位新好友。".to_owned()),
        "association.requested" => (
            "Another account asks to be associated with this one. Accept only if it is yours.".to_owned(),
            "另一账号请求与本账号关联,请仅在该账号属于您本人时接受。".to_owned(),
        ),
        "association.accepted" => {
            ("Two accounts of yours are associated.".to_owned(), "您的两个账号已关联。".to_owned())
        }
        "association.declined" => {
            ("Your request to associate an account was declined.".to_owned(), "账号关联请求已被拒绝。".to_owned())
        }
        "association.ended" => ("An association of your account has ended.".to_owned(), "账号关联已解除。".to_owned()),
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
        "certification.photo_lapsed" => (
            "Your photo waited too long for an answer. Nothing is held against you: start a new session and send another.".to_owned(),
            "您提交的照片因超时未审核已失效,不影响您的认证状态,请重新发起实人认证。".to_owned(),
        ),
        "sub_account.photo_lapsed" => (
            "A photo of a sub-account waited too long for an answer. Its face has to be shown again: startStaffFace.".to_owned(),
            "子账号的实人认证照片因超时未审核已失效,请通过 startStaffFace 重新认证。".to_owned(),
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
        "intimate_pay.opened" => ("Intimate pay was opened.".to_owned(), "亲密付已开通。".to_owned()),
        "intimate_pay.changed" => {
            ("The terms of an intimate pay changed.".to_owned(), "亲密付的限额或付款方式已变更。".to_owned())
        }
        "intimate_pay.frozen" => (
            "A payment was reported: the intimate pay is frozen, and a case is open.".to_owned(),
            "有付款被举报:亲密付已冻结并立案处理。".to_owned(),
        ),
        "intimate_pay.unfrozen" => ("The intimate pay goes on.".to_owned(), "亲密付已解除冻结。".to_owned()),
        "intimate_pay.ended" => ("An intimate pay has ended.".to_owned(), "亲密付已结束。".to_owned()),
        "intimate_pay.used" => (format!("A purchase by intimate pay{money}."), format!("亲密付消费{money}。")),
        "intimate_pay.failed" => (
            format!("A purchase by intimate pay{money} came to nothing; its quota is back."),
            format!("亲密付消费{money}未成功,额度已恢复。"),
        ),
        "intimate_pay.given_back" => (
            format!("Money of a purchase by intimate pay came back{money}, and its quota with it."),
            format!("亲密付退款{money},额度已恢复。"),
        ),
        "pay_request.asked" => (format!("A relative asks for a payment{money}."), format!("亲属请求代付{money}。")),
        "pay_request.approved" => ("Your request to pay was approved.".to_owned(), "您的代付请求已同意。".to_owned()),
        "pay_request.declined" => ("Your request to pay was declined.".to_owned(), "您的代付请求已被拒绝。".to_owned()),
        "pay_request.lapsed" => (format!("A request to pay{money} has lapsed."), format!("代付请求{money}已失效。")),
        "payment_password.set" => ("Your payment password was set.".to_owned(), "支付密码已设置。".to_owned()),
        "payment_password.locked" => (
            "Your payment password was wrong too often and is locked.".to_owned(),
            "支付密码错误次数过多,已锁定。".to_owned(),
        ),
        _ => return security(topic, payload),
    };
    Some(Text::made(en, zh))
}

/// What concerns the security of an account (requirement 3.13).
fn security(topic: &str, payload: &Value) -> Option<Text> {
    let email = payload.get("kind").and_then(Value::as_str) == Some("EMAIL");
    let (what_en, what_zh) = if email { ("An e-mail address", "邮箱") } else { ("A phone number", "手机号") };
    let not_you = |en: String, zh: String| {
        Some(Text::made(
            format!("{en} If that was not you, recover the account and tell support."),
            format!("{zh}如非本人操作,请立即找回账号并联系客服。"),
        ))
    };
    match topic {
        "contact.bound" => {
            not_you(format!("{what_en} was bound to your account."), format!("您的账号已绑定{what_zh}。"))
        }
        "contact.changed" => {
            not_you(format!("{what_en} of your account was changed."), format!("您的账号已更换{what_zh}。"))
        }
        "contact.unbound" => {
            not_you(format!("{what_en} was unbound from your account."), format!("您的账号已解绑{what_zh}。"))
        }
        "security.new_device" => not_you(
            "Somebody knows your password and logs in from a new device.".to_owned(),
            "有人使用您的密码在新设备上登录。".to_owned(),
        ),
        "security.token_reused" => not_you(
            "A session was ended, because its refresh token was used twice.".to_owned(),
            "刷新令牌被重复使用,相关会话已终止。".to_owned(),
        ),
        "security.password_reset" => not_you(
            "Your password was set anew, and all sessions were ended.".to_owned(),
            "您的密码已重设,所有会话已终止。".to_owned(),
        ),
        "security.password_changed" => not_you(
            "Your password was changed, and all other sessions were ended.".to_owned(),
            "您的密码已修改,其他会话已终止。".to_owned(),
        ),
        "security.guessing" => not_you(
            "Several log-ins to your account failed in a row.".to_owned(),
            "您的账号连续多次登录失败。".to_owned(),
        ),
        "security.restricted" => Some(Text::new(
            "Something unusual happened to your account, so it can only be read until you confirm it with confirmActivity.",
            "您的账号出现异常活动,确认前仅可查看。请通过 confirmActivity 确认。",
        )),
        "security.confirmed" => not_you(
            "The unusual activity was confirmed, and your account can act again.".to_owned(),
            "异常活动已确认,您的账号已恢复正常。".to_owned(),
        ),
        "security.sessions_ended" => {
            not_you("Sessions of your account were ended.".to_owned(), "您账号的部分会话已被终止。".to_owned())
        }
        "security.totp_enabled" => {
            not_you("An authenticator was set up for your account.".to_owned(), "您的账号已启用身份验证器。".to_owned())
        }
        "security.totp_disabled" => not_you(
            "The authenticator of your account was given up.".to_owned(),
            "您的账号已停用身份验证器。".to_owned(),
        ),
        "security.recovery_code_used" => {
            not_you("A recovery code of your account was used.".to_owned(), "您的账号使用了一个恢复码。".to_owned())
        }
        _ => None,
    }
}

/// Whether the account that the payload names is told as well: it is who is asked, or whose security it is.
#[must_use]
pub fn concerns_account(topic: &str) -> bool {
    const TOLD: [&str; 7] =
        ["payment", "security.", "contact.", "friend.", "association.", "certification.", "review."];
    topic == "manager.invited" || TOLD.iter().any(|family| topic.starts_with(family))
}

/// Whether it is worth a text message or an e-mail whatever the preferences are: what somebody else would do who got in. Not what
/// sends a code or a notice by itself.
#[must_use]
pub fn is_alarm(topic: &str) -> bool {
    const ALARMS: [&str; 7] = [
        "security.token_reused",
        "security.password_reset",
        "security.password_changed",
        "security.restricted",
        "security.totp_disabled",
        "security.recovery_code_used",
        "payment_password.locked",
    ];
    ALARMS.contains(&topic)
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
