//! Positions and what they give. Pure.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::schema::positions;
use crate::kernel::ids::{PositionId, ShopId};
use crate::kernel::{Instant, Locale, Text};
use crate::permissions::{Guarded, Number};

/// The kind of job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, async_graphql::Enum)]
#[graphql(name = "PositionKind")]
pub enum Kind {
    /// Customer service (客服).
    CustomerService,
    /// Supervisor (主管).
    Supervisor,
    /// Operations (运营).
    Operations,
    /// Finance (财务).
    Finance,
    /// Anything else (其他).
    Other,
}

impl Kind {
    /// The text in the database.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::CustomerService => "CUSTOMER_SERVICE",
            Self::Supervisor => "SUPERVISOR",
            Self::Operations => "OPERATIONS",
            Self::Finance => "FINANCE",
            Self::Other => "OTHER",
        }
    }

    /// What the default position of the kind is called.
    #[must_use]
    pub fn title(self) -> Text {
        match self {
            Self::CustomerService => Text::new("Customer service", "客服"),
            Self::Supervisor => Text::new("Supervisor", "主管"),
            Self::Operations => Text::new("Operations", "运营"),
            Self::Finance => Text::new("Finance", "财务"),
            Self::Other => Text::new("Other", "其他"),
        }
    }

    /// How high it stands unless said otherwise, 1 to 99: supervisors above the others.
    #[must_use]
    pub fn rank(self) -> i32 {
        if self == Self::Supervisor { 50 } else { 10 }
    }
}

impl TryFrom<String> for Kind {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let all = [Self::CustomerService, Self::Supervisor, Self::Operations, Self::Finance, Self::Other];
        all.into_iter().find(|kind| kind.text() == text).ok_or(text)
    }
}

/// A position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable)]
#[diesel(table_name = positions)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Position {
    /// The shop.
    pub shop_id: ShopId,
    /// The id.
    pub id: PositionId,
    /// The kind of job.
    #[diesel(deserialize_as = String)]
    pub kind: Kind,
    /// The name, unique in the shop.
    pub name: String,
    /// How high it stands, 1 to 99.
    pub rank: i32,
    /// When it was added.
    pub created_at: Instant,
}

impl Position {
    /// The name in one language: default positions have theirs in both until somebody renames them.
    #[must_use]
    pub fn name_in(&self, locale: Locale) -> String {
        let title = self.kind.title();
        if self.name == title.zh { title.get(locale).to_owned() } else { self.name.clone() }
    }

    /// Whether a folded name is this position's, in any language.
    #[must_use]
    pub fn is_called(&self, folded: &str) -> bool {
        use crate::kernel::names::fold;
        [Locale::En, Locale::ZhCn].into_iter().any(|locale| fold(&self.name_in(locale)) == folded)
    }
}

impl Guarded for Position {
    const KIND: &'static str = "position";
    fn shop(&self) -> ShopId {
        self.shop_id
    }
    fn target(&self) -> String {
        self.id.to_string()
    }
}

/// A permission that a position gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The permission.
    pub permission: Number,
    /// Whether it cannot be taken away.
    pub locked: bool,
}

/// A position with what it gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Equipped {
    /// The position.
    pub position: Position,
    /// What it gives, ascending.
    pub gives: Vec<Given>,
}

impl Equipped {
    /// What the position gives of one permission.
    #[must_use]
    pub fn given(&self, number: Number) -> Option<Given> {
        self.gives.iter().find(|given| given.permission == number).copied()
    }

    /// The permissions, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = Number> + '_ {
        self.gives.iter().map(|given| given.permission)
    }
}
