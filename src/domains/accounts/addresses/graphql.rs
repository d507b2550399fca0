//! The viewer's delivery addresses.

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::store::{self, Row};
use crate::domains::accounts::own;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::kernel::Fault;

/// An address that parcels go to.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct DeliveryAddress {
    /// The id.
    pub id: ID,
    /// Who takes the parcel in.
    pub recipient: String,
    /// Their phone number with most of it hidden.
    pub masked_phone: String,
    /// Province, city, district.
    pub region: String,
    /// Street, house, room.
    pub street: String,
    /// The postal code, if there is one.
    pub postal_code: Option<String>,
    /// Whether it is the one that is used when none is named.
    pub is_default: bool,
}

/// What `viewer` says of its delivery addresses.
pub struct ViewerAddresses;

#[guarded]
#[Object]
impl ViewerAddresses {
    /// The delivery addresses, the oldest first; at most 100.
    #[requires(account)]
    async fn delivery_addresses(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<DeliveryAddress>> {
        let request = RequestContext::of(ctx)?;
        addresses(request).await.or_client(request)
    }
}

/// The addresses of whoever asks.
///
/// # Errors
/// The database's fault, or an address that was sealed with another key.
pub async fn addresses(request: &RequestContext) -> Result<Vec<DeliveryAddress>, Fault> {
    let account = own::of_request(request)?;
    let rows = store::of_account(&mut *request.conn().await?, account).await?;
    rows.iter().map(|row| shown(request, row)).collect()
}

fn shown(request: &RequestContext, row: &Row) -> Result<DeliveryAddress, Fault> {
    let place = row.open(&request.door.env.keys).map_err(Fault::internal)?;
    Ok(DeliveryAddress {
        id: id(row.id),
        masked_phone: place.masked_phone(),
        recipient: place.recipient,
        region: place.region,
        street: place.street,
        postal_code: place.postal_code,
        is_default: row.is_default,
    })
}
