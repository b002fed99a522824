/* pcil analyze: the paper's theory, measured on any network and data set. */
#include "analyze.h"

static const struct cli_command *const subjects[] = {&an_proximal,   &an_theorem1, &an_theorem2, &an_magnitudes,
                                                     &an_delay,      &an_energy,   &an_compare,  &an_weights,
                                                     &an_activities, NULL};

const struct cli_command cli_analyze = {
    .name = "analyze",
    .help = "measures what inference learning does, and draws it; without a MODEL on a small built-in example",
    .usage = "SUBJECT " AN_USAGE,
    .commands = subjects};
