//! The rewriting of an item: from declarations to `#[graphql(…)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::Result;
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Ident, ImplItem, Item, ItemImpl, ItemStruct, Meta, Path, Token, parse_quote};

use crate::declaration::{CHOICES, Declaration};

/// The item with guards and directives, followed by an error for each declaration that is missing or wrong. The item
/// is given back in any case: without it, every use of the type would be an error as well.
pub fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut item = match syn::parse2::<Item>(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let mut rewrite = Rewrite { default: None, errors: Vec::new(), inherited: false, walkable: Vec::new() };
    rewrite.default = rewrite.noting(default_of(args)).flatten();
    match &mut item {
        Item::Impl(block) => rewrite.block(block),
        Item::Struct(object) => rewrite.object(object),
        other => rewrite.errors.push(Error::new_spanned(
            other,
            "#[guarded] goes above #[Object], #[ComplexObject] or #[Subscription] on an impl, or above \
             #[derive(SimpleObject)] on a struct",
        )),
    }
    let errors = rewrite.errors.iter().map(Error::to_compile_error);
    let walk = rewrite.inherited.then(|| walk::of(&item, &rewrite.walkable)).flatten();
    quote! { #item #walk #(#errors)* }
}

fn default_of(args: TokenStream) -> Result<Option<Declaration>> {
    if args.is_empty() {
        return Ok(None);
    }
    let meta = syn::parse2::<Meta>(args)?;
    match Declaration::read(&meta)? {
        None => Err(Error::new_spanned(meta, "the default of the type is inherits, requires(…) or public = \"…\"")),
        known => Ok(known),
    }
}

/// What kind of type the fields belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A type whose own attribute can carry a directive.
    Object,
    /// The other fields of a `SimpleObject`, which carries the type's directives.
    ComplexObject,
    /// A root: no edge leads to it.
    Subscription,
}

/// What is gathered on the way through an item.
struct Rewrite {
    default: Option<Declaration>,
    errors: Vec<Error>,
    /// Whether a field took `inherits` from the type, which has to show it then.
    inherited: bool,
    /// The fields that took `inherits` from the type and say nothing else: their names.
    walkable: Vec<Ident>,
}

impl Rewrite {
    fn fail(&mut self, at: impl ToTokens, message: impl std::fmt::Display) {
        self.errors.push(Error::new_spanned(at, message));
    }

