//! What a request's head says about its caller.

use std::net::IpAddr;

use poem::Request;
use poem::http::HeaderMap;
use poem::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, USER_AGENT};
use uuid::Uuid;

use super::{EdgeConfig, RequestMeta, Transport};
use crate::kernel::Locale;

const LONGEST_USER_AGENT: usize = 256;
const LONGEST_ID: usize = 64;
const LONGEST_CLIENT: usize = 64;

pub(super) fn locale(headers: &HeaderMap) -> Locale {
    Locale::negotiate(headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()))
}

pub(super) fn meta(
    config: &EdgeConfig,
    request: &Request,
    id: Uuid,
    locale: Locale,
    transport: Transport,
) -> RequestMeta {
    let headers = request.headers();
    RequestMeta {
        request_id: id,
        client_request_id: plain(headers, "x-request-id", LONGEST_ID),
        remote: remote(config, request),
        user_agent: plain(headers, USER_AGENT.as_str(), LONGEST_USER_AGENT),
        // What is no text is no token: it must be refused, not taken for a request of nobody.
        authorization: headers.get(AUTHORIZATION).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()),
        locale,
        client: plain(headers, "kith-client", LONGEST_CLIENT),
        transport,
        lasting: false,
    }
}

/// A header of visible ASCII (that is what `to_str` lets through), cut to a length.
fn plain(headers: &HeaderMap, name: &str, longest: usize) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    Some(text[..text.len().min(longest)].to_owned())
}

/// The peer, or what the nearest proxy that is not trusted was for a trusted one.
fn remote(config: &EdgeConfig, request: &Request) -> Option<IpAddr> {
    let peer = request.remote_addr().as_socket_addr()?.ip().to_canonical();
    if !config.trusted_proxies.contains(&peer) {
        return Some(peer);
    }
    let mut nearest = peer;
    let lists = request.headers().get_all("x-forwarded-for").iter().rev().filter_map(|v| v.to_str().ok());
    for hop in lists.flat_map(|list| list.rsplit(',')) {
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => nearest = address.to_canonical(),
            Err(_) => break,
        }
        if !config.trusted_proxies.contains(&nearest) {
            break;
        }
    }
    Some(nearest)
}
