//! The layers, merged: defaults < file < environment < flags.

use std::path::{Path, PathBuf};

use figment::providers::{Format as _, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Error, Figment, Metadata, Profile, Provider};

use super::{Config, ConfigError, DEFAULT_TOML, DEFAULTS, check};
use crate::telemetry::Secret;

/// The file that is read when none is named, if it is there.
const DEFAULT_FILE: &str = "kith.toml";
/// What variables of ours begin with.
const PREFIX: &str = "KITH_";

/// What the configuration is read from, beside the defaults.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// `--config FILE`: must be there. `None`: `./kith.toml` if it is there.
    pub file: Option<PathBuf>,
    /// The environment: names and values.
    pub environment: Vec<(String, String)>,
    /// Flags: the flag as it was written, the key, the value.
    pub flags: Vec<(&'static str, &'static str, Value)>,
}

impl Sources {
    /// The process's environment. Variables that are not UTF-8 are none of ours.
    #[must_use]
    pub fn from_process() -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { environment, ..Self::default() }
    }
}

/// Reads and checks the configuration.
///
/// # Errors
/// The first fault, in one line.
pub fn load(sources: &Sources) -> Result<Config, ConfigError> {
    let mut layers = vec![Figment::from(One::whole(DEFAULTS, DEFAULT_TOML)?)];
    if let Some(file) = read_file(sources.file.as_deref())? {
        // A later layer would cover this up and lose the rest of the section.
        let plain = |(key, value): &(&String, &Value)| value.as_dict().is_none() && layers[0].contains(key);
        if let Some((section, _)) = file.values.iter().find(plain) {
            return Err(ConfigError::new(
                &file.name,
                section,
                format!("is a section; write [{section}] on a line of its own"),
            ));
        }
        layers.push(Figment::from(file));
    }
    layers.extend(environment(&sources.environment).map(Figment::from));
    layers.extend(
        sources
            .flags
            .iter()
            .map(|(flag, key, value)| Figment::from(One::key(format!("flag {flag}"), key, value.clone()))),
    );

    let merged = layers.iter().fold(Figment::new(), |merged, layer| merged.merge(layer));
    let mut config: Config = merged.extract().map_err(|error| ConfigError::from_figment(&error))?;
    // Later layers overwrite the names that earlier ones noted.
    config.origins = layers.iter().flat_map(origins).collect();
    choose_secrets(&mut config, &layers)?;
    check::check(&config).map_err(|(key, reason)| config.fault(key, reason))?;
    Ok(config)
}

/// Variables that look like settings and are none, because section and key are not joined by two underscores.
#[must_use]
pub fn stray_variables(sources: &Sources) -> Vec<&str> {
    let names = sources.environment.iter().map(|(name, _)| name.as_str());
    names.filter(|name| name.starts_with(PREFIX) && !name.contains("__") && *name != "KITH_CONFIG").collect()
}

/// The keys that a layer sets, with the layer's name.
fn origins(layer: &Figment) -> Vec<(String, String)> {
    fn walk(path: &str, value: &Value, keys: &mut Vec<String>) {
        match value.as_dict() {
            Some(dict) => dict.iter().for_each(|(key, value)| walk(&format!("{path}.{key}"), value, keys)),
            None => keys.push(path.trim_start_matches('.').to_owned()),
        }
    }
    let name = layer.metadata().next().map_or_else(|| DEFAULTS.to_owned(), |metadata| metadata.name.to_string());
    let mut keys = Vec::new();
    for dict in layer.data().into_iter().flat_map(Map::into_values) {
        walk("", &Value::from(dict), &mut keys);
    }
    keys.into_iter().map(|key| (key, name.clone())).collect()
}

fn read_file(named: Option<&Path>) -> Result<Option<One>, ConfigError> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => One::whole(&name, &text).map(Some),
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError::new(name, "", format!("cannot be read: {error}"))),
    }
}

