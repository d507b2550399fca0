//! What a plugin tells of itself, through callbacks that copy and count. The same [`Collector`] judges what an isolated
//! child reports, since nothing a child says is believed for having been checked there.

use kith_plugin_abi as abi;
use kith_plugin_manifest::{Limits, Node, Tree, TreeRefusal};

/// Everything a plugin tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Description {
    /// Its permissions in the order told; [`tree`](Self::tree) checks them.
    pub permissions: Vec<Node>,
    /// Its settings.
    pub settings: Vec<Setting>,
}

/// One setting of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// What kind of value, for the form.
    pub kind: SettingKind,
    /// The key in the settings object.
    pub key: String,
    /// The title on the form.
    pub title: String,
    /// The value when nobody set one, as JSON; empty: it must be set.
    pub default_json: String,
    /// The JSON Schema of the value; empty: any of its kind. That it is a sound schema is for the server to check.
    pub schema_json: String,
}

/// What a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// true or false.
    Bool,
    /// An integer.
    I64,
    /// A number.
    F64,
    /// A text.
    Str,
    /// Minor units.
    Money,
    /// Any JSON that its schema allows.
    Json,
}

impl SettingKind {
    /// From the contract's number.
    #[must_use]
    pub fn from_tag(tag: u32) -> Option<Self> {
        Some(match tag {
            abi::tag::BOOL => Self::Bool,
            abi::tag::I64 => Self::I64,
            abi::tag::F64 => Self::F64,
            abi::tag::STR => Self::Str,
            abi::tag::MONEY => Self::Money,
            abi::tag::JSON => Self::Json,
            _ => return None,
        })
    }

    /// The contract's number.
    #[must_use]
    pub fn tag(self) -> u32 {
        match self {
            Self::Bool => abi::tag::BOOL,
            Self::I64 => abi::tag::I64,
            Self::F64 => abi::tag::F64,
            Self::Str => abi::tag::STR,
            Self::Money => abi::tag::MONEY,
            Self::Json => abi::tag::JSON,
        }
    }
}

