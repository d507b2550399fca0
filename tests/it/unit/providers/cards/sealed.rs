use kith::providers::Keys;
use kith::providers::cards::sealed::*;
use kith::providers::cards::{CardNumber, CardVault};

#[tokio::test]
async fn r1_9_the_token_holds_the_number_for_whoever_has_the_keys_only() {
    let keys = Keys::random();
    let Some(number) = CardNumber::parse("4242424242424242") else { panic!("it is a number") };
    let token = SealedVault(keys.clone()).store("k", &number).await;
    let Ok(token) = token else { panic!("{token:?}") };
    assert_eq!((token.brand.as_str(), token.last_four.as_str()), ("VISA", "4242"));
    let text = token.token.expose();
    assert!(!text.contains("4242424242424242"));
    assert_eq!(open(&keys, text).map(|card| card.expose().to_owned()), Some("4242424242424242".to_owned()));
    for bad in ["", "zz", "00", &text[2..], "é€"] {
        assert!(open(&keys, bad).is_none(), "{bad}");
    }
    assert!(open(&Keys::random(), text).is_none());
}