/// One layer for each variable, so that a fault can name it. `KITH_X` without a section is not a setting: cluster managers inject
/// such names (`KITH_SERVICE_HOST`) unasked.
fn environment(variables: &[(String, String)]) -> impl Iterator<Item = One> + '_ {
    let url = variables.iter().filter(|(name, value)| name == "DATABASE_URL" && !value.is_empty());
    let url = url.map(|(name, value)| ("database.url".to_owned(), name, Value::from(value.clone())));
    let ours = variables.iter().filter_map(|(name, value)| {
        let key = name.strip_prefix(PREFIX)?.to_ascii_lowercase().replace("__", ".");
        // A text must stay one even if it looks like a number; for everything else figment reads `9000`, `true`, `["a"]`.
        let text = [
            "database.url",
            "database.url_file",
            "database.ca_file",
            "database.data_dir",
            "secrets.key",
            "secrets.key_file",
            "messages.gateway_url",
            "messages.gateway_secret",
            "messages.gateway_secret_file",
            "payments.gateway_url",
            "payments.vault_url",
            "payments.gateway_secret",
            "payments.gateway_secret_file",
            "certification.verifier_url",
            "certification.verifier_secret",
            "certification.verifier_secret_file",
            "certification.photos",
            "certification.s3_endpoint",
            "certification.s3_region",
            "certification.s3_key_id",
            "certification.s3_secret",
            "certification.s3_secret_file",
            "log.level",
        ];
        let value =
            if text.contains(&key.as_str()) { Value::from(value.clone()) } else { value.parse::<Value>().ok()? };
        key.contains('.').then_some((key, name, value))
    });
    url.chain(ours).map(|(key, name, value)| One::key(format!("environment variable {name}"), &key, value))
}

/// A secret and a file that holds it are two ways to say one thing: the later layer wins.
fn choose_secrets(config: &mut Config, layers: &[Figment]) -> Result<(), ConfigError> {
    let file = config.database.url_file.take();
    if let Some(text) = choose(config, layers, ["database.url", "database.url_file"], file)? {
        config.database.url = Some(text);
    }
    let file = config.secrets.key_file.take();
    if let Some(text) = choose(config, layers, ["secrets.key", "secrets.key_file"], file)? {
        config.secrets.key = Some(text);
    }
    let file = config.messages.gateway_secret_file.take();
    if let Some(text) = choose(config, layers, ["messages.gateway_secret", "messages.gateway_secret_file"], file)? {
        config.messages.gateway_secret = Some(text);
    }
    let file = config.payments.gateway_secret_file.take();
    if let Some(text) = choose(config, layers, ["payments.gateway_secret", "payments.gateway_secret_file"], file)? {
        config.payments.gateway_secret = Some(text);
    }
    let file = config.certification.verifier_secret_file.take();
    let keys = ["certification.verifier_secret", "certification.verifier_secret_file"];
    if let Some(text) = choose(config, layers, keys, file)? {
        config.certification.verifier_secret = Some(text);
    }
    let file = config.certification.s3_secret_file.take();
    if let Some(text) = choose(config, layers, ["certification.s3_secret", "certification.s3_secret_file"], file)? {
        config.certification.s3_secret = Some(text);
    }
    Ok(())
}

/// The secret from its file, if the file is what counts.
fn choose(
    config: &mut Config,
    layers: &[Figment],
    [key, file_key]: [&'static str; 2],
    file: Option<PathBuf>,
) -> Result<Option<Secret<String>>, ConfigError> {
    let Some(layer) = layers.iter().rev().find(|l| l.contains(key) || l.contains(file_key)) else { return Ok(None) };
    match (layer.contains(key), file) {
        (true, Some(_)) if layer.contains(file_key) => {
            let (short, short_file) = (last(key), last(file_key));
            Err(config.fault(key, format!("give {short} or {short_file}, not both")))
        }
        (true, _) | (false, None) => Ok(None),
        (false, Some(path)) => {
            let fault = |reason| config.fault(file_key, reason);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| fault(format!("{} cannot be read: {error}", path.display())))?;
            let text = text.trim();
            if text.is_empty() {
                return Err(fault(format!("{} is empty", path.display())));
            }
            let origin = config.origin(file_key).to_owned();
            config.origins.insert(key.to_owned(), origin);
            Ok(Some(Secret::new(text.to_owned())))
        }
    }
}

/// The key without its section.
fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// A layer with a name that a person recognises.
struct One {
    name: String,
    values: Dict,
}

impl One {
    fn whole(name: &str, text: &str) -> Result<Self, ConfigError> {
        let values = Toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            ConfigError::new(format!("{name} line {at}"), "", error.message())
        })?;
        Ok(Self { name: name.to_owned(), values })
    }

    fn key(name: String, key: &str, value: Value) -> Self {
        let mut path = key.rsplit('.');
        let last = path.next().unwrap_or(key).to_owned();
        let innermost = Dict::from([(last, value)]);
        let values = path.fold(innermost, |inner, part| Dict::from([(part.to_owned(), Value::from(inner))]));
        Self { name, values }
    }
}

impl Provider for One {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}
