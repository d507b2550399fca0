use kith::domains::family::links::model::*;

#[test]
fn relations_are_read_as_they_are_written() {
    for relation in Relation::ALL {
        assert_eq!(Relation::parse(relation.text()), relation);
    }
    assert_eq!(Relation::parse("COUSIN"), Relation::Other);
}
