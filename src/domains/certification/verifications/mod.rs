//! Questions to verifiers. A command puts one with the change that it belongs to ([`put`]); it is asked once that is
//! committed ([`ask`]), and what comes back is a command as well ([`ops::decide`]).

pub mod asking;
pub mod graphql;
pub mod ops;
pub mod store;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::command::Tx;
use crate::domains::certification::identity::model::{Document, PersonName};
use crate::kernel::Fault;
use crate::kernel::ids::{PersonSessionId, ShopId, VerificationId};

pub use asking::ask;

/// What claims are sealed for.
const CLAIM: &str = "verification.claim";

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub enum What<'a> {
    /// Whether name and number belong together.
    Identity,
    /// Whether a photo shows the person.
    Face {
        /// The session that it belongs to.
        session: PersonSessionId,
        /// What was asked for.
        gesture: &'a str,
        /// The key of the photo.
        photo: &'a str,
    },
}

/// A question to be put.
pub struct NewVerification<'a> {
    /// Whom it is about: an account or a sub-account.
    pub owner: Uuid,
    /// The shop of a sub-account.
    pub shop: Option<ShopId>,
    /// What is asked.
    pub what: What<'a>,
    /// The document.
    pub document: &'a Document,
    /// The name in it.
    pub name: &'a PersonName,
}

/// A claim as it is sealed.
#[derive(Serialize, Deserialize)]
struct Sealed {
    region: String,
    name: String,
    number: String,
}

/// Puts a question. It is asked by [`ask`] at once; should that not happen, by the worker.
///
/// # Errors
/// The database's fault.
pub async fn put<E>(tx: &mut Tx<'_>, new: &NewVerification<'_>) -> Result<VerificationId, Fault<E>> {
    let claim = Sealed {
        region: new.document.region.text().to_owned(),
        name: new.name.expose().expose().clone(),
        number: new.document.number().expose().clone(),
    };
    let claim = serde_json::to_vec(&claim).map_err(Fault::internal)?;
    let sealed = tx.env.keys.seal(CLAIM, &claim);
    let id = VerificationId::generate();
    store::insert(tx.conn, id, new, &sealed, tx.now).await?;
    Ok(id)
}
