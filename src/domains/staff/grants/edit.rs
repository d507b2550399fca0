//! The two moves that every change of somebody's permissions is made of.

use diesel_async::AsyncPgConnection;

use super::model::{Effect, Grant};
use super::store;
use crate::domains::staff::positions::model::Equipped;
use crate::domains::staff::sub_accounts::model::SubAccount;
use crate::kernel::Instant;
use crate::permissions::codes::{self, Counting};
use crate::permissions::{Constraints, Number};

type Sql<T> = Result<T, diesel::result::Error>;

/// Somebody's holdings, being changed.
pub struct Holdings<'a> {
    /// Whose.
    pub who: &'a SubAccount,
    /// The position, with what it gives.
    pub position: Equipped,
    /// The personal grants that stand.
    pub grants: Vec<Grant>,
    /// The services' codes that count in the shop.
    pub counting: Counting,
}

impl<'a> Holdings<'a> {
    /// Reads somebody's holdings.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn of(conn: &mut AsyncPgConnection, who: &'a SubAccount, position: Equipped) -> Sql<Self> {
        let grants = store::standing(conn, who.shop_id, who.id).await?;
        let all = position.numbers().chain(grants.iter().map(|grant| grant.permission));
        let counting = codes::counting_among(conn, who.shop_id, all, None).await?;
        Ok(Self { who, position, grants, counting })
    }

    /// The personal grant of a permission.
    #[must_use]
    pub fn grant(&self, number: Number) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.permission == number)
    }

    /// Whether the permission is held at `now`. One whose service is gone is not, though its grant waits (requirement 5.9).
    #[must_use]
    pub fn holds(&self, number: Number, now: Instant) -> bool {
        if !self.counting.has(number) {
            return false;
        }
        match self.grant(number) {
            Some(grant) => grant.allows_at(now),
            None => self.position.given(number).is_some(),
        }
    }

    /// Whether the position has the permission locked.
    #[must_use]
    pub fn locked(&self, number: Number) -> bool {
        self.position.given(number).is_some_and(|given| given.locked)
    }

    /// Grants a permission within limits, in place of whatever grant of it stood.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn give(
        &mut self,
        conn: &mut AsyncPgConnection,
        number: Number,
        limits: Constraints,
        by: (&str, Instant),
    ) -> Sql<Grant> {
        let mut new = store::new((self.who.shop_id, self.who.id), number, Effect::Allow, limits, by);
        match self.remove(number) {
            Some(old) if old.effect == Effect::Allow => {
                store::replace(conn, &old, &new).await?;
                new.id = old.id;
            }
            Some(denial) => {
                store::revoke(conn, &denial, by.0, by.1).await?;
                store::insert(conn, &new).await?;
            }
            None => {
                store::insert(conn, &new).await?;
            }
        }
        self.grants.push(new.clone());
        Ok(new)
    }

    /// Ends the personal grant of a permission, whatever it says. What the position gives counts again.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn end(&mut self, conn: &mut AsyncPgConnection, number: Number, by: (&str, Instant)) -> Sql<()> {
        if let Some(old) = self.remove(number) {
            store::revoke(conn, &old, by.0, by.1).await?;
        }
        Ok(())
    }

    /// Takes a permission away: ends a grant that allows it, and denies it where the position gives it. Gives the denial.
    ///
    /// # Errors
    /// The database's fault.
    pub async fn take(
        &mut self,
        conn: &mut AsyncPgConnection,
        number: Number,
        by: (&str, Instant),
    ) -> Sql<Option<Grant>> {
        self.end(conn, number, by).await?;
        if self.position.given(number).is_none() {
            return Ok(None);
        }
        let who = (self.who.shop_id, self.who.id);
        let denial = store::new(who, number, Effect::Deny, Constraints::default(), by);
        store::insert(conn, &denial).await?;
        self.grants.push(denial.clone());
        Ok(Some(denial))
    }

    /// What stands after the change, ascending by permission.
    #[must_use]
    pub fn standing(mut self) -> Vec<Grant> {
        self.grants.sort_by_key(|grant| grant.permission);
        self.grants
    }

    fn remove(&mut self, number: Number) -> Option<Grant> {
        let at = self.grants.iter().position(|grant| grant.permission == number)?;
        Some(self.grants.remove(at))
    }
}
