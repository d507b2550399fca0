//! Where photos are kept: objects in a folder or in an S3 bucket, by the crate `object_store`.
//!
//! Its own HTTP client and hashes would bring a second TLS stack (and a C build); ours are passed in ([`HttpService`],
//! [`CryptoProvider`]).

use std::path::Path;
use std::sync::Arc;

use futures_util::TryStreamExt;
use hmac::{Hmac, Mac};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use object_store::aws::AmazonS3Builder;
use object_store::client::{
    CryptoProvider, DigestAlgorithm, DigestContext, HmacContext, HttpClient, HttpConnector, HttpError, HttpErrorKind,
    HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody, HttpService, Signer, SigningAlgorithm,
};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt as _};

use sha2::{Digest, Sha256};

use crate::config;
use crate::kernel::Fault;
use crate::providers::signed::{Connector, connector};

/// The photos of this installation.
#[derive(Debug, Clone)]
pub struct Photos(Arc<dyn ObjectStore>);

impl Photos {
    /// Photos in memory, for tests.
    #[must_use]
    pub fn in_memory() -> Self {
        Self(Arc::new(InMemory::new()))
    }

    /// Photos where the configuration says; without a word in `otherwise`.
    ///
    /// # Errors
    /// In a line: the folder cannot be made, the bucket has no name or no key.
    pub fn of(settings: &config::Certification, otherwise: &Path) -> Result<Self, String> {
        match settings.photos.as_deref().map(|place| (place, place.strip_prefix("s3://"))) {
            Some((_, Some(bucket))) => Self::s3(settings, bucket),
            Some((folder, None)) => Self::folder(Path::new(folder)),
            None => Self::folder(otherwise),
        }
    }

    fn folder(folder: &Path) -> Result<Self, String> {
        use std::os::unix::fs::DirBuilderExt as _;
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| error.to_string())?;
        Ok(Self(Arc::new(store)))
    }

    fn s3(settings: &config::Certification, place: &str) -> Result<Self, String> {
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let (Some(id), Some(secret)) = (&settings.s3_key_id, &settings.s3_secret) else {
            return Err("is a bucket: it needs certification.s3_key_id and certification.s3_secret_file".to_owned());
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(settings.s3_region.as_deref().unwrap_or("us-east-1"))
            .with_access_key_id(id)
            .with_secret_access_key(secret.expose())
            .with_crypto_provider(Arc::new(OurHashes))
            .with_http_connector(OurHttp);
        if let Some(endpoint) = &settings.s3_endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        let store = builder.build().map_err(|error| error.to_string())?;
        Ok(Self(Arc::new(PrefixStore::new(store, prefix.trim_matches('/')))))
    }

    /// Keeps a photo.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn put(&self, key: &str, photo: Vec<u8>) -> Result<(), Fault> {
        self.0.put(&Key::from(key), photo.into()).await.map(|_| ()).map_err(Fault::internal)
    }

    /// A photo; nothing when it is gone.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Fault> {
        match self.0.get(&Key::from(key)).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(Fault::internal)?.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Fault::internal(error)),
        }
    }

    /// Deletes every photo below a key; says how many there were.
    ///
    /// # Errors
    /// The store's fault; those that were deleted before stay deleted.
    pub async fn delete_below(&self, key: &str) -> Result<usize, Fault> {
        let found: Vec<_> = self.0.list(Some(&Key::from(key))).try_collect().await.map_err(Fault::internal)?;
        for object in &found {
            match self.0.delete(&object.location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(Fault::internal(error)),
            }
        }
        Ok(found.len())
    }
}

/// Our HTTP client, for `object_store`.
#[derive(Debug)]
struct OurHttp;

impl HttpConnector for OurHttp {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let connector =
            connector().map_err(|error| object_store::Error::Generic { store: "S3", source: Box::new(error) })?;
        Ok(HttpClient::new(Service(Client::builder(TokioExecutor::new()).build(connector))))
    }
}

#[derive(Debug)]
struct Service(Client<Connector, HttpRequestBody>);

#[async_trait::async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = self.0.request(request).await.map_err(|error| {
            let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Request };
            HttpError::new(kind, error)
        })?;
        let (parts, body) = answer.into_parts();
        let body = body.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error));
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body)))
    }
}

/// Our SHA-256, for the signatures of S3.
#[derive(Debug)]
struct OurHashes;

impl CryptoProvider for OurHashes {
    fn digest(&self, _: DigestAlgorithm) -> object_store::Result<Box<dyn DigestContext>> {
        Ok(Box::new(Hashing { state: Sha256::new(), hash: Vec::new() }))
    }

    fn hmac(&self, _: DigestAlgorithm, secret: &[u8]) -> object_store::Result<Box<dyn HmacContext>> {
        let state = Hmac::<Sha256>::new_from_slice(secret);
        let state = state.map_err(|error| object_store::Error::Generic { store: "S3", source: Box::new(error) })?;
        Ok(Box::new(Hashing { state, hash: Vec::new() }))
    }

    fn sign(&self, _: SigningAlgorithm, _: &[u8]) -> object_store::Result<Box<dyn Signer>> {
        Err(object_store::Error::NotImplemented { operation: "sign".to_owned(), implementer: "Kith".to_owned() })
    }
}

struct Hashing<T> {
    state: T,
    hash: Vec<u8>,
}

impl DigestContext for Hashing<Sha256> {
    fn update(&mut self, data: &[u8]) {
        Digest::update(&mut self.state, data);
    }

    fn finish(&mut self) -> object_store::Result<&[u8]> {
        self.hash = self.state.clone().finalize().to_vec();
        Ok(&self.hash)
    }
}

impl HmacContext for Hashing<Hmac<Sha256>> {
    fn update(&mut self, data: &[u8]) {
        Mac::update(&mut self.state, data);
    }

    fn finish(&mut self) -> object_store::Result<&[u8]> {
        self.hash = self.state.clone().finalize().into_bytes().to_vec();
        Ok(&self.hash)
    }
}
