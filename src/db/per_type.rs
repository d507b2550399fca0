//! One value for each type, made when it is first asked for: a queue of each kind of command, a cache of each kind of record.

use std::any::{Any, TypeId};
use std::sync::Arc;

use dashmap::DashMap;

/// One value for each type. Nothing is ever taken out.
#[derive(Default)]
pub struct PerType(DashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl PerType {
    /// The value of type `T`; `make` gives it the first time.
    pub fn of<T: Any + Send + Sync>(&self, make: impl Fn() -> T) -> Arc<T> {
        let kind = TypeId::of::<T>();
        // Looked for first: `entry` would lock the others out.
        let known = self.0.get(&kind).map(|value| Arc::clone(&*value));
        let value = known.unwrap_or_else(|| Arc::clone(&*self.0.entry(kind).or_insert_with(|| Arc::new(make()))));
        value.downcast().unwrap_or_else(|_| unreachable!("values stand under their own type"))
    }
}
