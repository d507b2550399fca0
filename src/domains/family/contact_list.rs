//! The contacts list: friends and family links in one (requirement 0.1).

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use kith_macros::guarded;

use super::links::store as links;
use crate::domains::accounts::account::graphql::{Account, account};
use crate::domains::accounts::account::loaders::AccountById;
use crate::domains::accounts::friends::model::State;
use crate::domains::accounts::friends::store as friends;
use crate::domains::accounts::own;
use crate::graphql::context::RequestContext;
use crate::graphql::errors::OrClient;
use crate::graphql::ids::id;
use crate::graphql::scalars::DateTime;
use crate::kernel::ids::AccountId;
use crate::kernel::page::{LARGEST_PAGE, Page};
use crate::kernel::{Fault, Instant, Text};

/// What somebody in the contacts list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ContactListKind {
    /// A relative, by a family link.
    FamilyLink,
    /// A friend.
    Friend,
}

/// Somebody in the contacts list.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ContactListEntry {
    /// The family link, or the friendship.
    pub id: ID,
    /// Which of the two.
    pub kind: ContactListKind,
    /// Who.
    pub account: Account,
    /// Since when.
    pub since: DateTime,
}

/// The contacts list of an account.
#[guarded(inherits)]
#[derive(SimpleObject)]
pub struct ContactList {
    /// Relatives first, then friends, the newest first; at most 100. All of each are in `familyLinks` and `friends`.
    pub entries: Vec<ContactListEntry>,
    /// How to add the first, in the language of `Accept-Language`; nothing when there is somebody.
    pub advice: Option<String>,
}

const ADD_THE_FIRST: Text = Text::new(
    "There is nobody here yet. Ask a friend with requestFriend, by their log-in name, or invite a relative with \
     inviteFamilyMember and send them the link.",
    "通讯录还是空的。请用 requestFriend 填写对方登录名添加好友,或用 inviteFamilyMember 邀请亲属并发送链接。",
);

/// Whoever is logged in: the contacts list.
pub struct ViewerContactList;

#[guarded]
#[Object]
impl ViewerContactList {
    /// Friends and family links in one list; an empty one says how to add the first (requirement 0.1).
    #[requires(account)]
    async fn contact_list(&self, ctx: &Context<'_>) -> async_graphql::Result<ContactList> {
        let request = RequestContext::of(ctx)?;
        list(request).await.or_client(request)
    }
}

async fn list(request: &RequestContext) -> Result<ContactList, Fault> {
    let viewer = own::of_request(request)?;
    let mut found: Vec<(ID, ContactListKind, AccountId, Instant)> = Vec::new();
    {
        let mut conn = request.conn().await?;
        for link in links::standing(&mut conn, viewer).await?.into_iter().rev() {
            let Some(relative) = link.relative_account_id else { continue };
            let other = if relative == viewer { link.inviter_account_id } else { relative };
            let since = link.decided_at.unwrap_or(link.invited_at);
            found.push((id(link.id), ContactListKind::FamilyLink, other, since));
        }
        let page = Page::first(LARGEST_PAGE);
        for row in friends::page(&mut conn, viewer, Some(State::Friends), &page).await?.rows {
            found.push((id(row.id), ContactListKind::Friend, row.friend_id, row.since));
        }
    }
    found.truncate(usize::try_from(LARGEST_PAGE).unwrap_or(100));
    request.loaders.of::<AccountById>().prime_from(request.db(), found.iter().map(|(_, _, who, _)| *who)).await?;
    let mut entries = Vec::with_capacity(found.len());
    for (id, kind, who, since) in found {
        entries.push(ContactListEntry { id, kind, account: account(request, who).await?, since: DateTime(since) });
    }
    let advice = entries.is_empty().then(|| ADD_THE_FIRST.get(request.locale).to_owned());
    Ok(ContactList { entries, advice })
}
