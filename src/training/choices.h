/*
 * The settings of a run as they were chosen: names and texts, checked one by one when they are set. Whether they fit
 * together shows only when the run is prepared, so that their order never matters.
 */
#ifndef PC_TRAINING_CHOICES_H
#define PC_TRAINING_CHOICES_H

#include "training/options.h"

struct pc_choice {
    char *name; /* option, or option.index */
    char *value;
    bool lapses;  /* a recipe's: passed over where the chosen kinds lack the option */
    int32_t next; /* the next of its row, or -1 */
};

struct pc_choices {
    struct pc_choice *list;
    int32_t count, capacity;
    int32_t *rows; /* [capacity]: the first choice of all whose names have the same hash, or -1 */
};

void pc_choices_free(struct pc_choices *choices);
pcil_status pc_choices_copy(struct pc_choices *to, struct pc_error *own, const struct pc_choices *from);

/* Sets an option; `option` without an index also forgets what was set per index. */
pcil_status pc_choices_set(struct pc_choices *choices, struct pc_error *own, const char *name, const char *value,
                           bool lapses);

/* What was chosen for a name, or NULL. */
const char *pc_choices_find(const struct pc_choices *choices, const char *name);

/* What was chosen for one of the run's own options, or its default. */
const char *pc_choice_text(const struct pc_choices *choices, const char *name);
double pc_choice_number(const struct pc_choices *choices, const char *name);

/* Chosen or default text of any option (see pcil_trainer_get_text). */
pcil_status pc_choices_get(const struct pc_choices *choices, const char *name, struct pc_option_text *space,
                           const char **value);

/* The chosen inference or optimizer kind. */
const struct pc_kind *pc_chosen_kind(const struct pc_choices *choices, const struct pc_family *family);

/* Takes a JSON file's settings, all or none. */
pcil_status pc_choices_load(struct pc_choices *choices, struct pc_error *own, const char *path);
/* The same of a JSON text; `what` begins the messages. */
pcil_status pc_choices_parse(struct pc_choices *choices, struct pc_error *own, const char *what, const char *text,
                             size_t size);

/* Appends all settings that apply as JSON; without "out", which is a place and no setting, unless wanted. */
void pc_choices_write(const struct pc_choices *choices, struct pc_text *json, bool with_out);

#endif
