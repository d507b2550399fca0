//! Write a Kith plugin in Rust: implement [`Plugin`], name the type in [`kith_plugin!`], build a `cdylib`.
//!
//! ```
//! use kith_plugin_sdk::{Decision, Host, Permission, Plugin, Request, kith_plugin};
//!
//! struct Print;
//!
//! impl Plugin for Print {
//!     const PERMISSIONS: &'static [Permission] = &[
//!         Permission::group("acme_print", "Acme Print", "Acme 打单"),
//!         Permission::new("acme_print.waybill.print", "Print waybills", "打印面单").help("Print the waybill of an order."),
//!     ];
//!
//!     fn create(_settings: &str, _host: Host) -> Result<Self, String> {
//!         Ok(Self)
//!     }
//!
//!     fn authorize(&self, request: &Request<'_>) -> Decision {
//!         match (request.permission(), request.i64("copies")) {
//!             ("acme_print.waybill.print", Some(1..=10)) => Decision::allow(),
//!             ("acme_print.waybill.print", _) => Decision::deny(1, "Print 1 to 10 copies at a time."),
//!             _ => Decision::deny(2, "Not a permission of this service."),
//!         }
//!     }
//! }
//!
//! kith_plugin!(Print);
//! # fn main() {}
//! ```
//!
//! What holds for every plugin: no blocking, no threads, no I/O in `authorize`; it has a few microseconds. It is called
//! from all threads at once. A panic is caught, denies, and is counted against the plugin. Requests may hold attributes
//! that the manifest asked for and the host does not know: an absent one should deny.

mod ask;
mod build_id;
mod decision;
mod describe;
#[doc(hidden)]
pub mod glue;
#[cfg(feature = "json")]
pub mod golden;
mod host;
mod request;
#[cfg(feature = "json")]
mod settings;
#[cfg(feature = "template")]
pub mod template;

pub use ask::{Ask, OwnedValue};
pub use decision::{Decision, Obligation};
pub use describe::{Kind, Permission, Setting};
pub use host::{Host, Level};
pub use kith_plugin_abi as abi;
pub use request::{Money, Request, Value, well_known};
#[cfg(feature = "json")]
pub use settings::settings;

/// A third-party service's decisions.
pub trait Plugin: Send + Sync + Sized + 'static {
    /// The tree of its permissions, shown on the seller's permission page. A permission stands below the longest other
    /// one whose code begins its own (`acme_print` above `acme_print.waybill`). An adviser has none.
    const PERMISSIONS: &'static [Permission];

    /// What the seller can set.
    const SETTINGS: &'static [Setting] = &[];

    /// What the host must be able to do: bits of [`abi::feature`].
    const REQUIRES: u64 = 0;

    /// Makes an instance from one set of settings (a JSON object; see [`settings()`]). There can be several at a time.
    ///
    /// # Errors
    /// What is wrong with the settings, for the log.
    fn create(settings: &str, host: Host) -> Result<Self, String>;

    /// Decides one request. It can only narrow what Kith itself allows.
    fn authorize(&self, request: &Request<'_>) -> Decision;

    /// Decides several requests at once: gives `answer` the decision for each position. A position without an answer is
    /// denied.
    fn authorize_batch(&self, requests: &[Request<'_>], answer: &mut dyn FnMut(usize, Decision)) {
        for (at, request) in requests.iter().enumerate() {
            answer(at, self.authorize(request));
        }
    }

    /// Whether the instance works; called before it is put to use and now and then.
    ///
    /// # Errors
    /// What does not work, for the log.
    fn self_test(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Exports a [`Plugin`] as the one symbol that Kith looks for.
#[macro_export]
macro_rules! kith_plugin {
    ($plugin:ty) => {
        const _: () = {
            static PLUGIN: ::std::sync::OnceLock<$crate::abi::Plugin> = ::std::sync::OnceLock::new();

            // SAFETY: the name is Kith's own, and only one macro may be in a library (the linker says so).
            #[unsafe(no_mangle)]
            unsafe extern "C" fn kith_plugin_v1(host: *const $crate::abi::Host) -> *const $crate::abi::Plugin {
                // SAFETY: the host keeps the contract.
                unsafe { $crate::glue::entry::<$plugin>(host, &PLUGIN) }
            }
        };
    };
}
