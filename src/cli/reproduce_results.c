/* What finished runs measured, from their folders; results.csv and times.csv. */
#include "curves.h"
#include "output.h"
#include "reading.h"
#include "reproduce.h"
#include "textfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double rp_value(const json_t *row, const char *key) {
    const json_t *value = json_object_get(row, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

bool rp_by_loss(const struct rp_group *group) {
    return strcmp(group->network, "autoencoder") == 0;
}

size_t rp_evaluations(const struct rp_plan *plan, const struct rp_group *group) {
    size_t most = 0;
    for (int s = 0; s < plan->options.seeds; s++) {
        size_t count = json_array_size(group->results[s].rows);
        if (count > most) most = count;
    }
    return most;
}

int rp_diverged(const struct rp_plan *plan, const struct rp_group *group) {
    int count = 0;
    for (int s = 0; s < plan->options.seeds; s++) count += group->results[s].diverged != NULL;
    return count;
}

int rp_all_diverged(const struct rp_plan *plan) {
    int count = 0;
    for (int i = 0; i < plan->count; i++) count += rp_diverged(plan, &plan->groups[i]);
    return count;
}

/* The best epoch: the first of the highest accuracy or, without labels, of the lowest loss. */
static void take_rows(struct rp_result *result, bool by_loss) {
    size_t index;
    json_t *row;
    result->best = result->top5 = result->loss = result->epoch = result->seconds = NAN;
    json_array_foreach (result->rows, index, row) {
        double accuracy = rp_value(row, "test_accuracy"), loss = rp_value(row, "test_loss");
        double top5 = rp_value(row, "test_top5");
        bool better = by_loss ? !(loss >= result->loss) : !(accuracy <= result->best);
        if (better) result->epoch = rp_value(row, "epoch");
        if (!(accuracy <= result->best)) result->best = accuracy;
        if (!(top5 <= result->top5)) result->top5 = top5;
        if (!(loss >= result->loss)) result->loss = loss;
        result->seconds = rp_value(row, "seconds");
    }
}

enum { MOST_BLOCKS = 4096 }; /* of a network: a file that was not made by a run may tell of millions */

/* All in one walk through the rows. A null was not measured in any step of the epoch. */
static void take_magnitudes(struct rp_result *result) {
    static const char key[] = "update_magnitude";
    size_t index, block, blocks = json_array_size(json_object_get(json_array_get(result->rows, 0), key));
    json_t *row, *value;
    if (blocks > MOST_BLOCKS) blocks = MOST_BLOCKS;
    int64_t *counts = cli_allocate(blocks + 1, sizeof *counts);
    result->magnitudes = cli_allocate(blocks + 1, sizeof *result->magnitudes);
    result->blocks = (int)blocks;
    json_array_foreach (result->rows, index, row) {
        const json_t *values = json_object_get(row, key);
        json_array_foreach (values, block, value) {
            if (block == blocks) break;
            if (json_is_number(value)) result->magnitudes[block] += json_number_value(value), counts[block]++;
        }
    }
    for (block = 0; block < blocks; block++) result->magnitudes[block] /= (double)counts[block];
    free(counts);
}

static int read_test(struct rp_result *result, const char *folder) {
    char *path = cli_join(folder, "test.json");
    json_t *object;
    int code = cli_read_object(path, &object);
    result->test = rp_value(object, "accuracy");
    result->test_top5 = rp_value(object, "top5");
    result->test_loss = rp_value(object, "loss");
    json_decref(object);
    free(path);
    return code;
}

/* What is made of a table has as many columns in each row as the first one has. */
static bool is_table(const json_t *rows) {
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row) {
        if (json_array_size(row) != json_array_size(json_array_get(rows, 0))) return false;
    }
    return true;
}

static int read_measures(struct rp_result *result, const char *folder) {
    char *path = cli_join(folder, "measures.json");
    int code = cli_read_object(path, &result->measures);
    if (code == CLI_DONE && !is_table(json_object_get(json_object_get(result->measures, "after"), "rows")))
        code = cli_failed("'%s': the rows of 'after' are not as long as each other", path);
    free(path);
    return code;
}

static int read_metrics(struct rp_result *result, const char *folder) {
    struct cli_run run = {0};
    int code = cli_run_read(&run, folder);
    json_decref(result->rows);
    result->rows = json_incref(run.rows);
    cli_run_free(&run);
    return code;
}

static char *last_message(char *text) {
    static const char lead[] = "pcil: ";
    size_t length = strlen(text);
    if (length > 0 && text[length - 1] == '\n') text[length - 1] = '\0';
    char *end = strrchr(text, '\n'), *line = end ? end + 1 : text;
    for (char *c = line; *c; c++)
        if (*c == '`') *c = '\''; /* the report shows it between backquotes */
    return cli_copy(strncmp(line, lead, sizeof lead - 1) == 0 ? line + sizeof lead - 1 : line);
}

static int read_settings(struct rp_result *result, const char *folder) {
    char *path = cli_join(folder, "config.json");
    int code = cli_may_exist(path) ? cli_read_object(path, &result->settings) : CLI_DONE;
    free(path);
    return code;
}

