//! Where photos are kept: a folder, and an S3 service that speaks the protocol as far as it is used here.

use std::collections::BTreeMap;
use std::sync::Arc;

use kith::config;
use kith::providers::photos::Photos;
use kith::telemetry::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use crate::support::app;

type Objects = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

async fn kept_and_deleted(photos: &Photos) {
    photos.put("faces/one/a.jpg", b"first".to_vec()).await.unwrap();
    photos.put("faces/one/b.jpg", b"second".to_vec()).await.unwrap();
    photos.put("faces/two/a.jpg", b"third".to_vec()).await.unwrap();
    photos.put("faces/two/a.jpg", b"newer".to_vec()).await.unwrap();
    assert_eq!(photos.get("faces/one/b.jpg").await.unwrap().as_deref(), Some(&b"second"[..]));
    assert_eq!(photos.get("faces/two/a.jpg").await.unwrap().as_deref(), Some(&b"newer"[..]));
    assert_eq!(photos.get("faces/three").await.unwrap(), None);
    assert_eq!(photos.delete_below("faces/one").await.unwrap(), 2);
    assert_eq!(photos.delete_below("faces/one").await.unwrap(), 0);
    assert_eq!(photos.get("faces/one/a.jpg").await.unwrap(), None);
    assert!(photos.get("faces/two/a.jpg").await.unwrap().is_some(), "others stay");
}

#[tokio::test]
async fn r2_4_photos_are_kept_in_a_folder_that_nobody_else_reads() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("photos");
    let photos = Photos::of(&app::config().certification, &place).unwrap();
    kept_and_deleted(&photos).await;
    assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
    photos.put("../../escaped", b"x".to_vec()).await.unwrap();
    assert!(!folder.path().parent().unwrap().join("escaped").exists(), "a key leads nowhere else");
    let taken = folder.path().join("file");
    std::fs::write(&taken, "x").unwrap();
    assert!(Photos::of(&app::config().certification, &taken).is_err(), "said at the start, not at the first photo");
}

#[tokio::test]
async fn r2_4_photos_are_kept_in_s3_by_configuration() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let objects: Objects = Arc::default();
    let served = Arc::clone(&objects);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&served)));
        }
    });
    let settings = config::Certification {
        photos: Some("s3://kith-photos/some/prefix".to_owned()),
        s3_endpoint: Some(endpoint),
        s3_key_id: Some("AKIDEXAMPLE".to_owned()),
        s3_secret: Some(Secret::new("not a secret".to_owned())),
        ..app::config().certification
    };
    let photos = Photos::of(&settings, std::path::Path::new("/nowhere")).unwrap();
    kept_and_deleted(&photos).await;
    let left: Vec<String> = objects.lock().await.keys().cloned().collect();
    assert_eq!(left, ["/kith-photos/some/prefix/faces/two/a.jpg"]);
    let without_a_key = config::Certification { s3_secret: None, ..settings };
    assert!(Photos::of(&without_a_key, std::path::Path::new("/nowhere")).is_err());
}

async fn serve(mut stream: TcpStream, objects: Objects) {
    let (mut got, mut chunk) = (Vec::new(), [0_u8; 16_384]);
    loop {
        let (head, body) = loop {
            if let Some(at) = got.windows(4).position(|w| w == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&got[..at]).into_owned();
                let lower = head.to_lowercase();
                let length: usize =
                    lower.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
                if got.len() >= at + 4 + length {
                    break (head, got[at + 4..at + 4 + length].to_vec());
                }
            }
            match stream.read(&mut chunk).await {
                Ok(n) if n > 0 => got.extend_from_slice(&chunk[..n]),
                _ => return,
            }
        };
        got.clear();
        assert!(head.to_lowercase().contains("authorization: aws4-hmac-sha256 credential=akidexample/"), "{head}");
        let mut first = head.lines().next().unwrap().split(' ');
        let (method, target) = (first.next().unwrap(), first.next().unwrap());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut objects = objects.lock().await;
        let (status, answer) = match (method, query) {
            ("PUT", _) => {
                objects.insert(path.to_owned(), body);
                (200, Vec::new())
            }
            ("GET", query) if query.contains("list-type=2") => (200, list(&objects, path, query).into_bytes()),
            ("GET", _) => match objects.get(path) {
                Some(bytes) => (200, bytes.clone()),
                None => (404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>".to_vec()),
            },
            ("POST", _) => (200, delete(&mut objects, path, &String::from_utf8_lossy(&body)).into_bytes()),
            ("DELETE", _) => {
                objects.remove(path);
                (204, Vec::new())
            }
            other => panic!("{other:?}"),
        };
        drop(objects);
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-length: {}\r\netag: \"e\"\r\nlast-modified: Sat, 21 Nov 2026 04:00:00 GMT\r\n\r\n",
            answer.len()
        );
        if stream.write_all(&[head.as_bytes(), &answer].concat()).await.is_err() {
            return;
        }
    }
}

fn list(objects: &BTreeMap<String, Vec<u8>>, bucket: &str, query: &str) -> String {
    let prefix = query.split('&').find_map(|part| part.strip_prefix("prefix=")).unwrap_or_default();
    let prefix = format!("{}/{}", bucket.trim_end_matches('/'), prefix.replace("%2F", "/"));
    let found = objects.iter().filter(|(path, _)| path.starts_with(&prefix)).map(|(path, bytes)| {
        let key = path.trim_start_matches(bucket.trim_end_matches('/')).trim_start_matches('/');
        format!(
            "<Contents><Key>{key}</Key><Size>{}</Size><LastModified>2026-11-21T04:00:00.000Z</LastModified>\
             <ETag>\"e\"</ETag></Contents>",
            bytes.len()
        )
    });
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{}</ListBucketResult>", found.collect::<String>())
}

fn delete(objects: &mut BTreeMap<String, Vec<u8>>, bucket: &str, body: &str) -> String {
    let mut deleted = String::new();
    for part in body.split("<Key>").skip(1) {
        let key = part.split("</Key>").next().unwrap_or_default();
        objects.remove(&format!("{}/{key}", bucket.trim_end_matches('/')));
        deleted += &format!("<Deleted><Key>{key}</Key></Deleted>");
    }
    format!("<DeleteResult>{deleted}</DeleteResult>")
}
