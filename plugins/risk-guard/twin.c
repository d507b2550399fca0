/* The policy of the risk guard in C, for the comparison of the two languages; see src/lib.rs. */
#include "kith_plugin.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    int64_t night_from, night_until, second_above, refuse_above;
} guard;

static kith_status describe(const kith_host *host) {
    static const struct {
        const char *key, *title, *value, *schema;
        uint32_t kind;
    } all[] = {
        {"night_from", "The night begins (minute of the day)", "1320",
         "{\"type\":\"integer\",\"minimum\":0,\"maximum\":1439}", KITH_TAG_I64},
        {"night_until", "The night is over (minute of the day)", "360",
         "{\"type\":\"integer\",\"minimum\":0,\"maximum\":1440}", KITH_TAG_I64},
        {"second_above", "At night a second approver above", "10000", "{\"type\":\"integer\",\"minimum\":0}",
         KITH_TAG_MONEY},
        {"refuse_above", "At night nothing above", "50000", "{\"type\":\"integer\",\"minimum\":0}", KITH_TAG_MONEY},
    };
    size_t at;
    for (at = 0; at < sizeof(all) / sizeof(all[0]); at++) {
        kith_setting one = {sizeof(kith_setting), all[at].kind, kith_text(all[at].key), kith_text(all[at].title),
                            kith_text(all[at].value), kith_text(all[at].schema)};
        kith_status status = host->emit_setting(host->ctx, &one);
        if (status != KITH_OK) return status;
    }
    return KITH_OK;
}

static kith_status create(const kith_host *host, kith_str settings, void **instance) {
    guard set = {kith_json_int(settings, "night_from", 1320), kith_json_int(settings, "night_until", 360),
                 kith_json_int(settings, "second_above", 10000), kith_json_int(settings, "refuse_above", 50000)};
    guard *made;
    (void)host;
    if (set.night_from < 0 || set.night_from > 1439 || set.night_until < 0 || set.night_until > 1440 ||
        set.night_from == set.night_until || set.second_above < 0 || set.second_above > set.refuse_above)
        return KITH_BAD_SETTINGS;
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
    const guard *set = instance;
    const kith_attr *amount = kith_find(request, KITH_STR("amount"), KITH_TAG_MONEY);
    const kith_attr *minute = kith_find(request, KITH_STR("local_minute"), KITH_TAG_I64);
    int night;
    if (amount == NULL || minute == NULL)
        return kith_deny(decision, 2,
                         KITH_STR("The risk guard was not told the amount and the time.\n风控未获得金额或时间。"));
    night = set->night_from < set->night_until
                ? minute->v.i >= set->night_from && minute->v.i < set->night_until
                : minute->v.i >= set->night_from || minute->v.i < set->night_until;
    if (!night || amount->v.i <= set->second_above) return kith_allow(decision);
    if (amount->v.i > set->refuse_above) {
        char text[128];
        int hour = (int)(set->night_until / 60 % 24), past = (int)(set->night_until % 60);
        snprintf(text, sizeof(text), "This amount waits until %02d:%02d.\n该金额需等到 %02d:%02d 之后处理。", hour, past,
                 hour, past);
        return kith_deny(decision, 1, kith_text(text));
    }
    kith_allow(decision);
    return kith_oblige_because(decision, KITH_SECOND_APPROVER_ABOVE, set->second_above, amount->aux,
                               KITH_STR("At night a second person approves this amount."));
}

static kith_status self_test(const void *instance) {
    return instance != NULL ? KITH_OK : KITH_ERROR;
}

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
    if (host == NULL || host->magic != KITH_HOST_MAGIC || host->major != KITH_MAJOR) return NULL;
    kith_build_id(plugin.build_id);
    return &plugin;
}
