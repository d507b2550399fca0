//! The frames between server and child: little-endian, fixed head, one frame a packet. Both sides take the other for
//! broken or hostile: decoding is total, every length is checked against what is there, and nothing may be left over.
//!
//! | bytes | head |
//! |---|---|
//! | 0–3 | `KPF1` |
//! | 4 | kind |
//! | 5 | zero |
//! | 6–7 | how many requests or decisions |
//! | 8–11 | generation: which child; an answer of another one is a breach |
//! | 12–15 | length of the body |
//! | 16–23 | sequence number: which question |

use kith_plugin_loader::abi::{BadAnswer, Decision, Obligation, limits};
use kith_plugin_loader::{Attr, Fault, OwnedRequest, OwnedValue, Parts, Request, Text, Verdict};

/// The largest frame, in bytes.
pub const MAX_FRAME: usize = 128 * 1024;
/// The head, in bytes.
pub const HEAD: usize = 24;
/// The most requests in one frame.
pub const MAX_COUNT: usize = kith_plugin_loader::MAX_BATCH;

const MAGIC: [u8; 4] = *b"KPF1";

/// What a frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// To the child: the library's descriptor comes with it.
    Start = 1,
    /// From the child: it can be asked.
    Ready = 2,
    /// From the child: it cannot, and why. Its last frame.
    Failed = 3,
    /// From the child, in a description: a permission.
    Permission = 4,
    /// From the child, in a description: a setting.
    Setting = 5,
    /// To the child: requests.
    Ask = 7,
    /// From the child: as many decisions, in the same order.
    Answer = 8,
    /// From the child: a line of the plugin's log.
    Log = 9,
}

impl Kind {
    fn from_number(number: u8) -> Option<Self> {
        [Self::Start, Self::Ready, Self::Failed, Self::Permission, Self::Setting, Self::Ask, Self::Answer, Self::Log]
            .into_iter()
            .find(|kind| *kind as u8 == number)
    }
}

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// What it is for.
    pub kind: Kind,
    /// How many requests or decisions.
    pub count: u16,
    /// Which child.
    pub generation: u32,
    /// Which question.
    pub seq: u64,
}

/// A frame that is not one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("FRAME_MALFORMED: {0}")]
pub struct Malformed(pub &'static str);

/// Splits a packet into head and body.
pub fn decode(packet: &[u8]) -> Result<(Head, Reader<'_>), Malformed> {
    if packet.len() < HEAD || packet.len() > MAX_FRAME {
        return Err(Malformed("too short or too long"));
    }
    let (head, body) = packet.split_at(HEAD);
    let mut fields = Reader(head);
    if fields.take(4)? != MAGIC {
        return Err(Malformed("not our magic number"));
    }
    let kind = Kind::from_number(fields.u8()?).ok_or(Malformed("an unknown kind"))?;
    if fields.u8()? != 0 {
        return Err(Malformed("a byte that must be zero"));
    }
    let head = Head { kind, count: fields.u16()?, generation: fields.u32()?, seq: 0 };
    if fields.u32()? as usize != body.len() {
        return Err(Malformed("a length that is not the packet's"));
    }
    if head.count as usize > MAX_COUNT {
        return Err(Malformed("too many at once"));
    }
    Ok((Head { seq: fields.u64()?, ..head }, Reader(body)))
}

/// Writes a frame.
#[derive(Debug)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Begins a frame.
    #[must_use]
    pub fn new(head: Head) -> Self {
        let mut bytes = Vec::with_capacity(1024);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&[head.kind as u8, 0]);
        bytes.extend_from_slice(&head.count.to_le_bytes());
        bytes.extend_from_slice(&head.generation.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&head.seq.to_le_bytes());
        Self(bytes)
    }

    /// The whole frame; `None` when it is too large to send.
    #[must_use]
    pub fn finish(mut self) -> Option<Vec<u8>> {
        if self.0.len() > MAX_FRAME {
            return None;
        }
        let length = u32::try_from(self.0.len() - HEAD).ok()?;
        self.0[12..16].copy_from_slice(&length.to_le_bytes());
        Some(self.0)
    }

    /// How long it is so far, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no body yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.len() == HEAD
    }

    /// Changes the number of requests or decisions.
    pub fn set_count(&mut self, count: u16) {
        self.0[6..8].copy_from_slice(&count.to_le_bytes());
    }

    /// Forgets all after a length that [`len`](Self::len) gave.
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len.max(HEAD));
    }

    /// Raw bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    /// Two bytes.
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    /// Four bytes.
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    /// A text with its length before it.
    pub fn text(&mut self, text: &str) {
        self.u32(u32::try_from(text.len()).unwrap_or(u32::MAX));
        self.bytes(text.as_bytes());
    }
}

