/* JSON for --json, and texts that the library gives by its convention of capacity and length. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli.h"

/* Prints a JSON value on stdout and gives it up. */
int cli_print_json(json_t *value);

/* What a command has to say that made a file or folder: "wrote PATH", or with --json an object. */
int cli_wrote(const struct cli_arguments *arguments, const char *path);

/* A name that its user or a file gave, which may be no UTF-8 as JSON's texts are: its other bytes are shown as \xNN. */
json_t *cli_json_name(const char *name);

/* Complains about an option that is missing, or that no JSON can hold: it names what settings will name. */
int cli_check_text(const struct cli_arguments *arguments, const char *option);

/* A number; null if it is not finite. */
json_t *cli_json_number(double value);

/* Sets a key to a new value; `value` is given up. Ends the process if there is no memory. */
void cli_json_set(json_t *object, const char *key, json_t *value);
void cli_json_append(json_t *array, json_t *value);
json_t *cli_json_object(void);
json_t *cli_json_array(void);

/* Texts of the library; to be freed; NULL if the call failed. */
char *cli_trainer_text(const pcil_trainer *trainer, const char *option);
char *cli_trainer_settings(const pcil_trainer *trainer);
char *cli_network_text(const pcil_network *network);
char *cli_block_text(const pcil_network *network, int32_t block);

/* "1.2 MB" */
struct cli_size {
    char text[32];
};
const char *cli_bytes(struct cli_size *size, int64_t bytes);

#endif
