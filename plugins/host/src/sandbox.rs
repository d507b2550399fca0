//! The walls of the child, put up by the child itself before anything foreign is in it.
//!
//! In order: limits, no descriptors but the expected ones, no capabilities, Landlock without a single exception, a first
//! seccomp filter under which the dynamic linker can just work, and after loading a second one under which there is
//! little left but memory and the one socket. A forbidden system call ends the process.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::RawFd;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, RestrictionStatus, Ruleset, RulesetAttr, RulesetStatus,
    Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

/// The least that Landlock must offer: the version of Linux 5.19. Signals, sockets and devices, which later versions
/// know, are forbidden by seccomp as well.
const LEAST_LANDLOCK: i32 = 2;

/// What is missing for the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SandboxRefusal {
    /// The kernel lacks Landlock, or has an old one.
    #[error(
        "SANDBOX_LANDLOCK: this kernel has no Landlock of version 2 or later (it says {0}); use Linux 5.19 or later with \
         landlock in its lsm= list, or run no isolated plugins"
    )]
    Landlock(i32),
    /// Landlock did not do all it was asked for.
    #[error("SANDBOX_LANDLOCK_PARTIAL: Landlock is not fully enforced: {0}")]
    Partial(String),
    /// The kernel lacks seccomp filters.
    #[error(
        "SANDBOX_SECCOMP: this kernel has no seccomp filters; use one with CONFIG_SECCOMP_FILTER, or run no isolated plugins"
    )]
    Seccomp,
    /// A limit or another step was refused.
    #[error("SANDBOX_STEP: {0}: {1}")]
    Step(&'static str, String),
}

impl SandboxRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Landlock(_) => "SANDBOX_LANDLOCK",
            Self::Partial(_) => "SANDBOX_LANDLOCK_PARTIAL",
            Self::Seccomp => "SANDBOX_SECCOMP",
            Self::Step(..) => "SANDBOX_STEP",
        }
    }
}

/// Whether this kernel has what isolated plugins need. Changes nothing. For `kith doctor` and for the start.
pub fn available() -> Result<(), SandboxRefusal> {
    let version = landlock_version();
    if version < LEAST_LANDLOCK {
        return Err(SandboxRefusal::Landlock(version));
    }
    if seccomp_available() { Ok(()) } else { Err(SandboxRefusal::Seccomp) }
}

/// The version of Landlock that the kernel says; 0 or less: none.
#[must_use]
pub fn landlock_version() -> i32 {
    const VERSION: libc::c_int = 1;
    // SAFETY: asks for a number; touches no memory.
    let version =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<libc::c_void>(), 0_usize, VERSION) };
    i32::try_from(version).unwrap_or(0)
}

fn seccomp_available() -> bool {
    let action = libc::SECCOMP_RET_KILL_PROCESS;
    // SAFETY: reads the four bytes of `action`.
    unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_ACTION_AVAIL, 0, &raw const action) == 0 }
}

fn step(what: &'static str, result: libc::c_int) -> Result<(), SandboxRefusal> {
    if result == 0 {
        return Ok(());
    }
    Err(SandboxRefusal::Step(what, io::Error::last_os_error().to_string()))
}

/// The very first steps, before the first frame is read: dies with the server, no cores, no new privileges, no
/// descriptors from 3 on.
pub fn first() -> Result<(), SandboxRefusal> {
    // SAFETY: prctl with plain numbers.
    unsafe {
        step("dying with the server", libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))?;
        step("no new privileges", libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
        step("no dumping", libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0))?;
    }
    limit("core", libc::RLIMIT_CORE, 0)?;
    // SAFETY: closes descriptors that nobody of this process has opened yet.
    step("closing descriptors", unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0) } as libc::c_int)
}

/// The limits. `memory`: bytes beyond what the process has now; `descriptors`: the first number that must not be opened.
pub fn limits(memory: u64, descriptors: u64) -> Result<(), SandboxRefusal> {
    limit("address space", libc::RLIMIT_AS, now()?.saturating_add(memory))?;
    limit("descriptors", libc::RLIMIT_NOFILE, descriptors)?;
    limit("processes", libc::RLIMIT_NPROC, 0)?;
    limit("file size", libc::RLIMIT_FSIZE, 0)?;
    limit("locked memory", libc::RLIMIT_MEMLOCK, 0)?;
    limit("message queues", libc::RLIMIT_MSGQUEUE, 0)
}

