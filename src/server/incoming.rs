//! Requests as they arrive: the JSON body of a POST, the parameters of a GET. Strict about types, as the specification wants it, and
//! each complaint names the member.

use std::cell::Cell;
use std::time::Duration;

use async_graphql::{Request, Variables};
use futures_util::StreamExt;
use poem::Body;
use poem::http::header::{CONTENT_LENGTH, EXPECT};
use poem::http::{HeaderMap, StatusCode};
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Refusal;

/// What a body holds.
#[expect(clippy::large_enum_variant, reason = "batches are rare; a box would cost each single request an allocation")]
pub(super) enum Incoming {
    Single(Request),
    Batch(Vec<Request>),
}

pub(super) const TOO_LARGE: Refusal = Refusal::new(
    StatusCode::PAYLOAD_TOO_LARGE,
    "BODY_TOO_LARGE",
    "The body is larger than this server takes. Send less, or in parts.",
    "请求体超过服务器上限。请减少内容，或分次发送。",
);
pub(super) const SLOW: Refusal = Refusal::new(
    StatusCode::REQUEST_TIMEOUT,
    "BODY_TIMEOUT",
    "The body took too long to arrive. Send the request again.",
    "请求体未能及时到达。请重新发送请求。",
);
const CUT: Refusal = Refusal::bad_request("The body ended before it was complete.", "请求体不完整。");
const NOT_JSON: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    "INVALID_JSON",
    "The body is not JSON, or nested more than 128 levels deep.",
    "请求体不是有效的 JSON，或嵌套超过 128 层。",
);
const BATCH: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    "BATCHING_DISABLED",
    "One request per body: array batches are not taken here.",
    "每个请求体只能包含一个请求：不支持数组批量请求。",
);

/// How much of a refused body is still read, so that the client gets to read the refusal.
const DRAIN: usize = 64 * 1024 * 1024;

/// Reads a body within its limits and hands it over without copying it (if it came in one piece).
async fn read<T>(body: Body, most: usize, within: Duration, then: impl FnOnce(&[u8]) -> T) -> Result<T, Refusal> {
    let mut stream = body.into_bytes_stream();
    let reading = async {
        let Some(first) = stream.next().await else {
            return Ok(then(&[]));
        };
        let first = first.map_err(|_| CUT)?;
        if first.len() > most {
            return Err(TOO_LARGE);
        }
        let Some(second) = stream.next().await else {
            return Ok(then(&first));
        };
        let mut all = first.to_vec();
        let mut next = Some(second);
        while let Some(part) = next {
            let part = part.map_err(|_| CUT)?;
            if all.len() + part.len() > most {
                return Err(TOO_LARGE);
            }
            all.extend_from_slice(&part);
            next = stream.next().await;
        }
        Ok(then(&all))
    };
    let result = match tokio::time::timeout(within, reading).await {
        Ok(result) => result,
        Err(_) => Err(SLOW),
    };
    if matches!(&result, Err(refusal) if refusal.code == TOO_LARGE.code) {
        drain(stream);
    }
    result
}

/// Takes in what is left of a body for a moment: closing a socket on unread data would reset it, and the refusal be lost.
fn drain<B: AsRef<[u8]> + Send, E: Send>(stream: impl futures_util::Stream<Item = Result<B, E>> + Send + 'static) {
    tokio::spawn(tokio::time::timeout(Duration::from_secs(2), async move {
        let mut stream = std::pin::pin!(stream);
        let mut taken = 0;
        while let Some(Ok(part)) = stream.next().await {
            taken += part.as_ref().len();
            if taken > DRAIN {
                break;
            }
        }
    }));
}

/// Takes in a body that nobody will read, for the same reason. A client that waits to be told to go on is not told.
pub(super) fn pass_over(request: &mut poem::Request) {
    let waits = request.headers().contains_key(EXPECT);
    let body = request.take_body();
    if !waits && !body.is_empty() {
        drain(body.into_bytes_stream());
    }
}

/// The requests in the body of a POST.
pub(super) async fn body(
    headers: &HeaderMap,
    body: Body,
    most: usize,
    within: Duration,
    batch: usize,
) -> Result<Incoming, Refusal> {
    let body = announced(headers, body, most)?;
    read(body, most, within, |bytes| parse(bytes, batch)).await?
}

/// The one request of a text; an array of them is refused.
pub(super) fn single(bytes: &[u8]) -> Result<Request, Refusal> {
    match parse(bytes, 0)? {
        Incoming::Single(request) => Ok(request),
        Incoming::Batch(_) => Err(BATCH),
    }
}

