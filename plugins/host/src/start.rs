//! The frames of a child's beginning: what it is to run, and what it reports.

use kith_plugin_loader::abi::NO_PARENT;
use kith_plugin_loader::{Expected, Setting, SettingKind};
use kith_plugin_manifest::{Digest, Node};

use crate::wire::{Malformed, Reader, Writer};

/// What a child is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The library whose sealed copy comes with the frame.
    pub expected: Expected,
    /// The plugin's settings as JSON.
    pub settings: String,
    /// Memory beyond what the process has at its start, in bytes.
    pub memory: u64,
    /// Whether it is to tell its permissions and settings.
    pub describe: bool,
    /// For tests of the refusal: act as if the kernel had no Landlock.
    pub without_landlock: bool,
    /// For tests of the refusal: act as if the kernel had no seccomp.
    pub without_seccomp: bool,
}

impl Start {
    /// Into a frame.
    pub fn write(&self, writer: &mut Writer) {
        writer.u64(self.expected.size);
        writer.bytes(&self.expected.sha256.0);
        writer.bytes(&self.expected.build_id);
        writer.u64(self.memory);
        for flag in [self.describe, self.without_landlock, self.without_seccomp] {
            writer.u8(u8::from(flag));
        }
        writer.text(&self.settings);
    }

    /// From a frame.
    pub fn read(mut reader: Reader<'_>) -> Result<Self, Malformed> {
        let digest = |bytes: &[u8]| bytes.try_into().map_err(|_| Malformed("it ends too early"));
        let start = Self {
            expected: Expected {
                size: reader.u64()?,
                sha256: Digest(digest(reader.take(32)?)?),
                build_id: digest(reader.take(32)?)?,
            },
            memory: reader.u64()?,
            describe: reader.u8()? != 0,
            without_landlock: reader.u8()? != 0,
            without_seccomp: reader.u8()? != 0,
            settings: reader.text()?.to_owned(),
        };
        reader.end()?;
        Ok(start)
    }
}

/// Puts a permission into a frame.
pub fn write_permission(writer: &mut Writer, node: &Node) {
    writer.u32(node.parent.unwrap_or(NO_PARENT));
    writer.u32(node.risk);
    writer.u32(node.flags);
    for text in [&node.code, &node.title_en, &node.title_zh, &node.help] {
        writer.text(text);
    }
}

/// Takes a permission, with its parent as the contract has it, for a [`Collector`](kith_plugin_loader::Collector).
pub fn read_permission(mut reader: Reader<'_>) -> Result<(Node, u32), Malformed> {
    use kith_plugin_loader::abi::limits;
    let (parent, risk, flags) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let node = Node {
        parent: None,
        risk,
        flags,
        code: bounded(&mut reader, limits::CODE)?,
        title_en: bounded(&mut reader, limits::TITLE)?,
        title_zh: bounded(&mut reader, limits::TITLE)?,
        help: bounded(&mut reader, limits::HELP)?,
    };
    reader.end()?;
    Ok((node, parent))
}

/// Puts a setting into a frame.
pub fn write_setting(writer: &mut Writer, setting: &Setting) {
    writer.u32(setting.kind.tag());
    for text in [&setting.key, &setting.title, &setting.default_json, &setting.schema_json] {
        writer.text(text);
    }
}

/// Takes a setting, with its kind as the contract has it.
pub fn read_setting(mut reader: Reader<'_>) -> Result<(Setting, u32), Malformed> {
    use kith_plugin_loader::abi::limits;
    let kind = reader.u32()?;
    let setting = Setting {
        kind: SettingKind::Json,
        key: bounded(&mut reader, limits::KEY)?,
        title: bounded(&mut reader, limits::TITLE)?,
        default_json: bounded(&mut reader, limits::JSON)?,
        schema_json: bounded(&mut reader, limits::JSON)?,
    };
    reader.end()?;
    Ok((setting, kind))
}

/// Takes the code and the message of a child that cannot start.
pub fn read_failed(mut reader: Reader<'_>) -> Result<(String, String), Malformed> {
    let (code, message) = (bounded(&mut reader, 64)?, bounded(&mut reader, 2000)?);
    reader.end()?;
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if !code.chars().all(plain) {
        return Err(Malformed("a code of odd characters"));
    }
    Ok((code, message.replace(|c: char| c.is_control(), " ")))
}

fn bounded(reader: &mut Reader<'_>, most: usize) -> Result<String, Malformed> {
    let text = reader.text()?;
    if text.len() > most { Err(Malformed("a text that is too long")) } else { Ok(text.to_owned()) }
}
