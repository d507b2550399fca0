//! A question that owns what it is made of, for tests and golden vectors.

use kith_plugin_abi as abi;
use kith_plugin_abi::{Str, tag};

use crate::request::{Money, Request};

/// The value of an attribute of an [`Ask`].
#[derive(Debug, Clone, PartialEq)]
pub enum OwnedValue {
    /// A truth.
    Bool(bool),
    /// An integer.
    I64(i64),
    /// A number.
    F64(f64),
    /// A text.
    Str(String),
    /// Money.
    Money(Money),
}

impl From<bool> for OwnedValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for OwnedValue {
    fn from(value: i64) -> Self {
        Self::I64(value)
    }
}

impl From<f64> for OwnedValue {
    fn from(value: f64) -> Self {
        Self::F64(value)
    }
}

impl From<&str> for OwnedValue {
    fn from(value: &str) -> Self {
        Self::Str(value.to_owned())
    }
}

impl From<Money> for OwnedValue {
    fn from(value: Money) -> Self {
        Self::Money(value)
    }
}

/// A question.
///
/// ```
/// use kith_plugin_sdk::Ask;
/// let ask = Ask::new("acme_print.waybill.print").attr("copies", 3).role("warehouse");
/// assert_eq!(ask.request(|request| request.i64("copies")), Some(3));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ask {
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
    pub attrs: Vec<(String, OwnedValue)>,
    /// Bits of [`abi::request_flag`].
    pub flags: u32,
    /// Names the request.
    pub request_id: [u8; 16],
    /// When the answer is late; 0: never.
    pub deadline_mono_ns: u64,
}

impl Ask {
    /// Whether a principal may use `permission`.
    #[must_use]
    pub fn new(permission: &str) -> Self {
        Self {
            permission: permission.to_owned(),
            tenant: "shop_test".to_owned(),
            principal: "sub_test".to_owned(),
            ..Self::default()
        }
    }

    /// With an attribute.
    #[must_use]
    pub fn attr(mut self, key: &str, value: impl Into<OwnedValue>) -> Self {
        self.attrs.push((key.to_owned(), value.into()));
        self
    }

    /// With a role of the principal.
    #[must_use]
    pub fn role(mut self, role: &str) -> Self {
        self.roles.push(role.to_owned());
        self
    }

    /// Lends it as the contract has it.
    pub fn raw<T>(&self, then: impl FnOnce(&abi::Request) -> T) -> T {
        let roles: Vec<Str> = self.roles.iter().map(|role| Str::new(role)).collect();
        let attrs: Vec<abi::Attr> = self.attrs.iter().map(|(key, value)| attr(key, value)).collect();
        then(&abi::Request {
            size: abi::Request::SIZE,
            flags: self.flags,
            deadline_mono_ns: self.deadline_mono_ns,
            request_id: self.request_id,
            tenant: Str::new(&self.tenant),
            principal: Str::new(&self.principal),
            permission: Str::new(&self.permission),
            parent_type: Str::new(&self.parent_type),
            field: Str::new(&self.field),
            roles: roles.as_ptr(),
            n_roles: roles.len(),
            attrs: attrs.as_ptr(),
            n_attrs: attrs.len(),
        })
    }

    /// Lends it as a plugin sees it.
    pub fn request<T>(&self, then: impl FnOnce(&Request<'_>) -> T) -> T {
        // SAFETY: `raw` makes a valid request and keeps it during the call.
        self.raw(|raw| then(&unsafe { Request::from_raw(raw) }))
    }
}

fn attr(key: &str, value: &OwnedValue) -> abi::Attr {
    let (tag, aux, v) = match value {
        OwnedValue::Bool(truth) => (tag::BOOL, 0, abi::Value { i: i64::from(*truth) }),
        OwnedValue::I64(number) => (tag::I64, 0, abi::Value { i: *number }),
        OwnedValue::F64(number) => (tag::F64, 0, abi::Value { f: *number }),
        OwnedValue::Str(text) => (tag::STR, 0, abi::Value { s: Str::new(text) }),
        OwnedValue::Money(money) => (tag::MONEY, u32::from(money.currency), abi::Value { i: money.minor }),
    };
    abi::Attr { key: Str::new(key), tag, aux, v }
}