/// Why a description is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescribeRefusal {
    /// `describe` returned another status than 0.
    #[error("DESCRIBE_STATUS: describe returned {0}; the plugin's log says why")]
    Status(i32),
    /// Too many permissions or settings.
    #[error("DESCRIBE_TOO_MANY: more than {0} {1}; split the plugin")]
    TooMany(usize, &'static str),
    /// A struct that is NULL, too small or too large.
    #[error("DESCRIBE_STRUCT: {0}; emit the struct with its size set")]
    Struct(&'static str),
    /// A text too long, NULL or not UTF-8.
    #[error("DESCRIBE_TEXT: {0} is NULL, not UTF-8 or over {1} bytes")]
    Text(&'static str, usize),
    /// A number or bit that this host does not know.
    #[error("DESCRIBE_VALUE: {0} has a value that this host does not know")]
    Value(&'static str),
    /// A parent that was not emitted before.
    #[error("DESCRIBE_PARENT: the parent of {0:?} was not emitted before it")]
    Parent(String),
    /// Two settings of one key, or a key of odd characters.
    #[error("DESCRIBE_KEY: {0:?} is no key of a-z, 0-9 and _, or stands there twice")]
    Key(String),
    /// A default or schema that is no JSON.
    #[error("DESCRIBE_JSON: {0} of {1:?} is not JSON")]
    Json(&'static str, String),
    /// Another description the second time.
    #[error("DESCRIBE_CHANGES: describe told something else the second time; emit the same each time")]
    Changes,
    /// The permission tree.
    #[error(transparent)]
    Tree(#[from] TreeRefusal),
}

impl DescribeRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Status(_) => "DESCRIBE_STATUS",
            Self::TooMany(..) => "DESCRIBE_TOO_MANY",
            Self::Struct(_) => "DESCRIBE_STRUCT",
            Self::Text(..) => "DESCRIBE_TEXT",
            Self::Value(_) => "DESCRIBE_VALUE",
            Self::Parent(_) => "DESCRIBE_PARENT",
            Self::Key(_) => "DESCRIBE_KEY",
            Self::Json(..) => "DESCRIBE_JSON",
            Self::Changes => "DESCRIBE_CHANGES",
            Self::Tree(refusal) => refusal.code(),
        }
    }
}

impl Description {
    /// The permissions, checked against the prefix that the manifest gives (`None`: an adviser only).
    pub fn tree(&self, prefix: Option<&str>) -> Result<Tree, DescribeRefusal> {
        let standard = Limits {
            nodes: abi::limits::PERMISSIONS,
            depth: abi::limits::DEPTH,
            title: abi::limits::TITLE,
            help: abi::limits::HELP,
        };
        Ok(Tree::check(self.permissions.clone(), prefix, standard)?)
    }

    /// See [`fill_in`].
    #[must_use]
    pub fn fill_in(&self, set: &str) -> String {
        fill_in(set, self.settings.iter().map(|one| (one.key.as_str(), one.default_json.as_str())))
    }
}

/// What `create` gets, as the contract says: what was set (a JSON object, or empty), and the defaults (key and JSON) of what was
/// not. Text that is no object stays as it is, for `create` to refuse.
#[must_use]
pub fn fill_in<'a>(set: &str, defaults: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let object = if set.trim().is_empty() { "{}" } else { set };
    let Ok(mut all) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(object) else {
        return set.to_owned();
    };
    for (key, default) in defaults.into_iter().filter(|(_, default)| !default.is_empty()) {
        if !all.contains_key(key)
            && let Ok(default) = serde_json::from_str(default)
        {
            all.insert(key.to_owned(), default);
        }
    }
    serde_json::Value::Object(all).to_string()
}

/// Takes what a plugin tells, one thing at a time, and keeps the first refusal.
#[derive(Debug, Default)]
pub struct Collector {
    told: Description,
    refusal: Option<DescribeRefusal>,
}

impl Collector {
    /// Takes a permission. `parent` is as in the contract.
    pub fn permission(&mut self, mut node: Node, parent: u32) -> Result<(), DescribeRefusal> {
        let judged = self.judge_permission(&mut node, parent);
        self.take(judged, |told| told.permissions.push(node))
    }

    fn judge_permission(&self, node: &mut Node, parent: u32) -> Result<(), DescribeRefusal> {
        if self.told.permissions.len() >= abi::limits::PERMISSIONS {
            return Err(DescribeRefusal::TooMany(abi::limits::PERMISSIONS, "permissions"));
        }
        node.parent = (parent != abi::NO_PARENT).then_some(parent);
        if node.parent.is_some_and(|p| p as usize >= self.told.permissions.len()) {
            return Err(DescribeRefusal::Parent(node.code.clone()));
        }
        if ![abi::risk::NORMAL, abi::risk::HIGH].contains(&node.risk) {
            return Err(DescribeRefusal::Value("risk"));
        }
        if node.flags & !abi::permission_flag::KNOWN != 0 {
            return Err(DescribeRefusal::Value("flags"));
        }
        Ok(())
    }

    /// Takes a setting. `kind` is as in the contract.
    pub fn setting(&mut self, mut setting: Setting, kind: u32) -> Result<(), DescribeRefusal> {
        let judged = self.judge_setting(&mut setting, kind);
        self.take(judged, |told| told.settings.push(setting))
    }

    fn judge_setting(&self, setting: &mut Setting, kind: u32) -> Result<(), DescribeRefusal> {
        if self.told.settings.len() >= abi::limits::SETTINGS {
            return Err(DescribeRefusal::TooMany(abi::limits::SETTINGS, "settings"));
        }
        setting.kind = SettingKind::from_tag(kind).ok_or(DescribeRefusal::Value("kind"))?;
        let key = &setting.key;
        let plain = key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if key.is_empty() || !plain || self.told.settings.iter().any(|other| other.key == *key) {
            return Err(DescribeRefusal::Key(key.clone()));
        }
        for (what, json) in [("default", &setting.default_json), ("schema", &setting.schema_json)] {
            if !json.is_empty() && serde_json::from_str::<serde::de::IgnoredAny>(json).is_err() {
                return Err(DescribeRefusal::Json(what, key.clone()));
            }
        }
        Ok(())
    }

    /// Remembers a refusal that was met before there was anything to take.
    pub fn refuse(&mut self, refusal: DescribeRefusal) -> Result<(), DescribeRefusal> {
        self.take(Err(refusal), |_| ())
    }

    fn take(
        &mut self,
        judged: Result<(), DescribeRefusal>,
        keep: impl FnOnce(&mut Description),
    ) -> Result<(), DescribeRefusal> {
        // After the first refusal nothing is taken, so that a flood costs nothing.
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        match judged {
            Ok(()) => keep(&mut self.told),
            Err(refusal) => {
                self.refusal = Some(refusal.clone());
                return Err(refusal);
            }
        }
        Ok(())
    }

    /// Everything that was told, when `describe` ended well and nothing was refused, whatever the plugin made of that.
    pub fn finish(self, status: i32) -> Result<Description, DescribeRefusal> {
        match self.refusal {
            Some(refusal) => Err(refusal),
            None if status != abi::status::OK => Err(DescribeRefusal::Status(status)),
            None => Ok(self.told),
        }
    }
}

/// Copies a text of the plugin's within a bound.
///
/// # Safety
/// The text is readable as far as its length says.
unsafe fn copy(text: abi::Str, what: &'static str, most: usize) -> Result<String, DescribeRefusal> {
    if text.len > most {
        return Err(DescribeRefusal::Text(what, most));
    }
    // SAFETY: the caller.
    unsafe { text.text() }.map(str::to_owned).ok_or(DescribeRefusal::Text(what, most))
}

/// Copies and takes a permission.
///
/// # Safety
/// NULL, or a struct of the contract that is readable as far as its sizes say.
pub(crate) unsafe fn permission(into: &mut Collector, at: *const abi::Permission) -> Result<(), DescribeRefusal> {
    use abi::limits as most;
    // Past the bound nothing more is even copied.
    if into.told.permissions.len() >= most::PERMISSIONS {
        return into.refuse(DescribeRefusal::TooMany(most::PERMISSIONS, "permissions"));
    }
    // SAFETY: the caller.
    let read = unsafe { abi::Peer::new(at) }.map_err(|_| DescribeRefusal::Struct("a permission")).and_then(|peer| {
        let told = peer.copy();
        // SAFETY: the caller.
        let node = unsafe {
            Node {
                code: copy(told.code, "code", most::CODE)?,
                parent: None,
                risk: told.risk,
                flags: told.flags,
                title_en: copy(told.title_en, "title_en", most::TITLE)?,
                title_zh: copy(told.title_zh, "title_zh", most::TITLE)?,
                help: copy(told.help, "help", most::HELP)?,
            }
        };
        Ok((node, told.parent))
    });
    match read {
        Ok((node, parent)) => into.permission(node, parent),
        Err(refusal) => into.refuse(refusal),
    }
}

/// Copies and takes a setting.
///
/// # Safety
/// As [`permission`].
pub(crate) unsafe fn setting(into: &mut Collector, at: *const abi::Setting) -> Result<(), DescribeRefusal> {
    use abi::limits as most;
    if into.told.settings.len() >= most::SETTINGS {
        return into.refuse(DescribeRefusal::TooMany(most::SETTINGS, "settings"));
    }
    // SAFETY: the caller.
    let read = unsafe { abi::Peer::new(at) }.map_err(|_| DescribeRefusal::Struct("a setting")).and_then(|peer| {
        let told = peer.copy();
        // SAFETY: the caller.
        let setting = unsafe {
            Setting {
                kind: SettingKind::Json,
                key: copy(told.key, "key", most::KEY)?,
                title: copy(told.title, "title", most::TITLE)?,
                default_json: copy(told.default_json, "default", most::JSON)?,
                schema_json: copy(told.schema_json, "schema", most::JSON)?,
            }
        };
        Ok((setting, told.kind))
    });
    match read {
        Ok((setting, kind)) => into.setting(setting, kind),
        Err(refusal) => into.refuse(refusal),
    }
}
