//! `acceptFamilyInvitation` and `declineFamilyInvitation`: whoever has the link answers, once (requirement 0.2).

use serde::Serialize;
use serde_json::json;

use super::super::model::{FamilyLink, State};
use super::super::store;
use super::{Changed, FamilyRefusal, entry, event, own_account};
use crate::command::{Command, KeyRule, Tx};
use crate::domains::accounts::contacts::store as contacts;
use crate::domains::accounts::token::TokenHash;
use crate::domains::family::events;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;

/// Answers an invitation.
#[derive(Debug, Serialize)]
pub struct AnswerFamilyInvitation {
    /// The hash of the token in the link; `None` when what was written can be no token.
    #[serde(skip_serializing)]
    pub token_hash: Option<TokenHash>,
    /// Whether the answer is yes.
    pub accept: bool,
}

impl Command for AnswerFamilyInvitation {
    const NAME: &'static str = "answerFamilyInvitation";
    const KEY: KeyRule = KeyRule::Unsupported;
    // The token is a secret: a try that leaves no trace could be repeated without end (h32).
    const DRY_RUN: bool = false;
    type Output = Changed;
    type Refusal = FamilyRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Changed, Fault<FamilyRefusal>> {
        let relative = own_account(tx)?;
        let unknown = Fault::Refused(FamilyRefusal::Unknown);
        let Some(hash) = &self.token_hash else { return Err(unknown) };
        // Locked: of two who answer at once the second finds the first one's answer.
        let Some(link) = store::lock_by_token(tx.conn, hash).await? else { return Err(unknown) };
        match link.state(tx.now) {
            State::Pending => {}
            answered => return Err(Fault::Refused(FamilyRefusal::Not(answered))),
        }
        if link.inviter_account_id == relative {
            return Err(Fault::Refused(FamilyRefusal::OwnInvitation));
        }
        if self.accept {
            is_who_was_asked(tx, &link, relative).await?;
        }
        let answered = store::answer(tx.conn, &link, self.accept.then_some(relative), tx.now).await;
        answered.map_err(
            |error| if is_once(&error) { Fault::Refused(FamilyRefusal::AlreadyLinked) } else { error.into() },
        )?;
        let topic = if self.accept { events::ACCEPTED } else { events::DECLINED };
        tx.emit(event(topic, link.id, &[link.inviter_account_id], &link.relative_name));
        tx.record(entry(relative, link.id, json!({ "accepted": self.accept, "inviter": link.inviter_account_id })));
        Ok(Changed { link: link.id })
    }
}

/// An invitation that names a number is for the account that has bound it.
async fn is_who_was_asked(tx: &mut Tx<'_>, link: &FamilyLink, relative: AccountId) -> Result<(), Fault<FamilyRefusal>> {
    let Some(key) = link.phone_key.as_deref() else { return Ok(()) };
    let key = key.try_into().map_err(|_| Fault::internal("a keyed hash of another length"))?;
    match contacts::owner(tx.conn, &key).await? {
        Some(owner) if owner == relative => Ok(()),
        _ => Err(Fault::Refused(FamilyRefusal::PhoneDiffers)),
    }
}

fn is_once(error: &diesel::result::Error) -> bool {
    matches!(error, diesel::result::Error::DatabaseError(_, info) if info.constraint_name() == Some(store::ONCE))
}
