//! `devOutbox` in the API.

use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};
use kith_macros::guarded;

use crate::graphql::context::RequestContext;
use crate::graphql::errors::to_client;
use crate::graphql::scalars::DateTime;
use crate::kernel::Fault;
use crate::providers::messages::Channel;
use crate::providers::messages::dev::{DevOutbox, Sent};

/// A message that demo mode would have sent.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct DevMessage {
    /// `SMS` or `EMAIL`.
    pub channel: &'static str,
    /// What kind of message it is, e.g. `code.bind`.
    pub template: String,
    /// The number or address.
    pub to: String,
    /// What it says.
    pub text: String,
    /// When it would have been sent.
    pub at: DateTime,
}

/// What demo mode would have sent.
#[derive(Default)]
pub struct DevOutboxQuery;

#[guarded]
#[Object]
impl DevOutboxQuery {
    /// The messages that demo mode would have sent, newest first, at most 100. Outside of demo mode there is nothing here:
    /// codes are in the message and nowhere else.
    #[requires(login)]
    async fn dev_outbox(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 100 at most.", default = 20)] first: usize,
    ) -> async_graphql::Result<Vec<DevMessage>> {
        let request = RequestContext::of(ctx)?;
        let Some(outbox) = ctx.data_opt::<Arc<DevOutbox>>() else {
            return Err(to_client(Fault::NotFound { what: "devOutbox" }, request));
        };
        Ok(outbox.newest(first.min(100)).into_iter().map(shown).collect())
    }
}

fn shown(sent: Sent) -> DevMessage {
    let message = sent.message;
    DevMessage {
        channel: match message.channel {
            Channel::Sms => "SMS",
            Channel::Email => "EMAIL",
        },
        template: message.template,
        to: message.to.expose().clone(),
        text: message.text.expose().clone(),
        at: DateTime(sent.at),
    }
}
