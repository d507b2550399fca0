//! A set of permission numbers. Testing one is a shift and a mask.

use super::catalogue::Number;

/// A set of permission numbers, as long as its largest member needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bits(Box<[u64]>);

impl Bits {
    /// Whether the set holds `number`.
    #[must_use]
    #[inline]
    pub fn has(&self, number: Number) -> bool {
        let number = usize::from(number);
        self.0.get(number >> 6).is_some_and(|word| word >> (number & 63) & 1 == 1)
    }

    /// Whether the set holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The members, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Number> + '_ {
        (0..self.0.len() * 64).filter_map(|n| Number::try_from(n).ok()).filter(|n| self.has(*n))
    }
}

impl FromIterator<Number> for Bits {
    fn from_iter<I: IntoIterator<Item = Number>>(numbers: I) -> Self {
        let mut words = Vec::new();
        for number in numbers.into_iter().map(usize::from) {
            if words.len() <= number >> 6 {
                words.resize((number >> 6) + 1, 0_u64);
            }
            words[number >> 6] |= 1 << (number & 63);
        }
        Self(words.into_boxed_slice())
    }
}