fn limit(what: &'static str, which: libc::__rlimit_resource_t, value: u64) -> Result<(), SandboxRefusal> {
    let both = libc::rlimit { rlim_cur: value, rlim_max: value };
    // SAFETY: reads `both`.
    step(what, unsafe { libc::setrlimit(which, &raw const both) })
}

/// The address space in use, in bytes.
fn now() -> Result<u64, SandboxRefusal> {
    let fault = |why: String| SandboxRefusal::Step("address space", why);
    let text = std::fs::read_to_string("/proc/self/statm").map_err(|e| fault(e.to_string()))?;
    let pages: u64 = text.split(' ').next().and_then(|n| n.parse().ok()).ok_or_else(|| fault(text.clone()))?;
    Ok(pages * rustix::param::page_size() as u64)
}

/// No capability, whoever runs the server.
pub fn capabilities() -> Result<(), SandboxRefusal> {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: i32,
    }
    let header = Header { version: 0x2008_0522, pid: 0 };
    let none = [0_u32; 6];
    // SAFETY: the kernel reads the header and two sets of three words.
    let result = unsafe { libc::syscall(libc::SYS_capset, &raw const header, none.as_ptr()) };
    step("no capabilities", libc::c_int::try_from(result).unwrap_or(-1))
}

/// Landlock with every right of the kernel's version handled and none given, and a try of its own: a best-effort
/// Landlock can be silently off.
pub fn landlock(simulate_missing: bool) -> Result<(), SandboxRefusal> {
    let version = if simulate_missing { 0 } else { landlock_version() };
    if version < LEAST_LANDLOCK {
        return Err(SandboxRefusal::Landlock(version));
    }
    let status = enforce(ABI::from(version)).map_err(|e| SandboxRefusal::Partial(e.to_string()))?;
    if status.ruleset != RulesetStatus::FullyEnforced || !status.no_new_privs {
        return Err(SandboxRefusal::Partial(format!("{:?}", status.ruleset)));
    }
    for forbidden in ["/", "/proc/self/status", "/etc/hostname"] {
        match std::fs::File::open(forbidden) {
            Err(e) if [io::ErrorKind::PermissionDenied, io::ErrorKind::NotFound].contains(&e.kind()) => {}
            _ => return Err(SandboxRefusal::Partial(format!("{forbidden} can be opened"))),
        }
    }
    match std::fs::read_dir("/") {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        _ => Err(SandboxRefusal::Partial("the root folder can be read".to_owned())),
    }
}

fn enforce(abi: ABI) -> Result<RestrictionStatus, landlock::RulesetError> {
    let mut rules =
        Ruleset::default().set_compatibility(CompatLevel::HardRequirement).handle_access(AccessFs::from_all(abi))?;
    if !AccessNet::from_all(abi).is_empty() {
        rules = rules.handle_access(AccessNet::from_all(abi))?;
    }
    if !Scope::from_all(abi).is_empty() {
        rules = rules.scope(Scope::from_all(abi))?;
    }
    rules.create()?.restrict_self()
}

/// While the library is loaded: its constructors run under this filter.
pub fn seccomp_for_loading(socket: RawFd, simulate_missing: bool) -> Result<(), SandboxRefusal> {
    if simulate_missing || !seccomp_available() {
        return Err(SandboxRefusal::Seccomp);
    }
    apply(filter(socket, true))
}

/// While the plugin answers.
pub fn seccomp_for_serving(socket: RawFd) -> Result<(), SandboxRefusal> {
    apply(filter(socket, false))
}

fn apply(program: Result<BpfProgram, seccompiler::BackendError>) -> Result<(), SandboxRefusal> {
    let fault = |e: String| SandboxRefusal::Step("seccomp", e);
    seccompiler::apply_filter(&program.map_err(|e| fault(e.to_string()))?).map_err(|e| fault(e.to_string()))
}

type Conditions = Vec<Result<SeccompCondition, seccompiler::BackendError>>;

fn is(argument: u8, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
}

fn bits(argument: u8, mask: u64, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), value)
}

