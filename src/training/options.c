#include "training/options.h"

#include "base/unknown.h"
#include "dataset/dataset.h"
#include "inference/inference.h"
#include "network/network.h"
#include "optimizer/optimizer.h"

#include <string.h>

static const struct pc_option options[] = {
    {.name = "recipe", .type = PC_TEXT, .words = "", .help = "the recipe whose settings are taken under the others"},
    {.name = "dataset", .type = PC_TEXT, .words = "", .help = "kind of data set: cifar10, svhn, digits, ..."},
    {.name = "data", .type = PC_TEXT, .words = "", .help = "the data set's folder, or the folder that holds it"},
    {.name = "network", .type = PC_TEXT, .words = "", .help = "the network's description"},
    {.name = "initialisation", .type = PC_TEXT, .words = "fan_in", .help = "how weights start"},
    {.name = "seed",
     .type = PC_INTEGER,
     .initial = 1,
     .least = 0,
     .most = 9007199254740991.,
     .help = "of weights, order, augmentation and validation split"},
    {.name = "epochs",
     .type = PC_INTEGER,
     .initial = 10,
     .least = 1,
     .most = 1000000,
     .help = "walks through the data"},
    {.name = "steps",
     .type = PC_INTEGER,
     .least = 0,
     .most = 9007199254740991.,
     .help =
         "end after so many training steps, even within an epoch, if the epochs last longer; 0: with the last epoch"},
    {.name = "batch", .type = PC_INTEGER, .initial = 64, .least = 1, .most = 1000000, .help = "samples per step"},
    {.name = "drop_last", .type = PC_FLAG, .initial = 1, .help = "leave out an epoch's incomplete last batch"},
    {.name = "normalise",
     .type = PC_WORD,
     .words = "none centre standard shrink",
     .help = "pixels: [0,1], (x-.5)/.5, by the training data's mean and deviation, .99x+.005"},
    {.name = "flip", .type = PC_FLAG, .help = "mirror half of the training images left to right"},
    {.name = "crop",
     .type = PC_INTEGER,
     .least = 0,
     .most = 1024,
     .help = "pad training images by so many pixels, then cut at random"},
    {.name = "prefetch",
     .type = PC_FLAG,
     .initial = 1,
     .help = "a thread of its own makes the next batch (of data handed over only if set); the numbers are the same"},
    {.name = "target",
     .type = PC_WORD,
     .words = "label input given",
     .help = "what the output learns: the label, the input (autoencoders), the targets that the data set gives"},
    {.name = "validation",
     .type = PC_NUMBER,
     .least = 0,
     .most = .9,
     .help = "share of the training data held out and scored in place of the test data; 0: none"},
    {.name = "limit_train",
     .type = PC_INTEGER,
     .least = 0,
     .most = 9007199254740991.,
     .help = "train on so many samples, spread evenly; 0: all"},
    {.name = "limit_test",
     .type = PC_INTEGER,
     .least = 0,
     .most = 9007199254740991.,
     .help = "score so many samples, spread evenly; 0: all"},
    {.name = "evaluations",
     .type = PC_INTEGER,
     .initial = 1,
     .least = 1,
     .most = 1000000,
     .help = "times in an epoch that the test data are scored, evenly spread"},
    {.name = "reconstructions",
     .type = PC_INTEGER,
     .least = 0,
     .most = 1000,
     .help =
         "of so many scored images an autoencoder's run draws input and reconstruction at each evaluation; 0: none"},
    {.name = "measure_interval",
     .type = PC_INTEGER,
     .initial = 100,
     .least = 0,
     .most = 1000000000,
     .help = "energies, errors, updates and gradients are measured every so many steps and after each evaluation; 0: "
             "never"},
    {.name = "divergence",
     .type = PC_NUMBER,
     .initial = 1000,
     .least = 0,
     .most = 1e30,
     .help = "end the run when a batch's loss or hidden energy is so many times the loss before the first update; "
             "0: never"},
    {.name = "deterministic",
     .type = PC_FLAG,
     .help = "one thread of the BLAS for the whole process while the run lasts: the same bits whatever number it has"},
    {.name = "checkpoint_epochs",
     .type = PC_INTEGER,
     .initial = 1,
     .least = 0,
     .most = 1000000,
     .help = "a checkpoint is written every so many epochs, and at the last; 0: not by epochs"},
    {.name = "checkpoint_iterations",
     .type = PC_INTEGER,
     .least = 0,
     .most = 9007199254740991.,
     .help = "a checkpoint is written every so many steps; 0: not by steps"},
    {.name = "checkpoint_minutes",
     .type = PC_NUMBER,
     .initial = 10,
     .least = 0,
     .most = 1000000,
     .help = "a checkpoint is written when so many minutes passed since the last; 0: not by the clock"},
    {.name = "inference", .type = PC_TEXT, .words = "sequential", .help = "kind of inference schedule"},
    {.name = "optimizer", .type = PC_TEXT, .words = "sgd", .help = "kind of optimizer"},
    {.name = "out", .type = PC_TEXT, .words = "", .help = "new folder for settings, metrics and models; empty: none"},
};

