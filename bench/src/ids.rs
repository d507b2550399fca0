//! TypeIDs as Kith shows them, for code that is to owe Kith nothing.

use uuid::Uuid;

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// `prefix_` and 26 digits.
pub fn text(prefix: &str, id: Uuid) -> String {
    let mut text = String::with_capacity(prefix.len() + 27);
    text.push_str(prefix);
    text.push('_');
    let value = id.as_u128();
    for place in (0..26).rev() {
        text.push(char::from(DIGITS[usize::try_from(value >> (place * 5) & 31).unwrap_or(0)]));
    }
    text
}

/// The key behind a TypeID, whatever its prefix.
pub fn key(text: &str) -> Option<Uuid> {
    let digits = text.rsplit_once('_')?.1.as_bytes();
    if digits.len() != 26 {
        return None;
    }
    let mut value = 0_u128;
    for digit in digits {
        let at = DIGITS.iter().position(|d| d == digit)?;
        value = value << 5 | u128::try_from(at).ok()?;
    }
    Some(Uuid::from_u128(value))
}

#[cfg(test)]
mod tests {
    use kith::kernel::ids::{ShopId, TypedId};

    #[test]
    fn the_same_as_kiths() {
        let shop = ShopId::generate();
        assert_eq!(super::text("shop", shop.uuid()), shop.to_string());
        assert_eq!(super::key(&shop.to_string()), Some(shop.uuid()));
    }
}
