//! What stands on a family link ends with it, in its transaction (requirements 0.3 and 0.14). This domain knows none of it: the
//! composition root says who does, as a [part](crate::command::Parts).

use futures_util::future::BoxFuture;

use crate::command::Tx;
use crate::kernel::Fault;
use crate::kernel::ids::{AccountId, FamilyLinkId};

/// Ends whatever stands on a link, which is locked, in the name of whoever ends the link.
pub type EndsWithLink = for<'a> fn(&'a mut Tx<'_>, FamilyLinkId, AccountId) -> BoxFuture<'a, Result<(), Fault>>;
