//! `Shown` says what the stock resolver says, on generated queries over rows that fail, wait, nest and are missing.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use async_graphql::{
    Context, EmptyMutation, EmptySubscription, Enum, Error, ID, Interface, Object, Request, Schema, SimpleObject,
};
use kith_macros::guarded;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::graphql::shown::{Show, Shown, Stock, Walked, to_string};

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
enum Colour {
    Red,
    DarkBlue,
}

struct Row(i32);

#[guarded(inherits)]
#[Object]
impl Row {
    async fn id(&self) -> ID {
        ID(format!("row_{}", self.0))
    }

    async fn number(&self) -> i32 {
        self.0
    }

    async fn quoted_name(&self) -> String {
        format!("a \"b\" \\ \n é {}", self.0)
    }

    /// Fails for some.
    async fn may_fail(&self, _ctx: &Context<'_>) -> async_graphql::Result<Option<i32>> {
        if self.0 % 3 == 1 { Err(Error::new("no")) } else { Ok((self.0 % 2 == 0).then_some(1)) }
    }

    /// Nullable, with an error inside.
    async fn failing_inside(&self) -> Option<Result<i32, Error>> {
        Some(if self.0 % 2 == 1 { Err(Error::new("inside")) } else { Ok(5) })
    }

    /// A list with an error inside.
    async fn failing_list(&self) -> Vec<Result<i32, Error>> {
        (0..3).map(|at| if at + self.0 == 4 { Err(Error::new("item")) } else { Ok(at) }).collect()
    }

    /// Waits for some.
    async fn late(&self) -> i32 {
        if self.0 == 6 {
            tokio::task::yield_now().await;
        }
        self.0
    }

    async fn colours(&self) -> Vec<Colour> {
        vec![Colour::Red, Colour::DarkBlue]
    }

    async fn flag(&self) -> bool {
        self.0 > 2
    }

    async fn child(&self) -> Option<Row> {
        (self.0 > 0).then(|| Row(self.0 - 1))
    }

    async fn children(&self) -> Vec<Row> {
        (0..self.0.min(3)).map(Row).collect()
    }

    async fn leaf(&self) -> Leaf {
        Leaf { text: "x".to_owned(), large: i64::MAX, nothing: None }
    }

    #[requires("refund.read")]
    async fn guarded_field(&self) -> i32 {
        7
    }

    async fn times(&self, #[graphql(default = 2)] by: i32) -> i32 {
        self.0 * by
    }
}

#[guarded(inherits)]
#[derive(SimpleObject)]
struct Leaf {
    text: String,
    large: i64,
    nothing: Option<String>,
}

#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID"))]
enum Node {
    Row(Row),
}

impl Show for Node {
    fn show(
        &self,
        ctx: &async_graphql::ContextSelectionSet<'_>,
        field: &async_graphql::Positioned<async_graphql::parser::types::Field>,
        json: &mut Vec<u8>,
    ) -> Walked {
        let Self::Row(row) = self;
        row.show(ctx, field, json)
    }
}

struct Query;

#[Object]
impl Query {
    async fn rows(&self, count: i32) -> Shown<Vec<Row>> {
        Shown((0..count).map(Row).collect())
    }

    async fn one(&self, number: i32) -> Option<Shown<Node>> {
        (number > 0).then_some(Shown(Node::Row(Row(number))))
    }

    /// The way to a row that is not `Shown`.
    async fn around(&self) -> Row {
        Row(2)
    }
}

const LEAVES: [&str; 12] = [
    "id",
    "number",
    "quotedName",
    "mayFail",
    "failingInside",
    "failingList",
    "colours",
    "flag",
    "__typename",
    "guardedField",
    "times",
    "times(by: 3)",
];

/// A selection on `Row`, without braces.
fn selection(random: &mut StdRng, depth: usize, calm: bool) -> String {
    let mut text = String::new();
    for _ in 0..random.random_range(1..6) {
        // Two fields of one response key have to be the same field with the same arguments: an alias says which.
        let field = LEAVES[random.random_range(0..if calm { 9 } else { LEAVES.len() })];
        let named = |prefix: &str, field: &str| {
            format!("{prefix}{}: {field} ", field.replace(['(', ')', ':', ' '], "").replace("__", ""))
        };
        let below = |random: &mut StdRng| if depth == 0 { "id".to_owned() } else { selection(random, depth - 1, calm) };
        text += &match random.random_range(0..14) {
            0 => format!("child {{ {} }} ", below(random)),
            1 => format!("c{}: children {{ {} }} ", random.random_range(0..99), below(random)),
            2 => format!("... on Row {{ {} }} ", below(random)),
            3 => format!("... on Node {{ id __typename }} ... {{ {} }} ", below(random)),
            4 => "...part ".to_owned(),
            5 => "leaf { text large nothing __typename } ".to_owned(),
            6 if !calm => "late ".to_owned(),
            7 if !calm => named("i", field).trim_end().to_owned() + " @include(if: true) ",
            8 => format!("n{}: number ", random.random_range(0..99)),
            _ => named("a", field),
        };
    }
    text
}

#[tokio::test]
async fn what_is_shown_at_once_is_what_the_stock_resolver_says() {
    let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    let (mut valid, mut failed, mut walked) = (0, 0, 0);
    for seed in 0..4_000 {
        let mut random = StdRng::seed_from_u64(seed);
        let calm = seed % 2 == 0;
        let root = match random.random_range(0..4) {
            0 => "one(number: 5)".to_owned(),
            1 => "one(number: 0)".to_owned(),
            2 if !calm => "around".to_owned(),
            _ => format!("rows(count: {})", random.random_range(0..8)),
        };
        let mut inside = selection(&mut random, 3, calm);
        if root.starts_with("one") {
            inside = format!("id ... on Row {{ {inside} }}");
        }
        let query = format!(
            "{{ {root} {{ {inside} }} }} fragment part on Row {{ number leaf {{ text }} other: id failingInside }}"
        );
        // `part` is used or the query is not valid; both are fine.
        let run = async |request: Request| {
            let answer = schema.execute(request).await;
            let mut errors: Vec<_> = answer.errors.iter().map(|e| serde_json::to_string(e).unwrap()).collect();
            // The stock resolver runs lists of rows side by side.
            errors.sort();
            let binary = format!("{:?}", answer.data).contains("Binary");
            (to_string(&answer.data).unwrap(), errors, binary)
        };
        let (shown, shown_errors, at_once) = run(Request::new(&query)).await;
        let (stock, stock_errors, never) = run(Request::new(&query).data(Stock)).await;
        assert!(!never);
        assert_eq!(shown, stock, "seed {seed}: {query}");
        assert_eq!(shown_errors, stock_errors, "seed {seed}: {query}");
        serde_json::from_str::<serde_json::Value>(&shown).unwrap();
        valid += usize::from(stock != "null");
        failed += usize::from(!stock_errors.is_empty() && stock != "null");
        walked += usize::from(at_once);
    }
    assert!(valid > 1_000 && failed > 300 && walked > 150, "{valid} valid, {failed} with errors, {walked} at once");
}
