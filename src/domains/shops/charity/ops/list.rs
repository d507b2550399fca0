//! `listCharityOrganisation`: the platform lets items give to an organisation.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::model::{CharityRefusal, LONGEST_NAME, Organisation, is_website};
use super::super::store;
use crate::command::{Chain, Command, Entry, Tx};
use crate::kernel::ids::OrganisationId;
use crate::kernel::{Fault, names};
use crate::permissions::catalogue::number;

/// Lists an organisation.
#[derive(Debug, Serialize)]
pub struct ListOrganisation {
    /// Its name.
    pub name: String,
    /// Its page.
    pub website: Option<String>,
}

/// The organisation.
#[derive(Debug, Serialize, Deserialize)]
pub struct Listed {
    /// As it is now.
    pub organisation: Organisation,
}

impl Command for ListOrganisation {
    const NAME: &'static str = "listCharityOrganisation";
    type Output = Listed;
    type Refusal = CharityRefusal;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Listed, Fault<CharityRefusal>> {
        let permission = const { number("platform.charity.manage") };
        tx.permit_platform(permission, &"charity organisations")?;
        if !names::is_line(&self.name, LONGEST_NAME) {
            return Err(Fault::Refused(CharityRefusal::NameInvalid));
        }
        if self.website.as_deref().is_some_and(|website| !is_website(website)) {
            return Err(Fault::Refused(CharityRefusal::WebsiteInvalid));
        }
        let organisation = Organisation {
            id: OrganisationId::generate(),
            name: self.name.trim().to_owned(),
            website: self.website.clone(),
            state: "LISTED".to_owned(),
            listed_at: tx.now,
        };
        let by = tx.actor()?.subject.to_string();
        match store::insert(tx.conn, &organisation, &by).await {
            Err(diesel::result::Error::DatabaseError(_, info)) if info.constraint_name() == Some(store::NAME) => {
                return Err(Fault::Refused(CharityRefusal::NameTaken));
            }
            done => done?,
        };
        tx.record(Entry {
            chain: Chain::Platform,
            target: organisation.id.to_string(),
            permission: Some(permission),
            grant: None,
            detail: json!({ "name": organisation.name, "website": organisation.website }),
        });
        Ok(Listed { organisation })
    }
}
