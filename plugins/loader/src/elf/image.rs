//! The parts of an ELF file that the dynamic linker reads: total readers over a slice.

use super::ElfRefusal;

const PAGE: u64 = 4096;

/// One entry of the dynamic section.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// What it is.
    pub tag: u64,
    /// Its value or address.
    pub value: u64,
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    kind: u32,
    flags: u32,
    offset: u64,
    address: u64,
    file_size: u64,
    memory_size: u64,
    align: u64,
}

/// A file whose headers are sound.
#[derive(Debug)]
pub struct Image<'a> {
    bytes: &'a [u8],
    segments: Vec<Segment>,
}

/// Four bytes at an offset.
pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

fn slice(bytes: &[u8], at: u64, size: u64) -> Option<&[u8]> {
    bytes.get(usize::try_from(at).ok()?..usize::try_from(at.checked_add(size)?).ok()?)
}

/// A name in a string table: at most 4,096 bytes, UTF-8, ended by a zero.
pub fn string(table: &[u8], at: u64) -> Option<String> {
    let rest = table.get(usize::try_from(at).ok()?..)?;
    let end = rest.iter().take(4096).position(|b| *b == 0)?;
    Some(std::str::from_utf8(&rest[..end]).ok()?.to_owned())
}

impl<'a> Image<'a> {
    /// Reads the headers and judges the segments.
    pub fn parse(bytes: &'a [u8], machine: u16) -> Result<Self, ElfRefusal> {
        let malformed = ElfRefusal::Malformed;
        let head = bytes.get(..64).ok_or(malformed("shorter than a header"))?;
        if head[..4] != *b"\x7fELF" || head[4] != 2 || head[5] != 1 || head[6] != 1 {
            return Err(malformed("not a 64-bit little-endian ELF file"));
        }
        if ![0, 3].contains(&head[7]) {
            return Err(malformed("for another system"));
        }
        let half = |at| u16_at(head, at).unwrap_or(0);
        if half(18) != machine {
            return Err(ElfRefusal::Machine(half(18)));
        }
        if half(16) != 3 {
            return Err(ElfRefusal::NotShared);
        }
        let (size, count) = (half(54), half(56));
        if size != 56 || count == 0 || count > 64 {
            return Err(malformed("program headers of an odd size or number"));
        }
        let table = u64_at(head, 32)
            .and_then(|at| slice(bytes, at, u64::from(size) * u64::from(count)))
            .ok_or(malformed("program headers outside the file"))?;
        let segments = table.chunks_exact(56).filter_map(segment).collect();
        let image = Self { bytes, segments };
        image.judge()?;
        Ok(image)
    }

    fn judge(&self) -> Result<(), ElfRefusal> {
        const INTERPRETER: u32 = 3;
        const STACK: u32 = 0x6474_e551;
        if self.segments.iter().any(|s| s.kind == INTERPRETER) {
            return Err(ElfRefusal::NotShared);
        }
        // Without this header the stack becomes executable too.
        let mut stacks = self.segments.iter().filter(|s| s.kind == STACK);
        if stacks.next().is_none_or(|s| s.flags & 1 != 0) || stacks.next().is_some() {
            return Err(ElfRefusal::ExecutableStack);
        }
        let mut end = 0;
        for load in self.loads() {
            if load.flags & 3 == 3 {
                return Err(ElfRefusal::WritableCode);
            }
            let fault = ElfRefusal::Malformed;
            if load.file_size > load.memory_size || load.memory_size == 0 {
                return Err(fault("a segment larger in the file than in memory"));
            }
            slice(self.bytes, load.offset, load.file_size).ok_or(fault("a segment outside the file"))?;
            // Each page belongs to one segment, so that an address has one meaning. The linker maps 2 GiB at most here.
            let last = load.address.checked_add(load.memory_size).filter(|last| *last < 1 << 31);
            let last = last.ok_or(fault("a segment beyond 2 GiB"))?;
            if load.address % PAGE != load.offset % PAGE || load.address / PAGE * PAGE < end {
                return Err(fault("segments that overlap or are not aligned"));
            }
            end = last.div_ceil(PAGE) * PAGE;
        }
        Ok(())
    }

    fn loads(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(|s| s.kind == 1)
    }

