//! What a plugin brings: permissions and settings.

use kith_plugin_abi as abi;
use kith_plugin_abi::{NO_PARENT, Str, permission_flag, risk, tag};

/// One permission of the plugin's tree.
#[derive(Debug, Clone, Copy)]
pub struct Permission {
    code: &'static str,
    title_en: &'static str,
    title_zh: &'static str,
    help: &'static str,
    risk: u32,
    flags: u32,
}

impl Permission {
    /// A permission that can be granted. The code begins with the publisher's prefix; parts of `a-z 0-9 _`, points
    /// between.
    #[must_use]
    pub const fn new(code: &'static str, title_en: &'static str, title_zh: &'static str) -> Self {
        Self { code, title_en, title_zh, help: "", risk: risk::NORMAL, flags: 0 }
    }

    /// A heading that groups others.
    #[must_use]
    pub const fn group(code: &'static str, title_en: &'static str, title_zh: &'static str) -> Self {
        Self { flags: permission_flag::GROUP, ..Self::new(code, title_en, title_zh) }
    }

    /// What holding it allows.
    #[must_use]
    pub const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    /// Never in a default of a position; the seller confirms it.
    #[must_use]
    pub const fn high_risk(self) -> Self {
        Self { risk: risk::HIGH, ..self }
    }

    /// Amounts flow, so that money limits make sense.
    #[must_use]
    pub const fn money(self) -> Self {
        Self { flags: self.flags | permission_flag::MONEY, ..self }
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// As the contract has it. `among`: all of the plugin's.
    pub(crate) fn raw(&self, among: &[Self]) -> abi::Permission {
        let above = |one: &Self| self.code.strip_prefix(one.code).is_some_and(|rest| rest.starts_with('.'));
        let parents = among.iter().enumerate().filter(|(_, one)| above(one));
        let parent = parents.max_by_key(|(_, one)| one.code.len()).and_then(|(at, _)| u32::try_from(at).ok());
        abi::Permission {
            size: abi::Permission::SIZE,
            parent: parent.unwrap_or(NO_PARENT),
            risk: self.risk,
            flags: self.flags,
            code: Str::new(self.code),
            title_en: Str::new(self.title_en),
            title_zh: Str::new(self.title_zh),
            help: Str::new(self.help),
        }
    }
}

/// What kind of value a setting has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// A text.
    Text,
    /// An integer of minor units.
    Money,
    /// Anything that the schema allows.
    Json,
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    key: &'static str,
    title: &'static str,
    kind: Kind,
    default_json: &'static str,
    schema_json: &'static str,
}

impl Setting {
    /// A setting that the seller must set.
    #[must_use]
    pub const fn new(key: &'static str, title: &'static str, kind: Kind) -> Self {
        Self { key, title, kind, default_json: "", schema_json: "" }
    }

    /// The value, as JSON, when nobody set one.
    #[must_use]
    pub const fn default(self, json: &'static str) -> Self {
        Self { default_json: json, ..self }
    }

    /// The JSON Schema of the value.
    #[must_use]
    pub const fn schema(self, json: &'static str) -> Self {
        Self { schema_json: json, ..self }
    }

    /// The key in the object that `create` gets.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// The default, as JSON; empty: there is none.
    #[must_use]
    pub const fn default_json(&self) -> &'static str {
        self.default_json
    }

    pub(crate) fn raw(&self) -> abi::Setting {
        abi::Setting {
            size: abi::Setting::SIZE,
            kind: match self.kind {
                Kind::Bool => tag::BOOL,
                Kind::Integer => tag::I64,
                Kind::Number => tag::F64,
                Kind::Text => tag::STR,
                Kind::Money => tag::MONEY,
                Kind::Json => tag::JSON,
            },
            key: Str::new(self.key),
            title: Str::new(self.title),
            default_json: Str::new(self.default_json),
            schema_json: Str::new(self.schema_json),
        }
    }
}
