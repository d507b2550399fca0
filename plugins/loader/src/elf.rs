//! The rules for an ELF file, judged on its bytes before any of its code runs.
//!
//! Only program headers and the dynamic section are looked at, since they are all that the dynamic linker looks at:
//! section headers can say anything. Addresses are followed through the load segments, as the linker will map them.
//! Own code and no crate for it: the rules are about what the linker reads and in which order, the parser has to be
//! total, and it is short.

mod image;

use image::{Entry, Image};

/// Why a library is not loaded. Each reason has its own code and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ElfRefusal {
    /// Not a well-formed 64-bit little-endian ELF shared object.
    #[error("ELF_MALFORMED: {0}; build a shared library for this machine")]
    Malformed(&'static str),
    /// For another processor.
    #[error("ELF_MACHINE: built for processor {0}; install the build for this machine")]
    Machine(u16),
    /// An executable, not a library.
    #[error("ELF_NOT_SHARED: an executable; build with -shared or crate-type cdylib")]
    NotShared,
    /// Memory that is both writable and executable.
    #[error("ELF_WRITABLE_CODE: a segment is writable and executable; link without -z rwx or -N")]
    WritableCode,
    /// It would make the main stack executable.
    #[error("ELF_EXECSTACK: it asks for an executable stack; link with -z noexecstack")]
    ExecutableStack,
    /// It changes its code while loading.
    #[error("ELF_TEXTREL: it has text relocations; compile with -fPIC")]
    TextRelocations,
    /// It brings a search path.
    #[error("ELF_RPATH: it has an RPATH; link without -rpath")]
    RPath,
    /// It brings a search path.
    #[error("ELF_RUNPATH: it has a RUNPATH; link without -rpath")]
    RunPath,
    /// It needs a library beside those of the C library.
    #[error("ELF_NEEDED: it needs {0:?}; link that statically")]
    Needed(String),
    /// It takes a name under which later libraries are looked up.
    #[error("ELF_SONAME: it names itself {0:?}; link without -soname")]
    SoName(String),
    /// It takes from the server's fixed reserve of thread-local memory.
    #[error("ELF_STATIC_TLS: it uses initial-exec thread-locals; compile with -ftls-model=global-dynamic")]
    StaticTls,
    /// It exports something else than the one symbol.
    #[error("ELF_EXPORTS: it exports {0:?}; compile with -fvisibility=hidden")]
    Exports(String),
    /// It does not export the one symbol.
    #[error("ELF_NO_ENTRY: it does not export kith_plugin_v1; use the SDK's macro or KITH_EXPORT")]
    NoEntry,
    /// A feature of the linker that has no place in a plugin.
    #[error("ELF_FEATURE: it uses {0}; link without that")]
    Feature(&'static str),
    /// It has no build id.
    #[error("ELF_BUILD_ID: it has no build id of 8 to 32 bytes; link with --build-id")]
    BuildId,
}

impl ElfRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "ELF_MALFORMED",
            Self::Machine(_) => "ELF_MACHINE",
            Self::NotShared => "ELF_NOT_SHARED",
            Self::WritableCode => "ELF_WRITABLE_CODE",
            Self::ExecutableStack => "ELF_EXECSTACK",
            Self::TextRelocations => "ELF_TEXTREL",
            Self::RPath => "ELF_RPATH",
            Self::RunPath => "ELF_RUNPATH",
            Self::Needed(_) => "ELF_NEEDED",
            Self::SoName(_) => "ELF_SONAME",
            Self::StaticTls => "ELF_STATIC_TLS",
            Self::Exports(_) => "ELF_EXPORTS",
            Self::NoEntry => "ELF_NO_ENTRY",
            Self::Feature(_) => "ELF_FEATURE",
            Self::BuildId => "ELF_BUILD_ID",
        }
    }
}

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The GNU build id, padded with zeros.
    pub build_id: [u8; 32],
    /// How long the build id really is, in bytes.
    pub build_id_len: usize,
    /// The libraries it needs, all of the C library's family.
    pub needed: Vec<String>,
}

