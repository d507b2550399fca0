//! What is asked. [`Request`] borrows and allocates nothing; [`OwnedRequest`] can travel to a child, wait in a file of
//! golden vectors, or be made at leisure.

use std::fmt;
use std::marker::PhantomData;

use kith_plugin_abi as abi;
use serde::{Deserialize, Serialize};

/// A borrowed text as the contract has it.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Text<'a>(abi::Str, PhantomData<&'a str>);

impl<'a> Text<'a> {
    /// Points to the text.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self(abi::Str::new(text), PhantomData)
    }
}

/// A borrowed attribute as the contract has it.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Attr<'a>(abi::Attr, PhantomData<&'a str>);

impl<'a> Attr<'a> {
    const fn new(key: &'a str, tag: u32, aux: u32, v: abi::Value) -> Self {
        Self(abi::Attr { key: abi::Str::new(key), tag, aux, v }, PhantomData)
    }

    /// Asked for, but the host has no value.
    #[must_use]
    pub const fn none(key: &'a str) -> Self {
        Self::new(key, abi::tag::NONE, 0, abi::Value { s: abi::Str::EMPTY })
    }

    /// A truth.
    #[must_use]
    pub fn bool(key: &'a str, value: bool) -> Self {
        Self::integer(key, abi::tag::BOOL, 0, i64::from(value))
    }

    /// An integer.
    #[must_use]
    pub fn i64(key: &'a str, value: i64) -> Self {
        Self::integer(key, abi::tag::I64, 0, value)
    }

    /// Minor units of a currency, by its ISO 4217 number.
    #[must_use]
    pub fn money(key: &'a str, minor_units: i64, currency: u16) -> Self {
        Self::integer(key, abi::tag::MONEY, u32::from(currency), minor_units)
    }

    /// A number; one that is not finite becomes [`none`](Self::none).
    #[must_use]
    pub fn f64(key: &'a str, value: f64) -> Self {
        if !value.is_finite() {
            return Self::none(key);
        }
        Self::integer(key, abi::tag::F64, 0, i64::from_ne_bytes(value.to_ne_bytes()))
    }

    /// A text.
    #[must_use]
    pub const fn text(key: &'a str, value: &'a str) -> Self {
        Self::new(key, abi::tag::STR, 0, abi::Value { s: abi::Str::new(value) })
    }

    /// A value of eight bytes: the other eight of the union are zeros, and nothing of the host's memory shows in them.
    fn integer(key: &'a str, tag: u32, aux: u32, i: i64) -> Self {
        let mut v = abi::Value { s: abi::Str::EMPTY };
        v.i = i;
        Self::new(key, tag, aux, v)
    }
}

/// The parts of a request.
#[derive(Clone, Copy, Default)]
pub struct Parts<'a> {
    /// Bits of [`abi::request_flag`].
    pub flags: u32,
    /// When the answer is late, in nanoseconds of the monotonic clock; 0: never.
    pub deadline_mono_ns: u64,
    /// The request of the API to which this belongs.
    pub request_id: [u8; 16],
    /// The shop's id.
    pub tenant: &'a str,
    /// Who acts.
    pub principal: &'a str,
    /// The permission's code.
    pub permission: &'a str,
    /// The type of the guarded field, or empty.
    pub parent_type: &'a str,
    /// The guarded field, or empty.
    pub field: &'a str,
    /// The principal's roles.
    pub roles: &'a [Text<'a>],
    /// Exactly the attributes that the manifest asks for.
    pub attrs: &'a [Attr<'a>],
}

/// A borrowed request, ready for a call.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    raw: abi::Request,
    life: PhantomData<Parts<'a>>,
}

// SAFETY: the pointers are to shared borrows of plain data that outlive it.
unsafe impl Send for Request<'_> {}
// SAFETY: as above.
unsafe impl Sync for Request<'_> {}

impl<'a> Request<'a> {
    /// Puts a request together.
    #[must_use]
    pub fn new(parts: &Parts<'a>) -> Self {
        let raw = abi::Request {
            size: abi::Request::SIZE,
            flags: parts.flags,
            deadline_mono_ns: parts.deadline_mono_ns,
            request_id: parts.request_id,
            tenant: abi::Str::new(parts.tenant),
            principal: abi::Str::new(parts.principal),
            permission: abi::Str::new(parts.permission),
            parent_type: abi::Str::new(parts.parent_type),
            field: abi::Str::new(parts.field),
            // `Text` and `Attr` are transparent.
            roles: parts.roles.as_ptr().cast(),
            n_roles: parts.roles.len(),
            attrs: parts.attrs.as_ptr().cast(),
            n_attrs: parts.attrs.len(),
        };
        Self { raw, life: PhantomData }
    }

    pub(crate) fn raw(&self) -> &abi::Request {
        &self.raw
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}

/// A request that owns its parts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OwnedRequest {
    /// Bits of [`abi::request_flag`].
    pub flags: u32,
    /// See [`Parts::deadline_mono_ns`].
    pub deadline_mono_ns: u64,
    /// See [`Parts::request_id`].
    pub request_id: [u8; 16],
    /// See [`Parts::tenant`].
    pub tenant: String,
    /// See [`Parts::principal`].
    pub principal: String,
    /// See [`Parts::permission`].
    pub permission: String,
    /// See [`Parts::parent_type`].
    pub parent_type: String,
    /// See [`Parts::field`].
    pub field: String,
    /// See [`Parts::roles`].
    pub roles: Vec<String>,
    /// See [`Parts::attrs`].
    pub attrs: Vec<OwnedAttr>,
}

/// An attribute that owns its parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnedAttr {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: OwnedValue,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnedValue {
    /// The host has none.
    None,
    /// A truth.
    Bool(bool),
    /// An integer.
    I64(i64),
    /// A number.
    F64(f64),
    /// A text.
    Str(String),
    /// Minor units and the ISO 4217 number of the currency.
    Money(i64, u16),
}

impl OwnedAttr {
    /// As the contract has it.
    #[must_use]
    pub fn view(&self) -> Attr<'_> {
        match &self.value {
            OwnedValue::None => Attr::none(&self.key),
            OwnedValue::Bool(value) => Attr::bool(&self.key, *value),
            OwnedValue::I64(value) => Attr::i64(&self.key, *value),
            OwnedValue::F64(value) => Attr::f64(&self.key, *value),
            OwnedValue::Str(value) => Attr::text(&self.key, value),
            OwnedValue::Money(units, currency) => Attr::money(&self.key, *units, *currency),
        }
    }
}

impl OwnedRequest {
    /// Calls with the borrowed form. Allocates the two lists.
    pub fn with<R>(&self, call: impl FnOnce(&Request<'_>) -> R) -> R {
        let roles: Vec<Text<'_>> = self.roles.iter().map(|role| Text::new(role)).collect();
        let attrs: Vec<Attr<'_>> = self.attrs.iter().map(OwnedAttr::view).collect();
        call(&Request::new(&Parts {
            flags: self.flags,
            deadline_mono_ns: self.deadline_mono_ns,
            request_id: self.request_id,
            tenant: &self.tenant,
            principal: &self.principal,
            permission: &self.permission,
            parent_type: &self.parent_type,
            field: &self.field,
            roles: &roles,
            attrs: &attrs,
        }))
    }
}
