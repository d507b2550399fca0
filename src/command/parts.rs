//! What the composition root gives to commands, by type: a domain reaches what stands above it, or outside, without naming
//! it. The domain that asks says what it needs as a type of its own; `app` puts one there.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::kernel::Fault;

/// One value of each type.
#[derive(Clone, Default)]
pub struct Parts(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl Parts {
    /// The same parts and one more; one of the same type is replaced.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, part: T) -> Self {
        self.0.insert(TypeId::of::<T>(), Arc::new(part));
        self
    }

    /// The part of a type.
    ///
    /// # Errors
    /// [`Fault::Internal`] when there is none: the composition root forgot it.
    pub fn get<T: Any + Send + Sync, E>(&self) -> Result<&T, Fault<E>> {
        let part = self.0.get(&TypeId::of::<T>()).and_then(|part| part.downcast_ref());
        part.ok_or_else(|| Fault::internal(format!("no {} was put together with the service", type_name::<T>())))
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parts({})", self.0.len())
    }
}
