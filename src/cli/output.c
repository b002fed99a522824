#include "output.h"

#include "plain.h"

#include <math.h>
#include <stdlib.h>

int cli_print_json(json_t *value) {
    /* ASCII: among the other characters are some that steer terminals. */
    size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(9) | JSON_ENCODE_ANY | JSON_ENSURE_ASCII;
    int failed = json_dumpf(value, stdout, flags);
    json_decref(value);
    putchar('\n');
    return failed || ferror(stdout) ? cli_output_lost() : CLI_DONE;
}

int cli_wrote(const struct cli_arguments *arguments, const char *path) {
    if (cli_has(arguments, "json")) {
        json_t *object = cli_json_object();
        cli_json_set(object, "wrote", cli_json_name(path));
        return cli_print_json(object);
    }
    cli_put_line(stdout, "wrote %s", path);
    return CLI_DONE;
}

static json_t *checked(json_t *value) {
    if (value) return value;
    cli_message("no memory, or a text that is not UTF-8");
    exit(CLI_FAILED);
}

json_t *cli_json_name(const char *name) {
    json_t *text = json_string(name);
    if (text) return text;
    char *plain = cli_plain_copy(name);
    text = plain ? json_string(plain) : NULL;
    free(plain);
    return checked(text);
}

int cli_check_text(const struct cli_arguments *arguments, const char *option) {
    const char *value = cli_get(arguments, option);
    if (!value) return cli_wrong_use("option '--%s' is missing; --help tells more", option);
    json_t *text = json_string(value);
    json_decref(text);
    return text ? CLI_DONE
                : cli_wrong_use("--%s '%s' is not UTF-8, which the names in settings have to be", option, value);
}

json_t *cli_json_number(double value) {
    if (!isfinite(value)) return json_null();
    return checked(json_real(value));
}

void cli_json_set(json_t *object, const char *key, json_t *value) {
    checked(json_object_set_new(object, key, checked(value)) == 0 ? object : NULL);
}

void cli_json_append(json_t *array, json_t *value) {
    checked(json_array_append_new(array, checked(value)) == 0 ? array : NULL);
}

json_t *cli_json_object(void) {
    return checked(json_object());
}

json_t *cli_json_array(void) {
    return checked(json_array());
}

char *cli_trainer_text(const pcil_trainer *trainer, const char *option) {
    int64_t length;
    if (pcil_trainer_get_text(trainer, option, NULL, 0, &length) != PCIL_OK) return NULL;
    char *text = cli_allocate((size_t)length + 1, 1);
    if (pcil_trainer_get_text(trainer, option, text, length + 1, &length) == PCIL_OK) return text;
    free(text);
    return NULL;
}

char *cli_trainer_settings(const pcil_trainer *trainer) {
    int64_t length;
    if (pcil_trainer_settings(trainer, NULL, 0, &length) != PCIL_OK) return NULL;
    char *text = cli_allocate((size_t)length + 1, 1);
    if (pcil_trainer_settings(trainer, text, length + 1, &length) == PCIL_OK) return text;
    free(text);
    return NULL;
}

char *cli_network_text(const pcil_network *network) {
    int64_t length;
    if (pcil_network_describe(network, NULL, 0, &length) != PCIL_OK) return NULL;
    char *text = cli_allocate((size_t)length + 1, 1);
    if (pcil_network_describe(network, text, length + 1, &length) == PCIL_OK) return text;
    free(text);
    return NULL;
}

char *cli_block_text(const pcil_network *network, int32_t block) {
    int64_t length;
    if (pcil_network_block_info(network, block, NULL, NULL, NULL, NULL, 0, &length) != PCIL_OK) return NULL;
    char *text = cli_allocate((size_t)length + 1, 1);
    if (pcil_network_block_info(network, block, NULL, NULL, NULL, text, length + 1, &length) == PCIL_OK) return text;
    free(text);
    return NULL;
}

const char *cli_bytes(struct cli_size *size, int64_t bytes) {
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    int unit = 0;
    for (; value >= 1000 && unit < 4; unit++) value /= 1000;
    snprintf(size->text, sizeof size->text, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return size->text;
}
