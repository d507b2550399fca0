//! The functions behind the exported symbol: foreign pointers in, the trait out. Every entry catches panics, and
//! forgets what they carried, because dropping that can panic again.

use std::ffi::c_void;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use kith_plugin_abi as abi;
use kith_plugin_abi::{Peer, Status, Str, feature, status};

use crate::build_id::build_id;
use crate::{Host, Level, Plugin, Request};

/// What the host holds as an instance.
struct Instance<P> {
    plugin: P,
    host: Host,
}

/// Runs an entry. A panic becomes a status.
#[inline]
fn guarded(entry: impl FnOnce() -> Status) -> Status {
    catch_unwind(AssertUnwindSafe(entry)).unwrap_or_else(|payload| {
        mem::forget(payload);
        status::PANIC
    })
}

/// What `kith_plugin_v1` does.
///
/// # Safety
/// The host keeps the contract.
pub unsafe fn entry<P: Plugin>(host: *const abi::Host, plugin: &'static OnceLock<abi::Plugin>) -> *const abi::Plugin {
    let made = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the caller.
        let (host, _) = unsafe { Host::read(host) }?;
        Some(plugin.get_or_init(|| {
            report_panics(host);
            vtable::<P>()
        }))
    }));
    match made {
        Ok(made) => made.map_or(std::ptr::null(), std::ptr::from_ref),
        Err(payload) => {
            mem::forget(payload);
            std::ptr::null()
        }
    }
}

/// Panics are written to the host's log instead of standard error. The hook is this library's own: it has its own std.
fn report_panics(host: Host) {
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str().unwrap_or("(no text)");
        match panic.location() {
            Some(at) => host.log(Level::Error, format_args!("panicked at {at}: {text}")),
            None => host.log(Level::Error, format_args!("panicked: {text}")),
        }
    }));
}

fn vtable<P: Plugin>() -> abi::Plugin {
    abi::Plugin {
        magic: abi::PLUGIN_MAGIC,
        size: abi::Plugin::SIZE,
        major: abi::MAJOR,
        minor: abi::MINOR,
        features: feature::BATCH,
        requires: P::REQUIRES,
        build_id: build_id(),
        describe: Some(describe::<P>),
        create: Some(create::<P>),
        destroy: Some(destroy::<P>),
        authorize: Some(authorize::<P>),
        authorize_batch: Some(authorize_batch::<P>),
        self_test: Some(self_test::<P>),
    }
}

unsafe extern "C" fn describe<P: Plugin>(host: *const abi::Host) -> Status {
    guarded(|| {
        // SAFETY: the contract.
        let Some((_, raw)) = (unsafe { Host::read(host) }) else { return status::BAD_ARGUMENT };
        let (Some(permission), Some(setting)) = (raw.emit_permission, raw.emit_setting) else {
            return status::BAD_ARGUMENT;
        };
        for one in P::PERMISSIONS {
            // SAFETY: the contract; the host copies what it needs before it returns.
            let taken = unsafe { permission(raw.ctx, &one.raw(P::PERMISSIONS)) };
            if taken != status::OK {
                return taken;
            }
        }
        for one in P::SETTINGS {
            // SAFETY: as above.
            let taken = unsafe { setting(raw.ctx, &one.raw()) };
            if taken != status::OK {
                return taken;
            }
        }
        status::OK
    })
}

unsafe extern "C" fn create<P: Plugin>(host: *const abi::Host, settings: Str, instance: *mut *mut c_void) -> Status {
    guarded(|| {
        // SAFETY: the contract.
        let (Some((host, _)), Some(settings)) = (unsafe { (Host::read(host), settings.text()) }) else {
            return status::BAD_ARGUMENT;
        };
        if instance.is_null() || !instance.is_aligned() {
            return status::BAD_ARGUMENT;
        }
        match P::create(settings, host) {
            Ok(made) => {
                // SAFETY: checked above; the contract says that it may be written.
                unsafe { instance.write(Box::into_raw(Box::new(Instance { plugin: made, host })).cast()) };
                status::OK
            }
            Err(why) => {
                host.log(Level::Error, format_args!("cannot use its settings: {why}"));
                status::BAD_SETTINGS
            }
        }
    })
}

