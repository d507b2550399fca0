//! From bytes to a manifest that the operator believes. The order matters: nothing is parsed before its signature holds,
//! nothing is looked up before the signer is known.

use chrono::{DateTime, Utc};

use crate::envelope::Envelope;
use crate::keys::KeyId;
use crate::lock::Lock;
use crate::manifest::{Artefact, Digest, Manifest, Mode, sha256};
use crate::names::{code_within, id_within};
use crate::refusal::{Kind, Refusal};
use crate::trust::{Signer, Trust};

/// What holds at the place and time of the check.
#[derive(Debug, Clone, Copy)]
pub struct Conditions<'a> {
    /// The time.
    pub now: DateTime<Utc>,
    /// The highest release of this plugin that was accepted before; 0 for none. Looked up by the id in
    /// [`verify_with`], where it is believed already.
    pub high_water: u64,
    /// The pinned digests, where there is a lock file.
    pub lock: Option<&'a Lock>,
    /// Whether a plugin without a pin is refused (production).
    pub lock_required: bool,
    /// This machine: `x86_64-linux` …
    pub target: &'a str,
    /// This machine's C library: `gnu`.
    pub libc: &'a str,
    /// The host's version of the plugin interface, `(major, minor)`.
    pub abi: (u16, u16),
}

impl Conditions<'_> {
    /// This machine, with nothing pinned and nothing seen before.
    #[must_use]
    pub fn here(now: DateTime<Utc>, abi: (u16, u16)) -> Self {
        Self {
            now,
            high_water: 0,
            lock: None,
            lock_required: false,
            target: if cfg!(target_arch = "aarch64") { "aarch64-linux" } else { "x86_64-linux" },
            libc: if cfg!(target_env = "musl") { "musl" } else { "gnu" },
            abi,
        }
    }
}

/// A manifest that the operator believes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The claims, now facts.
    pub manifest: Manifest,
    /// Of the signed payload: what a lock pins and a revocation names.
    pub digest: Digest,
    /// The library for this machine.
    pub artefact: Artefact,
    /// The key that signed as the publisher.
    pub key: KeyId,
    /// The countersigners' names.
    pub countersigned_by: Vec<String>,
    /// Where it runs: what it asked for, which the operator allows.
    pub mode: Mode,
    /// The envelope, byte for byte: to be checked again when the operator's trust changes.
    pub envelope: Vec<u8>,
}

/// What an envelope says, unchecked but well formed. For showing to a person; decide nothing by it.
pub fn inspect(bytes: &[u8]) -> Result<(Envelope, Manifest), Refusal> {
    let envelope = Envelope::parse(bytes)?;
    let manifest = Manifest::parse(envelope.payload())?;
    Ok((envelope, manifest))
}

/// Checks an envelope against the trust file and the conditions.
pub fn verify(bytes: &[u8], trust: &Trust, here: &Conditions<'_>) -> Result<Verified, Refusal> {
    verify_with(bytes, trust, |_| Ok(*here))
}

/// [`verify`] with conditions that depend on the plugin. They are asked for with its id once the signature holds and the
/// id is within what the publisher may use.
pub fn verify_with<'a>(
    bytes: &[u8],
    trust: &Trust,
    conditions: impl FnOnce(&str) -> Result<Conditions<'a>, Refusal>,
) -> Result<Verified, Refusal> {
    let envelope = Envelope::parse(bytes)?;
    let (key, publisher, countersigned_by) = signers(&envelope, trust)?;
    let digest = sha256(envelope.payload());
    if trust.revokes_digest(&digest) {
        return Err(Kind::DigestRevoked.because(digest.to_string()));
    }

    let manifest = Manifest::parse(envelope.payload())?;
    let publisher = &trust.publishers()[publisher];
    if manifest.publisher != publisher.name {
        return Err(Kind::PublisherMismatch.because(format!("{} / {}", manifest.publisher, publisher.name)));
    }
    if !publisher.id_prefixes.iter().any(|p| id_within(&manifest.id, p)) {
        return Err(Kind::IdPrefix.because(&manifest.id));
    }
    if let Some(codes) = &manifest.role.code_prefix
        && !publisher.code_prefixes.iter().any(|p| code_within(codes, p))
    {
        return Err(Kind::CodePrefix.because(codes));
    }
    if let Some(code) =
        manifest.role.advises.iter().find(|code| !publisher.advises.iter().any(|p| code_within(code, p)))
    {
        return Err(Kind::AdviserNotAllowed.because(code));
    }
    if manifest.mode > publisher.strongest_mode {
        return Err(Kind::ModeNotAllowed.because(&manifest.id));
    }
    if manifest.mode == Mode::InProcess && countersigned_by.is_empty() {
        return Err(Kind::NotCountersigned.because(&manifest.id));
    }
    let here = &conditions(&manifest.id)?;
    if manifest.abi.major != here.abi.0 || manifest.abi.min_minor > here.abi.1 {
        let (major, minor) = here.abi;
        return Err(Kind::Abi.because(format!(
            "it needs {}.{} or later, this host has {major}.{minor}",
            manifest.abi.major, manifest.abi.min_minor
        )));
    }
    if here.now < manifest.not_before {
        return Err(Kind::NotYetValid.because(manifest.not_before.to_string()));
    }
    if here.now >= manifest.not_after {
        return Err(Kind::Expired.because(manifest.not_after.to_string()));
    }
    if manifest.release_seq < here.high_water {
        return Err(Kind::Downgrade.because(format!("{} after {}", manifest.release_seq, here.high_water)));
    }
    let artefact = manifest
        .artefacts
        .iter()
        .find(|a| a.target == here.target && a.libc == here.libc)
        .cloned()
        .ok_or_else(|| Kind::NoArtefact.because(format!("{} {}", here.target, here.libc)))?;
    if trust.revokes_digest(&artefact.sha256) {
        return Err(Kind::DigestRevoked.because(artefact.sha256.to_string()));
    }
    locked(&manifest, &digest, &artefact, here)?;
    Ok(Verified { mode: manifest.mode, digest, artefact, key, countersigned_by, envelope: bytes.to_vec(), manifest })
}

