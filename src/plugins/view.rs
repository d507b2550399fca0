//! What operators, and the page where one subscribes, see.

use std::sync::Arc;

use super::release::{Release, ServiceSetting};
use super::running::Running;
use crate::kernel::Text;
use crate::permissions::arbiter::{Described, Field, FieldKind};

/// One plugin of this process.
#[derive(Clone)]
pub struct PluginView {
    /// Its id.
    pub id: String,
    /// The release in use here; `None` when it is not running: its codes are denied.
    pub running: Option<Arc<Running>>,
    /// Every release that the folder has, or that was in use, the lowest first.
    pub releases: Vec<Arc<Release>>,
}

/// A service that can be subscribed to: a plugin in use with codes of its own.
#[derive(Debug, Clone)]
pub struct ServiceView {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: Text,
    /// Its version.
    pub version: String,
    /// Who publishes it.
    pub publisher: String,
    /// Its settings.
    pub settings: Vec<ServiceSetting>,
    /// Whether it answers as far as is known.
    pub available: bool,
}

impl ServiceView {
    /// The service of a release in use, if it brings codes.
    #[must_use]
    pub fn of(running: &Running) -> Option<Self> {
        let release = &running.release;
        (!release.codes.is_empty()).then(|| Self {
            id: release.id().to_owned(),
            name: release.name.clone(),
            version: release.version().to_owned(),
            publisher: release.verified.manifest.publisher.clone(),
            settings: release.settings.clone(),
            available: matches!(running.figures().state, "READY" | "STARTING" | "RESTARTING"),
        })
    }

    /// The same as the engine passes it on.
    #[must_use]
    pub fn described(self) -> Described {
        // That they are JSON was checked when the plugin told them.
        let json = |text: &str| serde_json::from_str(text).ok();
        let field = |setting: ServiceSetting| Field {
            kind: match setting.kind {
                "BOOL" => FieldKind::Boolean,
                "INT" => FieldKind::Integer,
                "FLOAT" => FieldKind::Number,
                "TEXT" => FieldKind::Text,
                "MONEY" => FieldKind::Money,
                _ => FieldKind::Json,
            },
            default: json(&setting.default_json),
            schema: json(&setting.schema_json),
            key: setting.key,
            title: setting.title,
        };
        Described {
            id: self.id,
            version: self.version,
            publisher: self.publisher,
            running: self.available,
            settings: self.settings.into_iter().map(field).collect(),
        }
    }
}
