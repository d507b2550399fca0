//! The roster in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use kith_macros::guarded;

use super::ops::set::{RosterSet, SetRoster, WrittenShift};
use crate::domains::staff::perms::STAFF_READ;
use crate::domains::staff::sub_accounts::graphql::SubAccount;
use crate::domains::staff::sub_accounts::loaders::SubAccountById;
use crate::graphql::command::execute;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::{OrClient, UserError};
use crate::graphql::ids::parse;
use crate::graphql::scalars::DateTime;
use crate::kernel::Fault;
use crate::kernel::ids::ShopId;
use crate::permissions::constraints::clock_time;
use crate::permissions::shifts::{self, DAY, Roster, Span};

/// Rosters that one list gives.
const MOST_SHOWN: usize = 100;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Weekday {
    /// Monday (周一).
    Monday,
    /// Tuesday (周二).
    Tuesday,
    /// Wednesday (周三).
    Wednesday,
    /// Thursday (周四).
    Thursday,
    /// Friday (周五).
    Friday,
    /// Saturday (周六).
    Saturday,
    /// Sunday (周日).
    Sunday,
}

impl Weekday {
    const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];
}

/// A shift that comes every week, in the shop's time zone.
#[derive(InputObject)]
pub struct ShiftInput {
    /// The day that it starts on.
    pub day: Weekday,
    /// When it starts, as `HH:MM`.
    pub from: String,
    /// When it ends, as `HH:MM`; not later than `from`, it is of the next day.
    pub until: String,
}

/// The shifts of a sub-account.
#[derive(InputObject)]
pub struct SetRosterInput {
    /// Whose.
    pub sub_account_id: ID,
    /// All of them, at most 28; none takes the sub-account off the roster.
    pub shifts: Vec<ShiftInput>,
}

/// A shift that comes every week, in the shop's time zone.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct RosterShift {
    /// The day that it starts on.
    pub day: Weekday,
    /// When it starts, as `HH:MM`.
    pub from: String,
    /// When it ends, as `HH:MM`; not later than `from`, it is of the next day.
    pub until: String,
}

/// From when until when somebody is on shift.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ShiftSpan {
    /// The first moment.
    pub from: DateTime,
    /// The moment after the last.
    pub until: DateTime,
}

/// When a sub-account is on shift.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct StaffRoster {
    /// Whose.
    pub sub_account: Option<SubAccount>,
    /// The shifts of a week.
    pub shifts: Vec<RosterShift>,
    /// The shift that they are on now; null when they are not.
    pub on_shift: Option<ShiftSpan>,
    /// The next shift.
    pub next_shift: Option<ShiftSpan>,
}

impl StaffRoster {
    fn of(request: &RequestContext, shop: ShopId, sub_account: Option<SubAccount>, roster: &Roster) -> Self {
        let zone = request.actor().ok().and_then(|actor| actor.seat(shop)).map_or(chrono_tz::UTC, |seat| seat.zone);
        let span = |span: Span| ShiftSpan { from: DateTime(span.from), until: DateTime(span.until) };
        let shift = |shift: &shifts::Shift| RosterShift {
            day: Weekday::ALL[usize::from(shift.starts / DAY % 7)],
            from: clock_time(shift.starts % DAY),
            until: match (shift.starts % DAY + shift.minutes) % DAY {
                0 => clock_time(DAY),
                minute => clock_time(minute),
            },
        };
        Self {
            sub_account,
            shifts: roster.shifts().iter().map(shift).collect(),
            on_shift: roster.on(request.now, zone).map(span),
            next_shift: roster.next(request.now, zone).map(span),
        }
    }
}

/// The roster of a sub-account after the mutation, or as it would be after a dry run.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct SetRosterPayload {
    /// The roster; null when the rules refused.
    pub roster: Option<StaffRoster>,
    /// Why nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// A shop: the part about its roster.
pub struct ShopRoster {
    /// The shop.
    pub shop: ShopId,
}

#[guarded]
#[Object]
impl ShopRoster {
    /// The roster: who is on shift when, of those who have shifts; at most 100.
    #[requires("staff.read")]
    async fn roster(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<StaffRoster>> {
        let request = RequestContext::of(ctx)?;
        rosters(request, self.shop).await.or_client(request)
    }
}

async fn rosters(request: &RequestContext, shop: ShopId) -> Result<Vec<StaffRoster>, Fault> {
    let permit = request.read_permit(shop, STAFF_READ).await?;
    let found = shifts::of_shop(&mut *request.conn().await?, permit.shop, None, None).await?;
    let mut found: Vec<_> = found.into_iter().filter(|(_, roster)| !roster.is_empty()).collect();
    found.sort_by_key(|(who, _)| *who);
    found.truncate(MOST_SHOWN);
    let loader = request.loaders.of::<SubAccountById>();
    loader.prime_from(request.db(), found.iter().map(|(who, _)| *who)).await?;
    let mut shown = Vec::with_capacity(found.len());
    for (who, roster) in &found {
        let who = loader.load(*who).await?.map(SubAccount);
        shown.push(StaffRoster::of(request, shop, who, roster));
    }
    Ok(shown)
}

/// The roster.
#[derive(Default)]
pub struct RosterMutation;

#[guarded]
#[Object]
impl RosterMutation {
    /// Says when a sub-account is on shift; it holds with the next request. Codes: `SHIFTS_INVALID`, `ONESELF`, `ABOVE_OWN_RANK`,
    /// `SUB_ACCOUNT_DEPARTED`.
    #[requires("roster.manage")]
    async fn set_roster(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and to what.")] input: SetRosterInput,
    ) -> async_graphql::Result<SetRosterPayload> {
        let request = RequestContext::of(ctx)?;
        let sub_account = parse(&input.sub_account_id, "subAccount").or_client(request)?;
        let number =
            |day: Weekday| u16::try_from(Weekday::ALL.iter().position(|one| *one == day).unwrap_or(7)).unwrap_or(7);
        let shift = |shift: ShiftInput| WrittenShift { day: number(shift.day), from: shift.from, until: shift.until };
        let command = SetRoster { sub_account, shifts: input.shifts.into_iter().map(shift).collect() };
        let (set, user_errors) = execute(ctx, command).await?.split(|set| set);
        let show = |RosterSet { sub_account, shifts }: RosterSet| {
            let shop = sub_account.shop_id;
            StaffRoster::of(request, shop, Some(SubAccount(sub_account.into())), &Roster::from_numbers(&shifts))
        };
        Ok(SetRosterPayload { roster: set.map(show), user_errors })
    }
}
