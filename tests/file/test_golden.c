/* Models that released versions wrote are read by every later one, and compute what they computed (tests/golden). */
#include "test.h"

#include "base/api.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>

enum { OUTPUTS = 3, MOST_INPUTS = 256 };

static const char folder[] = PCIL_SOURCE_DIR "/tests/golden";

/* The input that make.py gave them. */
static void check_outputs(pcil_network *network, const char *name, const double expected[OUTPUTS]) {
    float inputs[MOST_INPUTS], outputs[OUTPUTS];
    pcil_inference *inference = NULL;
    int64_t size = pcil_network_node_size(network, 0);
    assert_true(size <= MOST_INPUTS);
    for (int64_t i = 0; i < size; i++) inputs[i] = (float)(i * 7 % 11 - 5) / 8;
    check_ok(pcil_inference_create(&inference, network, "backprop", 1));
    check_ok(pcil_predict(inference, inputs, 1, outputs));
    for (int u = 0; u < OUTPUTS; u++)
        if (fabs((double)outputs[u] - expected[u]) > 2e-5)
            fail_msg("%s: output %d is %g, was %g", name, u, (double)outputs[u], expected[u]);
    pcil_inference_free(inference);
}

static void check_model(char *line) {
    char name[128], path[512], text[512];
    double expected[OUTPUTS];
    int description = 0;
    pcil_network *network = NULL;
    int fields = sscanf(line, "%127s %lf %lf %lf %n", name, &expected[0], &expected[1], &expected[2], &description);
    assert_int_equal(fields, 1 + OUTPUTS);
    line[strcspn(line, "\n")] = '\0';
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check_ok(pcil_network_load(&network, path));
    check_ok(pcil_network_describe(network, text, sizeof text, NULL));
    assert_string_equal(text, line + description);
    check_outputs(network, name, expected);
    pcil_network_free(network);
    check_ok(pcil_network_metadata(path, text, sizeof text, NULL));
    assert_non_null(strstr(text, "\"data_crc32\":"));
    if (strstr(name, "settings")) assert_non_null(strstr(text, "\"learning_rate\":\"0.00002\""));
}

static int check_table(const char *name) {
    char path[512], line[512];
    int count = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *table = fopen(path, "r");
    assert_non_null(table);
    for (; fgets(line, sizeof line, table); count++) check_model(line);
    fclose(table);
    return count;
}

static void test_models_of_every_version_load(void **state) {
    (void)state;
    int models = 0, versions = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        size_t length = strlen(entry->d_name);
        if (length < 4 || strcmp(entry->d_name + length - 4, ".txt") != 0) continue;
        versions++;
        models += check_table(entry->d_name);
    }
    closedir(entries);
    assert_true(versions >= 1 && models >= 5 * versions);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_models_of_every_version_load)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
