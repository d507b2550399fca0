//! The policy as text, and that nothing escapes it.

mod matrix;
