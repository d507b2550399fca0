//! The model: what the rules need to know, in amounts of fen.

use std::collections::BTreeMap;

use kith::kernel::Instant;
use serde_json::{Value, json};

/// A month in the payer's time zone.
pub type Month = (i32, u32);

pub fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", fen.abs() / 100, fen.abs() % 100)
}

/// An invitation, and the link that came of it.
#[derive(Debug)]
pub struct Link {
    pub id: String,
    pub token: String,
    /// For which relative.
    pub who: usize,
    /// What was last done to it.
    pub state: &'static str,
    pub expires_at: Instant,
}

impl Link {
    pub fn state(&self, now: Instant) -> &'static str {
        if self.state == "PENDING" && now >= self.expires_at { "EXPIRED" } else { self.state }
    }

    /// The code of what cannot be done because of where it stands.
    pub fn refusal(&self, now: Instant) -> String {
        match self.state(now) {
            "ENDED" => "FAMILY_LINK_ENDED".to_owned(),
            state => format!("INVITATION_{state}"),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Terms {
    pub cap: i64,
    pub per_payment: Option<i64>,
    /// Games are blocked.
    pub blocked: bool,
    /// What medicine may cost besides.
    pub emergency: Option<i64>,
}

impl Terms {
    /// What a month allows; it changes three times a month at most.
    pub fn caps(&self) -> (i64, i64) {
        (self.cap, self.emergency.unwrap_or(0))
    }

    pub fn written(&self) -> Value {
        let mut terms = json!({ "monthlyCap": { "amount": yuan(self.cap) } });
        if let Some(most) = self.per_payment {
            terms["perPayment"] = json!({ "amount": yuan(most) });
        }
        if self.blocked {
            terms["blockedCategories"] = json!(["games"]);
        }
        if let Some(most) = self.emergency {
            terms["emergency"] = json!({ "category": "medicine", "cap": { "amount": yuan(most) } });
        }
        terms
    }
}

/// Terms that were shown and wait to be confirmed, once.
#[derive(Debug)]
pub struct Offer {
    pub link: usize,
    pub token: String,
    pub terms: Terms,
    pub expires_at: Instant,
    pub used: bool,
}

#[derive(Debug)]
pub struct Relation {
    pub id: String,
    pub link: usize,
    pub state: &'static str,
    pub terms: Terms,
    /// Places in [`World::methods`], the preferred one first.
    pub methods: Vec<usize>,
    /// Whether it was reported and not let go on since, whatever else became of it.
    pub frozen: bool,
    pub ended_at: Option<Instant>,
}

/// What is counted of a relative, whichever relation it was with.
#[derive(Debug, Default)]
pub struct Counted {
    pub used: BTreeMap<Month, i64>,
    pub emergency_used: BTreeMap<Month, i64>,
    /// Changes of the caps.
    pub changes: BTreeMap<Month, i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodKind {
    Balance,
    Card,
    /// The gateway declines it.
    Declined,
    /// It is held and then not taken.
    NotCaptured,
    /// It pays, and takes nothing back: that goes to the balance.
    NotRefunded,
}

#[derive(Debug)]
pub struct Method {
    pub id: String,
    pub kind: MethodKind,
}

/// A purchase, whatever became of it.
#[derive(Debug)]
pub struct Bought {
    pub order: String,
    pub relation: usize,
    pub month: Month,
    pub amount: i64,
    pub back: i64,
    pub counted: &'static str,
    pub state: &'static str,
    /// The methods as they stood when it was bought, and the one that is asked or has paid.
    pub methods: Vec<usize>,
    pub at: usize,
}

impl Bought {
    pub fn shown(&self) -> Value {
        json!({ "orderId": self.order, "state": self.state, "counted": self.counted,
                "givenBack": { "amount": yuan(self.back) } })
    }
}

#[derive(Debug, Default)]
pub struct World {
    /// What the payer has on her balance.
    pub balance: i64,
    pub methods: Vec<Method>,
    pub links: Vec<Link>,
    pub offers: Vec<Offer>,
    pub relations: Vec<Relation>,
    /// By relative.
    pub counted: [Counted; 2],
    pub bought: Vec<Bought>,
    /// What cards were charged, and what went back to them.
    pub taken: i64,
    pub given_back: i64,
    /// What cards did not take back, which the worker has not heard of yet.
    pub refused_refunds: i64,
}

impl World {
    pub fn who_of(&self, relation: usize) -> usize {
        self.links[self.relations[relation].link].who
    }

    /// A relation of this relative that has not ended.
    pub fn is_open_for(&self, who: usize) -> bool {
        (0..self.relations.len()).any(|at| self.who_of(at) == who && self.relations[at].state != "ENDED")
    }

    /// Whether opening with these terms changes the caps that the relation with this relative had before, if it ended in or
    /// after the month.
    pub fn reopens_with_other_caps(
        &self,
        who: usize,
        terms: &Terms,
        month: Month,
        of: impl Fn(Instant) -> Month,
    ) -> bool {
        let before = (0..self.relations.len()).rev().find(|at| self.who_of(*at) == who).map(|at| &self.relations[at]);
        before.is_some_and(|before| {
            before.ended_at.is_none_or(|at| of(at) >= month) && before.terms.caps() != terms.caps()
        })
    }

    /// Whether the caps of what this relative may spend were changed three times in a month.
    pub fn changes_used_up(&self, who: usize, month: Month) -> bool {
        self.counted[who].changes.get(&month).is_some_and(|changes| *changes >= 3)
    }

    pub fn is_linked(&self, who: usize) -> bool {
        self.links.iter().any(|link| link.who == who && link.state == "ACCEPTED")
    }

    pub fn shown(&self, relation: usize, month: Month) -> Value {
        let used = self.counted[self.who_of(relation)].used.get(&month).copied().unwrap_or(0);
        let relation = &self.relations[relation];
        json!({
            "id": relation.id, "state": relation.state, "used": { "amount": yuan(used) },
            "left": { "amount": yuan((relation.terms.cap - used).max(0)) },
            "terms": { "monthlyCap": { "amount": yuan(relation.terms.cap) } },
        })
    }

    /// What a purchase would be counted against, or the code that it is refused with.
    pub fn counts(
        &self,
        relation: usize,
        month: Month,
        amount: i64,
        category: &str,
    ) -> Result<&'static str, &'static str> {
        let Relation { state, terms, methods, .. } = &self.relations[relation];
        let Counted { used, emergency_used, .. } = &self.counted[self.who_of(relation)];
        let left = |cap: i64, used: &BTreeMap<Month, i64>| cap - used.get(&month).copied().unwrap_or(0);
        match *state {
            "FROZEN" => Err("RELATION_FROZEN"),
            "ENDED" => Err("RELATION_ENDED"),
            _ if methods.is_empty() => Err("METHOD_MISSING"),
            _ if category == "games" && terms.blocked => Err("CATEGORY_NOT_ALLOWED"),
            _ if terms.per_payment.is_some_and(|most| amount > most) => Err("LIMIT_PER_ACTION"),
            _ if category == "medicine" && terms.emergency.is_some_and(|most| amount <= left(most, emergency_used)) => {
                Ok("EMERGENCY")
            }
            _ if amount > left(terms.cap, used) => Err("LIMIT_PER_MONTH"),
            _ => Ok("MONTH"),
        }
    }

    /// Adds to what was used; less than nothing gives it back.
    pub fn count(&mut self, relation: usize, counted: &str, month: Month, amount: i64) {
        let of = &mut self.counted[self.who_of(relation)];
        let used = if counted == "MONTH" { &mut of.used } else { &mut of.emergency_used };
        *used.entry(month).or_default() += amount;
    }

    /// Goes on from a method until one pays or is to be asked: its place, and whether it paid at once.
    pub fn go_on(&mut self, methods: &[usize], from: usize, amount: i64) -> Option<(usize, bool)> {
        for (at, method) in methods.iter().enumerate().skip(from) {
            match self.methods[*method].kind {
                MethodKind::Balance if amount > self.balance => {}
                MethodKind::Balance => {
                    self.balance -= amount;
                    return Some((at, true));
                }
                _ => return Some((at, false)),
            }
        }
        None
    }

    /// The gateway has answered for everything; `declines` says whether it declines every card.
    pub fn settle(&mut self, declines: bool) {
        for bought in 0..self.bought.len() {
            while self.bought[bought].state == "PENDING" {
                let Bought { relation, month, amount, counted, ref methods, at, .. } = self.bought[bought];
                let methods = methods.clone();
                let kind = self.methods[methods[at]].kind;
                let declined = declines || matches!(kind, MethodKind::Declined | MethodKind::NotCaptured);
                let next = match self.relations[relation].state {
                    // Nothing was asked yet, and nothing is any more.
                    _ if self.relations[relation].frozen => None,
                    _ if !declined => Some((at, true)),
                    "ACTIVE" => self.go_on(&methods, at + 1, amount),
                    // What is under way settles, and nothing else begins.
                    _ => None,
                };
                match next {
                    Some((at, paid)) => {
                        let by_card = self.methods[methods[at]].kind != MethodKind::Balance;
                        self.taken += if paid && by_card { amount } else { 0 };
                        (self.bought[bought].at, self.bought[bought].state) =
                            (at, if paid { "PAID" } else { "PENDING" });
                    }
                    None => {
                        self.bought[bought].state = "FAILED";
                        self.count(relation, counted, month, -amount);
                    }
                }
            }
        }
        self.balance += std::mem::take(&mut self.refused_refunds);
    }
}
