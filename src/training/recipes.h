/* Recipes: complete settings of a run by name, DATASET-NETWORK-ALGORITHM. */
#ifndef PC_TRAINING_RECIPES_H
#define PC_TRAINING_RECIPES_H

#include "training/choices.h"

struct pc_recipe {
    struct pc_kind kind;
    const char *network;  /* its description */
    const char *settings; /* name=value, separated by spaces; a later one stands over an earlier one */
};

extern const struct pc_family pc_recipe_family;

/* Takes a recipe's settings over the present ones; all or none. They lapse where later choices leave no use for them.
 */
pcil_status pc_recipe_take(struct pc_choices *choices, struct pc_error *own, const char *name);

#endif
