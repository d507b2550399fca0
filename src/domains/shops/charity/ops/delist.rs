//! `delistCharityOrganisation`: nothing more is given to it. What was given stays given, and orders that were placed give on.

use std::convert::Infallible;

use serde::Serialize;
use serde_json::json;

use super::super::store;
use super::list::Listed;
use crate::command::{Chain, Command, Entry, Tx};
use crate::kernel::Fault;
use crate::kernel::ids::OrganisationId;
use crate::permissions::catalogue::number;

/// Takes an organisation off the list.
#[derive(Debug, Serialize)]
pub struct DelistOrganisation {
    /// Which.
    pub organisation: OrganisationId,
}

impl Command for DelistOrganisation {
    const NAME: &'static str = "delistCharityOrganisation";
    type Output = Listed;
    type Refusal = Infallible;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Listed, Fault> {
        let permission = const { number("platform.charity.manage") };
        tx.permit_platform(permission, &self.organisation)?;
        let organisation = store::delist(tx.conn, self.organisation).await?;
        let organisation = organisation.ok_or(Fault::NotFound { what: "charity organisation" })?;
        tx.record(Entry {
            chain: Chain::Platform,
            target: organisation.id.to_string(),
            permission: Some(permission),
            grant: None,
            detail: json!({ "name": organisation.name }),
        });
        Ok(Listed { organisation })
    }
}
