//! The data set of `performance.md`, as far as Kith has the tables, as a pure function of its size: the seed writes it,
//! the load knows whom it may ask as. Numbers stand for records; the same number is the same record everywhere.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How much of everything.
#[derive(Debug, Clone, Copy)]
pub struct World {
    pub shops: usize,
    /// Sub-accounts of shop 0; it is also the shop with the most orders.
    pub crew_of_first: usize,
    /// Sub-accounts of every other shop.
    pub crew: usize,
    pub buyers: usize,
    pub orders: usize,
    pub refunds: usize,
    /// Refunds more for Q4, which uses each of them up. They are in a database of their own, so that Q3 does not see them.
    pub approvals: usize,
}

pub const FULL: World = World {
    shops: 2_001,
    crew_of_first: 1_000,
    crew: 20,
    buyers: 100_000,
    orders: 500_000,
    refunds: 50_000,
    approvals: 300_000,
};

pub const QUICK: World = World {
    shops: 101,
    crew_of_first: 1_000,
    crew: 20,
    buyers: 5_000,
    orders: 100_000,
    refunds: 2_500,
    approvals: 80_000,
};

/// A position: its name, kind, rank, and what it gives. Kith's catalogue has 19 codes that staff can hold, not 60; the
/// positions give the same shares of them.
pub struct Position {
    pub name: &'static str,
    pub kind: &'static str,
    pub rank: i32,
    pub gives: &'static [i32],
}

pub const POSITIONS: [Position; 6] = [
    Position {
        name: "owner",
        kind: "OTHER",
        rank: 90,
        gives: &[1, 2, 3, 4, 10, 11, 12, 13, 20, 21, 22, 30, 31, 50, 51, 52, 53, 54, 55],
    },
    Position {
        name: "manager",
        kind: "SUPERVISOR",
        rank: 70,
        gives: &[1, 2, 10, 11, 13, 20, 21, 22, 50, 51, 52, 53, 55],
    },
    Position { name: "finance", kind: "FINANCE", rank: 60, gives: &[1, 10, 11, 13, 30, 55] },
    Position { name: "support", kind: "CUSTOMER_SERVICE", rank: 40, gives: &[1, 10, 11, 13, 20] },
    Position { name: "warehouse", kind: "OPERATIONS", rank: 30, gives: &[1, 10, 11] },
    Position { name: "viewer", kind: "OTHER", rank: 20, gives: &[1, 10, 11, 50] },
];

/// The permission that Q4 needs.
pub const APPROVE: i32 = 12;
/// What a personal grant adds, without limits.
pub const GRANTED: i32 = 22;
/// What a personal grant takes away.
pub const DENIED: i32 = 1;
/// The most that one approval may move.
pub const PER_ACTION: i64 = 100_000_000;
/// The most that the approvals of a day may move, where they are counted.
pub const PER_DAY: i64 = 1_000_000_000_000;
pub const ITEMS: usize = 5;

/// The member of a crew that asks Q1 to Q3: a manager, who may see staff, orders and refunds.
pub const MANAGER: usize = 1;
/// The member that approves under a limit per action and hours.
pub const APPROVER: usize = 3;
/// The member that approves under these and a limit per day, which is counted.
pub const COUNTED_APPROVER: usize = 7;

/// 2026-06-01T00:00:00Z, in milliseconds: when the world begins.
pub const DAWN: u64 = 1_780_272_000_000;

/// What a number is the number of. Sorted by when they came to be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Account = 1,
    Shop = 2,
    Position = 3,
    SubAccount = 4,
    Grant = 5,
    Item = 6,
    Session = 7,
    LedgerAccount = 8,
    Order = 10,
    Refund = 11,
    Approval = 12,
}

fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The key of a record: a UUIDv7, ascending with the number.
pub fn id(kind: Kind, number: usize) -> Uuid {
    let number = number as u64;
    let at = moment(kind, number);
    let (high, low) = (mix(number ^ (kind as u64) << 56), mix(!number ^ (kind as u64) << 48));
    let high = at << 16 | 0x7000 | (high & 0x0FFF);
    let low = low >> 2 | 0x8000_0000_0000_0000;
    Uuid::from_u64_pair(high, low)
}

/// When a record came to be, in milliseconds: a day for each kind; orders and refunds 10 s after one another.
pub fn moment(kind: Kind, number: u64) -> u64 {
    let day = 86_400_000;
    let step = if matches!(kind, Kind::Order | Kind::Refund | Kind::Approval) { 10_000 } else { 1 };
    DAWN + kind as u64 * day + number * step
}

