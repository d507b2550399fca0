//! Adding, changing and removing addresses in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::{DeliveryAddress, addresses};
use super::model::Place;
use super::ops::remove::RemoveAddress;
use super::ops::save::{SaveAddress, Saved};
use super::ops::set_default::SetDefaultAddress;
use crate::graphql::command::{Answer, execute};
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::{id, parse};
use crate::kernel::ids::AddressId;

/// A new address.
#[derive(InputObject)]
pub struct AddDeliveryAddressInput {
    /// Who takes the parcel in: 1 to 40 characters.
    #[graphql(secret)]
    pub recipient: String,
    /// Their mobile number, best with its country.
    #[graphql(secret)]
    pub phone: String,
    /// Province, city, district: 1 to 60 characters.
    pub region: String,
    /// Street, house, room: 1 to 120 characters.
    #[graphql(secret)]
    pub street: String,
    /// The postal code, if there is one.
    pub postal_code: Option<String>,
    /// Whether it is to be the default; the first one is in any case.
    #[graphql(default)]
    pub make_default: bool,
}

/// An address written anew.
#[derive(InputObject)]
pub struct UpdateDeliveryAddressInput {
    /// Which.
    pub address_id: ID,
    /// Who takes the parcel in: 1 to 40 characters.
    #[graphql(secret)]
    pub recipient: String,
    /// Their mobile number, best with its country.
    #[graphql(secret)]
    pub phone: String,
    /// Province, city, district: 1 to 60 characters.
    pub region: String,
    /// Street, house, room: 1 to 120 characters.
    #[graphql(secret)]
    pub street: String,
    /// The postal code, if there is one.
    pub postal_code: Option<String>,
}

/// An address that is removed.
#[derive(InputObject)]
pub struct RemoveDeliveryAddressInput {
    /// Which.
    pub address_id: ID,
}

/// An address that becomes the default.
#[derive(InputObject)]
pub struct SetDefaultDeliveryAddressInput {
    /// Which.
    pub address_id: ID,
}

/// The addresses after the mutation.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct DeliveryAddressPayload {
    /// The address; null after it was removed.
    pub address: Option<DeliveryAddress>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// Delivery addresses.
#[derive(Default)]
pub struct AddressMutation;

#[guarded]
#[Object]
impl AddressMutation {
    /// Adds a delivery address; at most 20. Codes: `PHONE_INVALID`, `ADDRESS_INVALID`, `ADDRESS_LIMIT`.
    #[requires(account)]
    async fn add_delivery_address(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: AddDeliveryAddressInput,
    ) -> async_graphql::Result<DeliveryAddressPayload> {
        let AddDeliveryAddressInput { recipient, phone, region, street, postal_code, make_default } = input;
        let place = Place { recipient, phone, region, street, postal_code };
        saved(ctx, execute(ctx, SaveAddress { id: None, place, make_default }).await?).await
    }

    /// Writes a delivery address anew. Orders that were placed keep the one they had. Codes: `PHONE_INVALID`,
    /// `ADDRESS_INVALID`.
    #[requires(account)]
    async fn update_delivery_address(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: UpdateDeliveryAddressInput,
    ) -> async_graphql::Result<DeliveryAddressPayload> {
        let request = RequestContext::of(ctx)?;
        let id = Some(parse(&input.address_id, "address").or_client(request)?);
        let UpdateDeliveryAddressInput { recipient, phone, region, street, postal_code, .. } = input;
        let place = Place { recipient, phone, region, street, postal_code };
        saved(ctx, execute(ctx, SaveAddress { id, place, make_default: false }).await?).await
    }

    /// Makes an address the one that is used when none is named.
    #[requires(account)]
    async fn set_default_delivery_address(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SetDefaultDeliveryAddressInput,
    ) -> async_graphql::Result<DeliveryAddressPayload> {
        let request = RequestContext::of(ctx)?;
        let id: AddressId = parse(&input.address_id, "address").or_client(request)?;
        saved(ctx, execute(ctx, SetDefaultAddress { id }).await?).await
    }

    /// Removes an address. If it was the default, the oldest one that is left becomes it.
    #[requires(account)]
    async fn remove_delivery_address(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: RemoveDeliveryAddressInput,
    ) -> async_graphql::Result<DeliveryAddressPayload> {
        let request = RequestContext::of(ctx)?;
        let id: AddressId = parse(&input.address_id, "address").or_client(request)?;
        let (_, user_errors) = execute(ctx, RemoveAddress { id }).await?.split(|_| ());
        Ok(DeliveryAddressPayload { address: None, user_errors })
    }
}

async fn saved(ctx: &Context<'_>, answer: Answer<Saved>) -> async_graphql::Result<DeliveryAddressPayload> {
    let request = RequestContext::of(ctx)?;
    let (saved, user_errors) = answer.split(|saved| saved.id);
    let Some(saved) = saved else { return Ok(DeliveryAddressPayload { address: None, user_errors }) };
    let all = addresses(request).await.or_client(request)?;
    let address = all.into_iter().find(|address| address.id == id(saved));
    Ok(DeliveryAddressPayload { address, user_errors })
}