static const struct pc_kind run = {
    .name = "run", .help = "a training run, beside the options of its parts", .own = PC_TABLE(options)};
static const struct pc_kind *const kinds[] = {&run};
const struct pc_family pc_run_family = {.name = "run", .noun = "run", .kinds = kinds, .count = 1};

const struct pc_family *const pc_run_families[PC_RUN_FAMILIES] = {&pc_run_family, &pc_inference_family,
                                                                  &pc_optimizer_family};

/* Takes `at` away from a table: true if the option is in it, else `at` is what is left for the next. */
static bool pick(struct pc_option_table table, int32_t *at, const struct pc_option **option) {
    if (*at < table.count) {
        *option = &table.options[*at];
        return true;
    }
    *at -= table.count;
    return false;
}

bool pc_run_option_at(int32_t at, struct pc_owned_option *found) {
    for (int32_t f = 0; f < PC_RUN_FAMILIES; f++) {
        const struct pc_family *family = pc_run_families[f];
        *found = (struct pc_owned_option){.family = family};
        if (pick(family->common, &at, &found->option)) return true;
        for (int32_t k = 0; k < family->count; k++) {
            found->kind = family->kinds[k];
            if (pick(found->kind->own, &at, &found->option)) return true;
        }
    }
    return false;
}

const struct pc_family *pc_run_option_family(const char *name) {
    static const struct {
        const char *option;
        const struct pc_family *family;
    } named[] = {{"dataset", &pc_dataset_family},
                 {"initialisation", &pc_initialisation_family},
                 {"inference", &pc_inference_family},
                 {"optimizer", &pc_optimizer_family}};
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        if (strcmp(named[i].option, name) == 0) return named[i].family;
    return NULL;
}

bool pc_option_applies(const struct pc_owned_option *owned, const struct pc_kind *kind) {
    return !owned->kind || owned->kind == kind;
}

/* Kinds that share an option would list it twice. */
static bool is_first(int32_t at, const char *name) {
    struct pc_owned_option earlier;
    for (int32_t i = 0; i < at && pc_run_option_at(i, &earlier); i++)
        if (strcmp(earlier.option->name, name) == 0) return false;
    return true;
}

pcil_status pc_unknown_run_option(struct pc_error *own, const char *name) {
    struct pc_unknown unknown = {.name = name};
    struct pc_owned_option owned;
    for (int32_t at = 0; pc_run_option_at(at, &owned); at++)
        if (is_first(at, owned.option->name)) pc_unknown_add(&unknown, owned.option->name);
    return pc_unknown_fail(&unknown, own, "option");
}

const char *pc_option_default(const struct pc_option *option, struct pc_option_text *text) {
    return option->type == PC_TEXT ? option->words : pc_option_format(option, option->initial, text);
}
