//! Files with a request: the GraphQL multipart request convention
//! (<https://github.com/jaydenseric/graphql-multipart-request-spec>), strictly.
//!
//! `operations` comes first, `map` second, then the files that the map names, each put where the variables have a null. Files
//! stay in memory, within limits, and are gone with the request: there are no temporary files to forget, and the name that a
//! client gave its file is read by nobody (h31). A browser would send a form like this across sites without asking, so the
//! request must carry `GraphQL-Require-Preflight` (h26).

use std::collections::BTreeMap;
use std::time::Duration;

use async_graphql::{Name, Request, UploadValue, Value, Variables};
use multer::{Constraints, Field, Multipart, SizeLimit};
use poem::Body;
use poem::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use poem::http::{HeaderMap, StatusCode};

use super::incoming::{self, SLOW, TOO_LARGE};
use super::{EdgeConfig, Refusal};

/// The header that a page of another site cannot set without asking first.
const PREFLIGHT: &str = "graphql-require-preflight";
/// Bytes of the map.
const LONGEST_MAP: u64 = 4 * 1024;
/// Files take their time to arrive: so many times that of a body.
const PATIENCE: u32 = 6;

const BAD_FORM: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    "BAD_UPLOAD",
    "The form is not a GraphQL multipart request: `operations`, then `map`, then the files that the map names.",
    "表单不符合 GraphQL multipart 规范：依次为 `operations`、`map` 和 map 中列出的文件。",
);
const BAD_MAP: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    "BAD_UPLOAD_MAP",
    "The map has to name each file once, with the variables that are null in `operations` and stand for it.",
    "map 必须逐一列出每个文件，以及 `operations` 中对应的、值为 null 的变量。",
);
const TOO_MANY: Refusal = Refusal::new(
    StatusCode::PAYLOAD_TOO_LARGE,
    "TOO_MANY_UPLOADS",
    "These are more files than one request may have. Send fewer.",
    "文件数量超过单次请求上限，请减少文件数量。",
);
const FILE_TOO_LARGE: Refusal = Refusal::new(
    StatusCode::PAYLOAD_TOO_LARGE,
    "UPLOAD_TOO_LARGE",
    "The file is larger than this server takes. Send a smaller one.",
    "文件超过服务器上限，请上传较小的文件。",
);

/// The boundary of a request that is a form with files and was asked for; nothing if it is something else.
pub(super) fn boundary(headers: &HeaderMap) -> Option<String> {
    let asked = headers.get(PREFLIGHT).is_some_and(|value| !value.is_empty());
    let plain = headers.get(CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    (asked && plain).then(|| multer::parse_boundary(kind).ok())?
}

/// The request of a form, with its files.
pub(super) async fn request(body: Body, boundary: String, config: &EdgeConfig) -> Result<Request, Refusal> {
    let file = u64::try_from(config.upload_limit).unwrap_or(u64::MAX);
    let operations = u64::try_from(config.body_limit).unwrap_or(u64::MAX);
    let files = u64::try_from(config.upload_files).unwrap_or(u64::MAX);
    let whole = file.saturating_mul(files).saturating_add(operations).saturating_add(64 * 1024);
    let limits = SizeLimit::new()
        .whole_stream(whole)
        .per_field(file)
        .for_field("operations", operations)
        .for_field("map", LONGEST_MAP);
    let form = Multipart::with_constraints(body.into_bytes_stream(), boundary, Constraints::new().size_limit(limits));
    let within: Duration = config.body_timeout.saturating_mul(PATIENCE);
    tokio::time::timeout(within, read(form, config.upload_files)).await.unwrap_or(Err(SLOW))
}

async fn read(mut form: Multipart<'static>, most: usize) -> Result<Request, Refusal> {
    let mut request = incoming::single(&part(&mut form, "operations").await?)?;
    let map = part(&mut form, "map").await?;
    let map: BTreeMap<String, Vec<String>> = serde_json::from_slice(&map).map_err(|_| BAD_MAP)?;
    if map.len() > most || map.values().map(Vec::len).sum::<usize>() > most {
        return Err(TOO_MANY);
    }
    let mut wanted = map;
    while let Some(field) = next(&mut form).await? {
        let name = field.name().unwrap_or_default().to_owned();
        let paths = wanted.remove(&name).filter(|paths| !paths.is_empty()).ok_or(BAD_MAP)?;
        let content = field.bytes().await.map_err(|error| refused(&error))?;
        for path in paths {
            let place = place(&mut request.variables, &path).ok_or(BAD_MAP)?;
            *place = Value::String(crate::graphql::upload::reference(request.uploads.len()));
            request.uploads.push(UploadValue { filename: String::new(), content_type: None, content: content.clone() });
        }
    }
    if wanted.is_empty() { Ok(request) } else { Err(BAD_MAP) }
}

/// The next part, which must have this name.
async fn part(form: &mut Multipart<'static>, name: &str) -> Result<Vec<u8>, Refusal> {
    let field = next(form).await?.filter(|field| field.name() == Some(name)).ok_or(BAD_FORM)?;
    let bytes = field.bytes().await.map_err(|error| match error {
        multer::Error::FieldSizeExceeded { .. } => TOO_LARGE,
        other => refused(&other),
    })?;
    Ok(bytes.to_vec())
}

async fn next(form: &mut Multipart<'static>) -> Result<Option<Field<'static>>, Refusal> {
    form.next_field().await.map_err(|error| refused(&error))
}

fn refused(error: &multer::Error) -> Refusal {
    match error {
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => FILE_TOO_LARGE,
        _ => BAD_FORM,
    }
}

/// The null that a path such as `variables.input.photo` leads to.
fn place<'a>(variables: &'a mut Variables, path: &str) -> Option<&'a mut Value> {
    let mut steps = path.strip_prefix("variables.")?.split('.');
    let first = steps.next().filter(|step| !step.is_empty())?;
    let mut found = variables.get_mut(&Name::new(first))?;
    for step in steps {
        found = match found {
            Value::Object(object) => object.get_mut(step)?,
            Value::List(list) => list.get_mut(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    matches!(found, Value::Null).then_some(found)
}