/// Reads a body. Every read is checked; nothing panics.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// So many bytes.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(Malformed("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed("it ends too early"))
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// Eight bytes with a sign.
    pub fn i64(&mut self) -> Result<i64, Malformed> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    /// A text.
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        let length = self.u32()? as usize;
        std::str::from_utf8(self.take(length)?).map_err(|_| Malformed("a text that is not UTF-8"))
    }

    /// The end: nothing may be left over.
    pub fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed("something after the end")) }
    }
}

/// Puts a request into a frame.
pub fn put_request(writer: &mut Writer, request: &OwnedRequest) {
    writer.u32(request.flags);
    writer.u64(request.deadline_mono_ns);
    writer.bytes(&request.request_id);
    for text in [&request.tenant, &request.principal, &request.permission, &request.parent_type, &request.field] {
        writer.text(text);
    }
    writer.u32(u32::try_from(request.roles.len()).unwrap_or(u32::MAX));
    for role in &request.roles {
        writer.text(role);
    }
    writer.u32(u32::try_from(request.attrs.len()).unwrap_or(u32::MAX));
    for attr in &request.attrs {
        writer.text(&attr.key);
        match &attr.value {
            OwnedValue::None => writer.u8(0),
            OwnedValue::Bool(value) => writer.bytes(&[1, u8::from(*value)]),
            OwnedValue::I64(value) => {
                writer.u8(2);
                writer.bytes(&value.to_le_bytes());
            }
            OwnedValue::F64(value) => {
                writer.u8(3);
                writer.bytes(&value.to_le_bytes());
            }
            OwnedValue::Str(value) => {
                writer.u8(4);
                writer.text(value);
            }
            OwnedValue::Money(units, currency) => {
                writer.u8(5);
                writer.bytes(&units.to_le_bytes());
                writer.u16(*currency);
            }
        }
    }
}

/// A request that borrows from a frame.
pub struct Asked<'a> {
    parts: Parts<'a>,
    roles: Vec<Text<'a>>,
    attrs: Vec<Attr<'a>>,
}

impl Asked<'_> {
    /// Ready for a call.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        Request::new(&Parts { roles: &self.roles, attrs: &self.attrs, ..self.parts })
    }
}

/// Takes a request from a frame.
pub fn get_request<'a>(reader: &mut Reader<'a>) -> Result<Asked<'a>, Malformed> {
    let parts = Parts {
        flags: reader.u32()?,
        deadline_mono_ns: reader.u64()?,
        request_id: reader.array()?,
        tenant: reader.text()?,
        principal: reader.text()?,
        permission: reader.text()?,
        parent_type: reader.text()?,
        field: reader.text()?,
        roles: &[],
        attrs: &[],
    };
    // Each takes four bytes at least, so that the frame's size bounds the lists.
    let roles = (0..reader.u32()?).map(|_| Ok(Text::new(reader.text()?))).collect::<Result<_, _>>()?;
    let attrs = (0..reader.u32()?).map(|_| attr(reader)).collect::<Result<_, _>>()?;
    Ok(Asked { parts, roles, attrs })
}

fn attr<'a>(reader: &mut Reader<'a>) -> Result<Attr<'a>, Malformed> {
    let key = reader.text()?;
    Ok(match reader.u8()? {
        0 => Attr::none(key),
        1 => Attr::bool(key, reader.u8()? != 0),
        2 => Attr::i64(key, reader.i64()?),
        3 => Attr::f64(key, f64::from_le_bytes(reader.array()?)),
        4 => Attr::text(key, reader.text()?),
        5 => Attr::money(key, reader.i64()?, reader.u16()?),
        _ => return Err(Malformed("an attribute of an unknown kind")),
    })
}