/// An order.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    pub number: usize,
    pub shop: usize,
    pub buyer: usize,
    pub item: usize,
    pub quantity: i64,
    pub total: i64,
}

impl Order {
    /// What a refund of it asks for.
    pub fn refund(&self) -> i64 {
        self.total / 2 + 1
    }
}

impl World {
    pub fn crew_of(&self, shop: usize) -> usize {
        if shop == 0 { self.crew_of_first } else { self.crew }
    }

    /// The number of a sub-account over all shops.
    pub fn member(&self, shop: usize, at: usize) -> usize {
        if shop == 0 { at } else { self.crew_of_first + (shop - 1) * self.crew + at }
    }

    pub fn sub_account(&self, shop: usize, at: usize) -> Uuid {
        id(Kind::SubAccount, self.member(shop, at))
    }

    pub fn shop(&self, shop: usize) -> Uuid {
        id(Kind::Shop, shop)
    }

    /// Accounts are numbered owners first.
    pub fn owner(&self, shop: usize) -> Uuid {
        id(Kind::Account, shop)
    }

    pub fn buyer(&self, buyer: usize) -> Uuid {
        id(Kind::Account, self.shops + buyer)
    }

    /// The token of a member of a crew, or of the shop's owner.
    pub fn token(&self, shop: usize, member: Option<usize>) -> String {
        let whose = format!("bench {shop} {member:?}");
        let random = Sha256::digest(whose.as_bytes());
        let body = random.iter().fold("kith_".to_owned(), |text, byte| format!("{text}{byte:02x}"));
        format!("{body}{:08x}", crc32fast::hash(body.as_bytes()))
    }

    /// All orders, the oldest first. A shop's share falls as 1/√rank; buyers, items and quantities are even.
    pub fn orders(&self) -> impl Iterator<Item = Order> + '_ {
        let mut sum = 0.0;
        let shares: Vec<f64> = (1..=self.shops)
            .map(|rank| {
                sum += 1.0 / (rank as f64).sqrt();
                sum
            })
            .collect();
        (0..self.orders).map(move |number| {
            let draw = |what: u64| mix(number as u64 ^ what << 40);
            let at = (draw(1) >> 11) as f64 / (1_u64 << 53) as f64 * sum;
            let shop = shares.partition_point(|share| *share < at).min(self.shops - 1);
            let item = draw(2) as usize % ITEMS;
            let quantity = 1 + (draw(3) % 3) as i64;
            let total = price(shop, item) * quantity;
            Order { number, shop, buyer: draw(4) as usize % self.buyers, item, quantity, total }
        })
    }

    /// The orders that have a refund, with its number: every tenth in the full world.
    pub fn refunds(&self) -> impl Iterator<Item = (usize, Order)> + '_ {
        let every = self.orders / self.refunds;
        self.orders().filter(move |order| order.number.is_multiple_of(every)).take(self.refunds).enumerate()
    }

    /// The orders that get a refund for Q4: others than those of [`World::refunds`].
    pub fn approvals(&self) -> impl Iterator<Item = (usize, Order)> + '_ {
        let every = self.orders / self.refunds;
        self.orders().filter(move |order| !order.number.is_multiple_of(every)).take(self.approvals).enumerate()
    }
}

pub fn item(shop: usize, item: usize) -> Uuid {
    id(Kind::Item, shop * ITEMS + item)
}

pub fn price(shop: usize, item: usize) -> i64 {
    1_000 + (mix((shop * ITEMS + item) as u64) % 200_000) as i64
}

pub fn position(shop: usize, position: usize) -> Uuid {
    id(Kind::Position, shop * POSITIONS.len() + position)
}

/// The position of a member: of twenty, one owner, two managers, three in finance, seven in support, four in the
/// warehouse, three viewers.
pub fn position_of(member: usize) -> usize {
    match member % 20 {
        0 => 0,
        1 | 2 => 1,
        3..=5 => 2,
        6..=12 => 3,
        13..=16 => 4,
        _ => 5,
    }
}

/// The reasons of refunds.
pub const REASONS: [&str; 4] = [
    "One of the bulbs does not light. 有一个灯泡不亮",
    "Arrived a week late. 晚到了一周",
    "Not as shown. 与图片不符",
    "The box was open. 包装已拆封",
];
