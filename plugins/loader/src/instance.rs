//! A plugin with settings: the thing that answers.

use std::ffi::c_void;
use std::fmt;

use kith_plugin_abi as abi;

use crate::library::{LoadRefusal, Plugin};
use crate::request::Request;
use crate::verdict::Verdict;

/// The most requests of one batch.
pub const MAX_BATCH: usize = 32;

/// One set of settings of a plugin. All threads share it. Dropping it ends it, so drop it only when no call is under way:
/// the borrow checker sees to that.
pub struct Instance {
    plugin: Plugin,
    at: *mut c_void,
}

// SAFETY: the contract: an instance is shared by all threads.
unsafe impl Send for Instance {}
// SAFETY: as above.
unsafe impl Sync for Instance {}

impl Plugin {
    /// Makes an instance from settings (a JSON object, or empty).
    pub fn create(&self, settings_json: &str) -> Result<Instance, LoadRefusal> {
        if settings_json.len() > abi::limits::SETTINGS_JSON {
            return Err(LoadRefusal::SettingsTooLarge(abi::limits::SETTINGS_JSON));
        }
        let inner = self.inner();
        let mut at = std::ptr::null_mut();
        let status = match inner.vtable.create {
            // SAFETY: an entry of the contract, with a host and a text that outlive the call.
            Some(create) => unsafe { create(inner.host, abi::Str::new(settings_json), &raw mut at) },
            None => abi::status::ERROR,
        };
        if status != abi::status::OK {
            return Err(LoadRefusal::Create(status));
        }
        if at.is_null() {
            return Err(LoadRefusal::NullInstance);
        }
        Ok(Instance { plugin: *self, at })
    }
}

impl Instance {
    /// The plugin of which it is an instance.
    #[must_use]
    pub fn plugin(&self) -> Plugin {
        self.plugin
    }

    /// Decides one request. Allocates nothing. Whatever the plugin does short of ending the process, this is a checked
    /// answer or a denial.
    #[must_use]
    pub fn authorize(&self, request: &Request<'_>) -> Verdict {
        let mut verdict = Verdict::blank();
        let status = match self.plugin.inner().vtable.authorize {
            // SAFETY: an entry of the contract, with an instance that it made, and memory that outlives the call.
            Some(authorize) => unsafe { authorize(self.at, request.raw(), verdict.decision_mut()) },
            None => abi::status::ERROR,
        };
        verdict.settle(status);
        verdict
    }

    /// Decides several requests, as many as there are verdicts to fill, in one call where the plugin can. A status other
    /// than 0 of such a call denies all of them.
    pub fn authorize_batch(&self, requests: &[Request<'_>], verdicts: &mut [Verdict]) {
        let Some(batch) = self.plugin.inner().vtable.authorize_batch else {
            for (request, verdict) in requests.iter().zip(verdicts) {
                *verdict = self.authorize(request);
            }
            return;
        };
        for (requests, verdicts) in requests.chunks(MAX_BATCH).zip(verdicts.chunks_mut(MAX_BATCH)) {
            let n = requests.len().min(verdicts.len());
            let mut pointers = [std::ptr::null::<abi::Request>(); MAX_BATCH];
            for (pointer, request) in pointers.iter_mut().zip(requests) {
                *pointer = request.raw();
            }
            let mut decisions = [abi::Decision::DENY; MAX_BATCH];
            // SAFETY: an entry of the contract, with `n` requests and as many decisions, which outlive the call.
            let status = unsafe { batch(self.at, pointers.as_ptr(), decisions.as_mut_ptr(), n) };
            for (verdict, decision) in verdicts[..n].iter_mut().zip(&decisions) {
                *verdict = Verdict::of(status, decision);
            }
        }
    }

    /// Asks the plugin whether it works.
    pub fn self_test(&self) -> Result<(), LoadRefusal> {
        let status = match self.plugin.inner().vtable.self_test {
            // SAFETY: an entry of the contract, with an instance that it made.
            Some(self_test) => unsafe { self_test(self.at) },
            None => abi::status::ERROR,
        };
        if status == abi::status::OK { Ok(()) } else { Err(LoadRefusal::SelfTest(status)) }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(destroy) = self.plugin.inner().vtable.destroy {
            // SAFETY: an entry of the contract; nobody else has the instance any more.
            unsafe { destroy(self.at) }
        }
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instance of {:?}", self.plugin)
    }
}