const BAD_ANSWERS: [BadAnswer; 7] = [
    BadAnswer::Size,
    BadAnswer::Effect,
    BadAnswer::TooManyObligations,
    BadAnswer::UnknownObligation,
    BadAnswer::BadObligation,
    BadAnswer::TextRange,
    BadAnswer::TextEncoding,
];

/// Puts a verdict into a frame.
pub fn put_verdict(writer: &mut Writer, verdict: &Verdict) {
    match verdict.fault() {
        Some(Fault::Answer(bad)) => {
            let number = BAD_ANSWERS.iter().position(|one| *one == bad).unwrap_or(0);
            writer.bytes(&[2, u8::try_from(number).unwrap_or(0)]);
        }
        Some(Fault::Status(status)) => {
            writer.u8(1);
            writer.bytes(&status.to_le_bytes());
        }
        // A child has no other faults to tell; any is a failure.
        Some(_) => {
            writer.u8(1);
            writer.bytes(&(-1_i32).to_le_bytes());
        }
        None => {
            writer.u8(0);
            put_decision(writer, verdict.decision());
        }
    }
}

fn put_decision(writer: &mut Writer, decision: &Decision) {
    for value in
        [decision.effect, decision.reason_code, decision.cache_ttl_ms, decision.n_obligations, decision.text_len]
    {
        writer.u32(value);
    }
    let obligations = decision.obligations.iter().take(decision.n_obligations as usize);
    let mut used = decision.text_len;
    for one in obligations {
        writer.u32(one.kind);
        writer.u32(one.aux);
        writer.bytes(&one.value.to_le_bytes());
        writer.u32(one.text_off);
        writer.u32(one.text_len);
        used = used.max(one.text_off.saturating_add(one.text_len));
    }
    let used = (used as usize).min(limits::TEXT);
    writer.u16(u16::try_from(used).unwrap_or(0));
    writer.bytes(&decision.text[..used]);
}

/// Takes a verdict from a frame, and checks it as if the plugin had written it here.
pub fn get_verdict(reader: &mut Reader<'_>) -> Result<Verdict, Malformed> {
    match reader.u8()? {
        0 => get_decision(reader).map(|decision| Verdict::of(0, &decision)),
        1 => match i32::from_le_bytes(reader.array()?) {
            0 => Err(Malformed("a failure without one")),
            status => Ok(Verdict::fault_of(Fault::Status(status))),
        },
        2 => BAD_ANSWERS
            .get(reader.u8()? as usize)
            .map(|bad| Verdict::fault_of(Fault::Answer(*bad)))
            .ok_or(Malformed("an unknown fault")),
        _ => Err(Malformed("an unknown outcome")),
    }
}

fn get_decision(reader: &mut Reader<'_>) -> Result<Decision, Malformed> {
    let mut decision = Decision {
        effect: reader.u32()?,
        reason_code: reader.u32()?,
        cache_ttl_ms: reader.u32()?,
        n_obligations: reader.u32()?,
        text_len: reader.u32()?,
        ..Decision::DENY
    };
    let count = decision.n_obligations as usize;
    let room = decision.obligations.get_mut(..count).ok_or(Malformed("too many obligations"))?;
    for one in room {
        *one = Obligation {
            kind: reader.u32()?,
            aux: reader.u32()?,
            value: reader.i64()?,
            text_off: reader.u32()?,
            text_len: reader.u32()?,
        };
    }
    let used = reader.u16()? as usize;
    let text = reader.take(used)?;
    decision.text.get_mut(..used).ok_or(Malformed("too much text"))?.copy_from_slice(text);
    Ok(decision)
}

/// For fuzzing: decodes whatever the bytes are, as each side would; must return.
pub fn fuzz_frame(packet: &[u8]) {
    let Ok((head, reader)) = decode(packet) else { return };
    let mut asked = reader;
    for _ in 0..head.count {
        match get_request(&mut asked) {
            Ok(one) => {
                let _ = one.request();
            }
            Err(_) => break,
        }
    }
    let mut answered = reader;
    for _ in 0..head.count {
        if get_verdict(&mut answered).is_err() {
            break;
        }
    }
    let _ = crate::start::Start::read(reader);
    let _ = crate::start::read_permission(reader);
    let _ = crate::start::read_setting(reader);
    let _ = crate::start::read_failed(reader);
    let _ = reader.end();
}
