//! Invitations and openings.

use chrono::TimeDelta;
use rand::RngExt as _;
use serde_json::json;

use super::world::{Link, Offer, Relation, Terms};
use super::{Driver, month_of, outcome};
use crate::support::app::{Answer, Persona};

impl Driver {
    async fn of_link(&self, who: &Persona, mutation: &str, kind: &str, input: serde_json::Value) -> Answer {
        let query = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ familyLink {{ state }} userErrors {{ code }} }} }}"
        );
        self.app.run(Some(&who.token), &query, json!({ "input": input })).await
    }

    pub async fn invite(&mut self) {
        let who = if self.world.links.is_empty() { 0 } else { self.random.random_range(0..2) };
        let now = self.app.now();
        let waiting = self.world.links.iter().filter(|link| link.state(now) == "PENDING").count();
        let wanted = if waiting >= 20 { "TOO_MANY_INVITATIONS" } else { "" };
        self.log.push(format!("invite {who}: {wanted}"));
        let query = "mutation { inviteFamilyMember(input: { relation: PARENT, name: \"Dad\" }) {
            familyLink { id } token userErrors { code } } }";
        let answer = self.app.run(Some(&self.payer.token), query, json!({})).await;
        assert_eq!(outcome(&answer, "inviteFamilyMember"), wanted);
        if wanted.is_empty() {
            let made = &answer.0["data"]["inviteFamilyMember"];
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let (id, token) = (text(&made["familyLink"]["id"]), text(&made["token"]));
            self.world.links.push(Link { id, token, who, state: "PENDING", expires_at: now + TimeDelta::days(7) });
        }
    }

    pub async fn answer(&mut self, link: usize, accept: bool) {
        let now = self.app.now();
        let known = &self.world.links[link];
        let wanted = match known.state(now) {
            "PENDING" if accept && self.world.is_linked(known.who) => "ALREADY_LINKED".to_owned(),
            "PENDING" => String::new(),
            _ => known.refusal(now),
        };
        let mutation = if accept { "acceptFamilyInvitation" } else { "declineFamilyInvitation" };
        self.log.push(format!("{mutation} of link {link}: {wanted}"));
        let input = json!({ "token": known.token });
        let answer = self.of_link(&self.relatives[known.who], mutation, "FamilyInvitationInput", input).await;
        assert_eq!(outcome(&answer, mutation), wanted);
        if wanted.is_empty() {
            self.world.links[link].state = if accept { "ACCEPTED" } else { "DECLINED" };
        }
    }

    pub async fn revoke(&mut self) {
        let Some(link) = self.one_of(self.world.links.len()) else { return };
        let now = self.app.now();
        let known = &self.world.links[link];
        let wanted = if known.state(now) == "PENDING" { String::new() } else { known.refusal(now) };
        self.log.push(format!("revoke link {link}: {wanted}"));
        let (mutation, kind) = ("revokeFamilyInvitation", "RevokeFamilyInvitationInput");
        let answer = self.of_link(&self.payer, mutation, kind, json!({ "familyLinkId": known.id })).await;
        assert_eq!(outcome(&answer, mutation), wanted);
        if wanted.is_empty() {
            self.world.links[link].state = "REVOKED";
        }
    }

    pub async fn end_link(&mut self) {
        let Some(link) = self.one_of(self.world.links.len()) else { return };
        let by_payer = self.chance(2);
        let now = self.app.now();
        let known = &self.world.links[link];
        let joined = ["ACCEPTED", "ENDED"].contains(&known.state);
        let wanted = match known.state(now) {
            "ACCEPTED" => String::new(),
            // Before an answer the relative is not a side of it.
            _ if !by_payer && !joined => "NOT_FOUND".to_owned(),
            _ => known.refusal(now),
        };
        self.log.push(format!("end link {link}: {wanted}"));
        let by = if by_payer { &self.payer } else { &self.relatives[known.who] };
        let input = json!({ "familyLinkId": known.id });
        let answer = self.of_link(by, "endFamilyLink", "EndFamilyLinkInput", input).await;
        assert_eq!(outcome(&answer, "endFamilyLink"), wanted);
        if wanted.is_empty() {
            self.world.links[link].state = "ENDED";
            let open = |relation: &&mut Relation| relation.link == link && relation.state != "ENDED";
            for relation in self.world.relations.iter_mut().filter(open) {
                (relation.state, relation.ended_at) = ("ENDED", Some(now));
            }
        }
    }

    pub fn random_terms(&mut self) -> Terms {
        Terms {
            cap: self.random.random_range(9_000..60_000),
            per_payment: self.chance(2).then(|| self.random.random_range(5_000..20_000)),
            blocked: self.chance(2),
            emergency: self.chance(2).then(|| self.random.random_range(1_000..30_000)),
        }
    }

    pub async fn ask_terms(&mut self, link: usize) {
        let terms = self.random_terms();
        let known = &self.world.links[link];
        let wanted = match known.state {
            "ACCEPTED" if self.world.is_open_for(known.who) => "ALREADY_OPEN",
            "ACCEPTED" if terms.cap < 10_000 => "CAP_OUT_OF_RANGE",
            "ACCEPTED" => "",
            _ => "FAMILY_LINK_NOT_ACCEPTED",
        };
        self.log.push(format!("ask terms on link {link}: {wanted}"));
        let answer = self.app.ask_terms(&self.payer, &known.id, terms.written()).await;
        assert_eq!(outcome(&answer, "openIntimatePay"), wanted);
        if wanted.is_empty() {
            let token = answer.0["data"]["openIntimatePay"]["confirmationToken"].as_str().unwrap().to_owned();
            let expires_at = self.app.now() + TimeDelta::minutes(15);
            self.world.offers.push(Offer { link, token, terms, expires_at, used: false });
        }
    }

    pub async fn confirm(&mut self, offer: usize) {
        let (month, Some(known)) = (self.month(), self.world.offers.get(offer)) else { return };
        let link = &self.world.links[known.link];
        let who = link.who;
        let other_caps = self.world.reopens_with_other_caps(who, &known.terms, month, month_of);
        let wanted = match link.state {
            _ if self.app.now() >= known.expires_at => "CONFIRMATION_EXPIRED",
            _ if known.used => "CONFIRMATION_USED",
            "ACCEPTED" if self.world.is_open_for(link.who) => "ALREADY_OPEN",
            "ACCEPTED" if other_caps && self.world.changes_used_up(who, month) => "CAP_CHANGES_USED_UP",
            "ACCEPTED" => "",
            _ => "FAMILY_LINK_NOT_ACCEPTED",
        };
        self.log.push(format!("confirm offer {offer}: {wanted}"));
        let answer = self.app.confirm_terms(&self.payer, &known.token).await;
        assert_eq!(outcome(&answer, "confirmIntimatePay"), wanted);
        if wanted.is_empty() {
            let id = answer.0["data"]["confirmIntimatePay"]["intimatePay"]["id"].as_str().unwrap().to_owned();
            let (link, terms) = (known.link, known.terms.clone());
            self.world.offers[offer].used = true;
            if other_caps {
                *self.world.counted[who].changes.entry(month).or_default() += 1;
            }
            self.world.relations.push(Relation {
                id,
                link,
                state: "ACTIVE",
                terms,
                methods: Vec::new(),
                frozen: false,
                ended_at: None,
            });
        }
    }
}
