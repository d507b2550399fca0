//! The sealed copy. From here on there are no files and no names: only a piece of memory that the kernel lets nobody
//! change, not even us.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;

use kith_plugin_manifest::{Digest, Verified, sha256};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, memfd_create};
use rustix::io::Errno;

use crate::elf::{self, ElfRefusal, Facts};
use crate::source::Opened;

const SEALS: SealFlags = SealFlags::SEAL.union(SealFlags::SHRINK).union(SealFlags::GROW).union(SealFlags::WRITE);

/// Why bytes are not sealed or not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SealRefusal {
    /// The system refuses memory or reading.
    #[error("SEAL_IO: cannot copy the library into sealed memory: {0}")]
    Io(#[from] std::io::Error),
    /// It grew while it was read.
    #[error("SEAL_TOO_LARGE: the library has more than {0} bytes")]
    TooLarge(u64),
    /// A descriptor handed over is not sealed.
    #[error("SEAL_MISSING: the library handed over is not sealed")]
    NotSealed,
    /// Other bytes than the signed ones.
    #[error(
        "LIBRARY_DIGEST: the library is not the signed one: {size} bytes {digest}, signed: {expected_size} bytes \
         {expected}; fetch it again"
    )]
    Digest {
        /// Of the copy, in bytes.
        size: u64,
        /// Of the copy.
        digest: Digest,
        /// As signed.
        expected_size: u64,
        /// As signed.
        expected: Digest,
    },
    /// The build id in the file is not the signed one.
    #[error("LIBRARY_BUILD_ID: the library's build id is not the signed one; sign the release again")]
    BuildId,
    /// The ELF rules.
    #[error(transparent)]
    Elf(#[from] ElfRefusal),
}

impl SealRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "SEAL_IO",
            Self::TooLarge(_) => "SEAL_TOO_LARGE",
            Self::NotSealed => "SEAL_MISSING",
            Self::Digest { .. } => "LIBRARY_DIGEST",
            Self::BuildId => "LIBRARY_BUILD_ID",
            Self::Elf(refusal) => refusal.code(),
        }
    }
}

/// A copy that cannot change. Not believed yet.
#[derive(Debug)]
pub struct Sealed {
    memory: File,
    size: u64,
    digest: Digest,
}

/// What the signed manifest says of a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// In bytes.
    pub size: u64,
    /// Of the whole file.
    pub sha256: Digest,
    /// Padded with zeros.
    pub build_id: [u8; 32],
}

impl From<&Verified> for Expected {
    fn from(verified: &Verified) -> Self {
        let signed = &verified.artefact;
        Self { size: signed.size, sha256: signed.sha256, build_id: signed.padded_build_id() }
    }
}

/// A sealed copy of exactly the signed bytes, which keep the ELF rules. None of its code has run.
#[derive(Debug)]
pub struct Checked {
    pub(crate) memory: File,
    pub(crate) expected: Expected,
    pub(crate) facts: Facts,
}

impl Opened {
    /// Copies the file into memory, seals the memory, and only then hashes it.
    pub fn seal(self) -> Result<Sealed, SealRefusal> {
        let mut memory = create()?;
        let copied = std::io::copy(&mut (&self.file).take(self.max_size + 1), &mut memory)?;
        if copied > self.max_size {
            return Err(SealRefusal::TooLarge(self.max_size));
        }
        memory.flush()?;
        fcntl_add_seals(&memory, SEALS).map_err(std::io::Error::from)?;
        Sealed::new(memory)
    }
}

impl Sealed {
    /// Copies bytes whose file was not judged. For `kith plugin sign` and `inspect`, which look at the author's own build:
    /// cargo leaves it with two hard links, and the rules of the plugin folder are not about that.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, SealRefusal> {
        let mut memory = create()?;
        memory.write_all(bytes)?;
        fcntl_add_seals(&memory, SEALS).map_err(std::io::Error::from)?;
        Self::new(memory)
    }

    /// Takes over a descriptor that another process sealed, e.g. the server for its child.
    pub fn from_fd(memory: OwnedFd) -> Result<Self, SealRefusal> {
        Self::new(File::from(memory))
    }

    fn new(memory: File) -> Result<Self, SealRefusal> {
        match fcntl_get_seals(&memory) {
            Ok(seals) if seals.contains(SEALS) => {}
            _ => return Err(SealRefusal::NotSealed),
        }
        let size = fstat(&memory).map_err(std::io::Error::from)?.st_size;
        let mut sealed = Self { memory, size: u64::try_from(size).unwrap_or(0), digest: Digest([0; 32]) };
        sealed.digest = sha256(&sealed.bytes()?);
        Ok(sealed)
    }

    fn bytes(&self) -> Result<Vec<u8>, SealRefusal> {
        let mut bytes = vec![0; usize::try_from(self.size).unwrap_or(0)];
        self.memory.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    /// In bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Of the sealed bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What the file says of itself, for `kith plugin sign`: the build id among it. Runs none of its code.
    pub fn facts(&self) -> Result<Facts, SealRefusal> {
        Ok(elf::check(&self.bytes()?)?)
    }

    /// What a manifest would say of it. For `kith plugin sign` and for tests.
    pub fn measure(&self) -> Result<Expected, SealRefusal> {
        Ok(Expected { size: self.size, sha256: self.digest, build_id: self.facts()?.build_id })
    }

    /// Compares the copy with the signed manifest and judges it by the ELF rules.
    pub fn check(self, expected: &Expected) -> Result<Checked, SealRefusal> {
        if self.size != expected.size || self.digest != expected.sha256 {
            return Err(SealRefusal::Digest {
                size: self.size,
                digest: self.digest,
                expected_size: expected.size,
                expected: expected.sha256,
            });
        }
        let facts = self.facts()?;
        if facts.build_id != expected.build_id {
            return Err(SealRefusal::BuildId);
        }
        Ok(Checked { memory: self.memory, expected: *expected, facts })
    }
}

impl Checked {
    /// What was checked.
    #[must_use]
    pub fn expected(&self) -> &Expected {
        &self.expected
    }

    /// What the file says of itself.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// A second handle on the same memory, e.g. one for the probe and one for the server.
    pub fn try_clone(&self) -> Result<Self, SealRefusal> {
        Ok(Self { memory: self.memory.try_clone()?, expected: self.expected, facts: self.facts.clone() })
    }
}

impl AsFd for Checked {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }
}

/// Memory that can be mapped for execution where the kernel asks for that to be said (6.3 and later).
fn create() -> Result<File, SealRefusal> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = match memfd_create("kith-plugin", flags | MemfdFlags::EXEC) {
        Err(Errno::INVAL) => memfd_create("kith-plugin", flags),
        other => other,
    };
    Ok(File::from(memory.map_err(std::io::Error::from)?))
}