    fn noting<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }

    /// An `impl` above async-graphql's attribute.
    fn block(&mut self, block: &mut ItemImpl) {
        let kinds = block.attrs.iter().map(|attr| kind_of(attr.path()));
        let Some((at, kind)) = kinds.enumerate().find_map(|(at, kind)| kind.map(|kind| (at, kind))) else {
            let wrong =
                "#[guarded] has to stand above #[Object], #[ComplexObject] or #[Subscription]: it finds none below";
            return self.fail(&block.self_ty, wrong);
        };
        let on_type = self.entries(&block.attrs[at]);
        for item in &mut block.items {
            if let ImplItem::Fn(method) = item {
                self.field(&method.sig.ident, &mut method.attrs, kind);
            }
        }
        if self.inherited {
            let (path, inherits) = (block.attrs[at].path().clone(), Declaration::Inherits.entries());
            // Rows are read before they are shown, so their fields wait for nothing: one after the other costs a third of
            // what a set of futures does.
            block.attrs[at] = parse_quote! { #[#path(#(#on_type,)* serial, #inherits)] };
        }
    }

    /// A struct above `#[derive(SimpleObject)]`.
    fn object(&mut self, object: &mut ItemStruct) {
        if !object.attrs.iter().any(derives_simple_object) {
            return self
                .fail(&object.ident, "#[guarded] has to stand above #[derive(SimpleObject)]: it finds none below");
        }
        for attr in object.attrs.iter().filter(|attr| attr.path().is_ident("graphql")) {
            self.entries(attr);
        }
        for field in &mut object.fields {
            match &field.ident {
                Some(name) => self.field(name, &mut field.attrs, Kind::Object),
                None => self.fail(&field, "a field without a name cannot be guarded"),
            }
        }
        if self.inherited {
            let inherits = Declaration::Inherits.entries();
            object.attrs.push(parse_quote! { #[graphql(serial, #inherits)] });
        }
    }

    /// One field: takes its declaration away and merges what it means into one `#[graphql(…)]`, because async-graphql
    /// reads the first on a method and leaves the others to the compiler, which does not know them.
    fn field(&mut self, name: &Ident, attrs: &mut Vec<Attribute>, kind: Kind) {
        let mut own = Vec::new();
        let mut entries = Vec::new();
        let mut kept = Vec::new();
        let failed = self.errors.len();
        for attr in attrs.drain(..) {
            if attr.path().is_ident("graphql") {
                entries.extend(self.entries(&attr));
                continue;
            }
            match self.noting(Declaration::read(&attr.meta)) {
                Some(None) => kept.push(attr),
                Some(Some(declaration)) => own.push(declaration),
                None => {}
            }
        }
        *attrs = kept;
        let no_field = ["skip", "flatten"].into_iter().find(|word| entries.iter().any(|entry| says(entry, word)));
        let added = match (no_field, own.as_slice(), self.default.clone()) {
            // One error for one mistake.
            _ if self.errors.len() > failed => TokenStream::new(),
            (Some(_), [], _) => TokenStream::new(),
            (Some(word), ..) => {
                self.fail(name, format!("#[graphql({word})] takes no declaration: async-graphql would run no guard"));
                TokenStream::new()
            }
            (None, [Declaration::Inherits], _) | (None, [], Some(Declaration::Inherits))
                if kind == Kind::Subscription =>
            {
                self.fail(name, "a subscription starts here: there is no edge that it could inherit from");
                TokenStream::new()
            }
            (None, [declaration], _) => declaration.entries(),
            (None, [], Some(Declaration::Inherits)) if kind == Kind::Object => {
                self.inherited = true;
                if entries.is_empty() {
                    self.walkable.push(name.clone());
                }
                TokenStream::new()
            }
            (None, [], Some(default)) => default.entries(),
            (None, [], None) => {
                self.fail(name, format!("`{name}` does not declare what it requires: write {CHOICES}"));
                TokenStream::new()
            }
            (None, ..) => {
                self.fail(name, format!("`{name}` declares more than once what it requires: keep one declaration"));
                TokenStream::new()
            }
        };
        if !(entries.is_empty() && added.is_empty()) {
            attrs.push(parse_quote! { #[graphql(#(#entries,)* #added)] });
        }
    }

    /// What an attribute of async-graphql says. What would get past the declaration is refused: a guard by hand is not
    /// in the schema, and a federation entity is resolved without any guard.
    fn entries(&mut self, attr: &Attribute) -> Vec<Meta> {
        if matches!(attr.meta, Meta::Path(_)) {
            return Vec::new();
        }
        let parsed = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
        let entries: Vec<Meta> = self.noting(parsed).into_iter().flatten().collect();
        for entry in &entries {
            if entry.path().is_ident("guard") {
                self.fail(entry, format!("the guard comes from the declaration: write {CHOICES}"));
            } else if entry.path().is_ident("entity") {
                self.fail(entry, "async-graphql runs no guard for a federation entity");
            }
        }
        entries
    }
}

fn kind_of(path: &Path) -> Option<Kind> {
    match path.segments.last()?.ident.to_string().as_str() {
        "Object" => Some(Kind::Object),
        "ComplexObject" => Some(Kind::ComplexObject),
        "Subscription" => Some(Kind::Subscription),
        _ => None,
    }
}

fn derives_simple_object(attr: &Attribute) -> bool {
    attr.path().is_ident("derive")
        && attr
            .parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)
            .is_ok_and(|paths| paths.iter().any(|path| path.segments.last().is_some_and(|s| s.ident == "SimpleObject")))
}

/// Whether an entry sets a flag, as `skip` or `skip = true`.
fn says(entry: &Meta, flag: &str) -> bool {
    entry.path().is_ident(flag)
        && match entry {
            Meta::NameValue(pair) => pair.value.to_token_stream().to_string() == "true",
            Meta::Path(_) | Meta::List(_) => true,
        }
}

mod walk;

#[cfg(test)]
mod tests;
