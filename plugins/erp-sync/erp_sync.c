/*
 * ERP Sync: a service that pushes stock and exports orders, in C. It brings permissions of its own and runs isolated.
 *
 * Build it with any C compiler:
 *     cc @../abi/plugin.flags -I ../abi/include -o liberp_sync.so erp_sync.c
 */
#include "kith_plugin.h"

#include <stdio.h>
#include <stdlib.h>

/* Why not: the numbers of the reasons, which never change. */
enum { UNKNOWN_PERMISSION = 1, ROWS = 2, OPERATOR_ONLY = 3 };

/* What the seller set. */
typedef struct {
    int64_t max_rows;     /* of one push */
    int64_t window_from;  /* when stock may be pushed, in minutes of the day */
    int64_t window_until;
    int64_t exports;      /* a day */
} settings_t;

static kith_status describe(const kith_host *host) {
    static const struct {
        const char *code, *title_en, *title_zh, *help;
        uint32_t parent, risk, flags;
    } permissions[] = {
        {"erp_sync", "ERP Sync", "ERP 同步", "", KITH_NO_PARENT, KITH_RISK_NORMAL, KITH_PERMISSION_GROUP},
        {"erp_sync.stock.push", "Push stock", "推送库存", "Write the ERP's stock figures to the shop's items.", 0,
         KITH_RISK_NORMAL, 0},
        {"erp_sync.order.export", "Export orders", "导出订单", "Take the shop's orders out, buyers' names included.", 0,
         KITH_RISK_HIGH, 0},
    };
    static const struct {
        const char *key, *title, *value, *schema;
    } settings[] = {
        {"max_rows", "Most rows of one push", "5000", "{\"type\":\"integer\",\"minimum\":1}"},
        {"window_from", "Stock may be pushed from (minute of the day)", "60",
         "{\"type\":\"integer\",\"minimum\":0,\"maximum\":1439}"},
        {"window_until", "Stock may be pushed until (minute of the day)", "360",
         "{\"type\":\"integer\",\"minimum\":0,\"maximum\":1440}"},
        {"exports", "Most exports a day", "24", "{\"type\":\"integer\",\"minimum\":1}"},
    };
    kith_status status = KITH_OK;
    size_t at;
    for (at = 0; at < sizeof(permissions) / sizeof(permissions[0]) && status == KITH_OK; at++) {
        kith_permission one = {sizeof(kith_permission),
                               permissions[at].parent,
                               permissions[at].risk,
                               permissions[at].flags,
                               kith_text(permissions[at].code),
                               kith_text(permissions[at].title_en),
                               kith_text(permissions[at].title_zh),
                               kith_text(permissions[at].help)};
        status = host->emit_permission(host->ctx, &one);
    }
    for (at = 0; at < sizeof(settings) / sizeof(settings[0]) && status == KITH_OK; at++) {
        kith_setting one = {sizeof(kith_setting),          KITH_TAG_I64,
                            kith_text(settings[at].key),   kith_text(settings[at].title),
                            kith_text(settings[at].value), kith_text(settings[at].schema)};
        status = host->emit_setting(host->ctx, &one);
    }
    return status;
}

static kith_status create(const kith_host *host, kith_str json, void **instance) {
    settings_t set = {kith_json_int(json, "max_rows", 5000), kith_json_int(json, "window_from", 60),
                      kith_json_int(json, "window_until", 360), kith_json_int(json, "exports", 24)};
    settings_t *made;
    if (set.max_rows < 1 || set.exports < 1 || set.window_from < 0 || set.window_from > 1439 || set.window_until < 0 ||
        set.window_until > 1440 || set.window_from == set.window_until) {
        host->log(host->ctx, KITH_LOG_ERROR, KITH_STR("a setting is out of its range"));
        return KITH_BAD_SETTINGS;
    }
    made = malloc(sizeof(*made));
    if (made == NULL) return KITH_ERROR;
    *made = set;
    *instance = made;
    return KITH_OK;
}

static void destroy(void *instance) {
    free(instance);
}

static kith_status authorize(const void *instance, const kith_request *request, kith_decision *decision) {
    const settings_t *set = instance;
    if (kith_is(request->permission, KITH_STR("erp_sync.stock.push"))) {
        const kith_attr *rows = kith_find(request, KITH_STR("rows"), KITH_TAG_I64);
        if (rows == NULL || rows->v.i < 1 || rows->v.i > set->max_rows) {
            char text[128];
            snprintf(text, sizeof(text), "Push 1 to %lld rows at a time.\n每次可推送 1 至 %lld 行。",
                     (long long)set->max_rows, (long long)set->max_rows);
            return kith_deny(decision, ROWS, kith_text(text));
        }
        kith_allow(decision);
        return kith_oblige(decision, KITH_HOURS, set->window_from, (uint32_t)set->window_until);
    }
    if (kith_is(request->permission, KITH_STR("erp_sync.order.export"))) {
        if (!kith_has_role(request, KITH_STR("erp_operator")))
            return kith_deny(decision, OPERATOR_ONLY,
                             KITH_STR("Only an ERP operator exports orders.\n仅 ERP 操作员可导出订单。"));
        kith_allow(decision);
        return kith_oblige_because(decision, KITH_COUNT_PER_DAY, set->exports, 0,
                                   KITH_STR("Exports are limited for each day."));
    }
    return kith_deny(decision, UNKNOWN_PERMISSION, KITH_STR("ERP Sync has no such permission.\nERP 同步没有此权限。"));
}

static kith_status self_test(const void *instance) {
    return instance != NULL ? KITH_OK : KITH_ERROR;
}

const kith_plugin *kith_plugin_v1(const kith_host *host) {
    static kith_plugin plugin = {.magic = KITH_PLUGIN_MAGIC,
                                 .size = sizeof(kith_plugin),
                                 .major = KITH_MAJOR,
                                 .minor = KITH_MINOR,
                                 .requires = KITH_FEATURE_OBLIGATIONS,
                                 .describe = describe,
                                 .create = create,
                                 .destroy = destroy,
                                 .authorize = authorize,
                                 .self_test = self_test};
    if (host == NULL || host->magic != KITH_HOST_MAGIC || host->major != KITH_MAJOR) return NULL;
    kith_build_id(plugin.build_id);
    return &plugin;
}
