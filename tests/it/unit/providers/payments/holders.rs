use serde_json::{Value, json};

use kith::providers::payments::holders::*;

#[test]
fn an_answer_about_somebody_else_is_none() {
    let said = json!({ "handle": "a@pay.example.com", "region": "MAINLAND", "name": "王小丽", "number": "1" });
    assert!(read("a@pay.example.com", &said).is_ok_and(|holder| holder.region == "MAINLAND"));
    let error = |handle: &str, said: &Value| read(handle, said).err();
    assert_eq!(error("b@pay.example.com", &said), Some(HolderError::Provider("GATEWAY_CONTRADICTORY")));
    for missing in ["region", "name", "number"] {
        let mut cut = said.clone();
        cut[missing] = json!(7);
        assert_eq!(error("a@pay.example.com", &cut), Some(HolderError::Provider("GATEWAY_GARBLED")), "{missing}");
    }
    assert!(read("a@pay.example.com", &said).is_ok_and(|holder| !format!("{holder:?}").contains("王")));
}
