//! The example plugins, built and ready to be signed: what the demo loads and what tests of the whole way use.

/// A built plugin and what its manifest says of it.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The plugin's id.
    pub id: &'static str,
    /// What it is called on the seller's page: English, Chinese.
    pub name: (&'static str, &'static str),
    /// The name of the library.
    pub file: &'static str,
    /// The library.
    pub library: &'static [u8],
    /// The golden vectors, as JSON.
    pub golden: &'static str,
    /// The prefix of its own codes; an adviser has none.
    pub code_prefix: Option<&'static str>,
    /// The core permissions that it narrows.
    pub advises: &'static [&'static str],
    /// The attributes that it must be given.
    pub attributes: &'static [&'static str],
    /// Whether it runs inside the server; else in a child of its own.
    pub in_process: bool,
}

/// The version of all of them.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Every example.
pub static ALL: &[Example] = &[
    Example {
        id: "acme-print",
        name: ("Acme Print", "Acme 打单"),
        file: "libwaybill_print.so",
        library: include_bytes!(concat!(env!("OUT_DIR"), "/libwaybill_print.so")),
        golden: include_str!("../../waybill-print/golden.json"),
        code_prefix: Some("acme_print"),
        advises: &[],
        attributes: &["copies", "printer"],
        in_process: false,
    },
    Example {
        id: "risk-guard",
        name: ("Risk Guard", "风控助手"),
        file: "librisk_guard.so",
        library: include_bytes!(concat!(env!("OUT_DIR"), "/librisk_guard.so")),
        golden: include_str!("../../risk-guard/golden.json"),
        code_prefix: None,
        advises: &["refund.approve"],
        attributes: &["amount", "local_minute"],
        in_process: true,
    },
    Example {
        id: "erp-sync",
        name: ("ERP Sync", "ERP 同步"),
        file: "liberp_sync.so",
        library: include_bytes!(concat!(env!("OUT_DIR"), "/liberp_sync.so")),
        golden: include_str!("../../erp-sync/golden.json"),
        code_prefix: Some("erp_sync"),
        advises: &[],
        attributes: &["rows"],
        in_process: false,
    },
];
