use std::time::Duration;

use futures_util::StreamExt as _;

use kith::graphql::live::*;
use kith::kernel::Fault;

/// Numbers up to `last` in pages of two, of which only the even ones are for the listener, who may until `until`.
struct Numbers {
    read: u32,
    last: u32,
    until: u32,
    delivered: u32,
}

impl Followed for Numbers {
    type Row = u32;

    async fn read_on(&mut self) -> Result<Vec<u32>, Fault> {
        let page = self.read + 1..=self.last.min(self.read + 2);
        self.read = self.last.min(self.read + 2);
        Ok(page.filter(|number| number % 2 == 0).collect())
    }

    async fn more(&mut self) {
        if self.read == self.last {
            std::future::pending::<()>().await;
        }
    }

    async fn still_allowed(&mut self) -> Result<(), Fault> {
        self.delivered += 1;
        if self.delivered > self.until { Err(Fault::NotFound { what: "number" }) } else { Ok(()) }
    }
}

#[tokio::test]
async fn h17_each_row_is_delivered_once_and_nothing_after_the_right_is_gone() {
    let numbers = Numbers { read: 0, last: 9, until: 3, delivered: 0 };
    let rows: Vec<_> = follow(numbers, Duration::from_secs(60)).collect().await;
    let seen: Vec<u32> = rows.iter().filter_map(|row| row.as_ref().ok().copied()).collect();
    assert_eq!(seen, [2, 4, 6]);
    assert!(matches!(rows.last(), Some(Err(Fault::NotFound { .. }))), "and that is the last");
    assert_eq!(rows.len(), 4);
}

#[tokio::test]
async fn h20_who_hears_nothing_is_asked_all_the_same() {
    let silent = Numbers { read: 0, last: 0, until: 2, delivered: 0 };
    let rows: Vec<_> = follow(silent, Duration::from_millis(5)).collect().await;
    assert!(matches!(rows.as_slice(), [Err(Fault::NotFound { .. })]));
}
