//! Which sites may call. A browser sends `Origin` with everything that could do harm, so: one's own origin and the configured ones
//! pass, every other is refused, and a request without one is no browser's (or cannot be read by the page behind it).

use poem::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HOST, ORIGIN, VARY,
};
use poem::http::{HeaderValue, Method, StatusCode};
use poem::{Request, Response};

use super::{EdgeConfig, Refusal};

const FOREIGN: Refusal = Refusal::new(
    StatusCode::FORBIDDEN,
    "ORIGIN_REFUSED",
    "Pages of this origin may not call the API. Its operator can allow the origin in the configuration.",
    "该来源的页面不得调用此 API。运营者可在配置中允许该来源。",
);

const PREFLIGHT: Refusal = Refusal::new(
    StatusCode::FORBIDDEN,
    "PREFLIGHT_REQUIRED",
    "A GET from another site needs the header GraphQL-Require-Preflight. Or use POST.",
    "来自其他站点的 GET 请求需要 GraphQL-Require-Preflight 请求头，或改用 POST。",
);

/// The host that the request was sent to, with its port if it names one.
pub(super) fn host(request: &Request) -> Option<&str> {
    let header = request.headers().get(HOST).and_then(|h| h.to_str().ok());
    header.or_else(|| request.uri().authority().map(|a| a.as_str()))
}

/// Judges a request by where it comes from. Gives the origin to allow in the answer, if it is one of the configured.
pub(super) fn judge(config: &EdgeConfig, request: &Request) -> Result<Option<HeaderValue>, Refusal> {
    let headers = request.headers();
    let Some(origin) = headers.get(ORIGIN) else {
        let foreign = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site");
        if foreign && request.method() == Method::GET && !headers.contains_key("graphql-require-preflight") {
            return Err(PREFLIGHT);
        }
        return Ok(None);
    };
    let text = origin.to_str().map_err(|_| FOREIGN)?;
    if host(request).is_some_and(|host| same_origin(text, host)) {
        return Ok(None);
    }
    if config.origins.iter().any(|allowed| allowed == text) { Ok(Some(origin.clone())) } else { Err(FOREIGN) }
}

/// Whether an origin is the host itself. The scheme is not compared: TLS may end at a proxy.
pub fn same_origin(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let default = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let bare = |a: &'_ str| a.strip_suffix(default).map(str::len).unwrap_or(a.len());
    authority[..bare(authority)].eq_ignore_ascii_case(&host[..bare(host)])
}

/// The answer to `OPTIONS`.
pub(super) fn preflight() -> Response {
    Response::builder()
        .status(StatusCode::NO_CONTENT)
        .header(ACCESS_CONTROL_ALLOW_METHODS, "GET, POST")
        .header(
            ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, graphql-require-preflight, kith-client, x-request-id",
        )
        .header(ACCESS_CONTROL_MAX_AGE, "600")
        .finish()
}

/// Lets the page read the answer.
pub(super) fn allow(response: &mut Response, origin: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("x-request-id, retry-after"));
    headers.insert(VARY, HeaderValue::from_static("origin"));
}
