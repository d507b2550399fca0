//! `setNotificationPreference`: an account switches a channel on or off (requirement 3.12).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::{Chain, Command, Entry, Tx};
use crate::domains::notifications::model::{Channel, SwitchRefusal};
use crate::domains::notifications::store;
use crate::kernel::{Fault, Subject};

/// Switches a channel of one's own inbox.
#[derive(Debug, Serialize)]
pub struct SwitchChannel {
    /// Which.
    pub channel: Channel,
    /// Whether its messages are put into the inbox.
    pub enabled: bool,
    /// Whether they go by text message or e-mail as well; nothing changes without a word.
    pub by_message: Option<bool>,
}

/// It is switched.
#[derive(Debug, Serialize, Deserialize)]
pub struct Switched;

impl Command for SwitchChannel {
    const NAME: &'static str = "setNotificationPreference";
    type Output = Switched;
    type Refusal = SwitchRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Switched, Fault<SwitchRefusal>> {
        let Subject::Account { id } = tx.actor()?.subject else { return Err(Fault::NotFound { what: "inbox" }) };
        if self.channel == Channel::Security && (!self.enabled || self.by_message == Some(false)) {
            return Err(Fault::Refused(SwitchRefusal::AlwaysOn));
        }
        match self.enabled {
            true => store::unmute(tx.conn, id, self.channel.text()).await?,
            false => store::mute(tx.conn, id, self.channel.text(), tx.now).await?,
        };
        // Security has no row: it is always on.
        if let Some(on) = self.by_message.filter(|_| self.channel != Channel::Security) {
            store::set_messaged(tx.conn, id, self.channel.text(), on).await?;
        }
        tx.record(Entry {
            chain: Chain::Account(id),
            target: id.to_string(),
            permission: None,
            grant: None,
            detail: json!({ "channel": self.channel, "enabled": self.enabled, "byMessage": self.by_message }),
        });
        Ok(Switched)
    }
}
