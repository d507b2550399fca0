/* A plugin that does what the permission says: acme.ok, acme.segfault, … */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "kith_plugin.h"

#ifndef SALT
#define SALT 1
#endif
static const volatile int salt = SALT;
static const kith_host *host_of;
static int opened = -1;

#ifdef CONSTRUCTOR
__attribute__((constructor)) static void begin(void) { CONSTRUCTOR }
#endif

static kith_status describe(const kith_host *host) {
    kith_permission p = {sizeof p, KITH_NO_PARENT, 0, 1, KITH_STR("acme"), KITH_STR("Acme"), KITH_STR("甲"), KITH_STR("")};
    kith_setting s = {sizeof s, KITH_TAG_I64, KITH_STR("copies"), KITH_STR("Copies"), KITH_STR("1"), KITH_STR("{}")};
#ifdef DESCRIBE
    DESCRIBE
#endif
    host->emit_permission(host->ctx, &p);
    p.parent = 0; p.flags = 0; p.code = KITH_STR("acme.ok"); p.title_en = KITH_STR("Fine");
    host->emit_permission(host->ctx, &p);
    return host->emit_setting(host->ctx, &s);
}

static kith_status create(const kith_host *host, kith_str settings, void **instance) {
    host_of = host;
    (void)settings;
#ifdef CREATE
    CREATE
#endif
    *instance = malloc(1);
    return KITH_OK;
}

static void destroy(void *instance) { free(instance); }

static int is(const kith_request *request, const char *what) {
    size_t n = strlen(what);
    return request->permission.len == n + 5 && memcmp(request->permission.ptr + 5, what, n) == 0;
}

static uint64_t now(void) { return host_of->mono_ns(host_of->ctx); }

static int deeper(volatile char *above) {
    volatile char here[4096];
    here[0] = above[0];
    return deeper(here) + here[1];
}

static long number(kith_str s) {
    long n = 0;
    size_t i;
    for (i = 0; i < s.len; i++) n = n * 10 + (s.ptr[i] - '0');
    return n;
}

/* An answer frame of one yes: magic, kind 8, one, generation, length, seq. */
static void forge(uint32_t generation, uint64_t seq) {
    uint8_t frame[24 + 23] = "KPF1";
    uint32_t length = 23, yes = 1;
    frame[4] = 8; frame[6] = 1;
    memcpy(frame + 8, &generation, 4);
    memcpy(frame + 12, &length, 4);
    memcpy(frame + 16, &seq, 8);
    memcpy(frame + 25, &yes, 4);
    send(0, frame, sizeof frame, 0);
}