impl Facts {
    /// The build id in hex, as manifests have it.
    #[must_use]
    pub fn build_id_hex(&self) -> String {
        use std::fmt::Write;
        self.build_id.iter().take(self.build_id_len).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// The libraries a plugin may need. They are in every process of the server already, or come from the same package.
pub const C_FAMILY: &[&str] = &[
    "libc.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
];

/// The entry's name, which the manifest's interface version is part of.
const ENTRY: &str = kith_plugin_abi::SYMBOL;

const MACHINE: u16 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
/// Relocations that need static thread-local memory, that copy from another library, and that run code.
struct Relocations {
    static_tls: &'static [u32],
    copy: u32,
    indirect: u32,
}

const RELOCATIONS: Relocations = if cfg!(target_arch = "aarch64") {
    Relocations { static_tls: &[1030], copy: 1024, indirect: 1032 }
} else {
    Relocations { static_tls: &[18, 23], copy: 5, indirect: 37 }
};

/// Tags of the dynamic section.
mod tag {
    pub const NEEDED: u64 = 1;
    pub const PLTRELSZ: u64 = 2;
    pub const HASH: u64 = 4;
    pub const STRTAB: u64 = 5;
    pub const SYMTAB: u64 = 6;
    pub const RELA: u64 = 7;
    pub const RELASZ: u64 = 8;
    pub const RELAENT: u64 = 9;
    pub const STRSZ: u64 = 10;
    pub const SYMENT: u64 = 11;
    pub const SONAME: u64 = 14;
    pub const RPATH: u64 = 15;
    pub const REL: u64 = 17;
    pub const PLTREL: u64 = 20;
    pub const TEXTREL: u64 = 22;
    pub const JMPREL: u64 = 23;
    pub const RUNPATH: u64 = 29;
    pub const FLAGS: u64 = 30;
    pub const PREINIT_ARRAY: u64 = 32;
    pub const GNU_HASH: u64 = 0x6fff_fef5;
    pub const CONFIG: u64 = 0x6fff_fefa;
    pub const DEPAUDIT: u64 = 0x6fff_fefb;
    pub const AUDIT: u64 = 0x6fff_fefc;
    pub const FLAGS_1: u64 = 0x6fff_fffb;
    pub const AUXILIARY: u64 = 0x7fff_fffd;
    pub const FILTER: u64 = 0x7fff_ffff;
}

/// Judges a file by its bytes. Never panics, whatever they are; time and memory are linear in their number.
pub fn check(bytes: &[u8]) -> Result<Facts, ElfRefusal> {
    let image = Image::parse(bytes, MACHINE)?;
    let dynamic = image.dynamic()?;
    let one = |wanted: u64| dynamic.iter().find(|e| e.tag == wanted).map(|e| e.value);
    flags(&dynamic)?;

    let strings = image
        .at_constant(one(tag::STRTAB).ok_or(ElfRefusal::Malformed("no string table"))?, one(tag::STRSZ).unwrap_or(0))
        .ok_or(ElfRefusal::Malformed("the string table is not in a constant segment"))?;
    let name = |offset: u64| image::string(strings, offset).ok_or(ElfRefusal::Malformed("a name outside its table"));

    let mut needed = Vec::new();
    for entry in dynamic.iter().filter(|e| e.tag == tag::NEEDED) {
        let library = name(entry.value)?;
        if !C_FAMILY.contains(&library.as_str()) {
            return Err(ElfRefusal::Needed(library));
        }
        needed.push(library);
    }
    if let Some(offset) = one(tag::SONAME) {
        return Err(ElfRefusal::SoName(name(offset)?));
    }

    relocations(&image, &one)?;
    exports(&image, &one, &name)?;
    let (build_id, build_id_len) = image.build_id().ok_or(ElfRefusal::BuildId)?;
    Ok(Facts { build_id, build_id_len, needed })
}

fn flags(dynamic: &[Entry]) -> Result<(), ElfRefusal> {
    for entry in dynamic {
        match entry.tag {
            tag::RPATH => return Err(ElfRefusal::RPath),
            tag::RUNPATH => return Err(ElfRefusal::RunPath),
            tag::TEXTREL => return Err(ElfRefusal::TextRelocations),
            // DF_ORIGIN, DF_TEXTREL, DF_STATIC_TLS.
            tag::FLAGS if entry.value & 0x4 != 0 => return Err(ElfRefusal::TextRelocations),
            tag::FLAGS if entry.value & 0x10 != 0 => return Err(ElfRefusal::StaticTls),
            tag::FLAGS if entry.value & 0x1 != 0 => return Err(ElfRefusal::Feature("ORIGIN")),
            // All but NOW and NODELETE: the others change how this or other libraries are looked up.
            tag::FLAGS_1 if entry.value & !0x9 != 0 => return Err(ElfRefusal::Feature("DT_FLAGS_1")),
            tag::AUDIT | tag::DEPAUDIT => return Err(ElfRefusal::Feature("DT_AUDIT")),
            tag::FILTER | tag::AUXILIARY => return Err(ElfRefusal::Feature("DT_FILTER")),
            tag::CONFIG => return Err(ElfRefusal::Feature("DT_CONFIG")),
            tag::PREINIT_ARRAY => return Err(ElfRefusal::Feature("DT_PREINIT_ARRAY")),
            tag::REL => return Err(ElfRefusal::Feature("DT_REL")),
            tag::PLTREL if entry.value != tag::RELA => return Err(ElfRefusal::Feature("DT_REL")),
            _ => {}
        }
    }
    Ok(())
}

fn relocations(image: &Image<'_>, one: &impl Fn(u64) -> Option<u64>) -> Result<(), ElfRefusal> {
    if one(tag::RELAENT).is_some_and(|size| size != 24) {
        return Err(ElfRefusal::Malformed("relocations of an odd size"));
    }
    for (at, size) in [(tag::RELA, tag::RELASZ), (tag::JMPREL, tag::PLTRELSZ)] {
        let Some(at) = one(at) else { continue };
        let size = one(size).ok_or(ElfRefusal::Malformed("relocations without a size"))?;
        let table =
            image.at_constant(at, size).ok_or(ElfRefusal::Malformed("relocations outside a constant segment"))?;
        for entry in table.chunks_exact(24) {
            let kind = image::u32_at(entry, 8).unwrap_or(0);
            if RELOCATIONS.static_tls.contains(&kind) {
                return Err(ElfRefusal::StaticTls);
            }
            if kind == RELOCATIONS.copy {
                return Err(ElfRefusal::Feature("copy relocations"));
            }
            if kind == RELOCATIONS.indirect {
                return Err(ElfRefusal::Feature("indirect functions"));
            }
        }
    }
    Ok(())
}

fn exports(
    image: &Image<'_>,
    one: &impl Fn(u64) -> Option<u64>,
    name: &impl Fn(u64) -> Result<String, ElfRefusal>,
) -> Result<(), ElfRefusal> {
    let count = image::symbol_count(image, one(tag::HASH), one(tag::GNU_HASH))
        .ok_or(ElfRefusal::Malformed("no hash table in a constant segment"))?;
    if one(tag::SYMENT).is_some_and(|size| size != 24) {
        return Err(ElfRefusal::Malformed("symbols of an odd size"));
    }
    let symbols = one(tag::SYMTAB)
        .zip(count.checked_mul(24))
        .and_then(|(at, size)| image.at_constant(at, size))
        .ok_or(ElfRefusal::Malformed("the symbol table is not in a constant segment"))?;
    let mut entry = false;
    for symbol in symbols.chunks_exact(24) {
        let (info, other) = (symbol[4], symbol[5]);
        let section = u16::from_le_bytes([symbol[6], symbol[7]]);
        if info & 15 == 10 {
            return Err(ElfRefusal::Feature("indirect functions"));
        }
        // Defined; global, weak or unique; visible to others.
        let exported = section != 0 && [1, 2, 10].contains(&(info >> 4)) && [0, 3].contains(&(other & 3));
        if !exported {
            continue;
        }
        let name = name(u64::from(image::u32_at(symbol, 0).unwrap_or(0)))?;
        // A function, once.
        if name != ENTRY || entry || info & 15 != 2 {
            return Err(ElfRefusal::Exports(name));
        }
        entry = true;
    }
    if entry { Ok(()) } else { Err(ElfRefusal::NoEntry) }
}
