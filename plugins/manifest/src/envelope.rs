//! The signed wrapping, after DSSE (<https://github.com/secure-systems-lab/dsse>): a signature covers the payload's type
//! and its exact bytes, and is checked before anyone parses them. There is one spelling of an envelope: any other is
//! refused, so that no byte of the file can change unseen.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};

use crate::keys::{KeyId, SecretKey};
use crate::manifest::Manifest;
use crate::refusal::{Kind, Refusal};

/// The type that is signed with the payload.
pub const PAYLOAD_TYPE: &str = "application/vnd.kith.plugin-manifest.v1+json";
/// The largest envelope, in bytes.
pub const MAX_ENVELOPE: usize = 256 * 1024;
/// The most signatures on one envelope.
pub const MAX_SIGNATURES: usize = 8;

/// A parsed envelope. Its payload is not believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    payload: Vec<u8>,
    signatures: Vec<(KeyId, [u8; 64])>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wire {
    payload_type: String,
    payload: String,
    signatures: Vec<WireSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSignature {
    keyid: String,
    sig: String,
}

impl Envelope {
    /// Reads an envelope. Nothing in it is believed; only its form is checked.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > MAX_ENVELOPE {
            return Err(Kind::EnvelopeTooLarge.because(format!("{} bytes", bytes.len())));
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(|e| Kind::EnvelopeMalformed.because(e.to_string()))?;
        if wire.payload_type != PAYLOAD_TYPE {
            return Err(Kind::PayloadType.because(wire.payload_type.chars().take(80).collect::<String>()));
        }
        if wire.signatures.is_empty() || wire.signatures.len() > MAX_SIGNATURES {
            return Err(Kind::EnvelopeMalformed.because(format!("{} signatures", wire.signatures.len())));
        }
        let payload =
            BASE64_STANDARD.decode(&wire.payload).map_err(|e| Kind::EnvelopeMalformed.because(e.to_string()))?;
        let mut signatures: Vec<(KeyId, [u8; 64])> = Vec::new();
        for one in &wire.signatures {
            let signature = BASE64_STANDARD
                .decode(&one.sig)
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or_else(|| Kind::EnvelopeMalformed.because("a signature is not 64 bytes in base64"))?;
            if signatures.iter().any(|(id, _)| *id == one.keyid) {
                return Err(Kind::EnvelopeMalformed.because("two signatures by one key"));
            }
            signatures.push((one.keyid.clone(), signature));
        }
        let envelope = Self { payload, signatures };
        if envelope.to_bytes() != bytes {
            return Err(Kind::EnvelopeNotCanonical.into());
        }
        Ok(envelope)
    }

    /// The one spelling of this envelope, with a newline at the end.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let wire = Wire {
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload: BASE64_STANDARD.encode(&self.payload),
            signatures: self
                .signatures
                .iter()
                .map(|(id, sig)| WireSignature { keyid: id.clone(), sig: BASE64_STANDARD.encode(sig) })
                .collect(),
        };
        // Strings and lists of strings: there is nothing that could fail.
        let mut bytes = serde_json::to_vec(&wire).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// The payload, unchecked: for showing it to a person. [`verify`](crate::verify()) is what believes it.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The key ids that claim to have signed.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.signatures.iter().map(|(id, _)| id.as_str())
    }

    pub(crate) fn signatures(&self) -> &[(KeyId, [u8; 64])] {
        &self.signatures
    }

    /// What a signature covers: DSSE's pre-authentication encoding.
    pub(crate) fn signed_bytes(&self) -> Vec<u8> {
        pre_authentication_encoding(&self.payload)
    }
}

/// Signs a manifest as its publisher. The manifest's own rules are checked first.
pub fn sign(manifest: &Manifest, key: &SecretKey) -> Result<Envelope, Refusal> {
    manifest.check()?;
    let payload = manifest.to_payload();
    let signature = key.sign(&pre_authentication_encoding(&payload));
    Ok(Envelope { payload, signatures: vec![(key.public().id(), signature)] })
}

/// Adds another signature over the same contents, e.g. the operator's for running in process. A signature that this key
/// had made is replaced.
pub fn countersign(envelope: &Envelope, key: &SecretKey) -> Result<Envelope, Refusal> {
    let mut signed = envelope.clone();
    let id = key.public().id();
    signed.signatures.retain(|(other, _)| *other != id);
    if signed.signatures.len() == MAX_SIGNATURES {
        return Err(Kind::EnvelopeMalformed.because("too many signatures"));
    }
    signed.signatures.push((id, key.sign(&envelope.signed_bytes())));
    Ok(signed)
}

fn pre_authentication_encoding(payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}
