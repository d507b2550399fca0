//! Talking to a running server over its API, as an operator.
//!
//! One request a command: hyper's client connection and rustls, which are in the program anyway, do for it what an HTTP client
//! of its own crate would.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use hyper::Uri;
use hyper::body::{Body as _, Incoming};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{failed, usage};
use crate::app::AppError;
use crate::cli::block_on;

/// The variable with the operator's token. A flag would show it to every user of the machine.
const TOKEN: &str = "KITH_TOKEN";
/// How long a command waits.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 8 << 20;

/// Which server.
#[derive(Args)]
pub(super) struct Server {
    /// The running server; the token of an operator comes from KITH_TOKEN
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000", env = "KITH_URL", hide_env_values = true)]
    url: String,
}

impl Server {
    /// Runs an operation and gives its data.
    ///
    /// # Errors
    /// No token, no server, or what the server refuses: its code and message in one line.
    pub(super) fn run(&self, verb: &str, query: &str, variables: Value) -> Result<Value, AppError> {
        let token = std::env::var(TOKEN).ok().filter(|token| !token.trim().is_empty());
        let token =
            token.ok_or_else(|| usage(verb, format!("{TOKEN} is not set: give it the token of an operator")))?;
        if token.bytes().any(|b| !b.is_ascii_graphic()) {
            return Err(usage(verb, format!("{TOKEN} is no token: it holds space or other characters")));
        }
        let uri: Uri = self.url.parse().map_err(|_| usage(verb, "--url: that is no URL"))?;
        let target = Target::of(&uri).map_err(|why| usage(verb, format!("--url: {why}")))?;
        let body = json!({ "query": query, "variables": variables }).to_string();
        let answer = block_on(async {
            let asked = tokio::time::timeout(PATIENCE, target.post(&token, body)).await;
            asked
                .unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
                .map_err(|why| failed(format!("{}: {why}", self.url)))
        })?;
        data(answer)
    }
}

/// The first user error of a mutation's payload, as a failure.
pub(super) fn refused(payload: &Value) -> Result<(), AppError> {
    match payload["userErrors"].get(0) {
        Some(error) => Err(failed(format!("{}: {}", text(&error["code"]), text(&error["message"])))),
        None => Ok(()),
    }
}

/// A text of an answer, without what could disturb a terminal.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().replace(char::is_control, " ")
}

fn data(mut answer: Value) -> Result<Value, AppError> {
    match answer["errors"].get(0) {
        Some(error) => {
            let code = text(&error["extensions"]["code"]);
            Err(failed(format!("{code}: {}", text(&error["message"]))))
        }
        None => Ok(answer["data"].take()),
    }
}

struct Target {
    tls: bool,
    host: String,
    port: u16,
    path: String,
}

impl Target {
    fn of(uri: &Uri) -> Result<Self, &'static str> {
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err("it must begin with http:// or https://"),
        };
        let authority = uri.authority().ok_or("it names no host")?;
        if authority.as_str().contains('@') {
            return Err("no user name or password belongs there");
        }
        let base = uri.path().trim_end_matches('/');
        Ok(Self {
            tls,
            host: authority.host().to_owned(),
            port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            path: format!("{base}/graphql"),
        })
    }

    async fn post(&self, token: &str, body: String) -> Result<Value, String> {
        let name = self.host.trim_matches(['[', ']']);
        let stream = TcpStream::connect((name, self.port)).await.map_err(|error| format!("cannot connect: {error}"))?;
        if !self.tls {
            return self.exchange(stream, token, body).await;
        }
        let server = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
        let stream = connector()?.connect(server, stream).await.map_err(|error| format!("TLS: {error}"))?;
        self.exchange(stream, token, body).await
    }

    async fn exchange(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        token: &str,
        body: String,
    ) -> Result<Value, String> {
        let said = |error: hyper::Error| format!("no HTTP: {error}");
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(said)?;
        tokio::spawn(connection);
        let request = hyper::Request::post(&self.path)
            .header("host", format!("{}:{}", self.host, self.port))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .header("authorization", format!("Bearer {token}"))
            .header("kith-client", concat!("kith-cli/", env!("CARGO_PKG_VERSION")))
            .body(body)
            .map_err(|error| error.to_string())?;
        let response = sender.send_request(request).await.map_err(said)?;
        let status = response.status();
        let bytes = collect(response.into_body()).await?;
        serde_json::from_slice(&bytes).map_err(|_| format!("no answer of a Kith server (status {status})"))
    }
}

async fn collect(mut body: Incoming) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    loop {
        let frame = std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx)).await;
        let Some(frame) = frame else { return Ok(bytes) };
        let frame = frame.map_err(|error| format!("the answer was cut: {error}"))?;
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data);
        }
        if bytes.len() > LARGEST {
            return Err("the answer is too large".to_owned());
        }
    }
}

fn connector() -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    // A broken certificate among those of the system is no reason to refuse the others.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
