use kith::cli::schema::*;

#[test]
fn the_first_difference_is_named() {
    assert_eq!(first_difference("a\nb", "a\nb\n"), None);
    assert_eq!(first_difference("a\nx", "a\nb"), Some((2, "x".to_owned(), "b".to_owned())));
    assert_eq!(first_difference("a", "a\nb"), Some((2, String::new(), "b".to_owned())));
}
