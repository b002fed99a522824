/*
 * Kinds: what can be chosen by name, and the options each has. A kind belongs to a family:
 *
 *   "operation"       what a block is made of: dense, relu, tanh, ...
 *   "output"          what the last node means: linear, softmax, sigmoid
 *   "initialisation"  how weights start: fan_in, xavier, he, orthogonal
 *   "inference"       how errors come about: sequential, simultaneous, backprop
 *   "optimizer"       how gradients become weights: sgd, momentum, nesterov, nlms, adam, adamw, mq
 *   "dataset"         readers: cifar10, cifar100, svhn, tiny-imagenet, idx, digits
 *   "recipe"          complete settings of a run: cifar10-mlp-seqil-mq, ...
 *   "run"             one kind, "run": the options of a training run beside those of its parts
 *
 * The command's help, configuration files and these functions read the same tables.
 */
#ifndef PCIL_KINDS_H
#define PCIL_KINDS_H

#include "pcil/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The number of families. Any thread. @since 0.1 */
int32_t pcil_family_count(void);

/** The name of family `index`, or NULL if there is none. Any thread. @since 0.1 */
const char *pcil_family_name(int32_t index);

/** The number of kinds in `family`, or -1 if there is no such family. Any thread. @since 0.1 */
int32_t pcil_kind_count(const char *family);

/** The name of kind `index` of `family`, or NULL if there is none. Any thread. @since 0.1 */
const char *pcil_kind_name(const char *family, int32_t index);

/** One line about a kind, or NULL if there is none of that name. Any thread. @since 0.1 */
const char *pcil_kind_help(const char *family, const char *kind);

/** The number of options of a kind, or -1 if there is no such kind. Any thread. @since 0.1 */
int32_t pcil_option_count(const char *family, const char *kind);

/** The name of option `index` of a kind, or NULL if there is none. Any thread. @since 0.1 */
const char *pcil_option_name(const char *family, const char *kind, int32_t index);

/**
 * Tells all about one option. Any pointer may be NULL.
 *
 * @param type    receives "number", "integer", "flag" (0 or 1), "word" (one of `words`) or "text".
 * @param initial receives the default as text, which stays until the thread's next call of this function.
 * @param least, most receive the range of a number or integer (both included); 0 for others.
 * @param words   receives the words to choose from, separated by spaces; of type "integer" the word that may stand in
 * the number's place (iterations=auto), which reads as -1; else "".
 * @param help    receives one line.
 * @return PCIL_OK, or PCIL_ERROR_ARGUMENT for an unknown family, kind or option. Any thread. @since 0.1
 */
pcil_status pcil_option_describe(const char *family, const char *kind, const char *option, const char **type,
                                 const char **initial, double *least, double *most, const char **words,
                                 const char **help);

#ifdef __cplusplus
}
#endif

#endif
