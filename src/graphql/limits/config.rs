//! The limits and their defaults.

/// How much one request may ask for. Every figure is the most that passes.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of query text.
    pub text: usize,
    /// Tokens: names, numbers, strings and punctuation; commas and comments do not count.
    pub tokens: usize,
    /// Brackets of any kind inside one another, in the text itself. Bounds the parser's recursion.
    pub nesting: usize,
    /// Bytes of one name.
    pub name: usize,
    /// Selection sets inside one another, with fragments in their places. The introspection query of graphql-js needs 19;
    /// below 15 no tool's query passes.
    pub depth: u64,
    /// Aliases in the document.
    pub aliases: u64,
    /// Fields at the root of the operation, with fragments in their places.
    pub root_fields: u64,
    /// Directives in the document.
    pub directives: usize,
    /// Fragment definitions in the document.
    pub fragments: usize,
    /// Selections of all operations together, with fragments in their places: what the validator walks.
    pub selections: u64,
    /// Values that the answer can hold: every field once, times the sizes of the pages and lists around it.
    pub cost: u64,
    /// Rows that a connection counts for when neither `first` nor `last` is said.
    pub page: u64,
    /// Elements that a list which is no connection counts for.
    pub list: u64,
    /// What one field of an introspection counts for.
    pub introspection: u64,
    /// Whether `__schema` and `__type` may be asked for.
    pub introspectable: bool,
    /// Input values, with variables in their places (a string counts once more per 256 bytes).
    pub input_values: u64,
    /// Lists and objects inside one another in a variable.
    pub input_depth: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text: 32 * 1024,
            tokens: 2_000,
            nesting: 50,
            name: 128,
            depth: 25,
            aliases: 30,
            root_fields: 20,
            directives: 50,
            fragments: 50,
            selections: 5_000,
            cost: 20_000,
            page: 20,
            list: 5,
            introspection: 20,
            introspectable: true,
            input_values: 10_000,
            input_depth: 32,
        }
    }
}
