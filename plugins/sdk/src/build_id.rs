//! The name of this build: the GNU build id that the linker wrote into the library.
//!
//! A host that loads a library must know that it got the bytes it asked for: glibc can hand out an older library of the
//! same name. The signer reads the id from the file, the host from the running code.

const PT_NOTE: u32 = 4;
const NT_GNU_BUILD_ID: u32 = 3;

/// The parts of an ELF header that are needed.
#[repr(C)]
struct Header {
    ident: [u8; 16],
    kind: u16,
    machine: u16,
    version: u32,
    entry: u64,
    phoff: u64,
    shoff: u64,
    flags: u32,
    ehsize: u16,
    phentsize: u16,
    phnum: u16,
}

#[repr(C)]
struct Part {
    kind: u32,
    flags: u32,
    offset: u64,
    vaddr: u64,
    paddr: u64,
    filesz: u64,
    memsz: u64,
    align: u64,
}

#[repr(C)]
struct Note {
    name_len: u32,
    desc_len: u32,
    kind: u32,
}

unsafe extern "C" {
    /// Where this library begins in memory. Every linker defines it, for each library its own.
    static __ehdr_start: Header;
}

/// The id, padded with zeros; all zeros when the linker wrote none.
pub(crate) fn build_id() -> [u8; 32] {
    let mut id = [0; 32];
    // SAFETY: the linker's description of this very library, which is in memory as long as the code is. Notes are
    // aligned to four bytes, and their lengths lie within the part that the header tells.
    unsafe {
        let base = (&raw const __ehdr_start).cast::<u8>();
        let parts = base.add(usize::try_from(__ehdr_start.phoff).unwrap_or(0)).cast::<Part>();
        for at in 0..usize::from(__ehdr_start.phnum) {
            let part = &*parts.add(at);
            if part.kind != PT_NOTE {
                continue;
            }
            let start = base.add(usize::try_from(part.vaddr).unwrap_or(0));
            let len = usize::try_from(part.memsz).unwrap_or(0);
            let mut off = 0;
            while off + size_of::<Note>() <= len {
                let note = &*start.add(off).cast::<Note>();
                let name = off + size_of::<Note>();
                let desc = name + (note.name_len as usize).next_multiple_of(4);
                let end = desc + note.desc_len as usize;
                if end > len {
                    break;
                }
                if note.kind == NT_GNU_BUILD_ID && std::slice::from_raw_parts(start.add(name), 4) == b"GNU\0" {
                    let bytes = std::slice::from_raw_parts(start.add(desc), (note.desc_len as usize).min(id.len()));
                    id[..bytes.len()].copy_from_slice(bytes);
                    return id;
                }
                off = end.next_multiple_of(4);
            }
        }
    }
    id
}
