/*
 * A service of one code, whose answer is chosen when it is built:
 *   -DPREFIX="small" -DSALT=1 [-DDENY] [-DHIGH] [-DEXTRA] [-DCOUNT=2] [-DSETTING] [-DSECOND=10000] [-DADVISER]
 *   [-DDENY_TENANT="shop_…"]
 */
#include "kith_plugin.h"

#ifndef SALT
#define SALT 0
#endif

static const kith_host *the_host;
/* Another SALT makes another library, whose answers can be told apart. */
static volatile const int salt = SALT;

#ifdef SETTING
/* How often a day. It must be given to `create`; one instance is all that a process has. */
static int64_t limit;
#define COUNT limit
#endif

#ifndef ADVISER
static kith_status emit(const char *code, uint32_t parent, uint32_t risk, uint32_t flags) {
    kith_permission one = {sizeof(kith_permission), parent, risk, flags, kith_text(code),
                           KITH_STR("Small"), KITH_STR("小服务"), KITH_STR("Does a small thing.")};
    return the_host->emit_permission(the_host->ctx, &one);
}
#endif

static kith_status describe(const kith_host *host) {
    the_host = host;
#ifndef ADVISER
    kith_status status = emit(PREFIX, KITH_NO_PARENT, KITH_RISK_NORMAL, KITH_PERMISSION_GROUP);
#ifdef HIGH
    if (status == KITH_OK) status = emit(PREFIX ".use", 0, KITH_RISK_HIGH, 0);
#else
    if (status == KITH_OK) status = emit(PREFIX ".use", 0, KITH_RISK_NORMAL, 0);
#endif
#ifdef EXTRA
    if (status == KITH_OK) status = emit(PREFIX ".more", 0, KITH_RISK_NORMAL, 0);
#endif
#ifdef SETTING
    kith_setting setting = {sizeof(kith_setting), KITH_TAG_I64, KITH_STR("limit"), KITH_STR("Limit"), KITH_STR("3"), KITH_STR("")};
    if (status == KITH_OK) status = host->emit_setting(host->ctx, &setting);
#endif
    return status;
#else
    return KITH_OK;
#endif
}

static kith_status create(const kith_host *host, kith_str json, void **instance) {
    (void)json;
    the_host = host;
#ifdef SETTING
    limit = kith_json_int(json, "limit", 0);
    if (limit < 1) return KITH_BAD_SETTINGS;
#endif
    *instance = (void *)host;
    return KITH_OK;
}

static void destroy(void *instance) { (void)instance; }

static kith_status authorize(const void *instance, const kith_request *request, kith_decision *decision) {
    (void)instance;
    (void)request;
#ifdef DENY_TENANT
    if (request->tenant.len == sizeof DENY_TENANT - 1 &&
        __builtin_memcmp(request->tenant.ptr, DENY_TENANT, sizeof DENY_TENANT - 1) == 0) {
        return kith_deny(decision, 200, KITH_STR("Not in this shop."));
    }
#endif
#ifdef DENY
    return kith_deny(decision, 100 + (uint32_t)salt, KITH_STR("Not today.\n今天不行。"));
#else
    kith_allow(decision);
    decision->reason_code = 100 + (uint32_t)salt;
#ifdef COUNT
    return kith_oblige(decision, KITH_COUNT_PER_DAY, COUNT, 0);
#elif defined(SECOND)
    return kith_oblige(decision, KITH_SECOND_APPROVER_ABOVE, SECOND, 156);
#else
    return KITH_OK;
#endif
#endif
}

static kith_status self_test(const void *instance) { return instance != NULL ? KITH_OK : KITH_ERROR; }

const kith_plugin *kith_plugin_v1(const kith_host *host) {
    static kith_plugin plugin = {.magic = KITH_PLUGIN_MAGIC,
                                 .size = sizeof(kith_plugin),
                                 .major = KITH_MAJOR,
                                 .minor = KITH_MINOR,
                                 .describe = describe,
                                 .create = create,
                                 .destroy = destroy,
                                 .authorize = authorize,
                                 .self_test = self_test};
    if (host == NULL || host->magic != KITH_HOST_MAGIC) return NULL;
    kith_build_id(plugin.build_id);
    return &plugin;
}
