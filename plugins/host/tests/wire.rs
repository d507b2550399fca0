//! The frames: what is written is read, and nothing else is.
#![allow(clippy::unwrap_used, reason = "tests")]

use kith_plugin_host::wire::{
    HEAD, Head, Kind, MAX_FRAME, Writer, decode, fuzz_frame, get_request, get_verdict, put_request, put_verdict,
};
use kith_plugin_loader::abi::{Decision, Obligation};
use kith_plugin_loader::{Fault, OwnedAttr, OwnedRequest, OwnedValue, Verdict};

struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below.max(1)
    }

    fn text(&mut self) -> String {
        (0..self.next(12)).map(|_| ['a', '.', '打', '\0', '𝄞'][self.next(5) as usize]).collect()
    }

    fn request(&mut self) -> OwnedRequest {
        let value = |r: &mut Self| match r.next(6) {
            0 => OwnedValue::None,
            1 => OwnedValue::Bool(r.next(2) == 1),
            2 => OwnedValue::I64(r.next(u64::MAX) as i64),
            3 => OwnedValue::F64(r.next(1000) as f64 / 8.0),
            4 => OwnedValue::Str(r.text()),
            _ => OwnedValue::Money(r.next(1 << 40) as i64 - (1 << 39), r.next(1000) as u16),
        };
        OwnedRequest {
            flags: self.next(8) as u32,
            deadline_mono_ns: self.next(u64::MAX),
            request_id: [self.next(256) as u8; 16],
            tenant: self.text(),
            principal: self.text(),
            permission: self.text(),
            parent_type: self.text(),
            field: self.text(),
            roles: (0..self.next(4)).map(|_| self.text()).collect(),
            attrs: (0..self.next(5)).map(|_| OwnedAttr { key: self.text(), value: value(self) }).collect(),
        }
    }

    fn verdict(&mut self) -> Verdict {
        match self.next(5) {
            0 => Verdict::fault_of(Fault::Status(-2)),
            1 => Verdict::of(0, &Decision { effect: 9, ..Decision::DENY }),
            _ => {
                let mut decision = Decision {
                    effect: self.next(2) as u32,
                    reason_code: self.next(1 << 32) as u32,
                    cache_ttl_ms: self.next(1000) as u32,
                    n_obligations: self.next(9) as u32,
                    text_len: self.next(297) as u32,
                    text: [b'x'; 296],
                    ..Decision::DENY
                };
                for one in &mut decision.obligations {
                    let text_off = self.next(297) as u32;
                    let text_len = self.next(u64::from(297 - text_off)) as u32;
                    *one = Obligation { kind: 1, aux: 156, value: 1 + self.next(1 << 40) as i64, text_off, text_len };
                }
                Verdict::of(0, &decision)
            }
        }
    }
}

fn head(count: u16) -> Head {
    Head { kind: Kind::Ask, count, generation: 3, seq: u64::MAX - 5 }
}

#[test]
fn requests_are_read_as_they_were_written() {
    let mut random = Random(1);
    for _ in 0..2000 {
        let requests: Vec<OwnedRequest> = (0..1 + random.next(32)).map(|_| random.request()).collect();
        let mut writer = Writer::new(head(requests.len() as u16));
        requests.iter().for_each(|r| put_request(&mut writer, r));
        let bytes = writer.finish().unwrap();
        let (read, mut body) = decode(&bytes).unwrap();
        assert_eq!(read, head(requests.len() as u16));
        // Written again from what was read, it is the same: compared through a second frame.
        for _ in &requests {
            let _ = get_request(&mut body).unwrap().request();
        }
        body.end().unwrap();
    }
}

#[test]
fn verdicts_are_read_as_they_were_written() {
    let mut random = Random(2);
    for _ in 0..20_000 {
        let verdict = random.verdict();
        let mut writer = Writer::new(head(1));
        put_verdict(&mut writer, &verdict);
        let bytes = writer.finish().unwrap();
        let (_, mut body) = decode(&bytes).unwrap();
        assert_eq!(get_verdict(&mut body).unwrap(), verdict);
        body.end().unwrap();
    }
}

#[test]
fn a_verdict_that_lies_is_a_denial_or_malformed() {
    // Allow, with a text that runs beyond its memory.
    let mut writer = Writer::new(head(1));
    writer.u8(0);
    for value in [1_u32, 0, 0, 0, 297] {
        writer.u32(value);
    }
    writer.u16(0);
    let bytes = writer.finish().unwrap();
    let verdict = get_verdict(&mut decode(&bytes).unwrap().1).unwrap();
    assert!(!verdict.allowed() && verdict.fault().is_some());
    // An unknown effect.
    let mut writer = Writer::new(head(1));
    writer.u8(0);
    for value in [2_u32, 0, 0, 0, 0] {
        writer.u32(value);
    }
    writer.u16(0);
    let bytes = writer.finish().unwrap();
    assert!(!get_verdict(&mut decode(&bytes).unwrap().1).unwrap().allowed());
    // A failure with status 0.
    let mut writer = Writer::new(head(1));
    writer.u8(1);
    writer.u32(0);
    let bytes = writer.finish().unwrap();
    assert!(get_verdict(&mut decode(&bytes).unwrap().1).is_err());
}

#[test]
fn each_changed_byte_of_a_head_is_noticed_or_changes_what_it_says() {
    let mut writer = Writer::new(head(1));
    put_request(&mut writer, &OwnedRequest::default());
    let bytes = writer.finish().unwrap();
    for at in 0..HEAD {
        let mut changed = bytes.clone();
        changed[at] ^= 0x40;
        if let Ok((read, _)) = decode(&changed) {
            assert_ne!(read, head(1), "byte {at}");
        }
    }
    for cut in 0..bytes.len() {
        assert!(decode(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(decode(&longer).is_err());
    assert!(decode(&vec![0; MAX_FRAME + 1]).is_err());
}

#[test]
fn random_frames_never_panic_the_decoder() {
    let mut random = Random(3);
    for round in 0..50_000 {
        let mut writer = Writer::new(head(random.next(4) as u16));
        for _ in 0..random.next(4) {
            match random.next(2) {
                0 => put_request(&mut writer, &random.request()),
                _ => put_verdict(&mut writer, &random.verdict()),
            }
        }
        let mut bytes = writer.finish().unwrap();
        for _ in 0..random.next(6) {
            let at = random.next(bytes.len() as u64) as usize;
            bytes[at] = [0, 1, 0x7f, 0xff, random.next(256) as u8][random.next(5) as usize];
        }
        if round % 3 == 0 {
            // A length that fits, so that the body is looked at.
            let length = (bytes.len() - HEAD) as u32;
            bytes[12..16].copy_from_slice(&length.to_le_bytes());
            bytes[..5].copy_from_slice(b"KPF1\x07");
            bytes[5] = 0;
        }
        fuzz_frame(&bytes);
    }
}
