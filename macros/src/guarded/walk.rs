//! What makes a type walkable: `crate::graphql::shown::Fields` and `Show`, by the fields that inherit and take no argument.
//! Everything else is left to the stock resolver.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, Ident, ImplItem, Item, Signature};

/// The implementations for an item; `None` for what cannot have any.
pub fn of(item: &Item, walkable: &[Ident]) -> Option<TokenStream> {
    let (generics, ty, arms): (_, _, Vec<TokenStream>) = match item {
        Item::Impl(block) => {
            let methods = block.items.iter().filter_map(|item| match item {
                ImplItem::Fn(method) if without_arguments(&method.sig) => Some(&method.sig.ident),
                _ => None,
            });
            let arms = methods.filter(|name| walkable.contains(name)).filter_map(|name| {
                let shown = shown_name(name)?;
                Some(quote! {
                    #shown => crate::graphql::shown::found(Self::#name(self, ctx), ctx, json, |value, ctx, json| {
                        (&crate::graphql::shown::Of(value)).put(ctx, field, json)
                    }),
                })
            });
            let ty = &block.self_ty;
            (&block.generics, quote!(#ty), arms.collect())
        }
        Item::Struct(object) => {
            let arms = walkable.iter().filter_map(|name| {
                let shown = shown_name(name)?;
                Some(quote! {
                    #shown => (&crate::graphql::shown::Of(&self.#name)).put(
                        &ctx.with_selection_set(&field.node.selection_set), field, json
                    ),
                })
            });
            let ty = &object.ident;
            (&object.generics, quote!(#ty), arms.collect())
        }
        _ => return None,
    };
    // A type with parameters would need bounds for its fields.
    if !generics.params.is_empty() || arms.is_empty() {
        return None;
    }
    Some(quote! {
        const _: () = {
            use crate::graphql::shown::{ByResolve as _, ByShow as _};

            impl crate::graphql::shown::Fields for #ty {
                #[allow(clippy::needless_borrow, reason = "the borrow is what chooses the way")]
                fn write(
                    &self,
                    ctx: &::async_graphql::Context<'_>,
                    json: &mut ::std::vec::Vec<u8>,
                ) -> crate::graphql::shown::Walked {
                    let field = ctx.item;
                    match field.node.name.node.as_str() {
                        #(#arms)*
                        _ => ::std::result::Result::Err(crate::graphql::shown::Stop::Wait),
                    }
                }
            }

            impl crate::graphql::shown::Show for #ty {
                fn show(
                    &self,
                    ctx: &::async_graphql::ContextSelectionSet<'_>,
                    _: &::async_graphql::Positioned<::async_graphql::parser::types::Field>,
                    json: &mut ::std::vec::Vec<u8>,
                ) -> crate::graphql::shown::Walked {
                    crate::graphql::shown::object(self, ctx, json)
                }
            }
        };
    })
}

/// `&self` alone, or with the context.
fn without_arguments(signature: &Signature) -> bool {
    signature.asyncness.is_some()
        && signature.inputs.iter().all(|input| match input {
            FnArg::Receiver(_) => true,
            FnArg::Typed(argument) => {
                let ty = &argument.ty;
                quote!(#ty).to_string().contains("Context <")
            }
        })
}

/// A field's name in the schema, where it follows from the method's beyond doubt: lower-case words.
fn shown_name(name: &Ident) -> Option<String> {
    let name = name.to_string();
    let mut words = name.split('_');
    let lower = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let first = words.next().filter(|word| lower(word))?.to_owned();
    words.try_fold(first, |shown, word| {
        lower(word).then(|| format!("{shown}{}{}", word[..1].to_ascii_uppercase(), &word[1..]))
    })
}
