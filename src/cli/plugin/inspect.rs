//! `kith plugin inspect`

use std::path::{Path, PathBuf};

use clap::Args;
use kith_plugin_loader::{Description, SettingKind, abi};
use kith_plugin_manifest::{Draft, Manifest, Node};
use serde::Serialize;
use serde_json::Value;

use super::library::{attempt, expected, golden, judge, manifest_path, read_manifest, seal};
use super::{failed, read_text, show};
use crate::app::AppError;

const AFTER_HELP: &str = "\
Examples:
  kith plugin inspect target/release/libacme_labels.so
  kith plugin inspect --json target/release/libacme_labels.so | jq .permissions

The library runs in a sandboxed child that is thrown away; with --no-run it does not run at all. Nothing is verified here: what a
manifest claims is shown as a claim.";

/// Show what Kith will see of a library: permissions, settings, attributes, the rules of files.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Inspect {
    /// The library
    library: PathBuf,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Look at the file only
    #[arg(long)]
    no_run: bool,
    /// What you say of the plugin, if it lies there
    #[arg(long, value_name = "FILE", default_value = "plugin.toml")]
    draft: PathBuf,
    /// Golden vectors to answer, with their settings [default: golden.json beside plugin.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    golden: Option<PathBuf>,
}

/// What was seen.
#[derive(Serialize)]
pub(super) struct Seen {
    pub file: String,
    pub size: u64,
    pub sha256: String,
    pub build_id: String,
    /// Always true: a library that breaks a rule is refused with the rule's code.
    pub keeps_the_rules_of_files: bool,
    pub exports: [&'static str; 1],
    pub needs: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// What it asks to be told of each request, and who says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asks: Option<Asks>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Claims>,
}

/// What the library told in the child.
#[derive(Serialize)]
pub(super) struct Told {
    pub permissions: Vec<Permission>,
    pub settings: Vec<Setting>,
    pub golden_vectors: usize,
}

#[derive(Serialize)]
pub(super) struct Permission {
    pub code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    pub title: Titles,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub help: String,
    pub group: bool,
    pub money: bool,
    pub high_risk: bool,
}

#[derive(Serialize)]
pub(super) struct Titles {
    pub en: String,
    pub zh: String,
}

#[derive(Serialize)]
pub(super) struct Setting {
    pub key: String,
    pub title: String,
    pub kind: &'static str,
    /// The default; none: it must be set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
}

#[derive(Serialize)]
pub(super) struct Asks {
    pub source: String,
    pub id: String,
    pub mode: &'static str,
    pub attributes: Vec<String>,
    pub advises: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_prefix: Option<String>,
}

/// What a manifest claims. Nobody has checked it.
#[derive(Serialize)]
pub(super) struct Claims {
    pub file: String,
    pub version: String,
    pub release_seq: u64,
    pub publisher: String,
    pub not_before: String,
    pub not_after: String,
    pub signed_by: Vec<String>,
    pub describes_this_file: bool,
}

impl Inspect {
    pub(super) fn run(self) -> Result<(), AppError> {
        let checked = judge(seal(&self.library)?)?;
        let manifest = self.manifest()?;
        let draft = match self.draft.is_file() {
            true => Some(Draft::parse(&read_text(&self.draft)?).map_err(failed)?),
            false => None,
        };
        let role = manifest.as_ref().map(|(_, m)| &m.role).or(draft.as_ref().map(|d| &d.role));
        let told = if self.no_run {
            None
        } else {
            let golden = golden(self.golden.as_deref(), Some(&self.draft))?;
            let found = attempt(&checked, golden.as_ref())?;
            if let Some(role) = role {
                found.description.tree(role.code_prefix.as_deref()).map_err(failed)?;
            }
            Some(Told::of(&found.description, found.vectors))
        };
        let seen = Seen {
            file: self.library.display().to_string(),
            size: expected(&checked).size,
            sha256: expected(&checked).sha256.to_string(),
            build_id: checked.facts().build_id_hex(),
            keeps_the_rules_of_files: true,
            exports: [abi::SYMBOL],
            needs: checked.facts().needed.clone(),
            told,
            asks: match &manifest {
                Some((path, m)) => Some(Asks::of_manifest(path, m)),
                None => draft.map(|draft| Asks::of_draft(&self.draft, draft)),
            },
            manifest: match manifest {
                Some((path, manifest)) => Some(Claims::of(&path, &manifest, expected(&checked).sha256)?),
                None => None,
            },
        };
        let text =
            if self.json { serde_json::to_string_pretty(&seen).map_err(failed)? + "\n" } else { show::text(&seen) };
        super::print(&text);
        Ok(())
    }

