//! Trying a library in a child that is thrown away: whatever its constructors, its entry and its answers do, they do it
//! there, and within the time for a start.

use std::time::Instant;

use kith_plugin_loader::{Checked, Description, Verdict};

use crate::golden::{Golden, Mismatch};
use crate::spawn::{Child, Config, Packet, StartRefusal, receive, spawn};
use crate::wire::{Head, Kind, MAX_COUNT, MAX_FRAME, Malformed, Writer, decode, get_verdict, put_request};

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// What the plugin tells of itself. Its tree is not checked yet: the prefix is in the manifest.
    pub description: Description,
    /// How many golden vectors it answered as it should.
    pub vectors: usize,
}

/// Why a library does not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeRefusal {
    /// The child did not start, or not in time.
    #[error(transparent)]
    Start(#[from] StartRefusal),
    /// A golden vector was answered otherwise.
    #[error("PROBE_GOLDEN: {} golden vectors were answered otherwise, first {:?}: expected {}, got {}", .0.len(), .0[0].name, .0[0].expected, .0[0].got)]
    Golden(Vec<Mismatch>),
    /// The child ended while it answered.
    #[error("PROBE_DIED: the child ended while answering golden vectors")]
    Died,
    /// The golden vectors took too long.
    #[error("PROBE_SLOW: the golden vectors were not answered in time")]
    Slow,
}

impl ProbeRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Start(refusal) => refusal.code(),
            Self::Golden(_) => "PROBE_GOLDEN",
            Self::Died => "PROBE_DIED",
            Self::Slow => "PROBE_SLOW",
        }
    }
}

/// Tries a library: load, describe, create with the settings, self-test, golden vectors. Blocks for at most about the
/// configured time for a start, so call it from a thread that may (`spawn_blocking`).
pub fn probe(
    config: &Config,
    checked: &Checked,
    settings: &str,
    golden: Option<&Golden>,
) -> Result<Probed, ProbeRefusal> {
    let until = Instant::now() + config.start_limit;
    let mut child = spawn(config, checked, settings, true, 1)?;
    let description = std::mem::take(&mut child.description);
    let vectors = match golden {
        None => 0,
        Some(golden) => {
            let requests = golden.requests();
            let mut verdicts = Vec::with_capacity(requests.len());
            for (seq, some) in requests.chunks(MAX_COUNT).enumerate() {
                let seq = seq as u64 + 1;
                let mut frame = Writer::new(Head {
                    kind: Kind::Ask,
                    count: u16::try_from(some.len()).unwrap_or(0),
                    generation: child.generation,
                    seq,
                });
                some.iter().for_each(|request| put_request(&mut frame, request));
                let bytes = frame.finish().ok_or(StartRefusal::Protocol(Malformed("golden vectors too large")))?;
                if rustix::net::send(&child.socket, &bytes, rustix::net::SendFlags::NOSIGNAL).is_err() {
                    return Err(ProbeRefusal::Died);
                }
                verdicts.extend(answer(&child, config, seq, some.len(), until)?);
            }
            let mismatches = golden.compare(&verdicts);
            if !mismatches.is_empty() {
                return Err(ProbeRefusal::Golden(mismatches));
            }
            verdicts.len()
        }
    };
    Ok(Probed { description, vectors })
}

fn answer(
    child: &Child,
    config: &Config,
    seq: u64,
    count: usize,
    until: Instant,
) -> Result<Vec<Verdict>, ProbeRefusal> {
    let mut buffer = vec![0; MAX_FRAME + 1];
    loop {
        let length = match receive(&child.socket, &mut buffer, until) {
            Ok(Packet::Bytes(length)) => length,
            Ok(Packet::Late) => return Err(ProbeRefusal::Slow),
            Ok(Packet::End) | Err(_) => return Err(ProbeRefusal::Died),
        };
        let malformed = |e: Malformed| ProbeRefusal::Start(e.into());
        let (head, mut body) = decode(&buffer[..length]).map_err(malformed)?;
        if head.kind == Kind::Log {
            crate::spawn::log_line(&config.log, body).map_err(malformed)?;
            continue;
        }
        if head.kind != Kind::Answer || head.seq != seq || head.count as usize != count {
            return Err(malformed(Malformed("another answer than the one asked for")));
        }
        let verdicts = (0..count).map(|_| get_verdict(&mut body)).collect::<Result<_, _>>().map_err(malformed)?;
        body.end().map_err(malformed)?;
        return Ok(verdicts);
    }
}
