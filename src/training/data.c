/* The data sets of a run: opened by name or lent by the caller, split, limited. */
#include "training/trainer.h"

#include <string.h>

static void keep(struct pc_parts *parts, pcil_dataset *set) {
    parts->opened[parts->opened_count++] = set;
}

static pcil_status open_part(pcil_trainer *trainer, struct pc_parts *parts, const char *part, pcil_dataset **set) {
    const char *kind = pc_choice_text(&trainer->choices, "dataset"),
               *folder = pc_choice_text(&trainer->choices, "data");
    if (!*kind)
        return pc_fail(&trainer->error, PCIL_ERROR_ARGUMENT,
                       "no data: set the option 'dataset' (and 'data', its folder), or give data sets");
    pcil_status status = pcil_dataset_open(set, kind, *folder ? folder : NULL, part);
    if (status != PCIL_OK) return pc_fail_again(&trainer->error, status);
    keep(parts, *set);
    return PCIL_OK;
}

/* Holds a share of the training data out; it is scored in place of the test data. */
static pcil_status split(pcil_trainer *trainer, struct pc_parts *parts, double share) {
    pcil_dataset *first, *second;
    pcil_status status = pcil_dataset_split(parts->train, share, parts->plan.seed, &first, &second);
    if (status != PCIL_OK) return pc_fail_again(&trainer->error, status);
    keep(parts, first);
    keep(parts, second);
    parts->train = first;
    parts->test = second;
    return PCIL_OK;
}

static pcil_status limit(pcil_trainer *trainer, struct pc_parts *parts, const char *option, pcil_dataset **set) {
    double most = pc_choice_number(&trainer->choices, option);
    pcil_dataset *view;
    if (!*set || most == 0 || most >= (double)pcil_dataset_count(*set)) return PCIL_OK;
    pcil_status status = pcil_dataset_limit(*set, (int64_t)most, &view);
    if (status != PCIL_OK) return pc_fail_again(&trainer->error, status);
    keep(parts, view);
    *set = view;
    return PCIL_OK;
}

pcil_status pc_parts_open_data(pcil_trainer *trainer, struct pc_parts *parts) {
    double share = pc_choice_number(&trainer->choices, "validation");
    bool lent = trainer->lent_train;
    pcil_status status = PCIL_OK;
    parts->train = trainer->lent_train;
    parts->test = trainer->lent_test;
    if (!lent) status = open_part(trainer, parts, "train", &parts->train);
    if (status == PCIL_OK && share > 0) status = split(trainer, parts, share);
    if (status == PCIL_OK && !lent && share == 0) status = open_part(trainer, parts, "test", &parts->test);
    if (status == PCIL_OK) status = limit(trainer, parts, "limit_train", &parts->train);
    if (status == PCIL_OK) status = limit(trainer, parts, "limit_test", &parts->test);
    return status;
}
