//! What stands behind the engine's own answer and can only turn a yes into a no: plugins, the certification of the sub-account, and
//! the log-in policy that a manager stands under.

use diesel_async::AsyncPgConnection;

use super::{Change, Explanation, Question, Step};
use crate::kernel::Text;
use crate::kernel::fault::Denial;
use crate::kernel::ids::{PositionId, SubAccountId};
use crate::permissions::arbiter::{Ruling, Said};
use crate::permissions::catalogue::{Entry, Number};
use crate::permissions::login::{Against, Under};
use crate::permissions::quota::{self, Usage};
use crate::permissions::{denial, permit, store};

/// What was used of the limits that plugins oblige and that add up: of the very counter in which a use would count. Asks
/// nothing where there are none.
///
/// # Errors
/// The database's fault.
pub async fn counted(
    conn: &mut AsyncPgConnection,
    question: &Question,
    ruling: &Ruling,
) -> Result<Usage, diesel::result::Error> {
    if !ruling.counts() {
        return Ok(Usage::default());
    }
    let permission = ruling.ask.permission;
    let grant = match question.sub_account {
        Some(id) => {
            let grants = store::grants(conn, question.shop, id).await?;
            grants.into_iter().find(|g| g.permission == permission && g.allows).map(|g| g.id)
        }
        None => None,
    };
    let counter = permit::counter(question.shop, ruling.ask.principal, permission, grant);
    quota::usage(conn, counter, &question.intended).await
}

/// Puts what plugins say behind what the engine said: they can turn a yes into a no, never the reverse (issue 3). `used`: what
/// was [`counted`] of their limits.
pub fn advise(answer: &mut Explanation, question: &Question, permission: Number, ruling: &Ruling, used: &Usage) {
    for word in &ruling.words {
        let limits = &word.limits;
        let denial = match word.said {
            Said::Allow => limits
                .check(&question.intended)
                .and_then(|more| quota::check(limits, &question.intended, used).map(|()| more))
                .map(|more| answer.second_approver |= more.second_approver)
                .err()
                .map(|violation| denial::of_limit(question.currency, permission, word, &question.intended, violation)),
            _ => Some(denial::of_word(permission, word)),
        };
        let allows = || {
            Text::made(
                format!("The plugin {} ({}) allows it.", word.by.name.en, word.by.plugin),
                format!("插件“{}”({})允许。", word.by.name.zh, word.by.plugin),
            )
        };
        let text = denial.as_ref().and_then(|denial| denial.message.clone()).unwrap_or_else(allows);
        answer.path.push(Step { kind: "PLUGIN", text, source: Some(word.by.plugin.clone()) });
        if denial.is_some() {
            (answer.allowed, answer.second_approver, answer.change) = (false, false, None);
            answer.denial = denial;
            return;
        }
    }
}

/// Turns a yes into a no because the sub-account was not certified in time and may do nothing, whatever it holds (requirement
/// 4.6); certifying it is the one change that helps. What the engine found stays on the path.
pub fn restrict(answer: &mut Explanation, entry: &Entry, (name, who, has_own_account): (&str, SubAccountId, bool)) {
    let text = Text::made(
        format!("{name} was not certified in time and is restricted: it may do nothing."),
        format!("{name} 未在期限内完成认证,已被限制,不能进行任何操作。"),
    );
    answer.path.push(Step { kind: "CERTIFICATION", text: text.clone(), source: Some(who.to_string()) });
    if answer.allowed {
        let certify = if has_own_account {
            Text::made(
                format!("{name} certifies the account that they log in with: certifyByDocument."),
                format!("{name} 须为其登录账号完成实名认证:certifyByDocument。"),
            )
        } else {
            Text::made(
                format!("Certify {name}: createCertificationCode gives the QR code."),
                format!("为 {name} 完成认证:通过 createCertificationCode 获取二维码。"),
            )
        };
        answer.change = Some(Change { kind: "CERTIFY", text: certify, constraint: None, value: None });
    }
    // As a request of theirs is answered: the restriction comes before everything else.
    let permission = entry.code.to_owned();
    answer.denial = Some(Denial { reason: "NOT_CERTIFIED", permission, message: Some(text), ..Denial::default() });
    (answer.allowed, answer.second_approver) = (false, false);
}

/// Turns a yes into a no because the shop's log-in policy keeps a manager with an account of their own from acting now (requirement
/// 4.20). One who is restricted stays so: that comes first, as it does when a request of theirs is answered.
pub fn shut(
    answer: &mut Explanation,
    entry: &Entry,
    (name, position): (&str, PositionId),
    (under, against): (Under<'_>, Against),
) {
    let text = under.message(name, against);
    answer.path.push(Step { kind: "LOGIN_POLICY", text, source: Some(position.to_string()) });
    if answer.denial.as_ref().is_some_and(|denial| denial.reason == "NOT_CERTIFIED") {
        return;
    }
    if answer.allowed {
        let text = match against {
            Against::Client | Against::Method => Text::made(
                format!("{name} logs in as the policy says, or setLoginPolicy of the position allows it."),
                format!("{name} 按策略要求的方式登录,或通过 setLoginPolicy 调整其岗位的登录策略。"),
            ),
            _ => Text::made(
                format!("setLoginPolicy of the position of {name} allows this time."),
                format!("通过 setLoginPolicy 在 {name} 的岗位登录策略中允许该时间。"),
            ),
        };
        answer.change = Some(Change { kind: "CHANGE_LOGIN_POLICY", text, constraint: None, value: None });
    }
    answer.denial = Some(denial::of_policy(name, entry.number, under, against));
    (answer.allowed, answer.second_approver) = (false, false);
}