    fn at(&self, address: u64, size: u64, constant: bool) -> Option<&'a [u8]> {
        let load = self.loads().find(|s| {
            address >= s.address
                && address.checked_add(size).is_some_and(|end| end <= s.address + s.file_size)
                && !(constant && s.flags & 2 != 0)
        })?;
        slice(self.bytes, load.offset + (address - load.address), size)
    }

    /// The bytes at an address that nothing can change while loading: in a segment that is not writable.
    pub fn at_constant(&self, address: u64, size: u64) -> Option<&'a [u8]> {
        self.at(address, size, true)
    }

    /// The dynamic section, in which every tag but `DT_NEEDED` stands once at most (of doubled ones the last would
    /// count).
    pub fn dynamic(&self) -> Result<Vec<Entry>, ElfRefusal> {
        let malformed = ElfRefusal::Malformed;
        let mut sections = self.segments.iter().filter(|s| s.kind == 2);
        let (Some(section), None) = (sections.next(), sections.next()) else {
            return Err(malformed("no dynamic section, or two"));
        };
        let bytes = self
            .at(section.address, section.memory_size, false)
            .ok_or(malformed("the dynamic section is in no segment"))?;
        let mut entries = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for pair in bytes.chunks_exact(16) {
            let (tag, value) = (u64_at(pair, 0).unwrap_or(0), u64_at(pair, 8).unwrap_or(0));
            match tag {
                0 => return Ok(entries),
                1 if entries.len() > 256 => return Err(malformed("too many needed libraries")),
                1 => {}
                other if seen.insert(other) => {}
                _ => return Err(malformed("a doubled entry in the dynamic section")),
            }
            entries.push(Entry { tag, value });
        }
        Err(malformed("the dynamic section has no end"))
    }

    /// The GNU build id, padded, and its length. `None` when there is none, or when two differ.
    pub fn build_id(&self) -> Option<([u8; 32], usize)> {
        let mut found = None;
        for note in self.segments.iter().filter(|s| s.kind == 4) {
            // In memory, as the library itself will see it.
            let bytes = self.at_constant(note.address, note.memory_size)?;
            let align = if note.align == 8 { 8 } else { 4 };
            let mut at = 0;
            while let (Some(name), Some(size), Some(kind)) =
                (u32_at(bytes, at), u32_at(bytes, at + 4), u32_at(bytes, at + 8))
            {
                let text = at + 12;
                let start = text.checked_add(name as usize)?.checked_next_multiple_of(align)?;
                let end = start.checked_add(size as usize)?;
                if kind == 3 && bytes.get(text..text + 4) == Some(b"GNU\0") && name == 4 {
                    let id = bytes.get(start..end).filter(|id| (8..=32).contains(&id.len()))?;
                    let mut padded = [0; 32];
                    padded[..id.len()].copy_from_slice(id);
                    if found.is_some_and(|other| other != (padded, id.len())) || padded == [0; 32] {
                        return None;
                    }
                    found = Some((padded, id.len()));
                }
                at = end.checked_next_multiple_of(align)?;
            }
        }
        found
    }
}

fn segment(bytes: &[u8]) -> Option<Segment> {
    Some(Segment {
        kind: u32_at(bytes, 0)?,
        flags: u32_at(bytes, 4)?,
        offset: u64_at(bytes, 8)?,
        address: u64_at(bytes, 16)?,
        file_size: u64_at(bytes, 32)?,
        memory_size: u64_at(bytes, 40)?,
        align: u64_at(bytes, 48)?,
    })
}

/// How many symbols can be found by name: the larger count of the two hash tables, of which there must be one.
pub fn symbol_count(image: &Image<'_>, sysv: Option<u64>, gnu: Option<u64>) -> Option<u64> {
    let sysv = match sysv {
        Some(at) => Some(u64::from(u32_at(image.at_constant(at, 8)?, 4)?)),
        None => None,
    };
    let gnu = match gnu {
        Some(at) => Some(gnu_count(image, at)?),
        None => None,
    };
    match (sysv, gnu) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0).max(b.unwrap_or(0))),
    }
}

fn gnu_count(image: &Image<'_>, at: u64) -> Option<u64> {
    let head = image.at_constant(at, 16)?;
    let (buckets, first, bloom) = (u32_at(head, 0)?, u32_at(head, 4)?, u32_at(head, 8)?);
    let table = at.checked_add(16)?.checked_add(u64::from(bloom) * 8)?;
    let all = image.at_constant(table, u64::from(buckets) * 4)?;
    // The bucket that begins last: its chain ends last, at the first entry with the lowest bit set.
    let last = all.chunks_exact(4).filter_map(|b| u32_at(b, 0)).max().unwrap_or(0);
    if last < first {
        return Some(u64::from(first));
    }
    let chains = table.checked_add(u64::from(buckets) * 4)?;
    let mut symbol = u64::from(last);
    loop {
        let entry = image.at_constant(chains.checked_add((symbol - u64::from(first)) * 4)?, 4)?;
        symbol += 1;
        if u32_at(entry, 0)? & 1 != 0 {
            return Some(symbol);
        }
    }
}
