//! Services: third-party services as a shop sees them. What a service is and decides comes from its plugin; here a shop
//! subscribes to it and says how it is to behave.
//!
//! | aggregate | what | requirements |
//! |---|---|---|
//! | [`service`] | the services there are: name, publisher, permissions, what can be set, whether it runs | 4.15, 5.8 |
//! | [`subscriptions`] | which of them a shop has: the main account alone decides | 4.12, 5.8, 5.9 |
//! | [`tokens`] | with what a service asks Kith for decisions | – |
//! | [`decisions`] | `authorize`: may this sub-account do this, and why | 5.6, 5.7 |
//! | [`settings`] | what a shop set, for all and for one sub-account, checked against the service's own schema | 4.16, 5.2 |
//!
//! A service's permissions are granted with the mutations of [`staff`](super::staff), on the same page as Kith's own. Every
//! change here locks the shop's permission epoch first, and moves it by triggers, so it holds with the next request.
//!
//! Tables: `service_tokens`; `shop_services` and `service_settings`, whose SQL is the engine's ([`crate::permissions::codes`],
//! [`crate::permissions::settings`]), because both are compiled into effective sets. Permissions: `service.subscribe`,
//! `platform.plugin.manage`.
//! Events: [`events`].

pub mod decisions;
pub mod events;
pub mod perms;
pub mod service;
pub mod settings;
pub mod subscriptions;
pub mod tokens;
