//! The built-in gateway: answers by the card's number, the same however often it is asked, and keeps nothing.
//!
//! | number | what happens |
//! |---|---|
//! | 4000 0000 0000 0002 | declined: `CARD_DECLINED` |
//! | 4000 0000 0000 9995 | declined: `INSUFFICIENT_FUNDS` |
//! | 4000 0000 0000 0077 | authorised, and declined when the money is to be taken: `CAPTURE_DECLINED` |
//! | 4000 0000 0000 5126 | paid, and a refund is refused: `REFUND_DECLINED` |
//! | any other, such as 4242 4242 4242 4242 | paid and refunded |

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Done, Gateway, GatewayError, Hold, Known};
use crate::kernel::Money;
use crate::providers::Keys;
use crate::providers::cards::sealed;

/// Opens the tokens of the built-in vault.
pub struct DemoGateway(pub Keys);

fn yes(reference: String) -> Done {
    Done::Yes { reference }
}

fn declined(why: &str) -> Done {
    Done::Declined { why: why.to_owned() }
}

/// In the reference stands what is to come.
const FAILS_CAPTURE: &str = "demo-nocapture-";
const FAILS_REFUND: &str = "demo-norefund-";

impl Gateway for DemoGateway {
    fn authorise<'a>(&'a self, hold: &'a Hold) -> BoxFuture<'a, Result<Done, GatewayError>> {
        let card = sealed::open(&self.0, hold.token.expose());
        let done = match card.as_ref().map(|card| card.expose()) {
            None => declined("CARD_UNKNOWN"),
            Some("4000000000000002") => declined("CARD_DECLINED"),
            Some("4000000000009995") => declined("INSUFFICIENT_FUNDS"),
            Some("4000000000000077") => yes(format!("{FAILS_CAPTURE}{}", hold.key)),
            Some("4000000000005126") => yes(format!("{FAILS_REFUND}{}", hold.key)),
            Some(_) => yes(format!("demo-{}", hold.key)),
        };
        async move { Ok(done) }.boxed()
    }

    fn capture<'a>(&'a self, _: &'a str, reference: &'a str, _: Money) -> BoxFuture<'a, Result<Done, GatewayError>> {
        let fails = reference.starts_with(FAILS_CAPTURE);
        async move { Ok(if fails { declined("CAPTURE_DECLINED") } else { yes(reference.to_owned()) }) }.boxed()
    }

    fn void<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Done, GatewayError>> {
        async move { Ok(yes(format!("demo-void-{key}"))) }.boxed()
    }

    fn refund<'a>(
        &'a self,
        refund: &'a str,
        _: &'a str,
        reference: &'a str,
        _: Money,
    ) -> BoxFuture<'a, Result<Done, GatewayError>> {
        let fails = reference.starts_with(FAILS_REFUND);
        async move { Ok(if fails { declined("REFUND_DECLINED") } else { yes(format!("demo-refund-{refund}")) }) }
            .boxed()
    }

    /// Nothing is kept, so nothing was seen: asking again gives the same answer.
    fn query<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Known, GatewayError>> {
        async { Ok(Known::Unseen) }.boxed()
    }
}
