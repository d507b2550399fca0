//! The viewer's friends.

use async_graphql::{Context, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::model::State;
use super::store::{self, Row};
use crate::connection;
use crate::domains::accounts::account::graphql::{Account, account};
use crate::domains::accounts::account::loaders::AccountById;
use crate::domains::accounts::own;
use crate::graphql::connections::PageArgs;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::graphql::shown::Shown;
use crate::kernel::page::Slice;
use crate::kernel::{Fault, Text};

/// Somebody in the contacts list: a friend, or somebody who asked or was asked.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct Friend {
    /// The relation.
    pub id: ID,
    /// The other.
    pub account: Account,
    /// How the two stand.
    pub state: State,
    /// Since when.
    pub since: DateTime,
}

connection!(
    /// A page of friends.
    FriendConnection,
    FriendEdge,
    Friend
);

const ADD_THE_FIRST: Text = Text::new(
    "There are no friends here yet. Ask the first with requestFriend, by their log-in name.",
    "您还没有好友。请使用 requestFriend 并填写对方的登录名,添加第一位好友。",
);

/// What `viewer` says of its friends.
pub struct ViewerFriends;

#[guarded]
#[Object]
impl ViewerFriends {
    /// Friends, and requests either way, the newest first.
    #[requires(account)]
    async fn friends(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those who stand so.")] state: Option<State>,
        #[graphql(desc = "The first rows: 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Rows before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Shown<FriendConnection>> {
        let request = RequestContext::of(ctx)?;
        let args = PageArgs { first, after, last, before };
        page(request, state, args).await.map(Shown).or_client(request)
    }

    /// How to add the first friend, in the language of `Accept-Language`; nothing when there is one (requirement 0.1).
    #[requires(account)]
    async fn friend_advice(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let request = RequestContext::of(ctx)?;
        let have = async { Ok(store::count(&mut *request.conn().await?, own::of_request(request)?).await?) };
        let have: i64 = have.await.or_client(request)?;
        Ok((have == 0).then(|| ADD_THE_FIRST.get(request.locale).to_owned()))
    }
}

async fn page(request: &RequestContext, state: Option<State>, args: PageArgs) -> Result<FriendConnection, Fault> {
    let account = own::of_request(request)?;
    let page = args.read()?;
    let slice = store::page(&mut *request.conn().await?, account, state, &page).await?;
    let others = slice.rows.iter().map(|row| row.friend_id);
    request.loaders.of::<AccountById>().prime_from(request.db(), others).await?;
    let Slice { rows, has_previous, has_next } = slice;
    let mut shown = Vec::with_capacity(rows.len());
    for row in &rows {
        shown.push((row.id, friend(request, row).await?));
    }
    let slice = Slice { rows: shown, has_previous, has_next };
    Ok(FriendConnection::new(slice, |(id, _)| *id, |(_, friend)| friend))
}

/// Somebody as the list shows them.
///
/// # Errors
/// The database's fault.
pub async fn friend(request: &RequestContext, row: &Row) -> Result<Friend, Fault> {
    let state = State::parse(&row.state).ok_or_else(|| Fault::internal("a friend of no state"))?;
    Ok(Friend { id: id(row.id), account: account(request, row.friend_id).await?, state, since: DateTime(row.since) })
}
