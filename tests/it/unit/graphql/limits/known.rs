use async_graphql::parser::parse_query;

use kith::graphql::limits::known::*;

#[test]
fn h25_what_is_kept_is_bounded() {
    let known = Known::default();
    let document = Document::new(parse_query("{ a }").unwrap());
    for i in 0..2_000 {
        known.keep(&format!("{{ a{i} }}"), &document);
        assert!(known.count() <= MOST);
        assert!(known.get(&format!("{{ a{i} }}")).is_some());
    }
    let long = "a".repeat(LONGEST + 1);
    known.keep(&long, &document);
    assert!(known.get(&long).is_none());
}
