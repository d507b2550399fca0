//! `sslmode`: a proxy that speaks TLS to us stands before the embedded server, which does not.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kith::config;
use kith::db::{Db, embedded::Embedded};
use kith::telemetry::Secret;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, UnixStream};
use tokio_rustls::TlsAcceptor;

use super::settings;

/// The message in which a client asks for TLS (PostgreSQL's documentation, "SSLRequest").
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

fn certificate(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/db/certificates").join(name)
}

/// What came to the proxy.
#[derive(Default)]
struct Seen {
    encrypted: AtomicUsize,
    plain: AtomicUsize,
}

/// Listens on a port of its own; with `tls` it holds the certificate for `localhost`, without it refuses TLS as a plain server does.
async fn proxy(server: PathBuf, tls: bool) -> (u16, Arc<Seen>) {
    let chain = vec![CertificateDer::from_pem_file(certificate("localhost.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(certificate("localhost.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap()));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Seen::default());
    let counts = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let (server, acceptor, counts) = (server.clone(), acceptor.clone(), Arc::clone(&counts));
            tokio::spawn(async move {
                let mut first = [0; 8];
                if client.read_exact(&mut first).await.is_err() {
                    return;
                }
                if first != SSL_REQUEST {
                    counts.plain.fetch_add(1, Ordering::SeqCst);
                    return relay(client, server, &first).await;
                }
                client.write_all(if tls { b"S" } else { b"N" }).await.unwrap();
                if !tls {
                    counts.plain.fetch_add(1, Ordering::SeqCst);
                    return relay(client, server, &[]).await;
                }
                if let Ok(client) = acceptor.accept(client).await {
                    counts.encrypted.fetch_add(1, Ordering::SeqCst);
                    relay(client, server, &[]).await;
                }
            });
        }
    });
    (port, seen)
}

async fn relay(mut client: impl AsyncRead + AsyncWrite + Unpin, server: PathBuf, first: &[u8]) {
    let mut server = UnixStream::connect(server).await.unwrap();
    if server.write_all(first).await.is_ok() {
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}

/// Tries a URL; gives the number of encrypted and plain connections that a query took, or the refusal.
async fn attempt(
    port: u16,
    seen: &Seen,
    host: &str,
    mode: &str,
    authority: Option<&str>,
) -> Result<(usize, usize), String> {
    let url = format!("postgres://postgres@{host}:{port}/template1{mode}");
    let settings = config::Database {
        url: Some(Secret::new(url)),
        ca_file: authority.map(certificate),
        max_connections: 1,
        ..settings()
    };
    seen.encrypted.store(0, Ordering::SeqCst);
    seen.plain.store(0, Ordering::SeqCst);
    let db = Db::connect(&settings).await.map_err(|error| error.to_string())?;
    db.version().await.unwrap();
    assert!(db.close(super::GRACE).await);
    Ok((seen.encrypted.load(Ordering::SeqCst), seen.plain.load(Ordering::SeqCst)))
}

#[tokio::test]
async fn a_server_with_tls_is_used_encrypted_and_checked_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let _embedded = Embedded::start(folder.path()).await.unwrap();
    let (port, seen) = proxy(folder.path().join("run/.s.PGSQL.5432"), true).await;
    let (right, wrong) = (Some("authority.pem"), Some("another-authority.pem"));
    for (host, mode, authority) in [
        ("localhost", "", None),
        ("localhost", "?sslmode=prefer", wrong),
        ("127.0.0.1", "?sslmode=require", None),
        ("localhost", "?sslmode=require", right),
        ("localhost", "?sslmode=verify-full", right),
    ] {
        assert_eq!(attempt(port, &seen, host, mode, authority).await, Ok((1, 0)), "{host} {mode} {authority:?}");
    }
    for (host, mode, authority, why) in [
        ("localhost", "?sslmode=verify-full", wrong, "UnknownIssuer"),
        ("localhost", "?sslmode=verify-full", None, "UnknownIssuer"),
        ("localhost", "?sslmode=require", wrong, "UnknownIssuer"),
        ("127.0.0.1", "?sslmode=verify-full", right, "not valid for name"),
    ] {
        let refusal = attempt(port, &seen, host, mode, authority).await.unwrap_err();
        assert!(refusal.contains(why) && !refusal.contains('\n'), "{host} {mode} {authority:?}: {refusal}");
    }
    assert_eq!(attempt(port, &seen, "localhost", "?sslmode=disable", None).await, Ok((0, 1)));
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_encryption_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let _embedded = Embedded::start(folder.path()).await.unwrap();
    let (port, seen) = proxy(folder.path().join("run/.s.PGSQL.5432"), false).await;
    assert_eq!(attempt(port, &seen, "localhost", "?sslmode=prefer", None).await, Ok((0, 1)));
    for mode in ["?sslmode=require", "?sslmode=verify-full"] {
        let refusal = attempt(port, &seen, "localhost", mode, Some("authority.pem")).await.unwrap_err();
        assert!(refusal.contains("does not support TLS"), "{refusal}");
    }
}

#[tokio::test]
async fn a_file_without_certificates_is_refused_by_name() {
    let refusal =
        attempt(1, &Seen::default(), "localhost", "?sslmode=verify-full", Some("localhost.key")).await.unwrap_err();
    assert!(refusal.contains("database.ca_file") && refusal.contains("localhost.key"), "{refusal}");
}
