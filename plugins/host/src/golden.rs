//! Golden vectors: a JSON file beside the plugin that says which request gets which decision. The form is that of the
//! SDK's `golden.rs`, where an author tries them.

use std::collections::BTreeMap;

use kith_plugin_loader::abi::request_flag;
use kith_plugin_loader::{OwnedAttr, OwnedRequest, OwnedValue, Verdict};
use serde::Deserialize;

/// A file of golden vectors.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// What `create` gets.
    #[serde(default)]
    settings: serde_json::Map<String, serde_json::Value>,
    vectors: Vec<Vector>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    request: Asked,
    decision: Answered,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Asked {
    permission: String,
    tenant: String,
    principal: String,
    parent_type: String,
    field: String,
    roles: Vec<String>,
    attrs: BTreeMap<String, Attr>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Attr {
    Bool(bool),
    I64(i64),
    F64(f64),
    Str(String),
    Money { minor: i64, currency: u16 },
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    allow: bool,
    #[serde(default)]
    reason_code: u32,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    cache_ttl_ms: u32,
    #[serde(default)]
    obligations: Vec<Obliged>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Obliged {
    kind: u32,
    value: i64,
    #[serde(default)]
    aux: u32,
    #[serde(default)]
    text: String,
}

/// A vector that was answered otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The vector's name.
    pub name: String,
    /// What the file says.
    pub expected: String,
    /// What the plugin said.
    pub got: String,
}

impl Golden {
    /// Reads a file.
    pub fn parse(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|e| e.to_string())
    }

    /// The settings as `create` gets them.
    #[must_use]
    pub fn settings_json(&self) -> String {
        serde_json::Value::Object(self.settings.clone()).to_string()
    }

    /// The requests, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<OwnedRequest> {
        self.vectors.iter().map(|vector| vector.request.owned()).collect()
    }

    /// Compares verdicts with what the file says. A verdict that is missing is a mismatch.
    #[must_use]
    pub fn compare(&self, verdicts: &[Verdict]) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        for (i, vector) in self.vectors.iter().enumerate() {
            let got = match verdicts.get(i) {
                None => Err("no answer".to_owned()),
                Some(verdict) => match verdict.fault() {
                    Some(fault) => Err(fault.name().to_owned()),
                    None => Ok(read(verdict)),
                },
            };
            if got.as_ref() != Ok(&vector.decision) {
                let got = got.map_or_else(|fault| fault, |answer| format!("{answer:?}"));
                mismatches.push(Mismatch {
                    name: vector.name.clone(),
                    expected: format!("{:?}", vector.decision),
                    got,
                });
            }
        }
        mismatches
    }
}

fn read(verdict: &Verdict) -> Answered {
    let obliged = |one: &kith_plugin_loader::abi::Obligation| Obliged {
        kind: one.kind,
        value: one.value,
        aux: one.aux,
        text: verdict.text_of(one).to_owned(),
    };
    Answered {
        allow: verdict.allowed(),
        reason_code: verdict.reason_code(),
        reason: verdict.reason().to_owned(),
        cache_ttl_ms: verdict.cache_ttl_ms(),
        obligations: verdict.obligations().iter().map(obliged).collect(),
    }
}

impl Asked {
    fn owned(&self) -> OwnedRequest {
        let value = |attr: &Attr| match attr {
            Attr::Bool(truth) => OwnedValue::Bool(*truth),
            Attr::I64(number) => OwnedValue::I64(*number),
            Attr::F64(number) => OwnedValue::F64(*number),
            Attr::Str(text) => OwnedValue::Str(text.clone()),
            Attr::Money { minor, currency } => OwnedValue::Money(*minor, *currency),
        };
        OwnedRequest {
            flags: request_flag::PROBE,
            permission: self.permission.clone(),
            tenant: self.tenant.clone(),
            principal: self.principal.clone(),
            parent_type: self.parent_type.clone(),
            field: self.field.clone(),
            roles: self.roles.clone(),
            attrs: self.attrs.iter().map(|(key, attr)| OwnedAttr { key: key.clone(), value: value(attr) }).collect(),
            ..OwnedRequest::default()
        }
    }
}
