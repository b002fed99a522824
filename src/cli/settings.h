/* Settings of a run from the command line: --recipe, --config, then the options and --set in their order. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "cli.h"

/* Makes a trainer with the settings that the arguments ask for. */
int cli_settings_trainer(pcil_trainer **trainer, const struct cli_arguments *arguments);

/* The same for a trainer that there is, over the settings that it has. */
int cli_settings_apply(pcil_trainer *trainer, const struct cli_arguments *arguments);

/* Complains about a --set of what the command decides by itself; `own` ends with NULL. */
int cli_settings_spare(const struct cli_arguments *arguments, const char *const *own);

/* pcil_trainer_prepare; a network description that does not parse is wrong use. */
int cli_settings_prepare(pcil_trainer *trainer);

/* The options that --set knows, for the help. */
void cli_settings_help(FILE *stream);

#endif
