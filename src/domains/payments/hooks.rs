//! What payments and the domains above tell each other, without payments naming any of them.

use std::sync::Arc;

use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::PaymentRefusal;
use super::payment::model::{Payment, RefundedPayment};
use crate::command::{Env, Tx};
use crate::kernel::ids::{AccountId, ShopId};
use crate::kernel::{Fault, Money};

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Purpose {
    /// A buyer's order.
    Order,
    /// A shop's deposit (保证金).
    Deposit,
}

impl Purpose {
    /// As the table has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Order => "ORDER",
            Self::Deposit => "DEPOSIT",
        }
    }

    /// Reads what [`Purpose::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Order, Self::Deposit].into_iter().find(|purpose| purpose.text() == text)
    }
}

/// Why nothing is paid to a shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It is closed for good.
    Closed,
    /// Its operator failed a review (requirement 2.9).
    Suspended,
}

/// Something that is to be paid, or was, as the domain that owns it says, which has locked it.
#[derive(Debug, Clone)]
pub struct Bill {
    /// Whether it was paid already.
    pub paid: bool,
    /// What it is.
    pub purpose: Purpose,
    /// The key of the record: that of the order.
    pub subject: Uuid,
    /// The shop that gets the money.
    pub shop: ShopId,
    /// Who owes it: the buyer.
    pub debtor: AccountId,
    /// Whose the shop is, where nobody may pay what becomes their own; nothing for a shop's deposit.
    pub payee: Option<AccountId>,
    /// Why it cannot be paid at the moment, if that is so.
    pub stopped: Option<Stopped>,
    /// How much.
    pub amount: Money,
    /// The category of what is bought, such as `general`.
    pub category: String,
    /// What is bought, in words.
    pub title: String,
}

impl Bill {
    /// Whether an account may pay it: the shop takes money, and it is not the payer's own. What a relative orders there would turn
    /// the payer's credit into cash (h09).
    ///
    /// # Errors
    /// Which of them stands in the way.
    pub fn payable_by(&self, payer: AccountId) -> Result<(), PaymentRefusal> {
        match self.stopped {
            Some(Stopped::Closed) => Err(PaymentRefusal::ShopClosed),
            Some(Stopped::Suspended) => Err(PaymentRefusal::SellingSuspended),
            None if self.payee == Some(payer) => Err(PaymentRefusal::PaysOneself),
            None => Ok(()),
        }
    }
}

/// Who hears of payments, in the transaction of what happens: a fault undoes it.
pub trait Listener: Send + Sync + 'static {
    /// A payment became `CAPTURED` or `FAILED`; also when it was captured at once. After a fault it comes again.
    fn settled<'a>(&'a self, tx: &'a mut Tx<'_>, payment: &'a Payment) -> BoxFuture<'a, Result<(), Fault>>;

    /// An amount of a captured payment of a relation is on its way back. Partial refunds come one by one.
    fn refunded<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        payment: &'a RefundedPayment,
        amount: Money,
    ) -> BoxFuture<'a, Result<(), Fault>>;
}

/// Who knows the bills of a purpose.
pub trait Biller: Send + Sync + 'static {
    /// Which.
    fn purpose(&self) -> Purpose;

    /// Locks a record and gives its bill; nothing when there is none.
    fn bill<'a>(&'a self, tx: &'a mut Tx<'_>, subject: Uuid) -> BoxFuture<'a, Result<Option<Bill>, Fault>>;
}

/// How a relation stands that a payment is paid under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It pays.
    Open,
    /// Somebody reported a payment: what is not held yet is not taken, and no other method is begun.
    Frozen,
    /// It has ended: what was begun settles, and no other method is begun.
    Ended,
}

impl Standing {
    /// Why a payment failed that it kept from going on; nothing while it pays.
    #[must_use]
    pub const fn failure(self) -> Option<&'static str> {
        match self {
            Self::Open => None,
            Self::Frozen => Some("RELATION_FROZEN"),
            Self::Ended => Some("RELATION_ENDED"),
        }
    }
}

/// Who knows the relations that payments are paid under.
pub trait Relations: Send + Sync + 'static {
    /// How a relation of a payer stands. With `lock` nobody freezes or ends it until the end of the transaction; it is locked
    /// before the payment.
    fn standing<'a>(
        &'a self,
        conn: &'a mut AsyncPgConnection,
        payer: AccountId,
        relation: Uuid,
        lock: bool,
    ) -> BoxFuture<'a, Result<Standing, diesel::result::Error>>;
}

/// Everybody who listens and bills. The composition root makes it.
#[derive(Clone, Default)]
pub struct Hooks {
    listeners: Vec<Arc<dyn Listener>>,
    billers: Vec<Arc<dyn Biller>>,
    relations: Option<Arc<dyn Relations>>,
}

impl Hooks {
    /// The same, and one more who listens. They are told in the order in which they came.
    #[must_use]
    pub fn listener(mut self, listener: impl Listener) -> Self {
        self.listeners.push(Arc::new(listener));
        self
    }

    /// The same, and one more who bills.
    #[must_use]
    pub fn biller(mut self, biller: impl Biller) -> Self {
        self.billers.push(Arc::new(biller));
        self
    }

    /// The same, with who knows the relations.
    #[must_use]
    pub fn relations(mut self, relations: impl Relations) -> Self {
        self.relations = Some(Arc::new(relations));
        self
    }
}

/// How the relation of a payment stands; open where it is paid under none.
///
/// # Errors
/// The database's fault; ours when nobody knows relations.
pub async fn standing<E>(
    env: &Env,
    conn: &mut AsyncPgConnection,
    (payer, relation): (AccountId, Option<Uuid>),
    lock: bool,
) -> Result<Standing, Fault<E>> {
    let Some(relation) = relation else { return Ok(Standing::Open) };
    let hooks: &Hooks = env.parts.get()?;
    let relations =
        hooks.relations.as_ref().ok_or_else(|| Fault::internal("nobody knows the relations of payments"))?;
    Ok(relations.standing(conn, payer, relation, lock).await?)
}

/// The bill of a record, which is locked until the end of the transaction. The caller looks whose it is.
///
/// # Errors
/// The database's fault; ours when nobody bills for the purpose.
pub async fn bill<E>(tx: &mut Tx<'_>, purpose: Purpose, subject: Uuid) -> Result<Option<Bill>, Fault<E>> {
    let env = tx.env;
    let hooks: &Hooks = env.parts.get()?;
    let biller = hooks.billers.iter().find(|biller| biller.purpose() == purpose);
    let biller = biller.ok_or_else(|| Fault::internal(format!("nobody bills for {purpose:?}")))?;
    biller.bill(tx, subject).await.map_err(Fault::widen)
}

/// Tells everybody that a payment was settled.
///
/// # Errors
/// The fault of whoever cannot take it.
pub async fn settled<E>(tx: &mut Tx<'_>, payment: &Payment) -> Result<(), Fault<E>> {
    let env = tx.env;
    let hooks: &Hooks = env.parts.get()?;
    for listener in &hooks.listeners {
        listener.settled(tx, payment).await.map_err(Fault::widen)?;
    }
    Ok(())
}

/// Tells everybody that an amount of a relation's payment goes back.
///
/// # Errors
/// The fault of whoever cannot take it.
pub async fn refunded<E>(tx: &mut Tx<'_>, payment: &RefundedPayment, amount: Money) -> Result<(), Fault<E>> {
    let env = tx.env;
    let hooks: &Hooks = env.parts.get()?;
    for listener in &hooks.listeners {
        listener.refunded(tx, payment, amount).await.map_err(Fault::widen)?;
    }
    Ok(())
}
