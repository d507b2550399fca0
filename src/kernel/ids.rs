//! Typed identifiers: a UUIDv7 in the database, a TypeID (`shop_01h455vb4pex5vsknk084sn02q`) outside.
//!
//! A TypeID sorts by creation, says what it names, and cannot be mistaken for another kind.

use std::fmt;
use std::str::FromStr;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use serde::{Deserialize, Serialize};
use type_safe_id::{DynamicType, TypeSafeId};
use uuid::Uuid;

/// A text that is not an identifier of the wanted kind. What it was is not repeated: it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a {expected} id")]
pub struct NotAnId {
    /// The prefix that was wanted.
    pub expected: &'static str,
}

/// An identifier of one kind of record.
pub trait TypedId: Copy + Eq + Send + Sync + fmt::Display + FromStr<Err = NotAnId> + 'static {
    /// The text before the underscore.
    const PREFIX: &'static str;
    /// Wraps a database key.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The database key.
    fn uuid(self) -> Uuid;
    /// The identifier as text, as `to_string` gives it; pages hold a few hundred of them.
    fn text(self) -> String {
        let mut text = String::with_capacity(Self::PREFIX.len() + 1 + DIGITS);
        text.push_str(Self::PREFIX);
        text.push('_');
        text.extend(digits(self.uuid()).map(char::from));
        text
    }
}

/// Digits of a key in Crockford's base 32.
const DIGITS: usize = 26;

fn digits(uuid: Uuid) -> [u8; DIGITS] {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let (mut rest, mut digits) = (uuid.as_u128(), [0; DIGITS]);
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[usize::from(rest.to_le_bytes()[0] & 31)];
        rest >>= 5;
    }
    digits
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, NotAnId> {
    let wrong = NotAnId { expected: prefix };
    let id = TypeSafeId::<DynamicType>::from_str(text).map_err(|_| wrong)?;
    if id.type_prefix() == prefix { Ok(id.uuid()) } else { Err(wrong) }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        pub struct $name(Uuid);

        impl $name {
            /// A new identifier, later in order than every earlier one of this process.
            #[must_use]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl TypedId for $name {
            const PREFIX: &'static str = $prefix;
            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.text())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse(Self::PREFIX, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl FromSql<diesel::sql_types::Uuid, Pg> for $name {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                <Uuid as FromSql<diesel::sql_types::Uuid, Pg>>::from_sql(value).map(Self)
            }
        }

        impl ToSql<diesel::sql_types::Uuid, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                <Uuid as ToSql<diesel::sql_types::Uuid, Pg>>::to_sql(&self.0, out)
            }
        }
    )*};
}

ids! {
    /// A person, an enterprise or a platform operator who logs in.
    AccountId = "acct";
    /// One log-in of an account or a sub-account.
    SessionId = "sess";
    /// A shop: the tenant of everything a seller owns.
    ShopId = "shop";
    /// A position (岗位) of a shop.
    PositionId = "pos";
    /// A sub-account (子账号) of a shop.
    SubAccountId = "sub";
    /// A permission granted to a sub-account.
    GrantId = "grant";
    /// Something a shop sells.
    ItemId = "item";
    /// A buyer's order in a shop.
    OrderId = "order";
    /// A buyer's request to get money back.
    RefundId = "refund";
    /// An account in the ledger.
    LedgerAccountId = "lacct";
    /// A balanced movement of money.
    LedgerEntryId = "lent";
    /// An event that is to leave the transaction it was written in.
    EventId = "evt";
    /// What a shop set of a third-party service.
    ServiceSettingsId = "sset";
    /// A token with which a third-party service asks for decisions.
    ServiceTokenId = "stok";
    /// A message in somebody's inbox.
    NotificationId = "note";
    /// A text message or an e-mail.
    MessageId = "msg";
    /// A one-time code that was sent.
    CodeId = "code";
    /// A bound phone number or e-mail address.
    ContactId = "cont";
    /// A payment account or a card that an account pays with.
    PaymentMethodId = "pm";
    /// One payment of one bill.
    PaymentId = "pay";
    /// Something that is asked of the payment gateway besides payments.
    GatewayJobId = "gjob";
    /// Something that a shop did against the rules.
    ViolationId = "viol";
    /// A shop red packet (店铺红包).
    RedPacketId = "redp";
    /// An organisation that charity items give to.
    OrganisationId = "org";
    /// What was paid out to one.
    DonationPayoutId = "dpay";
    /// A device that an account has logged in from.
    DeviceId = "dev";
    /// An address that parcels go to.
    AddressId = "addr";
    /// Two accounts that are friends, or of which one asked.
    FriendId = "frnd";
    /// A group of agents at a service desk.
    DeskGroupId = "dgrp";
    /// A conversation between a buyer and a shop.
    ConversationId = "conv";
    /// A message of a conversation.
    ChatMessageId = "chat";
    /// A message that somebody reported.
    MessageReportId = "rept";
    /// Something that an account was seen with, and others perhaps too.
    SignalId = "asig";
    /// Two accounts whose owner joined them.
    AssociationId = "assoc";
    /// A real-person session: one gesture, one photo.
    PersonSessionId = "face";
    /// A question to a verifier, which a person of the platform may have to answer.
    VerificationId = "verif";
    /// An invitation to a relative, and the family link that came of it.
    FamilyLinkId = "flink";
    /// A relation in which one pays for another.
    IntimatePayId = "ipay";
    /// One use of such a relation.
    IntimateUseId = "iuse";
    /// A request to the payer to pay what the limits refuse.
    PayRequestId = "preq";
    /// A case that was opened by a report.
    CaseId = "case";
}