    fn manifest(&self) -> Result<Option<(PathBuf, Manifest)>, AppError> {
        let path = manifest_path("inspect", &self.library)?;
        if !path.is_file() {
            return Ok(None);
        }
        let (_, manifest) = kith_plugin_manifest::inspect(&read_manifest(&path)?).map_err(failed)?;
        Ok(Some((path, manifest)))
    }
}

impl Told {
    fn of(description: &Description, golden_vectors: usize) -> Self {
        let nodes = &description.permissions;
        let permission = |node: &Node| Permission {
            code: node.code.clone(),
            parent: node.parent.and_then(|at| nodes.get(at as usize)).map(|parent| parent.code.clone()),
            title: Titles { en: node.title_en.clone(), zh: node.title_zh.clone() },
            help: node.help.clone(),
            group: node.flags & abi::permission_flag::GROUP != 0,
            money: node.flags & abi::permission_flag::MONEY != 0,
            high_risk: node.risk == abi::risk::HIGH,
        };
        // That they are JSON was checked while they were told.
        let json = |text: &str| serde_json::from_str(text).ok();
        let settings = description.settings.iter().map(|setting| Setting {
            key: setting.key.clone(),
            title: setting.title.clone(),
            kind: kind(setting.kind),
            default: json(&setting.default_json),
            schema: json(&setting.schema_json),
        });
        Self { permissions: nodes.iter().map(permission).collect(), settings: settings.collect(), golden_vectors }
    }
}

fn kind(kind: SettingKind) -> &'static str {
    match kind {
        SettingKind::Bool => "boolean",
        SettingKind::I64 => "integer",
        SettingKind::F64 => "number",
        SettingKind::Str => "text",
        SettingKind::Money => "money",
        SettingKind::Json => "json",
    }
}

impl Asks {
    fn of_manifest(path: &Path, manifest: &Manifest) -> Self {
        Self {
            source: path.display().to_string(),
            id: manifest.id.clone(),
            mode: show::mode(manifest.mode),
            attributes: manifest.attributes.clone(),
            advises: manifest.role.advises.clone(),
            code_prefix: manifest.role.code_prefix.clone(),
        }
    }

    fn of_draft(path: &Path, draft: Draft) -> Self {
        Self {
            source: path.display().to_string(),
            id: draft.id,
            mode: show::mode(draft.mode),
            attributes: draft.attributes,
            advises: draft.role.advises,
            code_prefix: draft.role.code_prefix,
        }
    }
}

impl Claims {
    fn of(path: &Path, manifest: &Manifest, sha256: kith_plugin_manifest::Digest) -> Result<Self, AppError> {
        let (envelope, _) = kith_plugin_manifest::inspect(&read_manifest(path)?).map_err(failed)?;
        Ok(Self {
            file: path.display().to_string(),
            version: manifest.version.clone(),
            release_seq: manifest.release_seq,
            publisher: manifest.publisher.clone(),
            not_before: manifest.not_before.to_rfc3339(),
            not_after: manifest.not_after.to_rfc3339(),
            signed_by: envelope.key_ids().map(str::to_owned).collect(),
            describes_this_file: manifest.artefacts.iter().any(|artefact| artefact.sha256 == sha256),
        })
    }
}
