//! GraphiQL from the binary: `/` is its page, `/playground/<file>` what the page loads. No other host is asked for anything, and the
//! page may not ask one.

use poem::http::StatusCode;
use poem::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use poem::{Endpoint, Request, Response};

/// The built files by name; `build.rs` lists them.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/playground.rs"));

/// What the page may do. Monaco writes styles inline and starts its workers from the same origin.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("json" | "map") => "application/json",
        Some("woff2") => "font/woff2",
        Some("woff") => "font/woff",
        Some("ttf") => "font/ttf",
        _ => "text/plain; charset=utf-8",
    }
}

fn file(name: &str) -> poem::Result<Response> {
    let (name, bytes) = FILES.iter().find(|(known, _)| *known == name).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Response::builder()
        .header(CONTENT_TYPE, media_type(name))
        // Names stay the same from one version to the next, so a browser asks each time.
        .header(CACHE_CONTROL, "no-cache")
        .header(CONTENT_SECURITY_POLICY, POLICY)
        .body(*bytes))
}

/// `/`.
pub(super) struct Page;

impl Endpoint for Page {
    type Output = Response;

    async fn call(&self, _: Request) -> poem::Result<Response> {
        file("index.html")
    }
}

/// `/playground/<file>`.
pub(super) struct File;

impl Endpoint for File {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        file(request.raw_path_param("file").unwrap_or(""))
    }
}
