/* A handle's option values: those of its family, then those of its kind. */
#ifndef PC_BASE_SETTINGS_H
#define PC_BASE_SETTINGS_H

#include "base/kinds.h"

enum { PC_MOST_OPTIONS = 32 };

struct pc_settings {
    struct pc_option_table common, own;
    double value[PC_MOST_OPTIONS]; /* common options first, in table order */
    int32_t elements;              /* blocks or nodes that `each` options have values for */
    double *each;                  /* [options][elements]; rows of options that are not `each` stay unused */
};

/* All options at their defaults; `elements` may be 0 where no option is `each`. */
pcil_status pc_settings_create(struct pc_settings *settings, struct pc_error *own, const struct pc_family *family,
                               const struct pc_kind *kind, int32_t elements);
void pc_settings_free(struct pc_settings *settings);

/* Sets by name or name.element. */
pcil_status pc_settings_set(struct pc_settings *settings, struct pc_error *own, const char *name, double value);
pcil_status pc_settings_set_text(struct pc_settings *settings, struct pc_error *own, const char *name,
                                 const char *text);
pcil_status pc_settings_get(const struct pc_settings *settings, const char *name, double *value);

/* The value of option `index` of the family's table, or of the kind's own. */
double pc_setting(const struct pc_settings *settings, int32_t index);
double pc_own_setting(const struct pc_settings *settings, int32_t index);

/* The value of an `each` option of the family's table for one element. */
double pc_setting_at(const struct pc_settings *settings, int32_t index, int32_t element);

/* Sets it, whatever the option's range. */
void pc_put_setting_at(struct pc_settings *settings, int32_t index, int32_t element, double value);

#endif