/* The last line of what the run complained about, without the command's name; NULL if there is no such file. */
static int read_message(struct rp_result *result, const char *folder) {
    char *path = cli_join(folder, "diverged.txt"), *text;
    int code = cli_read_if_there(path, CLI_TEXT_MOST, &text);
    result->diverged = text ? last_message(text) : NULL;
    free(text);
    free(path);
    return code;
}

/* Of a run that diverged only its message counts. */
static int read_run(const struct rp_plan *plan, struct rp_group *group, int seed) {
    struct rp_result *result = &group->results[seed - 1];
    char *folder = rp_folder(plan, group, seed);
    *result = (struct rp_result){.rows = cli_json_array(), .test = NAN, .test_top5 = NAN, .test_loss = NAN};
    int code = read_message(result, folder);
    if (code == CLI_DONE) code = read_settings(result, folder);
    if (code == CLI_DONE && !result->diverged) code = read_metrics(result, folder);
    take_rows(result, rp_by_loss(group));
    take_magnitudes(result);
    if (code == CLI_DONE && !result->diverged && group->measure) code = read_measures(result, folder);
    if (code == CLI_DONE && !result->diverged && plan->options.strict) code = read_test(result, folder);
    if (code != CLI_DONE) cli_message("to make this run again, remove '%s'", folder);
    free(folder);
    return code;
}

int rp_read(struct rp_plan *plan) {
    int code = CLI_DONE;
    for (int i = 0; i < plan->count; i++)
        for (int seed = 1; seed <= plan->options.seeds && code == CLI_DONE; seed++)
            if (plan->groups[i].available) code = read_run(plan, &plan->groups[i], seed);
    return code;
}

static double measured(const struct rp_plan *plan, const struct rp_result *result, enum rp_measure measure) {
    bool strict = plan->options.strict;
    switch (measure) {
    case RP_ACCURACY:
        return strict ? result->test : result->best;
    case RP_TOP5:
        return strict ? result->test_top5 : result->top5;
    case RP_LOSS:
        return strict ? result->test_loss : result->loss;
    case RP_EPOCH:
        return result->epoch;
    }
    return NAN;
}

struct cli_sample rp_sample(const struct rp_plan *plan, const struct rp_group *group, enum rp_measure measure) {
    double *values = cli_allocate((size_t)plan->options.seeds, sizeof *values);
    for (int s = 0; s < plan->options.seeds; s++) values[s] = measured(plan, &group->results[s], measure);
    struct cli_sample sample = cli_sample_of(values, plan->options.seeds);
    free(values);
    return sample;
}

int rp_blocks(const struct rp_plan *plan, const struct rp_group *group) {
    for (int s = 0; s < plan->options.seeds; s++)
        if (json_array_size(group->results[s].rows) > 0) return group->results[s].blocks;
    return 0;
}

static double mean_magnitude(const struct rp_result *result, int block) {
    return block < result->blocks ? result->magnitudes[block] : NAN;
}

struct cli_sample rp_magnitude(const struct rp_plan *plan, const struct rp_group *group, int block) {
    double *values = cli_allocate((size_t)plan->options.seeds, sizeof *values);
    for (int s = 0; s < plan->options.seeds; s++) values[s] = mean_magnitude(&group->results[s], block);
    struct cli_sample sample = cli_sample_of(values, plan->options.seeds);
    free(values);
    return sample;
}

/* --- tables of runs --- */

static void put_cell(FILE *file, double value) {
    fputc(',', file);
    if (isfinite(value)) fprintf(file, "%.10g", value);
}

static void put_run(FILE *file, const struct rp_plan *plan, const struct rp_group *group, int seed) {
    const struct rp_result *result = &group->results[seed - 1];
    const json_t *last = json_array_get(result->rows, json_array_size(result->rows) - 1);
    fprintf(file, "%s,%s,%s,%s,%s,%d,%s,%zu", group->name, group->recipe, group->dataset, group->network,
            group->algorithm, seed, result->diverged ? "diverged" : "done", json_array_size(result->rows));
    put_cell(file, result->epoch);
    put_cell(file, result->best);
    put_cell(file, result->top5);
    put_cell(file, result->loss);
    put_cell(file, rp_value(last, "test_accuracy"));
    put_cell(file, rp_value(last, "test_loss"));
    put_cell(file, plan->options.strict ? result->test : NAN);
    put_cell(file, plan->options.strict ? result->test_top5 : NAN);
    put_cell(file, plan->options.strict ? result->test_loss : NAN);
    fputc('\n', file);
}

int rp_write_results(const struct rp_plan *plan) {
    struct cli_text text;
    char *path = cli_join(plan->options.out, "results.csv");
    cli_text_begin(&text);
    fputs("group,recipe,dataset,network,algorithm,seed,status,evaluations,best_epoch,best_accuracy,best_top5,best_loss,"
          "last_accuracy,last_loss,held_out_accuracy,held_out_top5,held_out_loss\n",
          text.stream);
    for (int i = 0; i < plan->count; i++)
        for (int seed = 1; seed <= plan->options.seeds && plan->groups[i].available; seed++)
            put_run(text.stream, plan, &plan->groups[i], seed);
    int code = cli_text_write(&text, path);
    free(path);
    return code;
}
