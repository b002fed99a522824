/* The options of a run: its own, and by the same flat names those of its inference and its optimizer. */
#ifndef PC_TRAINING_OPTIONS_H
#define PC_TRAINING_OPTIONS_H

#include "base/kinds.h"

extern const struct pc_family pc_run_family;

/* Runs, inferences, optimizers: the families whose options a run has. */
enum { PC_RUN_FAMILIES = 3 };
extern const struct pc_family *const pc_run_families[PC_RUN_FAMILIES];

/* An option, and whose it is. */
struct pc_owned_option {
    const struct pc_option *option;
    const struct pc_family *family;
    const struct pc_kind *kind; /* NULL: of every kind of the family */
};

/* The index of option `at` = 0, 1, ... of runs, inferences and optimizers, in that order; false behind the last. */
bool pc_run_option_at(int32_t at, struct pc_owned_option *found);

/* The family whose kinds a run's option names ("optimizer"), or NULL. */
const struct pc_family *pc_run_option_family(const char *name);

/* Whether an option belongs to a kind. */
bool pc_option_applies(const struct pc_owned_option *owned, const struct pc_kind *kind);

/* Fails with the known names and the nearest. */
pcil_status pc_unknown_run_option(struct pc_error *own, const char *name);

/* An option's default as text. */
const char *pc_option_default(const struct pc_option *option, struct pc_option_text *text);

#endif
