//! Settings as a type of the plugin's own.

use serde::de::DeserializeOwned;

use crate::Plugin;

/// Reads the settings of `P` into its own type. Defaults that `P` declares stand in for what is absent.
///
/// # Errors
/// What is wrong with them.
pub fn settings<P: Plugin, T: DeserializeOwned>(json: &str) -> Result<T, String> {
    let json = if json.trim().is_empty() { "{}" } else { json };
    let mut all: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).map_err(|e| e.to_string())?;
    for setting in P::SETTINGS {
        let (key, default) = (setting.key(), setting.default_json());
        if !default.is_empty() && !all.contains_key(key) {
            let default = serde_json::from_str(default);
            all.insert(key.to_owned(), default.map_err(|e| format!("the default of {key} is no JSON: {e}"))?);
        }
    }
    T::deserialize(serde_json::Value::Object(all)).map_err(|e| e.to_string())
}
