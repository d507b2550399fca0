//! `resetSubAccountPassword`: a new password for somebody of the staff who lost theirs. Whoever sets it could log in as them, so they
//! have to stand above, and to hold all that the sub-account holds (requirement 5.2).

use serde::Serialize;
use serde_json::json;

use crate::command::{Command, KeyRule, Tx};
use crate::domains::accounts::sessions;
use crate::domains::accounts::sessions::login_throttle::Counted;
use crate::domains::accounts::throttle;
use crate::domains::staff::grants::edit::Holdings;
use crate::domains::staff::grants::model::effective;
use crate::domains::staff::outcome::Staffed;
use crate::domains::staff::perms::SUB_ACCOUNT_CREATE;
use crate::domains::staff::reach::{Overreach, Reach};
use crate::domains::staff::sub_accounts::model::State;
use crate::domains::staff::sub_accounts::store;
use crate::domains::staff::{change, events};
use crate::kernel::fault::Refusal;
use crate::kernel::ids::SubAccountId;
use crate::kernel::{Fault, Subject, Text};
use crate::permissions::Constraints;

/// Sets a new password for a sub-account.
#[derive(Debug, Serialize)]
pub struct ResetSubAccountPassword {
    /// Whose.
    pub sub_account: SubAccountId,
    /// The hash of the new password.
    #[serde(skip_serializing)]
    pub password_hash: String,
}

/// Why it stays as it is.
#[derive(Debug)]
pub enum ResetPasswordRefusal {
    /// One's own.
    Own,
    /// The sub-account stands as high, or holds what one does not hold (requirement 5.2).
    Person(Overreach),
    /// It logs in with an account of its own.
    Linked,
    /// It has departed.
    Departed,
}

impl Refusal for ResetPasswordRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Own => Overreach::Oneself.code(),
            Self::Person(why) => why.code(),
            Self::Linked => "PASSWORD_UNWANTED",
            Self::Departed => "SUB_ACCOUNT_DEPARTED",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        &["subAccountId"]
    }

    fn message(&self) -> Text {
        match self {
            Self::Own => Text::new(
                "Change your own password with changeOwnPassword, which asks for the old one.",
                "修改自己的密码请使用 changeOwnPassword,需要提供原密码。",
            ),
            Self::Person(why) => why.message(),
            Self::Linked => Text::new(
                "This manager logs in with an account of their own. They recover it with requestRecovery.",
                "该管理者使用自己的账号登录,请其通过 requestRecovery 找回。",
            ),
            Self::Departed => Text::new(
                "The sub-account has departed. Restore it with restoreSubAccount, which takes a new password.",
                "该子账号已离职,请使用 restoreSubAccount 恢复并设置新密码。",
            ),
        }
    }
}

impl Command for ResetSubAccountPassword {
    const NAME: &'static str = "resetSubAccountPassword";
    /// The password is not part of its content, so a key could not tell two resets apart.
    const KEY: KeyRule = KeyRule::Unsupported;
    type Output = Staffed;
    type Refusal = ResetPasswordRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Staffed, Fault<ResetPasswordRefusal>> {
        let who = change::sub_account(tx, self.sub_account).await?;
        let permit = tx.permit(SUB_ACCOUNT_CREATE, Some(who)).await?;
        let who = permit.record();
        let refuse = |refusal| Err(Fault::Refused(refusal));
        if permit.seat.sub_account == Some(who.id) {
            return refuse(ResetPasswordRefusal::Own);
        }
        let position = change::position_in(tx, who.shop_id, who.position_id).await?;
        let reach = Reach::of(&permit.seat, tx.now);
        if let Err(why) = reach.above(position.position.rank) {
            return refuse(ResetPasswordRefusal::Person(why));
        }
        if who.linked_account_id.is_some() {
            return refuse(ResetPasswordRefusal::Linked);
        }
        if who.state != State::Active {
            return refuse(ResetPasswordRefusal::Departed);
        }
        let holdings = Holdings::of(tx.conn, who, position.clone()).await?;
        for held in effective(&position, &holdings.grants, tx.now) {
            let none = Constraints::default();
            let limits = held.grant.map_or(&none, |grant| &grant.constraints);
            if holdings.counting.has(held.permission)
                && let Err(why) = reach.give(held.permission, limits)
            {
                return refuse(ResetPasswordRefusal::Person(why));
            }
        }
        store::update(tx.conn, who, Some(&self.password_hash)).await?;
        let ended = sessions::end_of_sub_account(tx.conn, who.shop_id, who.id, tx.now).await?;
        // What was tried in vain with the lost one does not hold up the new one.
        let subject = Subject::SubAccount { shop: who.shop_id, id: who.id };
        throttle::clear(tx.conn, &Counted::of_subject(tx.env, "log_in", subject, None).name).await?;
        tx.record_under(&permit, &who.id, json!({ "name": who.name, "sessionsEnded": ended }));
        tx.emit(events::about(events::PASSWORD_RESET, who));
        Ok(Staffed { sub_account: who.clone(), position, grants: holdings.standing() })
    }
}