/// The body of a POST that is something else than GraphQL.
pub(super) async fn bytes(headers: &HeaderMap, body: Body, most: usize, within: Duration) -> Result<Vec<u8>, Refusal> {
    let body = announced(headers, body, most)?;
    read(body, most, within, <[u8]>::to_vec).await
}

/// The body, unless its head says already that it is too large.
fn announced(headers: &HeaderMap, body: Body, most: usize) -> Result<Body, Refusal> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > most)) {
        if !headers.contains_key(EXPECT) {
            drain(body.into_bytes_stream());
        }
        return Err(TOO_LARGE);
    }
    Ok(body)
}

fn parse(bytes: &[u8], batch: usize) -> Result<Incoming, Refusal> {
    let at = Cell::new(Member::Body);
    let array = bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[');
    if array && batch == 0 {
        return Err(BATCH);
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let parsed = if array {
        Vec::<Any>::deserialize(&mut json).and_then(|parts| {
            let requests = parts.into_iter().map(|Any(value)| Members(&at).deserialize(value));
            requests.collect::<Result<Vec<_>, _>>().map(Incoming::Batch)
        })
    } else {
        Members(&at).deserialize(&mut json).map(Incoming::Single)
    };
    match parsed.and_then(|incoming| json.end().map(|()| incoming)) {
        Ok(Incoming::Batch(requests)) if requests.is_empty() || requests.len() > batch => Err(BATCH),
        Ok(incoming) => Ok(incoming),
        Err(error) if error.is_data() => Err(at.get().wrong()),
        Err(_) => Err(NOT_JSON),
    }
}

#[derive(Deserialize)]
struct Any(serde_json::Value);

/// The request in the query of a GET's URL.
pub(super) fn query(parameters: Vec<(String, String)>) -> Result<Request, Refusal> {
    let mut request = Request::new(String::new());
    for (name, value) in parameters {
        match name.as_str() {
            "query" => request.query = value,
            "operationName" if !value.is_empty() => request.operation_name = Some(value),
            "variables" if !value.is_empty() => {
                request.variables = serde_json::from_str(&value).map_err(|_| Member::Variables.wrong())?;
            }
            "extensions" if !value.is_empty() => {
                request.extensions = serde_json::from_str(&value).map_err(|_| Member::Extensions.wrong())?;
            }
            _ => {}
        }
    }
    Ok(request)
}

/// Which part of a request is being read.
#[derive(Clone, Copy)]
enum Member {
    Body,
    Query,
    OperationName,
    Variables,
    Extensions,
    Other,
}

impl Member {
    fn wrong(self) -> Refusal {
        match self {
            Self::Body | Self::Other => Refusal::bad_request(
                "The body has to be a JSON object with a `query`.",
                "请求体必须是包含 `query` 的 JSON 对象。",
            ),
            Self::Query => Refusal::bad_request("`query` has to be a string.", "`query` 必须是字符串。"),
            Self::OperationName => Refusal::bad_request(
                "`operationName` has to be a string or null.",
                "`operationName` 必须是字符串或 null。",
            ),
            Self::Variables => {
                Refusal::bad_request("`variables` has to be an object or null.", "`variables` 必须是对象或 null。")
            }
            Self::Extensions => {
                Refusal::bad_request("`extensions` has to be an object or null.", "`extensions` 必须是对象或 null。")
            }
        }
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Key;
        impl Visitor<'_> for Key {
            type Value = Member;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a member")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<Member, E> {
                Ok(match name {
                    "query" => Member::Query,
                    "operationName" => Member::OperationName,
                    "variables" => Member::Variables,
                    "extensions" => Member::Extensions,
                    _ => Member::Other,
                })
            }
        }
        deserializer.deserialize_str(Key)
    }
}

/// Reads a request and remembers the member it is at. Members that it does not know are passed over; of two alike the last counts.
struct Members<'a>(&'a Cell<Member>);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Request;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Request, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Request;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Request, A::Error> {
        let mut request = Request::new(String::new());
        while let Some(member) = map.next_key::<Member>()? {
            self.0.set(member);
            match member {
                Member::Query => request.query = map.next_value::<Option<String>>()?.unwrap_or_default(),
                Member::OperationName => request.operation_name = map.next_value()?,
                Member::Variables => request.variables = map.next_value::<Variables>()?,
                Member::Extensions => request.extensions = map.next_value()?,
                Member::Body | Member::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(request)
    }
}
