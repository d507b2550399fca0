//! Many at once, and killed in the middle: what only a server with many connections, or a real process, can show.

mod approvals;
mod kill;
