/*
 * The contract between Kith and its plugins, version 1.0. C11, LP64, little-endian.
 *
 * A plugin is a shared library with one exported symbol, kith_plugin_v1. See plugins/README.md for the way from nothing
 * to a loaded plugin; plugins/erp-sync is a whole example. The same contract in Rust is plugins/abi/src/lib.rs, and a
 * test compares every size, offset and constant of the two.
 *
 *  - Structs that begin with a size only ever grow at the end. Read a field of the host's only when it lies within the
 *    host's size: KITH_HAS(request, attrs). kith_str, kith_attr and kith_obligation never change.
 *  - An array of kith_decision is walked at the size of its first element: kith_decision_at().
 *  - Nothing is freed across the boundary. A request is valid during its call only. The host copies what emit_* and log
 *    are given before they return. All text is UTF-8 with a length and without a NUL.
 *  - The decision is DENY before each call. A status other than KITH_OK, and anything out of range, is a denial.
 *  - No blocking, no threads, no unwinding out of an entry. One instance is shared by all threads.
 *
 * Define KITH_NO_HELPERS before the include to get the contract alone.
 */
#ifndef KITH_PLUGIN_H
#define KITH_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define KITH_ASSERT(what) static_assert(what, #what)
extern "C" {
#else
#define KITH_ASSERT(what) _Static_assert(what, #what)
#endif

#define KITH_MAJOR 1
#define KITH_MINOR 0
#define KITH_HOST_MAGIC UINT64_C(0x54534f484854494b)   /* "KITHHOST" in memory */
#define KITH_PLUGIN_MAGIC UINT64_C(0x47554c504854494b) /* "KITHPLUG" in memory */
#define KITH_NO_PARENT UINT32_MAX
#define KITH_MAX_SIZE 65536

/* What a call returns: 0 is success, the host denies on everything else. */
typedef int32_t kith_status;
#define KITH_OK 0
#define KITH_ERROR (-1)
#define KITH_PANIC (-2)
#define KITH_BAD_SETTINGS (-3)
#define KITH_BAD_ARGUMENT (-4)
#define KITH_REFUSED (-5)

/* kith_decision.effect */
#define KITH_DENY 0
#define KITH_ALLOW 1

/* kith_attr.tag and kith_setting.kind: which member of the union holds the value */
#define KITH_TAG_NONE 0  /* the host has no value */
#define KITH_TAG_BOOL 1  /* i: 0 or 1 */
#define KITH_TAG_I64 2   /* i */
#define KITH_TAG_F64 3   /* f, finite */
#define KITH_TAG_STR 4   /* s */
#define KITH_TAG_MONEY 5 /* i in minor units; aux is the ISO 4217 number */
#define KITH_TAG_JSON 6  /* a setting only */

/* kith_obligation.kind: the limits that grants know. The host enforces them. */
#define KITH_MAX_PER_ACTION 1        /* value minor units, aux currency number (0: the shop's) */
#define KITH_MAX_PER_DAY 2           /* as above */
#define KITH_MAX_PER_MONTH 3         /* as above */
#define KITH_COUNT_PER_DAY 4         /* value times */
#define KITH_HOURS 5                 /* from minute value (0..1439) up to but without minute aux (0..1440), shop's zone */
#define KITH_VALID_UNTIL 6           /* value milliseconds after 1970-01-01T00:00:00Z */
#define KITH_STEP_UP_ABOVE 7         /* value minor units, aux currency number */
#define KITH_SECOND_APPROVER_ABOVE 8 /* as above */

/* kith_host.features, kith_plugin.features, kith_plugin.requires */
#define KITH_FEATURE_OBLIGATIONS UINT64_C(1)
#define KITH_FEATURE_BATCH UINT64_C(2)
#define KITH_FEATURES_KNOWN (KITH_FEATURE_OBLIGATIONS | KITH_FEATURE_BATCH)

/* kith_request.flags */
#define KITH_DRY_RUN 1
#define KITH_SHADOW 2
#define KITH_PROBE 4

/* kith_permission.risk and .flags */
#define KITH_RISK_NORMAL 0
#define KITH_RISK_HIGH 1
#define KITH_PERMISSION_GROUP 1 /* a heading, not grantable */
#define KITH_PERMISSION_MONEY 2 /* amounts flow */
#define KITH_PERMISSION_FLAGS_KNOWN (KITH_PERMISSION_GROUP | KITH_PERMISSION_MONEY)

/* kith_host.log */
#define KITH_LOG_ERROR 1
#define KITH_LOG_WARN 2
#define KITH_LOG_INFO 3
#define KITH_LOG_DEBUG 4

/* What a host accepts at most; lengths in bytes. */
#define KITH_MAX_PERMISSIONS 512
#define KITH_MAX_DEPTH 6
#define KITH_MAX_SETTINGS 64
#define KITH_MAX_CODE 96
#define KITH_MAX_TITLE 200
#define KITH_MAX_HELP 2000
#define KITH_MAX_KEY 64
#define KITH_MAX_JSON 16384
#define KITH_MAX_SETTINGS_JSON 65536
#define KITH_MAX_LOG 1000
#define KITH_MAX_OBLIGATIONS 8
#define KITH_MAX_TEXT 296

/* Borrowed UTF-8 without a NUL at its end. */
typedef struct {
    const uint8_t *ptr; /* anything, NULL too, when len is 0 */
    size_t len;
} kith_str;

typedef union {
    int64_t i;
    double f;
    kith_str s;
} kith_value;

/* One fact of a request. */
typedef struct {
    kith_str key;
    uint32_t tag;
    uint32_t aux;
    kith_value v;
} kith_attr;

/* What is asked. The host's memory, valid during the call only. */
typedef struct {
    uint32_t size;
    uint32_t flags;
    uint64_t deadline_mono_ns; /* on the host's mono_ns; 0: never */
    uint8_t request_id[16];
    kith_str tenant;
    kith_str principal;
    kith_str permission;
    kith_str parent_type; /* of the guarded field, when there is one */
    kith_str field;
    const kith_str *roles;
    size_t n_roles;
    const kith_attr *attrs; /* exactly those that the manifest asks for */
    size_t n_attrs;
} kith_request;

typedef struct {
    uint32_t kind;
    uint32_t aux;
    int64_t value;
    uint32_t text_off; /* its explanation within kith_decision.text; text_len 0: none */
    uint32_t text_len;
} kith_obligation;

/* The answer, in the host's memory, filled with DENY before each call. */
typedef struct {
    uint32_t size;   /* leave it alone */
    uint32_t effect; /* anything but KITH_ALLOW and KITH_DENY: denied */
    uint32_t reason_code;
    uint32_t cache_ttl_ms;
    uint32_t n_obligations;
    uint32_t text_len; /* the reason is text[0..text_len): English, and optionally '\n' and Chinese */
    kith_obligation obligations[KITH_MAX_OBLIGATIONS];
    uint8_t text[KITH_MAX_TEXT];
} kith_decision;

/* One permission of the plugin's tree. */
typedef struct {
    uint32_t size;
    uint32_t parent; /* the position, from 0, of one that was emitted before; or KITH_NO_PARENT */
    uint32_t risk;
    uint32_t flags;
    kith_str code; /* within the publisher's prefix */
    kith_str title_en;
    kith_str title_zh;
    kith_str help;
} kith_permission;

/* One setting; create gets all of them, defaults filled in, as one JSON object. */
typedef struct {
    uint32_t size;
    uint32_t kind; /* a KITH_TAG_ */
    kith_str key;
    kith_str title;
    kith_str default_json; /* empty: it must be set */
    kith_str schema_json;  /* a JSON Schema; empty: any of its kind */
} kith_setting;

/* What the host offers. It lives for ever. */
typedef struct {
    uint64_t magic;
    uint32_t size;
    uint16_t major;
    uint16_t minor;
    uint64_t features;
    void *ctx; /* the first argument of the functions */
    void (*log)(void *ctx, uint32_t level, kith_str text);
    uint64_t (*mono_ns)(void *ctx);
    kith_status (*emit_permission)(void *ctx, const kith_permission *permission);
    kith_status (*emit_setting)(void *ctx, const kith_setting *setting);
} kith_host;

/* What a plugin is. The host copies it once. */
typedef struct {
    uint64_t magic;
    uint32_t size;
    uint16_t major;
    uint16_t minor;
    uint64_t features;
    uint64_t requires;    /* a bit that the host does not know refuses the plugin */
    uint8_t build_id[32]; /* kith_build_id() */
    kith_status (*describe)(const kith_host *host);
    kith_status (*create)(const kith_host *host, kith_str settings_json, void **instance);
    void (*destroy)(void *instance);
    kith_status (*authorize)(const void *instance, const kith_request *request, kith_decision *decision);
    kith_status (*authorize_batch)(const void *instance, const kith_request *const *requests, kith_decision *decisions,
                                   size_t n); /* may be NULL */
    kith_status (*self_test)(const void *instance);
} kith_plugin;

#if defined(__GNUC__)
#define KITH_EXPORT __attribute__((visibility("default")))
#else
#define KITH_EXPORT
#endif

/* The one exported symbol. The struct lives for ever; NULL: the plugin refuses this host. */
KITH_EXPORT const kith_plugin *kith_plugin_v1(const kith_host *host);

KITH_ASSERT(sizeof(void *) == 8 && sizeof(size_t) == 8);
KITH_ASSERT(sizeof(kith_str) == 16);
KITH_ASSERT(sizeof(kith_value) == 16);
KITH_ASSERT(sizeof(kith_attr) == 40 && offsetof(kith_attr, tag) == 16 && offsetof(kith_attr, v) == 24);
KITH_ASSERT(sizeof(kith_request) == 144 && offsetof(kith_request, deadline_mono_ns) == 8);
KITH_ASSERT(offsetof(kith_request, tenant) == 32 && offsetof(kith_request, permission) == 64);
KITH_ASSERT(offsetof(kith_request, roles) == 112 && offsetof(kith_request, attrs) == 128);
KITH_ASSERT(sizeof(kith_obligation) == 24 && offsetof(kith_obligation, value) == 8);
KITH_ASSERT(sizeof(kith_decision) == 512 && offsetof(kith_decision, obligations) == 24);
KITH_ASSERT(offsetof(kith_decision, text) == 216);
KITH_ASSERT(sizeof(kith_permission) == 80 && offsetof(kith_permission, code) == 16);
KITH_ASSERT(sizeof(kith_setting) == 72 && offsetof(kith_setting, key) == 8);
KITH_ASSERT(sizeof(kith_host) == 64 && offsetof(kith_host, features) == 16 && offsetof(kith_host, log) == 32);
KITH_ASSERT(sizeof(kith_plugin) == 112 && offsetof(kith_plugin, build_id) == 32);
KITH_ASSERT(offsetof(kith_plugin, describe) == 64 && offsetof(kith_plugin, self_test) == 104);

/* Whether a struct of the other side has this field. */
#define KITH_HAS(at, field) \
    ((at)->size >= offsetof(__typeof__(*(at)), field) + sizeof(((__typeof__(*(at)) *)0)->field))

/* A string literal as kith_str. */
#define KITH_STR(literal) ((kith_str){(const uint8_t *)("" literal), sizeof(literal) - 1})

#ifndef KITH_NO_HELPERS
#include <elf.h>
#include <string.h>

/* A C string as kith_str. */
static inline kith_str kith_text(const char *text) {
    kith_str made = {(const uint8_t *)text, strlen(text)};
    return made;
}

/* Whether a text is this one. */
static inline int kith_is(kith_str text, kith_str other) {
    return text.len == other.len && (text.len == 0 || memcmp(text.ptr, other.ptr, text.len) == 0);
}

/* The first attribute of this name when it has this tag; else NULL. */
static inline const kith_attr *kith_find(const kith_request *request, kith_str key, uint32_t tag) {
    size_t at;
    if (!KITH_HAS(request, n_attrs) || request->attrs == NULL) return NULL;
    for (at = 0; at < request->n_attrs; at++)
        if (kith_is(request->attrs[at].key, key)) return request->attrs[at].tag == tag ? &request->attrs[at] : NULL;
    return NULL;
}

/* Whether the principal has this role. */
static inline int kith_has_role(const kith_request *request, kith_str role) {
    size_t at;
    if (!KITH_HAS(request, n_roles) || request->roles == NULL) return 0;
    for (at = 0; at < request->n_roles; at++)
        if (kith_is(request->roles[at], role)) return 1;
    return 0;
}

/* The decision at a position of an array. */
static inline kith_decision *kith_decision_at(kith_decision *first, size_t at) {
    return (kith_decision *)(void *)((char *)first + at * first->size);
}

/* Writes the reason. Text that does not fit is cut at the end of a character. */
static inline void kith_reason(kith_decision *decision, uint32_t code, kith_str text) {
    size_t len = text.len;
    if (len > KITH_MAX_TEXT)
        for (len = KITH_MAX_TEXT; len > 0 && (text.ptr[len] & 0xC0) == 0x80;) len--;
    if (len > 0) memcpy(decision->text, text.ptr, len);
    decision->text_len = (uint32_t)len;
    decision->reason_code = code;
}

/* Denies, and says why. */
static inline kith_status kith_deny(kith_decision *decision, uint32_t code, kith_str text) {
    decision->effect = KITH_DENY;
    kith_reason(decision, code, text);
    return KITH_OK;
}

/* Allows. */
static inline kith_status kith_allow(kith_decision *decision) {
    decision->effect = KITH_ALLOW;
    return KITH_OK;
}

/* Adds an obligation without explanation; KITH_ERROR, which denies, when there is no room. */
static inline kith_status kith_oblige(kith_decision *decision, uint32_t kind, int64_t value, uint32_t aux) {
    kith_obligation *to;
    if (decision->n_obligations >= KITH_MAX_OBLIGATIONS) return KITH_ERROR;
    to = &decision->obligations[decision->n_obligations++];
    to->kind = kind;
    to->aux = aux;
    to->value = value;
    to->text_off = 0;
    to->text_len = 0;
    return KITH_OK;
}

/* As kith_oblige, with an explanation, which goes behind the text that is there; KITH_ERROR when it does not fit. */
static inline kith_status kith_oblige_because(kith_decision *decision, uint32_t kind, int64_t value, uint32_t aux,
                                              kith_str why) {
    uint32_t at, from = decision->text_len, count = decision->n_obligations;
    for (at = 0; at < count && at < KITH_MAX_OBLIGATIONS; at++) {
        const kith_obligation *other = &decision->obligations[at];
        if (other->text_len > 0 && other->text_off + other->text_len > from) from = other->text_off + other->text_len;
    }
    if (why.len > KITH_MAX_TEXT - from) return KITH_ERROR;
    if (kith_oblige(decision, kind, value, aux) != KITH_OK) return KITH_ERROR;
    if (why.len == 0) return KITH_OK;
    memcpy(decision->text + from, why.ptr, why.len);
    decision->obligations[count].text_off = from;
    decision->obligations[count].text_len = (uint32_t)why.len;
    return KITH_OK;
}

/*
 * The integer of a key in flat settings such as {"max_rows": 500}; `otherwise` when the key is not there or holds
 * something else. Enough for settings that are integers; use a JSON library of yours for more.
 */
static inline int64_t kith_json_int(kith_str json, const char *key, int64_t otherwise) {
    size_t at, length = strlen(key);
    for (at = 0; at + length + 2 <= json.len; at++) {
        const uint8_t *here = json.ptr + at, *end = json.ptr + json.len;
        uint64_t value = 0;
        int negative, digits = 0;
        if (*here != '"' || memcmp(here + 1, key, length) != 0 || here[length + 1] != '"') continue;
        for (here += length + 2; here < end && (*here == ' ' || *here == '\t' || *here == '\n' || *here == '\r');) here++;
        if (here == end || *here != ':') continue;
        for (here++; here < end && (*here == ' ' || *here == '\t' || *here == '\n' || *here == '\r');) here++;
        negative = here < end && *here == '-';
        for (here += negative; here < end && *here >= '0' && *here <= '9' && digits < 18; here++, digits++)
            value = value * 10 + (uint64_t)(*here - '0');
        if (digits == 0 || (here < end && ((*here >= '0' && *here <= '9') || *here == '.' || *here == 'e' || *here == 'E')))
            return otherwise;
        return negative ? -(int64_t)value : (int64_t)value;
    }
    return otherwise;
}

/*
 * Names this build: the GNU build id that the linker writes (-Wl,--build-id), padded with zeros. All zeros when there
 * is none, which a host refuses. The symbol is the linker's own name for the beginning of this library in memory.
 */
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));
static inline void kith_build_id(uint8_t out[32]) {
    const char *base = (const char *)&__ehdr_start;
    size_t at;
    memset(out, 0, 32);
    for (at = 0; at < __ehdr_start.e_phnum; at++) {
        const Elf64_Phdr *part = (const Elf64_Phdr *)(const void *)(base + __ehdr_start.e_phoff) + at;
        const char *note = base + part->p_vaddr, *end = note + part->p_memsz;
        if (part->p_type != PT_NOTE) continue;
        while (end - note >= (ptrdiff_t)sizeof(Elf64_Nhdr)) {
            const Elf64_Nhdr *head = (const Elf64_Nhdr *)(const void *)note;
            const char *name = note + sizeof(Elf64_Nhdr), *id = name + ((head->n_namesz + 3u) & ~3u);
            if (head->n_type == NT_GNU_BUILD_ID && head->n_namesz == 4 && memcmp(name, "GNU", 4) == 0) {
                memcpy(out, id, head->n_descsz < 32 ? head->n_descsz : 32);
                return;
            }
            note = id + ((head->n_descsz + 3u) & ~3u);
        }
    }
}
#endif /* KITH_NO_HELPERS */

#ifdef __cplusplus
}
#endif
#endif /* KITH_PLUGIN_H */