fn filter(socket: RawFd, loading: bool) -> Result<BpfProgram, seccompiler::BackendError> {
    const NO_CONDITION: fn() -> Vec<Conditions> = Vec::new;
    let [write, exec, anonymous] = [libc::PROT_WRITE, libc::PROT_EXEC, libc::MAP_ANONYMOUS].map(|n| n as u64);
    let socket = socket as u64;
    let no_code = || vec![bits(2, exec, 0)];
    let own_pid = u64::from(std::process::id());

    let mut rules: Vec<(libc::c_long, Vec<Conditions>)> = vec![
        // Memory, never with code in it.
        (libc::SYS_mmap, vec![no_code()]),
        (libc::SYS_mprotect, vec![no_code()]),
        (libc::SYS_munmap, NO_CONDITION()),
        (libc::SYS_mremap, NO_CONDITION()),
        (libc::SYS_madvise, NO_CONDITION()),
        (libc::SYS_brk, NO_CONDITION()),
        // The name that allocators give their memory.
        (libc::SYS_prctl, vec![vec![is(0, 0x5356_4d41)]]),
        // Time, randomness, locks within the process.
        (libc::SYS_clock_gettime, NO_CONDITION()),
        (libc::SYS_gettimeofday, NO_CONDITION()),
        (libc::SYS_getrandom, NO_CONDITION()),
        (libc::SYS_futex, NO_CONDITION()),
        (libc::SYS_sched_yield, NO_CONDITION()),
        // Sleeping harms only itself: the deadline sees to that.
        (libc::SYS_nanosleep, NO_CONDITION()),
        (libc::SYS_clock_nanosleep, NO_CONDITION()),
        // The socket to the server, and the descriptors 1 and 2, which lead nowhere.
        (libc::SYS_recvfrom, vec![vec![is(0, socket)]]),
        (libc::SYS_sendto, vec![vec![is(0, socket)]]),
        (libc::SYS_write, vec![vec![is(0, 1)], vec![is(0, 2)]]),
        (libc::SYS_writev, vec![vec![is(0, 1)], vec![is(0, 2)]]),
        // The end, in order or by abort: so that a crash is seen as what it is.
        (libc::SYS_exit_group, NO_CONDITION()),
        (libc::SYS_exit, NO_CONDITION()),
        (libc::SYS_rt_sigreturn, NO_CONDITION()),
        (libc::SYS_rt_sigprocmask, NO_CONDITION()),
        (libc::SYS_sigaltstack, NO_CONDITION()),
        (libc::SYS_getpid, NO_CONDITION()),
        (libc::SYS_gettid, NO_CONDITION()),
        (libc::SYS_tgkill, vec![vec![is(0, own_pid), is(2, libc::SIGABRT as u64)]]),
        (
            libc::SYS_rt_sigaction,
            [libc::SIGABRT, libc::SIGSEGV, libc::SIGBUS].map(|signal| vec![is(0, signal as u64)]).into(),
        ),
    ];
    if loading {
        rules.extend([
            // Reading only; Landlock lets nothing be found but the sealed copy.
            (libc::SYS_openat, vec![vec![bits(2, (libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC) as u64, 0)]]),
            (libc::SYS_read, NO_CONDITION()),
            (libc::SYS_pread64, NO_CONDITION()),
            (libc::SYS_fstat, NO_CONDITION()),
            (libc::SYS_newfstatat, NO_CONDITION()),
            (libc::SYS_close, NO_CONDITION()),
            // Code from a file, which can only be the copy; never writable.
            (libc::SYS_mmap, vec![vec![bits(2, write | exec, exec), bits(3, anonymous, 0)]]),
            // The second filter.
            (libc::SYS_prctl, vec![vec![is(0, libc::PR_SET_NO_NEW_PRIVS as u64)]]),
            (libc::SYS_seccomp, vec![vec![is(0, u64::from(libc::SECCOMP_SET_MODE_FILTER))]]),
        ]);
    }

    let mut by_number: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for (number, alternatives) in rules {
        let alternatives = alternatives
            .into_iter()
            .map(|conditions| SeccompRule::new(conditions.into_iter().collect::<Result<_, _>>()?))
            .collect::<Result<Vec<_>, seccompiler::BackendError>>()?;
        by_number.entry(number).or_default().extend(alternatives);
    }
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(by_number, SeccompAction::KillProcess, SeccompAction::Allow, arch)?.try_into()
}
