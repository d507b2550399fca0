//! What shops tell others. Payloads hold ids and amounts as decimal texts.

/// A shop was opened.
pub const SHOP_OPENED: &str = "shop.opened";
/// An order was paid by one of its payer's methods.
pub const ORDER_PAID: &str = "order.paid";
/// An order was placed; what it says of `paid` is whether it is paid as well.
pub const ORDER_PLACED: &str = "order.placed";
/// A buyer wants money back.
pub const REFUND_REQUESTED: &str = "refund.requested";
/// A refund was approved once and waits for a second approval.
pub const REFUND_APPROVED_ONCE: &str = "refund.approved_once";
/// A refund was approved and paid.
pub const REFUND_APPROVED: &str = "refund.approved";
/// A refund was turned down.
pub const REFUND_REJECTED: &str = "refund.rejected";
/// The platform gave back what a request asked for: it is closed.
pub const REFUND_OVERTAKEN: &str = "refund.overtaken";
/// Money came into a deposit.
pub const DEPOSIT_PAID: &str = "deposit.paid";
/// A buyer was compensated from a deposit; `missing` says how much it lacks now, if anything.
pub const DEPOSIT_COMPENSATED: &str = "deposit.compensated";
/// The platform recorded a violation.
pub const VIOLATION_RECORDED: &str = "violation.recorded";
/// A shop was closed; the amount went back from its deposit.
pub const SHOP_CLOSED: &str = "shop.closed";
/// A red packet was sent.
pub const RED_PACKET_SENT: &str = "red_packet.sent";
/// The window of a red packet is over; the amount went back.
pub const RED_PACKET_ENDED: &str = "red_packet.ended";
/// An order's money is the shop's.
pub const ORDER_SETTLED: &str = "order.settled";
/// Money went from a shop's balance to its main account.
pub const FUNDS_WITHDRAWN: &str = "funds.withdrawn";
