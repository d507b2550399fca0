//! What plugins say to guards and reads of one request: each question is asked once.

use std::collections::HashMap;

use super::context::RequestContext;
use crate::kernel::fault::Denial;
use crate::kernel::ids::ShopId;
use crate::permissions::arbiter::Ask;
use crate::permissions::{Actor, Number, Seat, denial};

/// What plugins said in one request, to each seat about each permission: for the fields that asked, a denial or nothing against
/// it. Whoever asks for no field is behind one that did.
#[derive(Default)]
pub struct Advice(HashMap<(ShopId, Number), Vec<Said>>);

/// The type and the field that asked, and what was said.
type Said = ((String, String), Option<Denial>);

impl Advice {
    /// What was said; to no field what all fields were told, if they were told the same.
    fn known(&self, about: (ShopId, Number), field: (&str, &str)) -> Option<Option<Denial>> {
        let said = self.0.get(&about)?;
        let exact = said.iter().find(|((parent, name), _)| (parent.as_str(), name.as_str()) == field);
        let alike = || said.iter().all(|(_, denial)| denial.is_some() == said[0].1.is_some());
        let any = || (field == NO_FIELD && alike()).then(|| said.first()).flatten();
        exact.or_else(any).map(|(_, denial)| denial.clone())
    }

    fn keep(&mut self, about: (ShopId, Number), field: (&str, &str), denial: Option<Denial>) {
        let said = self.0.entry(about).or_default();
        said.retain(|((parent, name), _)| (parent.as_str(), name.as_str()) != field);
        said.push(((field.0.to_owned(), field.1.to_owned()), denial));
    }
}

/// As commands ask.
pub(super) const NO_FIELD: (&str, &str) = ("", "");

impl RequestContext {
    /// What plugins have against each of the seats. The same question is asked once in a request.
    pub(super) async fn asked(
        &self,
        actor: &Actor,
        seats: &[&Seat],
        number: Number,
        field: (&str, &str),
    ) -> Vec<Option<Denial>> {
        // Held while a plugin is asked: fields side by side ask the same thing once.
        let mut advice = self.advice.lock().await;
        // A subscription asks anew with each delivery.
        let known = |seat: &Seat| advice.known((seat.shop, number), field).filter(|_| !actor.arbiter.moves_on());
        let mut said: Vec<Option<Option<Denial>>> = seats.iter().map(|seat| known(seat)).collect();
        let open: Vec<usize> = (0..seats.len()).filter(|at| said[*at].is_none()).collect();
        if !open.is_empty() {
            let ask = |at: &usize| {
                let mut ask = Ask::of(actor, seats[*at], number, None, self.now);
                ask.request_id = self.caller.origin.request_id;
                ask.field = (field.0.to_owned(), field.1.to_owned());
                ask
            };
            let rulings = actor.arbiter.rule(open.iter().map(ask).collect()).await;
            for (at, ruling) in open.iter().zip(&rulings) {
                let denial = ruling.denial_of_nothing(seats[*at]);
                advice.keep((seats[*at].shop, number), field, denial.clone());
                said[*at] = Some(denial);
            }
        }
        // Who was not answered is denied.
        said.into_iter().map(|said| said.unwrap_or_else(|| Some(denial::bare(number)))).collect()
    }
}
