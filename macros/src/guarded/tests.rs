//! The messages: what is missing or wrong is said at the field, and nothing else.

use quote::quote;

use super::*;

/// The messages that an item leads to.
fn errors(args: TokenStream, item: TokenStream) -> Vec<String> {
    let expanded = expand(args, item).to_string();
    expanded
        .split("compile_error ! { ")
        .skip(1)
        .map(|rest| rest.split(" }").next().unwrap_or(rest).to_owned())
        .collect()
}

fn only_error(args: TokenStream, item: TokenStream) -> String {
    let found = errors(args, item);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.concat()
}

#[test]
fn r5_1_a_field_without_a_declaration_is_named() {
    let none = quote!();
    let query = quote! { #[Object] impl Query { async fn a(&self) -> i32 { 1 } #[requires(login)] async fn b(&self) -> i32 { 1 } } };
    assert!(only_error(none.clone(), query).contains("`a` does not declare what it requires"));
    let object =
        quote! { #[derive(Clone, async_graphql::SimpleObject)] struct Refund { id: i32, #[inherits] state: i32 } };
    assert!(only_error(none.clone(), object).contains("`id` does not declare"));
    let complex = quote! { #[ComplexObject] impl Refund { async fn order(&self) -> i32 { 1 } } };
    assert!(only_error(none.clone(), complex).contains("`order` does not declare"));
    let subscription = quote! { #[Subscription] impl Events { async fn refunds(&self) -> S { s() } } };
    assert!(only_error(none, subscription).contains("`refunds` does not declare"));
}

#[test]
fn r5_1_every_undeclared_field_is_named_at_once() {
    let found = errors(quote!(), quote! { #[derive(SimpleObject)] struct T { a: i32, b: i32, #[inherits] c: i32 } });
    assert_eq!(found.len(), 2, "{found:#?}");
}

#[test]
fn r5_1_what_would_run_no_guard_is_refused() {
    for (field, message) in [
        (quote!(#[requires(login)] #[inherits]), "more than once"),
        (quote!(#[requires(login)] #[requires("a.b")]), "more than once"),
        (quote!(#[requires(login)] #[graphql(skip)]), "takes no declaration"),
        (quote!(#[requires(login)] #[graphql(flatten)]), "takes no declaration"),
        (quote!(#[graphql(skip = false)]), "does not declare"),
        (quote!(#[cfg_attr(all(), requires(login))]), "does not declare"),
        (quote!(#[inherits] #[graphql(guard = "Open")]), "the guard comes from the declaration"),
        (quote!(#[inherits] #[graphql(entity)]), "federation entity"),
    ] {
        let found = only_error(quote!(), quote! { #[Object] impl Query { #field async fn a(&self) -> i32 { 1 } } });
        assert!(found.contains(message), "{field}: {found}");
    }
    let by_hand = quote! { #[Object(guard = "Open")] impl Query { #[inherits] async fn a(&self) -> i32 { 1 } } };
    assert!(only_error(quote!(), by_hand).contains("the guard comes from"));
    let by_hand = quote! { #[derive(SimpleObject)] #[graphql(guard = "Open")] struct T { #[inherits] a: i32 } };
    assert!(only_error(quote!(), by_hand).contains("the guard comes from"));
    let root = quote! { #[Subscription] impl Events { async fn a(&self) -> S { s() } } };
    assert!(only_error(quote!(inherits), root).contains("no edge"));
}

#[test]
fn r5_1_a_malformed_declaration_says_what_is_wanted() {
    for (field, message) in [
        (quote!(#[requires()]), "a permission code in quotes"),
        (quote!(#[requires]), "expected attribute arguments in parentheses"),
        (quote!(#[requires(logged_in)]), "`logged_in` is no requirement"),
        (quote!(#[requires(any("a.b"))]), "two codes or more"),
        (quote!(#[requires(any())]), "a permission code in quotes"),
        (quote!(#[requires("a.b", login)]), "expected string literal"),
        (quote!(#[requires(login, "a.b")]), "unexpected token"),
        (quote!(#[public]), "expected a value for this attribute"),
        (quote!(#[public = " "]), "say in quotes why"),
        (quote!(#[inherits("a")]), "unexpected token"),
    ] {
        let found = only_error(quote!(), quote! { #[derive(SimpleObject)] struct T { #field a: i32 } });
        assert!(found.contains(message), "{field}: {found}");
    }
    let object = quote! { #[derive(SimpleObject)] struct T { #[inherits] a: i32 } };
    assert!(only_error(quote!(anything), object).contains("the default of the type"));
}

#[test]
fn r5_1_it_has_to_stand_above_and_on_the_right_item() {
    assert!(only_error(quote!(), quote! { impl Query { } }).contains("has to stand above"));
    assert!(only_error(quote!(), quote! { #[derive(Clone)] struct T { a: i32 } }).contains("has to stand above"));
    assert!(only_error(quote!(), quote! { #[derive(Union)] enum T { A(A) } }).contains("goes above"));
}
