//! Red packets in the API.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::model::{RedPacket as Row, Split};
use super::store;
use crate::connection;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::{id, parse};
use crate::graphql::scalars::{DateTime, Money};
use crate::graphql::shown::Shown;
use crate::kernel::ids::ShopId;
use crate::kernel::{self, Fault, Subject};
use crate::permissions::catalogue::number;

/// How a budget is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Split")]
pub enum RedPacketSplit {
    /// Each the same; what cannot be divided goes to the first ones, a minor unit each.
    Equal,
    /// At random, each at least one minor unit.
    Random,
}

/// A red packet (店铺红包) that a shop sent.
pub struct RedPacket(pub Row);

/// A red packet (店铺红包) that a shop sent.
#[guarded(inherits)]
#[Object]
impl RedPacket {
    /// The id, for `claimRedPacket`.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The shop.
    async fn shop_id(&self) -> ID {
        id(self.0.shop_id)
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The budget.
    async fn budget(&self) -> Money {
        self.0.budget().into()
    }

    /// What is left of it.
    async fn left(&self) -> Money {
        self.0.left().into()
    }

    /// How many shares there are.
    async fn shares(&self) -> i32 {
        self.0.shares
    }

    /// How many were claimed.
    async fn claimed(&self) -> i32 {
        self.0.claimed
    }

    /// How it is split.
    async fn split(&self) -> RedPacketSplit {
        if self.0.split == Split::Equal.text() { RedPacketSplit::Equal } else { RedPacketSplit::Random }
    }

    /// From when it can be claimed.
    async fn starts_at(&self) -> DateTime {
        DateTime(self.0.starts_at)
    }

    /// Until when, not included.
    async fn ends_at(&self) -> DateTime {
        DateTime(self.0.ends_at)
    }

    /// Whether what was left went back.
    async fn is_ended(&self) -> bool {
        self.0.state == "ENDED"
    }
}

connection!(
    /// A page of red packets.
    RedPacketConnection,
    RedPacketEdge,
    RedPacket
);

/// A shop: its red packets.
pub struct ShopRedPackets {
    /// The shop.
    pub shop: ShopId,
}

#[guarded]
#[Object]
impl ShopRedPackets {
    /// The red packets (店铺红包) that were sent, the newest first.
    #[requires("red_packet.send")]
    async fn red_packets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Shown<RedPacketConnection>> {
        let request = RequestContext::of(ctx)?;
        let page = PageArgs { first, after, last, before };
        packets(request, self.shop, page).await.map(Shown).or_client(request)
    }
}

/// A red packet (店铺红包) as buyers see it.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct OpenRedPacket {
    /// The id, for `claimRedPacket`.
    pub id: ID,
    /// What it is called.
    pub name: String,
    /// From when it can be claimed; that may lie ahead.
    pub starts_at: DateTime,
    /// Until when, not included.
    pub ends_at: DateTime,
    /// How many shares there are.
    pub shares: i32,
    /// How many were claimed: when that is all of them, there is nothing left.
    pub claimed: i32,
    /// What the account that asks has of it; nothing when it has claimed none, and for sub-accounts, which claim none.
    pub own_share: Option<Money>,
}

/// Red packets for buyers.
#[derive(Default)]
pub struct RedPacketQuery;

#[guarded]
#[Object]
impl RedPacketQuery {
    /// The red packets (店铺红包) of a shop that can be claimed now or soon, the next to end first; at most 100.
    #[requires(login)]
    async fn open_red_packets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The shop.")] shop_id: ID,
    ) -> async_graphql::Result<Vec<OpenRedPacket>> {
        let request = RequestContext::of(ctx)?;
        open(request, &shop_id).await.or_client(request)
    }
}

async fn open(request: &RequestContext, shop: &ID) -> Result<Vec<OpenRedPacket>, Fault> {
    let shop: ShopId = parse(shop, "shop")?;
    let buyer = match request.actor()?.subject {
        Subject::Account { id } => Some(id),
        Subject::SubAccount { .. } => None,
    };
    let found = store::open(&mut *request.conn().await?, shop, buyer, request.now).await?;
    let shown = found.into_iter().map(|(row, own)| OpenRedPacket {
        id: id(row.id),
        own_share: own.map(|minor| kernel::Money::new(minor, row.currency).into()),
        name: row.name,
        starts_at: DateTime(row.starts_at),
        ends_at: DateTime(row.ends_at),
        shares: row.shares,
        claimed: row.claimed,
    });
    Ok(shown.collect())
}

async fn packets(request: &RequestContext, shop: ShopId, args: PageArgs) -> Result<RedPacketConnection, Fault> {
    let permit = request.read_permit(shop, const { number("red_packet.send") }).await?;
    let page = args.read()?;
    let mut conn = request.conn().await?;
    let slice = store::page(&mut conn, permit, &page).await?;
    Ok(RedPacketConnection::new(slice, |row| row.id, RedPacket))
}
