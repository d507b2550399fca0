use kith::domains::accounts::password::*;

#[test]
fn weak_passwords_are_refused() {
    assert_eq!(check("1234567"), Err(WeakPassword::TooShort));
    assert_eq!(check("密码密码密码密码"), Ok(()));
    assert_eq!(check(&"x".repeat(257)), Err(WeakPassword::TooLong));
    assert_eq!(check(&"long and without any digit ".repeat(8)), Ok(()), "no rules of composition");
    for common in ["password", "PassWord", "12345678", "qwertyuiop"] {
        assert_eq!(check(common), Err(WeakPassword::Common), "{common}");
    }
    assert!(COMMON.len() >= 4_000);
}

#[tokio::test]
async fn only_the_right_password_fits() {
    let kept = hash("correct horse battery".to_owned()).await.unwrap();
    assert!(kept.starts_with("$argon2id$") && !kept.contains("correct"));
    assert!(verify("correct horse battery".to_owned(), Some(kept.clone())).await.unwrap());
    assert!(!verify("correct horse".to_owned(), Some(kept)).await.unwrap());
    assert!(!verify("nobody has this password".to_owned(), None).await.unwrap());
}
