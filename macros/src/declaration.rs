//! One declaration: reading it, and what it becomes in `#[graphql(…)]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::{ParseStream, Result};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprLit, Lit, LitInt, LitStr, Meta, Token, parenthesized};

/// What to write, for every message that asks for a declaration.
pub const CHOICES: &str = "#[requires(\"permission.code\")], #[requires(any(\"one\", \"other\"))], #[requires(login)], \
    #[requires(account)], #[requires(account, step_up_minutes = 15)], #[requires(service)], #[public = \"why\"] or #[inherits]";

/// Who may read or call a field.
#[derive(Clone)]
pub enum Declaration {
    /// Holders of all these permissions.
    All(Vec<LitStr>),
    /// Holders of at least one of these permissions.
    Any(Vec<LitStr>),
    /// Whoever is logged in.
    Login,
    /// An account in its own name.
    Account,
    /// An account in its own name, whose session was stepped up within so many minutes.
    SteppedUp(LitInt),
    /// A third-party service with a token of its own, or whoever is logged in.
    Service,
    /// Everybody, for this reason.
    Public(LitStr),
    /// Whoever was handed the object.
    Inherits,
}

impl Declaration {
    /// Reads `requires(…)`, `public = "…"` or `inherits`; `None` when it is something else.
    pub fn read(meta: &Meta) -> Result<Option<Self>> {
        let path = meta.path();
        if path.is_ident("requires") {
            meta.require_list()?.parse_args_with(requirement).map(Some)
        } else if path.is_ident("public") {
            reason(meta).map(Self::Public).map(Some)
        } else if path.is_ident("inherits") {
            meta.require_path_only()?;
            Ok(Some(Self::Inherits))
        } else {
            Ok(None)
        }
    }

    /// The entries of `#[graphql(…)]` that enforce and show the declaration, each followed by a comma.
    pub fn entries(&self) -> TokenStream {
        let requires = quote!(crate::graphql::directives::requires::apply);
        let some = quote!(::std::option::Option::Some);
        let none = quote!(::std::option::Option::None);
        match self {
            Self::All(codes) => {
                let guard = check("permission", codes);
                quote! {
                    guard = #guard,
                    #(directive = #requires(#some(::std::string::String::from(#codes)), #none, #none, #none, #none),)*
                }
            }
            Self::Any(codes) => {
                let guard = check("permissions_any", codes);
                quote! {
                    guard = #guard,
                    directive = #requires(
                        #none, #some(::std::vec![#(::std::string::String::from(#codes)),*]), #none, #none, #none
                    ),
                }
            }
            Self::Login => quote! {
                guard = crate::graphql::guard::login(),
                directive = #requires(#none, #none, #some(true), #none, #none),
            },
            Self::Account => quote! {
                guard = crate::graphql::guard::account(),
                directive = #requires(#none, #none, #none, #some(true), #none),
            },
            Self::SteppedUp(minutes) => quote! {
                guard = crate::graphql::guard::stepped_up(#minutes),
                directive = #requires(#none, #none, #none, #some(true), #none),
                directive = crate::graphql::directives::step_up::apply(#minutes),
            },
            Self::Service => quote! {
                guard = crate::graphql::guard::service(),
                directive = #requires(#none, #none, #none, #none, #some(true)),
            },
            Self::Public(reason) => quote! {
                directive = crate::graphql::directives::public::apply(::std::string::String::from(#reason)),
            },
            Self::Inherits => quote! { directive = crate::graphql::directives::inherits::apply(), },
        }
    }
}

/// The guard for permissions. A `const` item rather than an inline `const`: it is evaluated by `cargo check` too, and
/// in generic code, so that an unknown code never waits for somebody to build.
fn check(constructor: &str, codes: &[LitStr]) -> TokenStream {
    let constructor = Ident::new(constructor, Span::call_site());
    let numbers = codes.iter().map(|code| {
        quote_spanned! { code.span() => crate::permissions::catalogue::number(#code) }
    });
    quote! {{
        const NEEDED: &[u16] = &[#(#numbers),*];
        crate::graphql::guard::#constructor(NEEDED)
    }}
}

/// What stands between the parentheses of `requires`.
fn requirement(input: ParseStream<'_>) -> Result<Declaration> {
    if input.peek(LitStr) {
        return codes(input).map(Declaration::All);
    }
    let word: Ident = input.parse().map_err(|error| {
        Error::new(
            error.span(),
            "a permission code in quotes, any(\"one\", \"other\"), login, account or service is wanted here",
        )
    })?;
    match word.to_string().as_str() {
        "login" => Ok(Declaration::Login),
        "account" if input.peek(Token![,]) => stepped_up(input).map(Declaration::SteppedUp),
        "account" => Ok(Declaration::Account),
        "service" => Ok(Declaration::Service),
        "any" => {
            let content;
            parenthesized!(content in input);
            let codes = codes(&content)?;
            if codes.len() < 2 {
                return Err(Error::new(word.span(), "any(…) takes two codes or more; for one, write it without any"));
            }
            Ok(Declaration::Any(codes))
        }
        _ => Err(Error::new(word.span(), format!("`{word}` is no requirement: write {CHOICES}"))),
    }
}

/// What stands behind `account`: `, step_up_minutes = 15`.
fn stepped_up(input: ParseStream<'_>) -> Result<LitInt> {
    input.parse::<Token![,]>()?;
    let word: Ident = input.parse()?;
    if word != "step_up_minutes" {
        return Err(Error::new(word.span(), "only step_up_minutes = 15 can stand behind account"));
    }
    input.parse::<Token![=]>()?;
    let minutes: LitInt = input.parse()?;
    match minutes.base10_parse::<i32>() {
        Ok(1..=1440) => Ok(minutes),
        _ => Err(Error::new(minutes.span(), "a step-up lasts 1 to 1440 minutes")),
    }
}

fn codes(input: ParseStream<'_>) -> Result<Vec<LitStr>> {
    let codes = Punctuated::<LitStr, Token![,]>::parse_terminated_with(input, |input| input.parse())?;
    if codes.is_empty() {
        return Err(input.error("a permission code in quotes is wanted here"));
    }
    Ok(codes.into_iter().collect())
}

/// The reason of `public = "…"`: reviewers read it, so it is not empty.
fn reason(meta: &Meta) -> Result<LitStr> {
    match &meta.require_name_value()?.value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if !text.value().trim().is_empty() => Ok(text.clone()),
        other => Err(Error::new_spanned(other, "say in quotes why everybody may see this")),
    }
}
