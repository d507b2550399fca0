//! The service desk: conversations between buyers and a shop, and who of the staff gets them (requirement 4.17).
//!
//! | aggregate | what |
//! |---|---|
//! | [`agents`] | who answers: group, weight, whether they are there (a heartbeat) |
//! | [`conversations`] | begun, assigned with a reason, handed over, closed |
//! | [`messages`] | what is said, both ways; subscriptions |
//! | [`routing`] | the decision, pure; the simulator, which replays a recorded day with other weights |
//! | [`reports`] | unwanted messages that people report, for the operator (requirement 3.14) |
//!
//! **The order of the rule.** Nobody online: the offline queue. Else who of those online served this buyer in the last days;
//! else the buyer's dedicated agent; else the group that the page is bound to, by weight and load, where who has more than so
//! many buyers waiting is busy; else the queue. The first two go before load: a buyer's own agent is worth a wait. Each
//! assignment keeps its reason.
//!
//! Online is who was heard of a short time ago, is not away, is on shift if they are on the roster
//! ([`rosters`](crate::domains::staff::rosters)), and is not muted: what a muted sender writes is kept for the sender and does
//! not arrive (requirement 4.5, [`Seat::is_muted`](crate::permissions::Seat::is_muted)).
//!
//! The queue is given out with every heartbeat: what somebody of those who are there can take, in the order of waiting, so that a
//! buyer whom nobody can take holds up nobody. Buyers who wait for an agent who is not heard of any more are given out with it.
//! Whoever manages the desk hands a conversation over by hand.
//!
//! Decisions of one shop come one after the other, behind the lock of its row in `desks`; so two buyers at once do not both
//! take the last free agent. Messages are sealed.
//!
//! Tables: `desks`, `desk_groups`, `desk_agents`, `desk_dedicated`, `conversations`, `conversation_assignments`,
//! `chat_messages`, `message_reports`. Permissions: `desk.serve`, `desk.manage`, `platform.report.handle`. Events:
//! `conversation.assigned`, `message.reported`; it hears `sub_account.departed`.

pub mod agents;
pub mod conversations;
pub mod handover;
pub mod messages;
pub mod perms;
pub mod reports;
pub mod routing;

pub use handover::Handover;
pub use messages::stream::Chats;
