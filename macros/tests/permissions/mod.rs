//! A catalogue as short as it can be.

pub mod catalogue {
    /// The codes that exist here; a code's number is its place.
    pub const CODES: [&str; 3] = ["refund.approve", "refund.read", "shop.read"];

    pub const fn number(code: &str) -> u16 {
        let mut at = 0;
        while at < CODES.len() {
            if same(CODES[at].as_bytes(), code.as_bytes()) {
                return at as u16;
            }
            at += 1;
        }
        panic!("this permission code is not in the catalogue")
    }

    const fn same(one: &[u8], other: &[u8]) -> bool {
        let mut at = 0;
        while at < one.len() && at < other.len() && one[at] == other[at] {
            at += 1;
        }
        at == one.len() && at == other.len()
    }
}
