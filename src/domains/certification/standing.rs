//! What other domains ask about an account.

use diesel_async::AsyncPgConnection;

use super::identity::model::{NAME, PersonName};
use super::identity::store;
use crate::kernel::Fault;
use crate::kernel::ids::AccountId;
use crate::providers::Keys;
use crate::providers::keys::KeyedHash;

/// Where an account stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Whether name and person are certified, and no review was failed since.
    pub certified: bool,
    name_key: Vec<u8>,
    phone_key: Vec<u8>,
}

impl Standing {
    /// Where an account stands; nothing when it never began.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn of(conn: &mut AsyncPgConnection, account: AccountId) -> Result<Option<Self>, diesel::result::Error> {
        Ok(store::of_account(conn, account).await?.map(|found| Self {
            certified: found.real_name == "PASSED" && found.real_person_at.is_some() && found.suspended_at.is_none(),
            name_key: found.name_key,
            phone_key: found.phone_key,
        }))
    }

    /// Whether a name is that of the identity (requirement 2.10).
    #[must_use]
    pub fn is_called(&self, keys: &Keys, name: &PersonName) -> bool {
        name.key(keys).as_slice() == self.name_key
    }

    /// Whether a number is that of the identity, by its keyed hash.
    #[must_use]
    pub fn has_phone(&self, key: &[u8]) -> bool {
        key == self.phone_key
    }
}

/// The certified name of an account as a hash for `purpose`, which matches no hash for another; nothing when no name is
/// certified. The name itself does not leave this domain.
///
/// # Errors
/// The database's fault, or a name that cannot be opened.
pub async fn name_hashed_for(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    purpose: &str,
) -> Result<Option<KeyedHash>, Fault> {
    let Some(row) = store::of_account(conn, account).await?.filter(|row| row.real_name == "PASSED") else {
        return Ok(None);
    };
    let name = keys.open_text(NAME, &row.name).map_err(Fault::internal)?;
    Ok(PersonName::read(&name).map(|name| name.hashed_for(keys, purpose)))
}