static kith_status authorize(const void *instance, const kith_request *request, kith_decision *decision) {
    static const char hex[] = "0123456789abcdef";
    volatile int result = -1;
    size_t i;
    (void)instance; (void)salt;
    decision->reason_code = opened;
    /* The reason is the request's id, so that a test sees whose answer it has. */
    for (i = 0; i < 16; i++) {
        decision->text[2 * i] = hex[request->request_id[i] >> 4];
        decision->text[2 * i + 1] = hex[request->request_id[i] & 15];
    }
    decision->text_len = 32;
    if (is(request, "ok")) { decision->effect = KITH_ALLOW; return KITH_OK; }
    if (is(request, "slow")) {
        uint64_t until = now() + (uint64_t)number(request->principal) * 1000;
        while (now() < until) {}
        decision->effect = KITH_ALLOW;
        return KITH_OK;
    }
    if (is(request, "segfault")) *(volatile int *)8 = 1;
    if (is(request, "abort")) abort();
    if (is(request, "exit")) _exit(0);
    if (is(request, "stack")) { volatile char c = 1; return deeper(&c); }
    if (is(request, "bomb")) for (;;) { char *p = malloc(1 << 20); if (!p) abort(); memset(p, 1, 1 << 20); }
    if (is(request, "loop")) for (;;) {}
    if (is(request, "flood")) for (i = 0; i < 1000000; i++) host_of->log(host_of->ctx, KITH_LOG_INFO, KITH_STR("flood"));
    if (is(request, "garbage")) { for (i = 0; i < 64; i++) send(0, "garbage in the socket", 21, 0); return KITH_OK; }
    if (is(request, "duplicate")) { forge(1, 1); decision->effect = KITH_ALLOW; return KITH_OK; }
    if (is(request, "future")) { forge(1, (uint64_t)1 << 40); return KITH_OK; }
    if (is(request, "foreign")) { forge(77, 1); return KITH_OK; }
    if (is(request, "logflood")) {
        uint8_t frame[24 + 6] = "KPF1";
        uint32_t one = 1, length = 6;
        frame[4] = 9; frame[29] = 'x';
        memcpy(frame + 8, &one, 4); memcpy(frame + 12, &length, 4); memcpy(frame + 25, &one, 4);
        for (;;) send(0, frame, sizeof frame, 0);
    }
    /* System calls. */
    if (is(request, "sys.open")) result = open("/etc/passwd", O_RDONLY);
    if (is(request, "sys.create")) result = open("/tmp/kith-evil", O_CREAT | O_WRONLY, 0600);
    if (is(request, "sys.mem")) result = open("/proc/1/mem", O_RDWR);
    if (is(request, "sys.socket")) result = socket(AF_INET, SOCK_STREAM, 0);
    if (is(request, "sys.connect")) { struct sockaddr_un a = {AF_UNIX, "/tmp/x"}; result = connect(0, (void *)&a, sizeof a); }
    if (is(request, "sys.fork")) result = fork();
    if (is(request, "sys.clone")) result = syscall(SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, malloc(4096), 0, 0, 0);
    if (is(request, "sys.execve")) { char *none[] = {0}; result = execve("/bin/true", none, none); }
    if (is(request, "sys.kill")) result = kill(getppid(), 0);
    if (is(request, "sys.killself")) result = syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
    if (is(request, "sys.ptrace")) result = ptrace(PTRACE_TRACEME, 0, 0, 0);
    if (is(request, "sys.rwx")) result = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
    if (is(request, "sys.exec_mapping")) result = mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, 3, 0) != MAP_FAILED;
    if (is(request, "sys.mprotect")) {
        void *p = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        result = mprotect(p, 4096, PROT_READ | PROT_EXEC);
    }
    if (is(request, "sys.memfd")) result = syscall(SYS_memfd_create, "x", 0);
    if (is(request, "sys.dup")) result = dup(0);
    if (is(request, "sys.prctl")) result = prctl(PR_SET_PDEATHSIG, 0);
    if (is(request, "sys.seccomp")) result = syscall(SYS_seccomp, 1, 0, 0);
    if (is(request, "sys.io_uring")) result = syscall(425, 8, 0);
    if (is(request, "sys.bpf")) result = syscall(SYS_bpf, 0, 0, 0);
    if (is(request, "sys.process_vm")) result = syscall(SYS_process_vm_readv, getpid(), 0, 0, 0, 0, 0);
    if (is(request, "sys.setrlimit")) result = syscall(SYS_prlimit64, 0, 4, 0, 0);
    if (is(request, "sleep")) { struct timespec t = {1, 0}; nanosleep(&t, 0); return KITH_OK; }
    if (is(request, "sys.unshare")) result = unshare(CLONE_NEWUSER);
    if (is(request, "sys.unknown")) result = syscall(100000);
    if (result >= 0) decision->effect = KITH_ALLOW; /* The test fails then. */
    return KITH_OK;
}

static kith_status self_test(const void *instance) {
    (void)instance;
#ifdef SELF_TEST
    SELF_TEST
#endif
    return KITH_OK;
}

static kith_plugin plugin = {KITH_PLUGIN_MAGIC, sizeof plugin, 1, 0, 0, 0, {0}, describe, create, destroy, authorize, NULL, self_test};

const kith_plugin *kith_plugin_v1(const kith_host *host) {
    (void)host;
    kith_build_id(plugin.build_id);
    return &plugin;
}
