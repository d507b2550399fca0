//! Writes the world with COPY. References are not checked while it is written (`session_replication_role`), they are true.

use std::fmt::Write as _;
use std::time::Instant;

use bytes::Bytes;
use futures_util::SinkExt;
use tokio_postgres::{Client, CopyInSink, NoTls};

use crate::Failure;
use crate::world::{self, DENIED, GRANTED, ITEMS, Kind, POSITIONS, World, id};

const CHUNK: usize = 256 * 1024;

/// Opens a connection of its own.
pub async fn connect(url: &str) -> Result<Client, Failure> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// One COPY under way.
struct Table {
    sink: std::pin::Pin<Box<CopyInSink<Bytes>>>,
    text: String,
}

impl Table {
    async fn open(client: &Client, columns: &str) -> Result<Self, Failure> {
        let sink = client.copy_in(&format!("COPY {columns} FROM STDIN")).await?;
        Ok(Self { sink: Box::pin(sink), text: String::with_capacity(CHUNK + 1024) })
    }

    /// Adds a row: columns parted by tabs, `\N` for nothing.
    async fn row(&mut self, row: std::fmt::Arguments<'_>) -> Result<(), Failure> {
        self.text.write_fmt(row)?;
        self.text.push('\n');
        if self.text.len() >= CHUNK {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        let text = std::mem::replace(&mut self.text, String::with_capacity(CHUNK + 1024));
        Ok(self.sink.send(Bytes::from(text)).await?)
    }

    async fn close(mut self) -> Result<u64, Failure> {
        self.flush().await?;
        Ok(self.sink.as_mut().finish().await?)
    }
}

/// A moment as PostgreSQL reads it.
fn at(kind: Kind, number: usize) -> String {
    let millis = i64::try_from(world::moment(kind, number as u64)).unwrap_or(0);
    chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default().to_rfc3339()
}

/// Fills a migrated, empty database.
pub async fn run(url: &str, world: World) -> Result<(), Failure> {
    let started = Instant::now();
    let client = connect(url).await?;
    let empty: bool = client.query_one("SELECT NOT EXISTS (SELECT FROM accounts)", &[]).await?.get(0);
    if !empty {
        return Err("the database is not empty: seed a new one that `kith migrate` has prepared".into());
    }
    client.batch_execute("SET session_replication_role = replica; SET synchronous_commit = off").await?;
    accounts(&client, world).await?;
    shops(&client, world).await?;
    staff(&client, world).await?;
    sessions(&client, world).await?;
    orders(&client, world).await?;
    client.batch_execute("VACUUM ANALYZE").await?;
    eprintln!("seeded in {:.1} s", started.elapsed().as_secs_f32());
    Ok(())
}

/// Adds the refunds that Q4 uses up.
pub async fn approvals(url: &str, world: World) -> Result<(), Failure> {
    let client = connect(url).await?;
    client.batch_execute("SET session_replication_role = replica; SET synchronous_commit = off").await?;
    let mut table = Table::open(&client, REFUNDS).await?;
    for (number, order) in world.approvals() {
        refund(&mut table, world, Kind::Approval, number, order, true).await?;
    }
    table.close().await?;
    client.batch_execute("VACUUM ANALYZE").await?;
    Ok(())
}

async fn accounts(client: &Client, world: World) -> Result<(), Failure> {
    let columns = "accounts (id, login, kind, display_name, password_hash, state, time_zone, created_at)";
    let mut table = Table::open(client, columns).await?;
    for number in 0..world.shops + world.buyers {
        let (id, at, login) = (id(Kind::Account, number), at(Kind::Account, number), login(world, number));
        let (kind, name) =
            if number < world.shops { ("ENTERPRISE", "Shop 店铺") } else { ("PERSON", "Buyer 买家") };
        table.row(format_args!("{id}\t{login}\t{kind}\t{name} {login}\t!\tACTIVE\tAsia/Shanghai\t{at}")).await?;
    }
    table.close().await?;
    let mut table = Table::open(client, "login_names (name_key, account_id)").await?;
    for number in 0..world.shops + world.buyers {
        table.row(format_args!("{}\t{}", login(world, number), id(Kind::Account, number))).await?;
    }
    table.close().await?;
    // Escrow of shops and balances of buyers, as they are in a world that has seen a few refunds.
    let mut table = Table::open(client, "ledger_accounts (owner_id, id, kind, currency)").await?;
    for shop in 0..world.shops {
        table.row(format_args!("{}\t{}\tESCROW\tCNY", world.shop(shop), id(Kind::LedgerAccount, shop))).await?;
    }
    for buyer in 0..world.buyers {
        let account = id(Kind::LedgerAccount, world.shops + buyer);
        table.row(format_args!("{}\t{account}\tBALANCE\tCNY", world.buyer(buyer))).await?;
    }
    table.close().await?;
    Ok(())
}

fn login(world: World, account: usize) -> String {
    match account.checked_sub(world.shops) {
        None => format!("shop-{account:04}"),
        Some(buyer) => format!("buyer-{buyer:06}"),
    }
}

async fn shops(client: &Client, world: World) -> Result<(), Failure> {
    let mut table =
        Table::open(client, "shops (id, main_account_id, name, currency, time_zone, state, created_at)").await?;
    for shop in 0..world.shops {
        let (id, owner, at) = (world.shop(shop), world.owner(shop), at(Kind::Shop, shop));
        table.row(format_args!("{id}\t{owner}\tShop {shop} 店铺\tCNY\tAsia/Shanghai\tOPEN\t{at}")).await?;
    }
    table.close().await?;
    let mut table = Table::open(client, "permission_epochs (shop_id, epoch)").await?;
    for shop in 0..world.shops {
        table.row(format_args!("{}\t1", world.shop(shop))).await?;
    }
    table.close().await?;
    let mut table = Table::open(client, "audit_chains (id, seq, hash)").await?;
    for shop in 0..world.shops {
        table.row(format_args!("{}\t0\t\\\\x{:064}", world.shop(shop), 0)).await?;
    }
    table.close().await?;
    let mut table = Table::open(client, "items (shop_id, id, title, price_minor, currency, state, created_at)").await?;
    for shop in 0..world.shops {
        for item in 0..ITEMS {
            let (id, price, at) = (world::item(shop, item), world::price(shop, item), at(Kind::Item, item));
            table.row(format_args!("{}\t{id}\tLamp 台灯 {item}\t{price}\tCNY\tLISTED\t{at}", world.shop(shop))).await?;
        }
    }
    table.close().await?;
    Ok(())
}

async fn staff(client: &Client, world: World) -> Result<(), Failure> {
    let mut table = Table::open(client, "positions (shop_id, id, kind, name, rank, created_at)").await?;
    let begin = at(Kind::Position, 0);
    for shop in 0..world.shops {
        for (number, position) in POSITIONS.iter().enumerate() {
            let (shop_id, id) = (world.shop(shop), world::position(shop, number));
            let (kind, name, rank) = (position.kind, position.name, position.rank);
            table.row(format_args!("{shop_id}\t{id}\t{kind}\t{name}\t{rank}\t{begin}")).await?;
        }
    }
    table.close().await?;
    let columns = "position_permissions (shop_id, position_id, permission, locked, valid_from)";
    let mut table = Table::open(client, columns).await?;
    for shop in 0..world.shops {
        for (number, position) in POSITIONS.iter().enumerate() {
            for (at, permission) in position.gives.iter().enumerate() {
                let (shop_id, id, locked) = (world.shop(shop), world::position(shop, number), at < 2);
                table.row(format_args!("{shop_id}\t{id}\t{permission}\t{locked}\t{begin}")).await?;
            }
        }
    }
    table.close().await?;
    let members = || (0..world.shops).flat_map(move |shop| (0..world.crew_of(shop)).map(move |member| (shop, member)));
    let columns = "sub_accounts (shop_id, id, name, name_key, display_name, position_id, state, created_at)";
    let mut table = Table::open(client, columns).await?;
    for (shop, member) in members() {
        let (shop_id, id, at) = (world.shop(shop), world.sub_account(shop, member), at(Kind::SubAccount, member));
        let position = world::position(shop, world::position_of(member));
        let name = format!("staff-{member:04}");
        table
            .row(format_args!("{shop_id}\t{id}\t{name}\t{name}\tStaff 员工 {member}\t{position}\tACTIVE\t{at}"))
            .await?;
    }
    table.close().await?;
    let columns = "position_assignments (shop_id, sub_account_id, position_id, valid_from)";
    let mut table = Table::open(client, columns).await?;
    for (shop, member) in members() {
        let position = world::position(shop, world::position_of(member));
        let (shop_id, id, at) = (world.shop(shop), world.sub_account(shop, member), at(Kind::SubAccount, member));
        table.row(format_args!("{shop_id}\t{id}\t{position}\t{at}")).await?;
    }
    table.close().await?;
    let columns =
        "permission_grants (shop_id, id, sub_account_id, permission, effect, constraints, granted_by, granted_at)";
    let mut table = Table::open(client, columns).await?;
    for (shop, member) in members().filter(|(_, member)| member % 4 == 3) {
        let (shop_id, sub_account) = (world.shop(shop), world.sub_account(shop, member));
        let at = at(Kind::Grant, member);
        let limits = limits(member % 8 == 7);
        let grants = [(world::APPROVE, "ALLOW", limits.as_str()), (GRANTED, "ALLOW", "{}"), (DENIED, "DENY", "{}")];
        for (number, (permission, effect, limits)) in grants.into_iter().enumerate() {
            let id = id(Kind::Grant, world.member(shop, member) * grants.len() + number);
            let by = login(world, shop);
            table
                .row(format_args!("{shop_id}\t{id}\t{sub_account}\t{permission}\t{effect}\t{limits}\t{by}\t{at}"))
                .await?;
        }
    }
    table.close().await?;
    Ok(())
}

/// The limits of an approver's grant. They stand around the clock, so that the hour of a run does not matter.
fn limits(counted: bool) -> String {
    let per_day = if counted { format!(r#","perDay":{}"#, world::PER_DAY) } else { String::new() };
    format!(r#"{{"perAction":{},"hours":{{"from":0,"until":1440}}{per_day}}}"#, world::PER_ACTION)
}

async fn sessions(client: &Client, world: World) -> Result<(), Failure> {
    let columns = "sessions (token_hash, id, account_id, shop_id, sub_account_id, client, created_at, expires_at)";
    let mut table = Table::open(client, columns).await?;
    let mut number = 0;
    for shop in 0..world.shops {
        for member in std::iter::once(None).chain((0..world.crew_of(shop)).map(Some)) {
            let token = kith::domains::accounts::token::Token::parse(&world.token(shop, member));
            let hash = token.ok_or("a token that Kith does not take")?.hash();
            let hash = hash.iter().fold(String::from("\\\\x"), |text, byte| format!("{text}{byte:02x}"));
            let (id, at) = (id(Kind::Session, number), at(Kind::Session, number));
            let whose = match member {
                None => format!("{}\t\\N\t\\N", world.owner(shop)),
                Some(member) => format!("\\N\t{}\t{}", world.shop(shop), world.sub_account(shop, member)),
            };
            table.row(format_args!("{hash}\t{id}\t{whose}\tWEB\t{at}\t2099-01-01T00:00:00Z")).await?;
            number += 1;
        }
    }
    table.close().await?;
    Ok(())
}

const REFUNDS: &str = "refunds (shop_id, id, order_id, buyer_account_id, amount_minor, currency, reason, state, \
                       requested_at, decided_at, decided_by, rejection_reason)";

async fn orders(client: &Client, world: World) -> Result<(), Failure> {
    let columns = "orders (shop_id, id, buyer_account_id, item_id, item_title, quantity, total_minor, refunded_minor, \
                   currency, state, placed_at)";
    let mut table = Table::open(client, columns).await?;
    for order in world.orders() {
        let (id, at) = (id(Kind::Order, order.number), at(Kind::Order, order.number));
        let (shop, buyer, item) =
            (world.shop(order.shop), world.buyer(order.buyer), world::item(order.shop, order.item));
        let (title, quantity, total) = (order.item, order.quantity, order.total);
        table
            .row(format_args!(
                "{shop}\t{id}\t{buyer}\t{item}\tLamp 台灯 {title}\t{quantity}\t{total}\t0\tCNY\tPAID\t{at}"
            ))
            .await?;
    }
    table.close().await?;
    let mut table = Table::open(client, REFUNDS).await?;
    for (number, order) in world.refunds() {
        refund(&mut table, world, Kind::Refund, number, order, number % 10 < 7).await?;
    }
    table.close().await?;
    Ok(())
}

/// A refund that waits, or one that was rejected. Approved ones would need entries in the ledger and the audit trail.
async fn refund(
    table: &mut Table,
    world: World,
    kind: Kind,
    number: usize,
    order: world::Order,
    open: bool,
) -> Result<(), Failure> {
    let (shop, id, of) = (world.shop(order.shop), id(kind, number), id(Kind::Order, order.number));
    let (buyer, amount, at) = (world.buyer(order.buyer), order.refund(), at(kind, number));
    let reason = world::REASONS[number % world::REASONS.len()];
    let decided = if open {
        format!("REQUESTED\t{at}\t\\N\t\\N\t\\N")
    } else {
        format!("REJECTED\t{at}\t{at}\t{}\tNot ours 非本店商品", crate::ids::text("acct", world.owner(order.shop)))
    };
    table.row(format_args!("{shop}\t{id}\t{of}\t{buyer}\t{amount}\tCNY\t{reason}\t{decided}")).await
}
