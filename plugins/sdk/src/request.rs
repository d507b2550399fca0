//! What is asked.

use std::fmt;

use kith_plugin_abi as abi;
use kith_plugin_abi::{Str, request_flag, tag};

/// Names of attributes that Kith itself can give; list the ones you need in the manifest.
pub mod well_known {
    /// Money: how much the use moves.
    pub const AMOUNT: &str = "amount";
    /// Integer: the minute of the day (0 to 1439) in the shop's time zone.
    pub const LOCAL_MINUTE: &str = "local_minute";
    /// Integer: milliseconds after 1970-01-01T00:00:00Z.
    pub const NOW_MS: &str = "now_ms";
    /// Truth: the session was stepped up a short while ago.
    pub const STEPPED_UP: &str = "stepped_up";
}

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// Minor units: ¥1.50 is 150.
    pub minor: i64,
    /// The ISO 4217 number of the currency: 156 is CNY.
    pub currency: u16,
}

/// The value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// A truth.
    Bool(bool),
    /// An integer.
    I64(i64),
    /// A finite number.
    F64(f64),
    /// A text.
    Str(&'a str),
    /// Money.
    Money(Money),
}

/// A question: may [`principal`](Self::principal) use [`permission`](Self::permission) of [`tenant`](Self::tenant)?
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Request<'a>(&'a abi::Request);

/// Text that the host should not have sent: not UTF-8. It equals nothing, so that it ends in a denial.
const BROKEN: &str = "\u{FFFD}";

#[inline]
fn text<'a>(of: Str) -> &'a str {
    // SAFETY: a `Request` exists only within the call for which the host lends it and all that it points to.
    unsafe { of.text() }.unwrap_or(BROKEN)
}

impl<'a> Request<'a> {
    /// Wraps what the host sent.
    ///
    /// # Safety
    /// A valid request of the contract, with all that it points to, for `'a`.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub unsafe fn from_raw(raw: &'a abi::Request) -> Self {
        Self(raw)
    }

    /// The code that is asked for.
    #[must_use]
    #[inline]
    pub fn permission(&self) -> &'a str {
        text(self.0.permission)
    }

    /// The shop's id.
    #[must_use]
    #[inline]
    pub fn tenant(&self) -> &'a str {
        text(self.0.tenant)
    }

    /// Who acts.
    #[must_use]
    #[inline]
    pub fn principal(&self) -> &'a str {
        text(self.0.principal)
    }

    /// The GraphQL type and field that are guarded, when it is about one; else empty.
    #[must_use]
    pub fn field(&self) -> (&'a str, &'a str) {
        (text(self.0.parent_type), text(self.0.field))
    }

    /// Names the API request to which this belongs, for logs.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        self.0.request_id
    }

    /// The roles of the principal.
    #[inline]
    pub fn roles(&self) -> impl Iterator<Item = &'a str> {
        // SAFETY: as in `text`.
        unsafe { abi::array(self.0.roles, self.0.n_roles) }.unwrap_or(&[]).iter().map(|role| text(*role))
    }

    /// Whether the principal has this role.
    #[must_use]
    #[inline]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles().any(|has| has == role)
    }

    /// All attributes that have a value.
    pub fn attrs(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> {
        self.raw_attrs().iter().filter_map(|attr| Some((text(attr.key), value(attr)?)))
    }

    #[inline]
    fn raw_attrs(&self) -> &'a [abi::Attr] {
        // SAFETY: as in `text`.
        unsafe { abi::array(self.0.attrs, self.0.n_attrs) }.unwrap_or(&[])
    }

    /// An attribute; `None` when the manifest does not ask for it or the host has no value.
    #[must_use]
    #[inline]
    pub fn attr(&self, key: &str) -> Option<Value<'a>> {
        let named = |attr: &&abi::Attr| {
            // SAFETY: as in `text`. Bytes are enough to compare.
            let bytes = unsafe { attr.key.bytes() };
            bytes == Some(key.as_bytes())
        };
        self.raw_attrs().iter().find(named).and_then(value)
    }

    /// A truth.
    #[must_use]
    #[inline]
    pub fn bool(&self, key: &str) -> Option<bool> {
        match self.attr(key) {
            Some(Value::Bool(truth)) => Some(truth),
            _ => None,
        }
    }

    /// An integer.
    #[must_use]
    #[inline]
    pub fn i64(&self, key: &str) -> Option<i64> {
        match self.attr(key) {
            Some(Value::I64(number)) => Some(number),
            _ => None,
        }
    }

    /// A number.
    #[must_use]
    #[inline]
    pub fn f64(&self, key: &str) -> Option<f64> {
        match self.attr(key) {
            Some(Value::F64(number)) => Some(number),
            _ => None,
        }
    }

    /// A text.
    #[must_use]
    #[inline]
    pub fn str(&self, key: &str) -> Option<&'a str> {
        match self.attr(key) {
            Some(Value::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// Money.
    #[must_use]
    #[inline]
    pub fn money(&self, key: &str) -> Option<Money> {
        match self.attr(key) {
            Some(Value::Money(money)) => Some(money),
            _ => None,
        }
    }

    /// When the answer is late, in nanoseconds of [`Host::mono_ns`](crate::Host::mono_ns); `None`: never.
    #[must_use]
    pub fn deadline_ns(&self) -> Option<u64> {
        (self.0.deadline_mono_ns != 0).then_some(self.0.deadline_mono_ns)
    }

    /// Nothing will be done whatever the answer is.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.0.flags & request_flag::DRY_RUN != 0
    }

    /// The answer is compared with that of another version and not used.
    #[must_use]
    pub fn is_shadow(&self) -> bool {
        self.0.flags & request_flag::SHADOW != 0
    }

    /// Kith is trying the plugin out.
    #[must_use]
    #[inline]
    pub fn is_probe(&self) -> bool {
        self.0.flags & request_flag::PROBE != 0
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("permission", &self.permission())
            .field("tenant", &self.tenant())
            .field("principal", &self.principal())
            .field("roles", &self.roles().collect::<Vec<_>>())
            .field("attrs", &self.attrs().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The value of an attribute; `None` when there is none, or of a kind that this version does not know.
#[inline]
fn value<'a>(attr: &abi::Attr) -> Option<Value<'a>> {
    // SAFETY: every member of the union but the text is valid for any bits; the tag says that a text was written, which
    // the host lends for the call.
    unsafe {
        match attr.tag {
            tag::BOOL => Some(Value::Bool(attr.v.i != 0)),
            tag::I64 => Some(Value::I64(attr.v.i)),
            tag::F64 => Some(Value::F64(attr.v.f)).filter(|_| attr.v.f.is_finite()),
            tag::STR => Some(Value::Str(attr.v.s.text()?)),
            tag::MONEY => Some(Value::Money(Money { minor: attr.v.i, currency: u16::try_from(attr.aux).ok()? })),
            _ => None,
        }
    }
}