/// The publisher's key and index, and the countersigners. A known key whose signature does not fit refuses all.
fn signers(envelope: &Envelope, trust: &Trust) -> Result<(KeyId, usize, Vec<String>), Refusal> {
    let message = envelope.signed_bytes();
    let mut publisher = None;
    let mut countersigned_by = Vec::new();
    for (id, signature) in envelope.signatures() {
        if trust.revokes_key(id) {
            return Err(Kind::KeyRevoked.because(id));
        }
        let Some((key, signer)) = trust.signer(id) else { continue };
        if !key.fits(&message, signature) {
            return Err(Kind::SignatureWrong.because(id));
        }
        match signer {
            Signer::Publisher(_) if publisher.is_some() => return Err(Kind::TwoPublishers.into()),
            Signer::Publisher(index) => publisher = Some((id.clone(), index)),
            Signer::Countersigner(index) => countersigned_by.push(trust.countersigners()[index].name.clone()),
        }
    }
    let (id, index) =
        publisher.ok_or_else(|| Kind::NoTrustedSignature.because(envelope.key_ids().collect::<Vec<_>>().join(", ")))?;
    Ok((id, index, countersigned_by))
}

fn locked(manifest: &Manifest, digest: &Digest, artefact: &Artefact, here: &Conditions<'_>) -> Result<(), Refusal> {
    let Some(lock) = here.lock else {
        return if here.lock_required { Err(Kind::LockMissing.into()) } else { Ok(()) };
    };
    let pins: Vec<_> = lock.of(&manifest.id).collect();
    if pins.iter().any(|pin| pin.manifest == *digest && pin.libraries.contains(&artefact.sha256)) {
        return Ok(());
    }
    match pins.is_empty() {
        true if here.lock_required => Err(Kind::NotLocked.because(&manifest.id)),
        true => Ok(()),
        false => {
            let versions: Vec<_> = pins.iter().map(|pin| pin.version.as_str()).collect();
            Err(Kind::LockMismatch.because(format!("{} is pinned at {}", manifest.id, versions.join(", "))))
        }
    }
}

impl Verified {
    /// Whether a library is the one that was signed, by size and digest.
    pub fn check_library(&self, size: u64, digest: &Digest) -> Result<(), Refusal> {
        if size == self.artefact.size && *digest == self.artefact.sha256 {
            return Ok(());
        }
        Err(Kind::ArtefactMismatch
            .because(format!("{size} bytes {digest}, signed: {} bytes {}", self.artefact.size, self.artefact.sha256)))
    }

    /// Whether the library's own word on its build is the signed one.
    pub fn check_build(&self, build_id: &[u8; 32]) -> Result<(), Refusal> {
        if *build_id == self.artefact.padded_build_id() { Ok(()) } else { Err(Kind::BuildMismatch.into()) }
    }

    /// Whether the declared permissions are the signed ones.
    pub fn check_tree(&self, digest: &Digest) -> Result<(), Refusal> {
        if *digest == self.manifest.tree {
            return Ok(());
        }
        Err(Kind::TreeMismatch.because(format!("declared {digest}, signed {}", self.manifest.tree)))
    }
}
