//! When a person goes (h36): no money may be left or under way, and what they paid with is forgotten. The movements stay. What comes
//! back later goes to its card, or is set aside ([`super::balance::ops::set_aside`]).

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::methods::{removals, store};
use crate::db::RunQueryDsl;
use crate::db::schema::{gateway_jobs as j, ledger_accounts as a, payment_methods as m, payments as p};
use crate::domains::accounts::account::leaving::Leaving;
use crate::kernel::ids::{AccountId, TypedId};
use crate::kernel::{Instant, Text};

type Sql<T> = Result<T, diesel::result::Error>;

/// How long others may take to decide a refund, or a gateway to send one, before its payer may go all the same.
pub const DECIDED_WITHIN: TimeDelta = TimeDelta::days(30);

/// What this domain has to say.
pub const LEAVING: Leaving = Leaving { stays: Some(stays), forget };

fn stays(conn: &mut AsyncPgConnection, account: AccountId, now: Instant) -> BoxFuture<'_, Sql<Option<Text>>> {
    async move {
        // In the direction in which money flows: what leaves one place while this is asked is found in the next.
        let under_way = p::table.filter(p::payer_account_id.eq(account).and(p::state.eq("PENDING")));
        if diesel::select(diesel::dsl::exists(under_way)).get_result(conn).await? {
            return Ok(Some(Text::new("Wait until the payments under way are settled.", "请等待进行中的付款完成。")));
        }
        let returning = j::table.filter(j::payer_account_id.eq(account).and(j::kind.eq("REFUND")));
        let returning = returning.filter(j::state.eq("PENDING").and(j::created_at.gt(now - DECIDED_WITHIN)));
        if diesel::select(diesel::dsl::exists(returning)).get_result(conn).await? {
            return Ok(Some(Text::new(
                "Wait until your refunds have reached their cards: nobody else can get them.",
                "请等待退款退回银行卡,注销后将无人可领取。",
            )));
        }
        let own =
            a::table.filter(a::owner_id.eq(account.uuid()).and(a::kind.eq("BALANCE")).and(a::balance_minor.ne(0)));
        let left: bool = diesel::select(diesel::dsl::exists(own)).get_result(conn).await?;
        Ok(left.then(|| Text::new("Spend what is left of the balance first.", "请先用完账户余额。")))
    }
    .boxed()
}

fn forget(conn: &mut AsyncPgConnection, account: AccountId, now: Instant) -> BoxFuture<'_, Sql<()>> {
    async move {
        // The vault forgets the cards as well, by the worker.
        for (method, token) in store::tokens(conn, account).await? {
            removals::insert(conn, account, method, &token, now).await?;
        }
        let of_account = || m::table.filter(m::account_id.eq(account));
        diesel::update(of_account().filter(m::state.ne("REMOVED")))
            .set((m::state.eq("REMOVED"), m::removed_at.eq(now)))
            .execute(conn)
            .await?;
        let none = || None::<Vec<u8>>;
        diesel::update(of_account())
            .set((m::label.eq(""), m::handle.eq(none()), m::handle_key.eq(none()), m::token.eq(none())))
            .execute(conn)
            .await?;
        // Payments name the card that paid by its row: what is left of it is no card's.
        diesel::update(of_account().filter(m::kind.ne("BALANCE"))).set(m::last_four.eq("0000")).execute(conn).await?;
        Ok(())
    }
    .boxed()
}
