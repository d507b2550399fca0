//! Media types: what the client sends and what it wants back (GraphQL over HTTP, section 5).

use poem::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use poem::http::{HeaderMap, HeaderValue, StatusCode};

use super::Refusal;

/// The media type of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: request errors have status 200, for clients of old.
    Json,
    /// `application/graphql-response+json`: request errors have status 400.
    GraphqlResponse,
}

impl Media {
    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }

    pub fn request_error(self) -> StatusCode {
        match self {
            Self::Json => StatusCode::OK,
            Self::GraphqlResponse => StatusCode::BAD_REQUEST,
        }
    }

    /// What `Accept` wants most. `None` if it wants neither.
    pub fn accepted(headers: &HeaderMap) -> Option<Self> {
        if !headers.contains_key(ACCEPT) {
            return Some(Self::Json);
        }
        let mut best: Option<(f32, Self)> = None;
        let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        for range in values.flat_map(|value| value.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let media = match parts.next() {
                Some("application/graphql-response+json") => Self::GraphqlResponse,
                Some("application/json" | "*/*" | "application/*") => Self::Json,
                _ => continue,
            };
            let quality = parts.find_map(|p| p.strip_prefix("q=")).map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
            if quality > best.map_or(0.0, |(q, _)| q) {
                best = Some((quality, media));
            }
        }
        best.map(|(_, media)| media)
    }
}

const NOT_ACCEPTABLE: Refusal = Refusal::new(
    StatusCode::NOT_ACCEPTABLE,
    "NOT_ACCEPTABLE",
    "Answers are application/graphql-response+json or application/json. Name one of them in Accept.",
    "响应类型为 application/graphql-response+json 或 application/json，请在 Accept 中指定其一。",
);

const UNSUPPORTED: Refusal = Refusal::new(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "UNSUPPORTED_MEDIA_TYPE",
    "Send the request as application/json in UTF-8, with that Content-Type and without Content-Encoding.",
    "请以 UTF-8 编码的 application/json 发送请求，设置相应的 Content-Type，且不使用 Content-Encoding。",
);

pub(super) fn accept(headers: &HeaderMap) -> Result<Media, Refusal> {
    Media::accepted(headers).ok_or(NOT_ACCEPTABLE)
}

/// Only JSON in UTF-8, and not compressed: browsers ask before they send it across sites (h26), and nothing unpacks (h25).
pub(super) fn content(headers: &HeaderMap) -> Result<(), Refusal> {
    let text = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).ok_or(UNSUPPORTED)?;
    if text != "application/json" {
        let mut parts = text.split(';').map(str::trim);
        let json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
        let utf8 = parts.filter(|p| !p.is_empty()).all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            Some(_) => true,
            None => false,
        });
        if !json || !utf8 {
            return Err(UNSUPPORTED);
        }
    }
    match headers.get(CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => Err(UNSUPPORTED),
        _ => Ok(()),
    }
}
