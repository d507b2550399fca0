//! Golden vectors: a JSON file beside the plugin that says which request gets which decision. The same file tests the
//! plugin's code, the built library and another implementation of the same policy, in whatever language.
//!
//! ```json
//! { "settings": { "max_copies": 10 },
//!   "vectors": [
//!     { "name": "eleven copies",
//!       "request": { "permission": "acme_print.waybill.print", "attrs": { "copies": 11, "amount": { "minor": 150, "currency": 156 } } },
//!       "decision": { "allow": false, "reason_code": 2, "reason": "At most 10 copies." } } ] }
//! ```

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use kith_plugin_abi as abi;
use kith_plugin_abi::{BadAnswer, Status, status};

use crate::ask::{Ask, OwnedValue};
use crate::request::Money;
use crate::{Host, Plugin, Request};

/// A file of golden vectors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// What `create` gets.
    #[serde(default)]
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// The vectors.
    pub vectors: Vec<Vector>,
}

/// A request and its decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// What it shows.
    pub name: String,
    /// What is asked.
    pub request: Asked,
    /// What is answered.
    pub decision: Answered,
}

/// The request of a vector.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Asked {
    /// The code.
    pub permission: String,
    /// The shop.
    pub tenant: String,
    /// Who acts.
    pub principal: String,
    /// The GraphQL type of the guarded field.
    pub parent_type: String,
    /// The guarded field.
    pub field: String,
    /// The roles of the principal.
    pub roles: Vec<String>,
    /// The attributes.
    pub attrs: BTreeMap<String, Attr>,
}

/// An attribute of a vector: an integer, a truth, a number with a point, a text, or money as an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Attr {
    /// A truth.
    Bool(bool),
    /// An integer.
    I64(i64),
    /// A number.
    F64(f64),
    /// A text.
    Str(String),
    /// Money.
    Money {
        /// Minor units.
        minor: i64,
        /// The ISO 4217 number.
        currency: u16,
    },
}

/// The decision of a vector.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// Yes or no.
    pub allow: bool,
    /// The plugin's number for why.
    #[serde(default)]
    pub reason_code: u32,
    /// Why, in English and Chinese with a line feed between.
    #[serde(default)]
    pub reason: String,
    /// How long the answer holds, in milliseconds.
    #[serde(default)]
    pub cache_ttl_ms: u32,
    /// What must hold as well.
    #[serde(default)]
    pub obligations: Vec<Obliged>,
}

/// An obligation of a vector: the figures of [`abi::Obligation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Obliged {
    /// One of [`abi::obligation`].
    pub kind: u32,
    /// See there.
    pub value: i64,
    /// See there.
    #[serde(default)]
    pub aux: u32,
    /// The explanation.
    #[serde(default)]
    pub text: String,
}

/// A vector that was answered otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Its name.
    pub name: String,
    /// What the file says.
    pub expected: Answered,
    /// What the plugin said.
    pub got: Result<Answered, Failure>,
}

/// No answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The call failed.
    Status(Status),
    /// The answer broke the contract.
    Bad(BadAnswer),
}

impl Golden {
    /// Reads a file.
    ///
    /// # Errors
    /// Not of this form.
    pub fn parse(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|e| e.to_string())
    }

    /// The settings as `create` gets them.
    #[must_use]
    pub fn settings_json(&self) -> String {
        serde_json::Value::Object(self.settings.clone()).to_string()
    }

    /// Asks every question with the `PROBE` flag and compares the answers.
    pub fn run(&self, mut authorize: impl FnMut(&abi::Request, &mut abi::Decision) -> Status) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        for vector in &self.vectors {
            let got = answered(&vector.request.ask(), &mut authorize);
            if got.as_ref() != Ok(&vector.decision) {
                mismatches.push(Mismatch { name: vector.name.clone(), expected: vector.decision.clone(), got });
            }
        }
        mismatches
    }

    /// Makes an instance of `P` and compares its answers, for the unit tests of a plugin.
    ///
    /// # Errors
    /// `P` refuses the settings of the file.
    pub fn check<P: Plugin>(&self) -> Result<Vec<Mismatch>, String> {
        let plugin = P::create(&self.settings_json(), Host::silent())?;
        Ok(self.run(|request, decision| {
            // SAFETY: `run` lends a valid request.
            plugin.authorize(&unsafe { Request::from_raw(request) }).write_to(decision)
        }))
    }
}

impl Asked {
    /// The question itself.
    #[must_use]
    pub fn ask(&self) -> Ask {
        let value = |value: &Attr| match value {
            Attr::Bool(truth) => OwnedValue::Bool(*truth),
            Attr::I64(number) => OwnedValue::I64(*number),
            Attr::F64(number) => OwnedValue::F64(*number),
            Attr::Str(text) => OwnedValue::Str(text.clone()),
            Attr::Money { minor, currency } => OwnedValue::Money(Money { minor: *minor, currency: *currency }),
        };
        Ask {
            permission: self.permission.clone(),
            tenant: self.tenant.clone(),
            principal: self.principal.clone(),
            parent_type: self.parent_type.clone(),
            field: self.field.clone(),
            roles: self.roles.clone(),
            attrs: self.attrs.iter().map(|(key, attr)| (key.clone(), value(attr))).collect(),
            flags: abi::request_flag::PROBE,
            ..Ask::default()
        }
    }
}

/// Asks one question and reads the answer whole.
///
/// # Errors
/// The call failed, or its answer broke the contract: the host denies.
pub fn answered(
    ask: &Ask,
    authorize: &mut impl FnMut(&abi::Request, &mut abi::Decision) -> Status,
) -> Result<Answered, Failure> {
    let mut decision = abi::Decision::DENY;
    match ask.raw(|request| authorize(request, &mut decision)) {
        status::OK => Answered::read(&decision).map_err(Failure::Bad),
        failed => Err(Failure::Status(failed)),
    }
}

impl Answered {
    /// What a decision says.
    ///
    /// # Errors
    /// It breaks the contract.
    pub fn read(decision: &abi::Decision) -> Result<Self, BadAnswer> {
        let verdict = decision.verdict()?;
        let obliged = |one: &abi::Obligation| Obliged {
            kind: one.kind,
            value: one.value,
            aux: one.aux,
            text: verdict.text_of(one).to_owned(),
        };
        Ok(Self {
            allow: verdict.allowed(),
            reason_code: verdict.reason_code(),
            reason: verdict.reason().to_owned(),
            cache_ttl_ms: verdict.cache_ttl_ms(),
            obligations: verdict.obligations().iter().map(obliged).collect(),
        })
    }
}
