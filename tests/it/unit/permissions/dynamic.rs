use kith::permissions::catalogue::{Entry, Number, by_code, by_number, code};
use kith::permissions::dynamic::*;

fn told(number: Number, name: &str, active: bool) -> Code {
    Code {
        number,
        code: name.to_owned(),
        service: "acme-print".to_owned(),
        parent: None,
        title: ("Print".to_owned(), "打印".to_owned()),
        help: String::new(),
        heading: false,
        money: false,
        high_risk: false,
        active,
    }
}

/// One test, since what is installed is the process's.
#[test]
fn r5_8_codes_of_services_are_looked_up_like_kiths_own() {
    install(&[told(1024, "acme.print", true), told(1030, "acme.reprint", false)]);
    assert_eq!(by_code("acme.print").map(|e| e.number), Some(1024));
    assert_eq!(code(1030), "acme.reprint");
    assert!(by_number(1030).is_some_and(Entry::is_dormant) && by_number(1024).is_some_and(Entry::is_active));
    assert!(by_number(1025).is_none() && by_number(u16::MAX).is_none());
    assert!(current().any_active());
    let before = by_code("acme.print").map(std::ptr::from_ref);
    install(&[told(1024, "acme.print", true)]);
    assert_eq!(by_code("acme.print").map(std::ptr::from_ref), before, "the same words are kept once");
    assert!(by_code("acme.reprint").is_none());
    install(&[]);
    assert!(by_code("acme.print").is_none() && !current().any_active());
}
