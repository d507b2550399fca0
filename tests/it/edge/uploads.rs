//! h31: files that come with a request, by the GraphQL multipart request convention.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{NEW, Server, answer, code};

const WEIGH: &str = "mutation($files: [Upload!]!) { weigh(files: $files) }";
const BOUNDARY: &str = "----kith";

/// One part of a form: its name, the name of its file, its bytes.
type Part<'a> = (&'a str, Option<&'a str>, Vec<u8>);

fn form(server: &Server, parts: &[Part<'_>]) -> RequestBuilder {
    let mut body = Vec::new();
    for (name, file, bytes) in parts {
        let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    server
        .client
        .post(server.url("/graphql"))
        .header("accept", NEW)
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .header("graphql-require-preflight", "1")
        .body(body)
}

fn operations(files: &Value) -> Vec<u8> {
    json!({ "query": WEIGH, "variables": { "files": files } }).to_string().into_bytes()
}

fn map(map: &Value) -> Vec<u8> {
    map.to_string().into_bytes()
}

#[tokio::test]
async fn files_come_with_a_request_and_their_names_mean_nothing() {
    let server = Server::start().await;
    for name in ["a.jpg", "../../../etc/passwd", "/etc/passwd", "C:\\\\boot.ini", "%00", "a\u{202e}gpj.exe", ""] {
        let parts = [
            ("operations", None, operations(&json!([null, null]))),
            ("map", None, map(&json!({ "0": ["variables.files.0"], "x": ["variables.files.1"] }))),
            ("0", Some(name), vec![7; 1000]),
            ("x", Some(name), vec![7; 20]),
        ];
        let (status, answered) = answer(form(&server, &parts)).await;
        assert_eq!((status, &answered["data"]["weigh"]), (200, &json!([1000, 20])), "{name}: {answered}");
    }
    let forged = json!({ "query": WEIGH, "variables": { "files": ["#kith-upload:0", "#__graphql_file__:0"] } });
    let (_, answered) = answer(server.post(&forged)).await;
    assert_eq!(answered["data"]["weigh"], json!([null, null]), "no file came: {answered}");
    server.lives().await;
}

#[tokio::test]
async fn h31_wrong_maps_path_tricks_too_many_and_too_large_are_refused() {
    let server = Server::configured(|config| config.upload_limit = 10_000).await;
    let file = || ("0", Some("a.jpg"), vec![7; 100]);
    let one = || ("operations", None, operations(&json!([null])));
    let mapped = |to: Value| ("map", None, map(&to));
    let good = || mapped(json!({ "0": ["variables.files.0"] }));
    let cases: Vec<(&str, Vec<Part<'_>>, u16, &str)> = vec![
        ("no map", vec![one(), file()], 400, "BAD_UPLOAD"),
        ("the map first", vec![good(), one(), file()], 400, "BAD_UPLOAD"),
        ("no operations", vec![good(), file()], 400, "BAD_UPLOAD"),
        ("nothing", vec![], 400, "BAD_UPLOAD"),
        ("a map that is no JSON", vec![one(), ("map", None, b"{".to_vec()), file()], 400, "BAD_UPLOAD_MAP"),
        ("a map of numbers", vec![one(), mapped(json!({ "0": [1] })), file()], 400, "BAD_UPLOAD_MAP"),
        ("a map to nowhere", vec![one(), mapped(json!({ "0": [] })), file()], 400, "BAD_UPLOAD_MAP"),
        ("a file too few", vec![one(), good()], 400, "BAD_UPLOAD_MAP"),
        ("a file that the map has not", vec![one(), mapped(json!({})), file()], 400, "BAD_UPLOAD_MAP"),
        ("a file twice", vec![one(), good(), file(), file()], 400, "BAD_UPLOAD_MAP"),
        ("another name", vec![one(), mapped(json!({ "1": ["variables.files.0"] })), file()], 400, "BAD_UPLOAD_MAP"),
        (
            "three files",
            vec![one(), mapped(json!({ "0": ["variables.files.0"], "1": ["variables.a"], "2": ["variables.b"] }))],
            413,
            "TOO_MANY_UPLOADS",
        ),
        ("a large file", vec![one(), good(), ("0", Some("a"), vec![7; 10_001])], 413, "UPLOAD_TOO_LARGE"),
        ("a large map", vec![one(), mapped(json!({ "0": ["x".repeat(5_000)] })), file()], 413, "BODY_TOO_LARGE"),
        (
            "a batch",
            vec![("operations", None, b"[{\"query\":\"{hello}\"}]".to_vec()), good(), file()],
            400,
            "BATCHING_DISABLED",
        ),
        ("no JSON", vec![("operations", None, b"\xff".to_vec()), good(), file()], 400, "INVALID_JSON"),
    ];
    for (what, parts, status, wanted) in cases {
        let (got, answered) = answer(form(&server, &parts)).await;
        assert_eq!((got, code(&answered)), (status, wanted), "{what}: {answered}");
    }
    for path in [
        "variables",
        "variables.",
        "variables.files",
        "variables.files.1",
        "variables.files.-1",
        "variables.files.0.0",
        "variables.files.00x",
        "variables.__proto__.x",
        "query",
        "../variables.files.0",
        "variables..files.0",
        "0.variables.files.0",
        "",
    ] {
        let parts = [one(), mapped(json!({ "0": [path] })), file()];
        let (got, answered) = answer(form(&server, &parts)).await;
        assert_eq!((got, code(&answered)), (400, "BAD_UPLOAD_MAP"), "{path}: {answered}");
    }
    let taken = [("operations", None, operations(&json!(["a text"]))), good(), file()];
    assert_eq!(code(&answer(form(&server, &taken)).await.1), "BAD_UPLOAD_MAP", "only a null is replaced");
    server.lives().await;
}

#[tokio::test]
async fn h26_a_form_that_was_not_asked_for_is_refused() {
    let server = Server::start().await;
    let parts = [
        ("operations", None, operations(&json!([null]))),
        ("map", None, map(&json!({ "0": ["variables.files.0"] }))),
        ("0", Some("a.jpg"), vec![7; 100]),
    ];
    let request = form(&server, &parts).build().unwrap();
    for spoil in ["graphql-require-preflight", "content-type"] {
        let mut spoilt = request.try_clone().unwrap();
        spoilt.headers_mut().remove(spoil);
        let response = server.client.execute(spoilt).await.unwrap();
        assert_eq!(response.status(), 415, "without {spoil}");
    }
    let mut cut = request.try_clone().unwrap();
    *cut.body_mut() = Some(request.body().unwrap().as_bytes().unwrap()[..300].to_vec().into());
    assert_eq!(server.client.execute(cut).await.unwrap().status(), 400, "cut short");
    let foreign = form(&server, &parts).header("origin", "https://evil.example");
    assert_eq!(code(&answer(foreign).await.1), "ORIGIN_REFUSED");
    server.lives().await;
}