unsafe extern "C" fn destroy<P: Plugin>(instance: *mut c_void) {
    guarded(|| {
        if !instance.is_null() {
            // SAFETY: the contract: from `create`, and no call on it is under way or will follow.
            drop(unsafe { Box::from_raw(instance.cast::<Instance<P>>()) });
        }
        status::OK
    });
}

/// The instance of a call.
///
/// # Safety
/// NULL, or from `create::<P>` and not destroyed.
unsafe fn instance<'a, P: Plugin>(instance: *const c_void) -> Option<&'a Instance<P>> {
    // SAFETY: the caller.
    unsafe { instance.cast::<Instance<P>>().as_ref() }
}

/// The host's memory for an answer.
///
/// # Safety
/// As [`Peer::new`], and it may be written.
unsafe fn answer<'a>(decision: *mut abi::Decision) -> Option<&'a mut abi::Decision> {
    // SAFETY: the caller. The peer is at least as large as version 1.0, which is this version.
    unsafe {
        Peer::new(decision).ok().and_then(Peer::whole)?;
        Some(&mut *decision)
    }
}

unsafe extern "C" fn authorize<P: Plugin>(
    this: *const c_void,
    request: *const abi::Request,
    decision: *mut abi::Decision,
) -> Status {
    guarded(|| {
        // SAFETY: the contract.
        let given = unsafe { (instance::<P>(this), Peer::new(request).ok().and_then(Peer::whole), answer(decision)) };
        let (Some(this), Some(request), Some(decision)) = given else { return status::BAD_ARGUMENT };
        // SAFETY: the contract: the request and what it points to are lent for the call.
        let made = this.plugin.authorize(&unsafe { Request::from_raw(request) });
        made.write_to(decision)
    })
}

unsafe extern "C" fn authorize_batch<P: Plugin>(
    this: *const c_void,
    requests: *const *const abi::Request,
    decisions: *mut abi::Decision,
    n: usize,
) -> Status {
    guarded(|| {
        if n == 0 {
            return status::OK;
        }
        // SAFETY: the contract. All answers have the size of the first, which is how far they lie apart.
        let (this, stride) = unsafe { (instance::<P>(this), Peer::new(decisions.cast_const()).map(Peer::size)) };
        let (Some(this), Ok(stride), false) = (this, stride, requests.is_null()) else { return status::BAD_ARGUMENT };
        // SAFETY: the contract: `n` pointers.
        let pointers = unsafe { std::slice::from_raw_parts(requests, n) };
        let mut asked = Vec::with_capacity(n);
        for pointer in pointers {
            // SAFETY: as in `authorize`.
            match unsafe { Peer::new(*pointer) }.ok().and_then(Peer::whole) {
                // SAFETY: as in `authorize`.
                Some(request) => asked.push(unsafe { Request::from_raw(request) }),
                None => return status::BAD_ARGUMENT,
            }
        }
        let mut failed = false;
        this.plugin.authorize_batch(&asked, &mut |at, made| {
            // SAFETY: within the `n` answers; nobody else holds one.
            let to = (at < n).then(|| unsafe { answer(decisions.byte_add(at * stride)) }).flatten();
            failed |= to.is_none_or(|to| made.write_to(to) != status::OK);
        });
        if failed { status::ERROR } else { status::OK }
    })
}

unsafe extern "C" fn self_test<P: Plugin>(this: *const c_void) -> Status {
    guarded(|| {
        // SAFETY: the contract.
        let Some(this) = (unsafe { instance::<P>(this) }) else { return status::BAD_ARGUMENT };
        match this.plugin.self_test() {
            Ok(()) => status::OK,
            Err(why) => {
                this.host.log(Level::Error, format_args!("its self-test failed: {why}"));
                status::ERROR
            }
        }
    })
}
