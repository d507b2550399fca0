//! What commands are given besides: who hears of payments, who bills, where card numbers go.

use std::sync::Arc;

use crate::command::messages::Recipients;
use crate::command::{Env, Parts};
use crate::config::Config;
use crate::domains::accounts::account::leaving::{Farewells, Leaving};
use crate::domains::accounts::contacts::recipients::recipients;
use crate::domains::accounts::step_up::require::check;
use crate::domains::family::ending::EndsWithLink;
use crate::domains::intimate_pay::relations::ops::end::with_link;
use crate::domains::intimate_pay::uses::listener::Quotas;
use crate::domains::payments::Hooks;
use crate::domains::payments::methods::Vault;
use crate::domains::shops::deposits::hooks::DepositPayments;
use crate::domains::shops::orders::hooks::OrderPayments;
use crate::domains::{association, certification, family, intimate_pay, notifications, payments, shops, staff};
use crate::graphql::guard::StepUpCheck;
use crate::providers::Keys;
use crate::providers::cards::CardVault;

/// Keys, figures and parts, as the configuration wants them. Demo mode plays with money, unless its
/// gateway is a real one.
#[must_use]
pub fn env(config: &Config, keys: Keys, vault: Arc<dyn CardVault>) -> Env {
    let mut env = Env::new(config, keys);
    env.payments.play_money |= config.demo.enabled && config.payments.gateway_url.is_none();
    env.parts = Parts::default()
        .with(hooks())
        .with(farewells())
        .with(Vault(vault))
        .with(recipients as Recipients)
        .with(check as StepUpCheck)
        .with(with_link as EndsWithLink);
    env
}

/// Everybody who hears of payments, in the order in which they are told, and who bills.
fn hooks() -> Hooks {
    Hooks::default()
        .biller(OrderPayments)
        .listener(OrderPayments)
        .listener(DepositPayments)
        .listener(Quotas)
        .relations(Quotas)
}

/// What the domains have to say when a person goes.
fn farewells() -> Farewells {
    let inbox = Leaving { stays: None, forget: notifications::leaving::forget };
    // Shops before payments: what is refunded while a person is asked for is found on its way, or on their balance.
    Farewells(vec![
        shops::leaving::LEAVING,
        payments::leaving::LEAVING,
        family::leaving::LEAVING,
        certification::leaving::LEAVING,
        association::leaving::LEAVING,
        intimate_pay::leaving::LEAVING,
        staff::leaving::LEAVING,
        inbox,
    ])
}
