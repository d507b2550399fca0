//! The questions: may this sub-account do this, in this shop, with this amount? 60 codes, 20,000 sub-accounts in 1,000
//! shops, six roles, overrides for every fourth; one question in sixteen is about another's shop.

use std::collections::HashMap;

use crate::world::position_of;

pub const CODES: usize = 60;
pub const SUB_ACCOUNTS: usize = 20_000;
pub const ROLES: [(&str, usize); 6] =
    [("owner", 60), ("manager", 40), ("finance", 20), ("support", 15), ("warehouse", 10), ("viewer", 12)];
/// The most that a use under a personal grant may move.
pub const MOST: i64 = 20_000;

/// A personal override: what it allows, up to [`MOST`], and what it takes away.
#[derive(Debug, Clone, Copy)]
pub struct Override {
    pub allow: usize,
    pub deny: usize,
}

#[derive(Debug, Clone, Copy)]
pub struct Question {
    pub sub_account: usize,
    pub shop: usize,
    pub code: usize,
    pub amount: i64,
}

pub fn shop_of(sub_account: usize) -> usize {
    sub_account / 20
}

pub fn role_of(sub_account: usize) -> usize {
    position_of(sub_account % 20)
}

pub fn override_of(sub_account: usize) -> Option<Override> {
    let allow = sub_account * 7 % CODES;
    (sub_account % 4 == 3).then_some(Override { allow, deny: (allow + 1 + sub_account % 50) % CODES })
}

/// A code as text: `area07.verb`.
pub fn code(number: usize) -> String {
    format!("area{:02}.verb{}", number / 4, number % 4)
}

/// The right answer.
pub fn answer(question: &Question) -> bool {
    if shop_of(question.sub_account) != question.shop {
        return false;
    }
    match override_of(question.sub_account) {
        Some(own) if own.deny == question.code => false,
        Some(own) if own.allow == question.code => question.amount <= MOST,
        _ => question.code < ROLES[role_of(question.sub_account)].1,
    }
}

/// `count` questions about sub-accounts for which `about` holds; every third about what a personal grant allows.
pub fn questions(count: usize, about: impl Fn(usize) -> bool) -> Vec<Question> {
    let candidates: Vec<usize> = (0..SUB_ACCOUNTS).filter(|sub| about(*sub)).collect();
    let mut state = 0x5EED_u64;
    let mut draw = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap_or(0)
    };
    (0..count)
        .map(|number| {
            let sub_account = candidates[draw(candidates.len())];
            let own = shop_of(sub_account);
            let shop = if draw(16) == 0 { (own + 1) % (SUB_ACCOUNTS / 20) } else { own };
            let code = match override_of(sub_account) {
                Some(own) if number % 3 == 0 => own.allow,
                _ => draw(CODES),
            };
            Question { sub_account, shop, code, amount: i64::try_from(draw(40_000)).unwrap_or(0) }
        })
        .collect()
}

/// What a plain server writes: sets of texts.
pub fn sets() -> HashMap<usize, std::collections::HashSet<String>> {
    (0..SUB_ACCOUNTS)
        .map(|sub| {
            let mut held: std::collections::HashSet<String> = (0..ROLES[role_of(sub)].1).map(code).collect();
            if let Some(own) = override_of(sub) {
                held.remove(&code(own.deny));
                held.insert(code(own.allow));
            }
            (sub, held)
        })
        .collect()
}
