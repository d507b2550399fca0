//! The commands on positions, one a file.

pub mod create;
pub mod move_staff;
pub mod update;

use std::collections::BTreeSet;

use super::model::Given;
use crate::domains::staff::reach::{Overreach, grantable};
use crate::permissions::Number;

/// The permissions that a position is to give: those that staff can hold, none of them high-risk (requirement 4.14).
///
/// # Errors
/// The first code that a position cannot give.
pub fn ticked(codes: &[String]) -> Result<BTreeSet<Number>, Overreach> {
    let number = |code: &String| {
        let entry = grantable(code)?;
        if entry.high_risk { Err(Overreach::HighRisk(entry.code)) } else { Ok(entry.number) }
    };
    codes.iter().map(number).collect()
}

/// As rows that can be taken away again.
#[must_use]
pub fn open(numbers: impl IntoIterator<Item = Number>) -> Vec<Given> {
    numbers.into_iter().map(|permission| Given { permission, locked: false }).collect()
}
