/* A plugin whose misbehaviour is chosen with -D. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include "kith_plugin.h"

#ifndef SALT
#define SALT 1
#endif
/* Makes builds differ. */
static const volatile int salt = SALT;

#ifdef MARKER
/* Leaves a file behind when any of its code runs. */
__attribute__((constructor)) static void ran(void) { close(open(MARKER, O_CREAT | O_WRONLY, 0600)); }
#endif

static kith_status describe(const kith_host *host) {
#ifdef DESCRIBE
    DESCRIBE
#else
    kith_permission p = {sizeof p, KITH_NO_PARENT, 0, 1, KITH_STR("acme"), KITH_STR("Acme"), KITH_STR("甲"), KITH_STR("")};
    if (host->emit_permission(host->ctx, &p)) return KITH_ERROR;
    p.parent = 0; p.flags = 0; p.code = KITH_STR("acme.print"); p.title_en = KITH_STR("Print");
    if (host->emit_permission(host->ctx, &p)) return KITH_ERROR;
    kith_setting s = {sizeof s, KITH_TAG_I64, KITH_STR("copies"), KITH_STR("Copies"), KITH_STR("1"), KITH_STR("{}")};
    host->log(host->ctx, KITH_LOG_INFO, KITH_STR("described\nhere"));
    return host->emit_setting(host->ctx, &s);
#endif
}

static kith_status create(const kith_host *host, kith_str settings, void **instance) {
    (void)host;
    if (settings.len == 4 && memcmp(settings.ptr, "fail", 4) == 0) return KITH_BAD_SETTINGS;
    *instance = malloc(1);
    return KITH_OK;
}

static void destroy(void *instance) { free(instance); }

static kith_status authorize(const void *instance, const kith_request *request, kith_decision *decision) {
    (void)instance; (void)request; (void)decision;
#ifdef AUTHORIZE
    AUTHORIZE
#else
    decision->effect = request->principal.len > 0 && request->principal.ptr[0] == 'a' ? KITH_ALLOW : KITH_DENY;
    decision->reason_code = 7;
    decision->obligations[0] = (kith_obligation){KITH_MAX_PER_ACTION, 156, 1000, 2, 3};
    decision->n_obligations = 1;
    memcpy(decision->text, "because", 7);
    decision->text_len = 7;
    return KITH_OK;
#endif
}

static kith_status batch(const void *instance, const kith_request *const *requests, kith_decision *decisions, size_t n) {
    size_t i;
    for (i = 0; i < n; i++) {
        kith_status status = authorize(instance, requests[i], kith_decision_at(decisions, i));
        if (status) return status;
    }
    return KITH_OK;
}

static kith_status self_test(const void *instance) { return instance ? KITH_OK : KITH_ERROR; }

static kith_plugin plugin = {KITH_PLUGIN_MAGIC, sizeof plugin, 1, 0, 0, 0, {0}, describe, create, destroy, authorize,
#ifdef NO_BATCH
    NULL,
#else
    batch,
#endif
    self_test};

#ifndef NO_ENTRY
const kith_plugin *kith_plugin_v1(const kith_host *host) {
    (void)host; (void)salt;
    kith_build_id(plugin.build_id);
#ifdef ENTRY
    ENTRY
#endif
    return &plugin;
}
#endif
