use serde_json::{Value, json};

use kith::kernel::Instant;
use kith::kernel::ids::SubAccountId;
use kith::permissions::settings::*;

fn row(service: &str, sub_account_id: Option<SubAccountId>, values: &Value) -> Row {
    let values = values.as_object().unwrap().clone();
    Row { service: service.into(), sub_account_id, values, changed_by: "x".into(), changed_at: Instant::default() }
}

#[test]
fn r4_16_a_sub_accounts_own_settings_stand_before_the_shops() {
    let (me, other) = (SubAccountId::generate(), SubAccountId::generate());
    let rows = [
        row("acme-print", None, &json!({ "max_copies": 3, "printers": ["p1"] })),
        row("acme-print", Some(me), &json!({ "max_copies": 9 })),
        row("acme-print", Some(other), &json!({ "max_copies": 1 })),
        row("erp-sync", Some(me), &json!({ "exports": 2 })),
    ];
    let text = |settings: &Settings, service| settings.of(service).map(|text| text.to_string());
    let mine = Settings::compose(&rows, Some(me));
    assert_eq!(text(&mine, "acme-print").unwrap(), r#"{"max_copies":9,"printers":["p1"]}"#);
    assert_eq!(text(&mine, "erp-sync").unwrap(), r#"{"exports":2}"#);
    let main = Settings::compose(&rows, None);
    assert_eq!(text(&main, "acme-print").unwrap(), r#"{"max_copies":3,"printers":["p1"]}"#);
    assert_eq!(main.of("erp-sync"), None);
}
