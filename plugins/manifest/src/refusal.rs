//! Why a manifest is not accepted. Each reason has its own code, and a message that says what to do.

/// A refusal in words, with a stable code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which rule.
    pub kind: Kind,
    /// The particulars: the key, the digest, the value. May be empty.
    pub detail: String,
}

impl Refusal {
    /// The stable code, e.g. `MANIFEST_SIGNATURE_WRONG`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (code, advice) = (self.kind.code(), self.kind.advice());
        if self.detail.is_empty() {
            write!(f, "{code}: {advice}")
        } else {
            write!(f, "{code}: {advice} ({})", self.detail)
        }
    }
}

impl std::error::Error for Refusal {}

macro_rules! kinds {
    ($($name:ident $code:literal $advice:literal;)*) => {
        /// Every rule that can refuse a manifest.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $(#[doc = $advice] $name,)* }

        impl Kind {
            /// Every kind, for documentation and tests.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What is wrong and what to do about it.
            #[must_use]
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)* }
            }

            /// The refusal with its particulars.
            pub(crate) fn because(self, detail: impl Into<String>) -> Refusal {
                Refusal { kind: self, detail: detail.into() }
            }
        }

        impl From<Kind> for Refusal {
            fn from(kind: Kind) -> Self {
                kind.because("")
            }
        }
    };
}

kinds! {
    EnvelopeTooLarge "MANIFEST_TOO_LARGE" "the manifest is over 256 KiB; ask the publisher for a shorter one";
    EnvelopeMalformed "MANIFEST_ENVELOPE_MALFORMED"
        "the manifest file is no signed envelope; write it with `kith plugin sign`";
    EnvelopeNotCanonical "MANIFEST_ENVELOPE_NOT_CANONICAL"
        "the envelope is not byte for byte as `kith plugin sign` writes it; fetch the publisher's file again";
    PayloadType "MANIFEST_PAYLOAD_TYPE" "the envelope holds something else than a Kith plugin manifest of version 1";
    NoTrustedSignature "MANIFEST_UNKNOWN_KEY"
        "no signature is by a key of your trust file; add the publisher's key there if you trust it";
    SignatureWrong "MANIFEST_SIGNATURE_WRONG"
        "a signature does not fit the contents: they were changed after signing; fetch the publisher's file again";
    TwoPublishers "MANIFEST_TWO_PUBLISHERS" "two publishers signed it; exactly one may, the others countersign";
    KeyRevoked "MANIFEST_KEY_REVOKED" "it is signed by a key that you revoked; ask for a release under the new key";
    DigestRevoked "MANIFEST_DIGEST_REVOKED" "this very release is revoked in your trust file; install another one";
    ManifestMalformed "MANIFEST_MALFORMED"
        "the signed contents are no manifest: a key is missing, unknown, doubled or of the wrong type; \
         ask the publisher to build it with `kith plugin sign`";
    ManifestInvalid "MANIFEST_INVALID" "a value of the manifest breaks a rule; ask the publisher to correct it";
    PublisherMismatch "MANIFEST_PUBLISHER_MISMATCH"
        "the manifest names another publisher than the key that signed it belongs to";
    IdPrefix "MANIFEST_ID_FOREIGN" "the plugin's id is outside the publisher's id prefixes in your trust file";
    CodePrefix "MANIFEST_CODE_FOREIGN" "the plugin's codes are outside the publisher's code prefixes in your trust file";
    AdviserNotAllowed "MANIFEST_ADVISER_NOT_ALLOWED"
        "the plugin wants to advise a core permission that your trust file does not open to this publisher";
    ModeNotAllowed "MANIFEST_MODE_NOT_ALLOWED"
        "the plugin wants to run in process; set the publisher's strongest mode to in_process if you mean it";
    NotCountersigned "MANIFEST_NOT_COUNTERSIGNED"
        "running in process needs the operator's countersignature; add it with `kith plugin sign --countersign`";
    Abi "MANIFEST_ABI" "the plugin is built for another version of the plugin interface; install a matching release";
    NotYetValid "MANIFEST_NOT_YET_VALID" "the release is valid from a later time on; check the clock, or wait";
    Expired "MANIFEST_EXPIRED" "the release is past its validity; install a newer one";
    Downgrade "MANIFEST_DOWNGRADE"
        "a higher release_seq was accepted before; `kith plugin rollback` publishes a set that already ran";
    NotLocked "MANIFEST_NOT_LOCKED" "the plugin is not in plugins.lock; add it with `kith plugin lock`";
    LockMismatch "MANIFEST_LOCK_MISMATCH"
        "plugins.lock pins other bytes; review the change and pin this release as well with `kith plugin lock`";
    LockMissing "MANIFEST_LOCK_MISSING" "production needs a plugins.lock; write it with `kith plugin lock`";
    NoArtefact "MANIFEST_NO_ARTEFACT" "the release has no library for this machine; ask the publisher to build one";
    ArtefactMismatch "MANIFEST_ARTEFACT_MISMATCH"
        "the library is not the one the manifest describes (size or SHA-256); fetch it again";
    TreeMismatch "MANIFEST_TREE_MISMATCH"
        "the permissions the library declares are not those that were signed; ask the publisher to sign again";
    BuildMismatch "MANIFEST_BUILD_MISMATCH" "the library's build id is not the signed one; fetch it again";
    TrustFile "TRUST_FILE_INVALID" "the trust file cannot be read; correct it";
    LockFile "LOCK_FILE_INVALID" "plugins.lock cannot be read; correct it or write it anew with `kith plugin lock`";
    HighWaterFile "HIGH_WATER_FILE_INVALID"
        "the file of accepted releases cannot be read or written; restore it from the backup: without it a downgrade \
         would go unseen";
    DraftFile "PLUGIN_TOML_INVALID" "plugin.toml cannot be read; `kith plugin new` writes one to start from";
    KeyFile "KEY_FILE_INVALID" "the key cannot be read or written; make one with `kith plugin keygen`";
}
