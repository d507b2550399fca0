use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, Selection};
use async_graphql_value::Value;
use rand::{RngExt, SeedableRng};

use kith::graphql::limits::Limits;
use kith::graphql::limits::scan::*;

fn code(text: &str) -> Option<&'static str> {
    scan(text, &Limits { tokens: 100, nesting: 5, directives: 3, name: 10, text: 1_000, ..Limits::default() })
        .err()
        .map(|r| r.code)
}

#[test]
fn h24_brackets_in_strings_and_comments_do_not_count() {
    assert_eq!(code(r#"{ a(b: "{{{{{{{{[[[[[[") # {{{{{{{{{{"#), None);
    assert_eq!(code("{ a(b: \"\"\"{{{{{{{{ \\\"\"\" {{{{{\"\"\") }"), None);
    assert_eq!(code(r#"{ a(b: "\"{{{{{{{{{") }"#), None);
    assert_eq!(code("{ a(b: \"open\n{{{{{"), Some("QUERY_TOO_DEEP"));
}

#[test]
fn h24_a_block_string_without_an_end_hides_nothing() {
    assert_eq!(code(r#"{ a(b: ["""x" [[[[[[[[[["#), Some("QUERY_TOO_DEEP"));
    assert_eq!(code(r#"{ a(b: ["""\"""" [[[[[[[[[["#), Some("QUERY_TOO_DEEP"));
}

#[test]
fn h25_each_figure_has_its_code() {
    assert_eq!(code("{{{{{{"), Some("QUERY_TOO_DEEP"));
    assert_eq!(code(&"[".repeat(900)), Some("QUERY_TOO_DEEP"));
    assert_eq!(code(&"a ".repeat(101)), Some("TOO_MANY_TOKENS"));
    assert_eq!(code(&"a ".repeat(501)), Some("QUERY_TOO_LONG"));
    assert_eq!(code("@a @a @a @a"), Some("TOO_MANY_DIRECTIVES"));
    assert_eq!(code("abcdefghijk"), Some("NAME_TOO_LONG"));
    assert_eq!(code(&"{ a } ".repeat(20)), None);
}

#[test]
fn h25_whatever_the_bytes_the_scan_ends() {
    for text in ["\"", "\"\"\"", "\"\\", "\"\"\"\\\"\"\"", "#", "é…\u{feff}", ".", "-", "\\", "\0"] {
        assert_eq!(code(text), None, "{text:?}");
    }
}

/// Brackets around the innermost value, as the parser understood the text.
fn understood(document: &ExecutableDocument) -> usize {
    fn value(v: &Value) -> usize {
        match v {
            Value::List(list) => 1 + list.iter().map(value).max().unwrap_or(0),
            Value::Object(map) => 1 + map.values().map(value).max().unwrap_or(0),
            _ => 0,
        }
    }
    let DocumentOperations::Single(operation) = &document.operations else { return 0 };
    let Selection::Field(field) = &operation.node.selection_set.node.items[0].node else { return 0 };
    2 + field.node.arguments.iter().map(|(_, v)| value(&v.node)).max().unwrap_or(0)
}

/// No text makes the parser see brackets that the scan does not count: texts of the parts that strings, comments and lists are
/// made of, in every order that chance gives.
#[test]
fn h24_the_scan_and_the_parser_agree_on_what_is_a_bracket() {
    const PARTS: [&str; 15] =
        ["\"", "\"\"", "\"\"\"", "\\", "\\\"", "\\\"\"\"", "[", "[", "]", "]", "\n", "#", " ", "x", "\\n"];
    let mut random = rand::rngs::StdRng::seed_from_u64(24);
    let mut parsed = 0;
    for round in 0..60_000 {
        let length = random.random_range(1..14);
        let middle: String = (0..length).map(|_| PARTS[random.random_range(0..PARTS.len())]).collect();
        let text = format!("{{a(b:[{middle}])}}");
        let limits = |nesting| Limits { nesting, ..Limits::default() };
        if scan(&text, &limits(50)).is_err() {
            continue;
        }
        let Ok(document) = parse_query(&text) else { continue };
        parsed += 1;
        let depth = understood(&document);
        assert!(scan(&text, &limits(depth - 1)).is_err(), "seed 24, round {round}: {depth} brackets deep: {text:?}");
    }
    assert!(parsed > 1_000, "only {parsed} texts were GraphQL");
}
