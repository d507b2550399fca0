//! Terms, methods, freezing, ending.

use rand::seq::SliceRandom as _;
use serde_json::{Value, json};

use super::{Driver, outcome};
use crate::support::app::{Answer, Persona};

impl Driver {
    /// Runs a mutation on a relation; `more` is what its input has besides.
    async fn on(&self, who: &Persona, relation: usize, mutation: &str, kind: &str, more: Value) -> Answer {
        let mut input = json!({ "intimatePayId": self.world.relations[relation].id });
        for (key, value) in more.as_object().unwrap() {
            input[key] = value.clone();
        }
        let query = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ intimatePay {{ id }} userErrors {{ code }} }} }}"
        );
        self.app.run(Some(&who.token), &query, json!({ "input": input })).await
    }

    pub async fn set_methods(&mut self) {
        let Some(relation) = self.one_of(self.world.relations.len()) else { return };
        let mut methods: Vec<usize> = (0..self.world.methods.len()).collect();
        methods.shuffle(&mut self.random);
        methods.truncate(1 + self.one_of(3).unwrap_or(0));
        let wanted = if self.world.relations[relation].state == "ENDED" { "RELATION_ENDED" } else { "" };
        self.log.push(format!("methods {methods:?} of relation {relation}: {wanted}"));
        let ids: Vec<&String> = methods.iter().map(|at| &self.world.methods[*at].id).collect();
        let (mutation, kind) = ("setIntimatePayMethods", "SetIntimatePayMethodsInput");
        let answer = self.on(&self.payer, relation, mutation, kind, json!({ "methodIds": ids })).await;
        assert_eq!(outcome(&answer, mutation), wanted);
        if wanted.is_empty() {
            self.world.relations[relation].methods = methods;
        }
    }

    pub async fn change(&mut self) {
        let Some(relation) = self.one_of(self.world.relations.len()) else { return };
        let (terms, month) = (self.random_terms(), self.month());
        let (who, known) = (self.world.who_of(relation), &self.world.relations[relation]);
        let wanted = match known.state {
            "ENDED" => "RELATION_ENDED",
            _ if terms.cap < 10_000 => "CAP_OUT_OF_RANGE",
            _ if terms.caps() != known.terms.caps() && self.world.changes_used_up(who, month) => "CAP_CHANGES_USED_UP",
            _ => "",
        };
        self.log.push(format!("change relation {relation} to {terms:?}: {wanted}"));
        let (mutation, kind) = ("changeIntimatePayTerms", "ChangeIntimatePayTermsInput");
        let answer = self.on(&self.payer, relation, mutation, kind, json!({ "terms": terms.written() })).await;
        assert_eq!(outcome(&answer, mutation), wanted);
        if wanted.is_empty() {
            let known = &mut self.world.relations[relation];
            if terms.caps() != known.terms.caps() {
                *self.world.counted[who].changes.entry(month).or_default() += 1;
            }
            known.terms = terms;
        }
    }

    pub async fn freeze(&mut self) {
        let Some(relation) = self.one_of(self.world.relations.len()) else { return };
        let state = self.world.relations[relation].state;
        if state == "FROZEN" || self.chance(4) {
            let wanted = match state {
                "ENDED" => "RELATION_ENDED",
                "ACTIVE" => "RELATION_NOT_FROZEN",
                _ => "",
            };
            self.log.push(format!("unfreeze relation {relation}: {wanted}"));
            let answer = self.on(&self.payer, relation, "unfreezeIntimatePay", "IntimatePayInput", json!({})).await;
            assert_eq!(outcome(&answer, "unfreezeIntimatePay"), wanted);
            if wanted.is_empty() {
                let relation = &mut self.world.relations[relation];
                (relation.state, relation.frozen) = ("ACTIVE", false);
            }
            return;
        }
        self.log.push(format!("report relation {relation}"));
        let who = if self.chance(2) { &self.payer } else { &self.relatives[self.world.who_of(relation)] };
        let (mutation, kind) = ("reportIntimatePayment", "ReportIntimatePaymentInput");
        let answer = self.on(who, relation, mutation, kind, json!({ "reason": "odd" })).await;
        assert_eq!(outcome(&answer, mutation), "");
        if state == "ACTIVE" {
            let relation = &mut self.world.relations[relation];
            (relation.state, relation.frozen) = ("FROZEN", true);
        }
    }

    pub async fn end(&mut self) {
        let Some(relation) = self.one_of(self.world.relations.len()) else { return };
        let wanted = if self.world.relations[relation].state == "ENDED" { "RELATION_ENDED" } else { "" };
        self.log.push(format!("end relation {relation}: {wanted}"));
        let who = if self.chance(2) { &self.payer } else { &self.relatives[self.world.who_of(relation)] };
        let answer = self.on(who, relation, "endIntimatePay", "IntimatePayInput", json!({})).await;
        assert_eq!(outcome(&answer, "endIntimatePay"), wanted);
        if wanted.is_empty() {
            let now = self.app.now();
            let relation = &mut self.world.relations[relation];
            (relation.state, relation.ended_at) = ("ENDED", Some(now));
        }
    }
}
