//! One request and its answer, for checking. Measuring is wrk's.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::cases::Request;
use crate::Failure;

/// Sends a request and reads the JSON that comes back.
pub fn send(to: SocketAddr, request: &Request) -> Result<Value, Failure> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let method = if request.body.is_empty() { "GET" } else { "POST" };
    let body = request.body.trim_start_matches('-');
    let token = match request.token.as_str() {
        "" => String::new(),
        token => format!("Authorization: Bearer {token}\r\n"),
    };
    write!(
        stream,
        "{method} {} HTTP/1.1\r\nHost: {to}\r\n{token}Content-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        request.path,
        body.len(),
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("an answer without a body")?;
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { joined(body) } else { body.to_owned() };
    serde_json::from_str(&body).map_err(|_| format!("{}: {head}\n{body}", request.path).into())
}

/// The chunks of a body, joined.
fn joined(mut chunks: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = chunks.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 || rest.len() < size {
            break;
        }
        whole.push_str(&rest[..size]);
        chunks = rest[size..].trim_start_matches("\r\n");
    }
    whole
}
