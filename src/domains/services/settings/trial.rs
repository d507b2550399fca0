//! Whether the service itself takes settings that its schema allows: rules that no schema holds, such as one value below
//! another. Asked before the transaction, because it may take a process to find out; what was tried is then ready to be used.

use std::sync::Arc;

use serde_json::Value;

use super::model::check;
use crate::domains::services::service::model::Service;
use crate::graphql::context::RequestContext;
use crate::kernel::Fault;
use crate::kernel::ids::{ShopId, SubAccountId};
use crate::permissions::denial::GRANT;
use crate::permissions::settings::{self, Row, Settings, SettingsText};

/// What a trial showed.
#[derive(Debug, Default)]
pub struct Trial {
    /// Whether the service refuses the settings.
    pub refused: bool,
    /// The settings as the service would get them, if they were tried.
    pub text: Option<SettingsText>,
}

/// What would be set for a seat, and whether the service refuses it. Only a refusal of its own counts; whatever else is wrong,
/// the command says.
///
/// # Errors
/// The database's fault.
pub async fn tried(
    request: &RequestContext,
    shop: ShopId,
    service: &str,
    sub_account: Option<SubAccountId>,
    values: &Value,
) -> Result<Trial, Fault> {
    let actor = request.actor()?;
    let described = Service::find(&actor.arbiter, service).and_then(|service| service.described);
    let (Some(seat), Some(described)) = (actor.seat(shop), described) else { return Ok(Trial::default()) };
    let Ok(values) = check(&described.settings, values) else { return Ok(Trial::default()) };
    // Nobody else gets as far as the service: it may take a process to ask it.
    let manages = sub_account.is_some() && seat.holds(GRANT, request.now);
    if !seat.is_main() && !manages {
        return Ok(Trial::default());
    }
    let mut rows = {
        let mut conn = request.conn().await?;
        settings::of_seat(&mut conn, shop, sub_account).await?
    };
    rows.retain(|row| row.service != service || row.sub_account_id != sub_account);
    rows.push(Row {
        service: service.to_owned(),
        sub_account_id: sub_account,
        values,
        changed_by: String::new(),
        changed_at: request.now,
    });
    let Some(text) = Settings::compose(&rows, sub_account).of(service) else { return Ok(Trial::default()) };
    let tried = actor.arbiter.try_settings(service, Arc::clone(&text)).await;
    // A plugin that does not start just now is no reason: it may be back when it is asked.
    let own = ["CREATE_FAILED", "CREATE_NULL", "SELF_TEST_FAILED"];
    let refused = matches!(tried, Some(Err(code)) if own.contains(&code.as_str()));
    Ok(Trial { refused, text: Some(text) })
}
