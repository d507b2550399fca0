use kith::domains::accounts::token::*;

#[test]
fn forged_tokens_are_told_by_their_checksum() {
    let token = Token::generate();
    assert_eq!(Token::parse(token.reveal()), Some(token.clone()));
    assert_ne!(Token::generate(), token);
    let mut forged = token.reveal().to_owned();
    let last = forged.pop();
    forged.push(if last == Some('0') { '1' } else { '0' });
    assert_eq!(Token::parse(&forged), None);
    for bad in ["", "kith_", "Bearer", &"kith_é".repeat(12), &forged[..70]] {
        assert_eq!(Token::parse(bad), None, "{bad}");
    }
    assert!(!format!("{token:?}").contains(&token.reveal()[5..20]));
}

#[test]
fn a_token_of_one_kind_is_none_of_another() {
    let (session, service) = (Token::generate(), Token::generate_of(Kind::Service));
    assert!(service.reveal().starts_with("kithsvc_"));
    assert_eq!(Token::parse(service.reveal()), None);
    assert_eq!(Token::parse_of(Kind::Service, session.reveal()), None);
    assert_eq!(Token::parse_of(Kind::Service, service.reveal()), Some(service.clone()));
    let header = format!("bearer {}", service.reveal());
    assert_eq!(Token::of_header(&header), None);
    assert_eq!(Token::of_header_of(Kind::Service, &header), Some(service));
}
