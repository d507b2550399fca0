//! Listing organisations and setting charity items, in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::graphql::CharityOrganisation;
use super::ops::delist::DelistOrganisation;
use super::ops::list::ListOrganisation;
use super::ops::pay_out::PayOutDonations;
use super::ops::set::SetCharityItem;
use crate::domains::shops::items::graphql::Item;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;
use crate::graphql::scalars::{CurrencyCode, Money, MoneyInput};
use crate::kernel::Currency;

/// An organisation to list.
#[derive(InputObject)]
pub struct ListCharityOrganisationInput {
    /// Its name: 1 to 80 characters.
    pub name: String,
    /// Its page: an https address.
    pub website: Option<String>,
}

/// An organisation to take off the list.
#[derive(InputObject)]
pub struct DelistCharityOrganisationInput {
    /// Which.
    pub organisation_id: ID,
}

/// What to pay out.
#[derive(InputObject)]
pub struct PayOutDonationsInput {
    /// To whom: one of `charityOrganisations`, listed or not.
    pub organisation_id: ID,
    /// In which currency; CNY when it is left out.
    pub currency: Option<CurrencyCode>,
    /// The bank's reference of the transfer, if it is known: 1 to 80 characters.
    pub reference: Option<String>,
}

/// What went out.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct PayOutDonationsPayload {
    /// How much.
    pub paid: Option<Money>,
    /// Of how many sales; one pay-out covers 1,000 at most, the oldest first.
    pub sales: Option<i32>,
    /// What can be paid out besides.
    pub still_due: Option<Money>,
    /// Why nothing was paid out.
    pub user_errors: Vec<UserError>,
}

/// What an item gives of each sale.
#[derive(InputObject)]
pub struct SetCharityItemInput {
    /// The item.
    pub item_id: ID,
    /// To whom: one of `charityOrganisations` that is listed. Left out, the item gives nothing any more.
    pub organisation_id: Option<ID>,
    /// Which share of each sale: 1 to 10,000 basis points, rounded down to the minor unit.
    pub share_basis_points: Option<i32>,
    /// Or how much for each sale, in the shop's currency: at most the price.
    pub amount: Option<MoneyInput>,
}

/// The organisation as it is now.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct CharityOrganisationPayload {
    /// The organisation.
    pub organisation: Option<CharityOrganisation>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// The item as it is now.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct SetCharityItemPayload {
    /// The item.
    pub item: Option<Item>,
    /// Why nothing was set.
    pub user_errors: Vec<UserError>,
}

/// Charity.
#[derive(Default)]
pub struct CharityMutation;

#[guarded]
#[Object]
impl CharityMutation {
    /// Puts an organisation (公益机构) on the list that items may give to. Codes: `NAME_INVALID`, `NAME_TAKEN`, `WEBSITE_INVALID`.
    #[requires("platform.charity.manage")]
    async fn list_charity_organisation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: ListCharityOrganisationInput,
    ) -> async_graphql::Result<CharityOrganisationPayload> {
        let command = ListOrganisation { name: input.name, website: input.website };
        let (organisation, user_errors) =
            execute(ctx, command).await?.split(|done| CharityOrganisation::new(done.organisation, Vec::new()));
        Ok(CharityOrganisationPayload { organisation, user_errors })
    }

    /// Takes an organisation off the list: orders that are placed from now on give it nothing. What it was given stays.
    #[requires("platform.charity.manage")]
    async fn delist_charity_organisation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: DelistCharityOrganisationInput,
    ) -> async_graphql::Result<CharityOrganisationPayload> {
        let request = RequestContext::of(ctx)?;
        let organisation = parse(&input.organisation_id, "charity organisation").or_client(request)?;
        let (organisation, user_errors) = execute(ctx, DelistOrganisation { organisation })
            .await?
            .split(|done| CharityOrganisation::new(done.organisation, Vec::new()));
        Ok(CharityOrganisationPayload { organisation, user_errors })
    }

    /// Pays out to an organisation what it was given by sales that were settled as many days ago as a buyer may win a dispute (15) and
    /// that no refund is open about: from its account in the ledger to its bank. A refund after that leaves the gift where it is.
    /// With `@dryRun` it says how much it would be. Needs `@idempotent`. Codes: `NOTHING_DUE`, `REFERENCE_INVALID`.
    #[requires("platform.charity.pay_out")]
    async fn pay_out_donations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: PayOutDonationsInput,
    ) -> async_graphql::Result<PayOutDonationsPayload> {
        let request = RequestContext::of(ctx)?;
        let organisation = parse(&input.organisation_id, "charity organisation").or_client(request)?;
        let currency = input.currency.map_or(Currency::CNY, |currency| currency.0);
        let command = PayOutDonations { organisation, currency, reference: input.reference };
        let (done, user_errors) = execute(ctx, command).await?.split(|done| done);
        Ok(PayOutDonationsPayload {
            paid: done.as_ref().map(|done| done.paid.into()),
            sales: done.as_ref().map(|done| i32::try_from(done.sales).unwrap_or(i32::MAX)),
            still_due: done.as_ref().map(|done| done.still_due.into()),
            user_errors,
        })
    }

    /// Makes an item a charity item (公益宝贝), changes what it gives, or ends that. Orders that were placed keep their terms.
    /// Codes: `ORGANISATION_UNKNOWN`, `SHARE_OR_AMOUNT`, `SHARE_INVALID`, `INVALID_AMOUNT`, `ABOVE_PRICE`.
    #[requires("charity_item.set")]
    async fn set_charity_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SetCharityItemInput,
    ) -> async_graphql::Result<SetCharityItemPayload> {
        let request = RequestContext::of(ctx)?;
        let item = parse(&input.item_id, "item").or_client(request)?;
        let organisation = input.organisation_id.map(|id| parse(&id, "charity organisation")).transpose();
        let organisation = organisation.or_client(request)?;
        let amount = input.amount.map(Into::into);
        let command = SetCharityItem { item, organisation, share: input.share_basis_points, amount };
        let (item, user_errors) = execute(ctx, command).await?.split(|set| Item(set.item));
        Ok(SetCharityItemPayload { item, user_errors })
    }
}
