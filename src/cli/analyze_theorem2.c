/* pcil analyze theorem2: the errors of both approximations of the implicit step over beta, and their slopes. */
#include "analyze.h"
#include "output.h"

#include <math.h>
#include <stdlib.h>

enum { BETAS = 9 };

/* From 1/1000 to 1/10 of 1/lambda_max, where the theorem's leading terms lead. */
static int choose_betas(const struct an_subject *subject, double *betas) {
    double norm;
    int code = cli_status(
        pcil_hessian_norm(subject->network, subject->inputs, subject->targets, subject->count, 1e-4, 1000, &norm));
    if (code == CLI_DONE && norm == 0) code = cli_failed("the Hessian is 0 here: there is no curvature to be seen");
    for (int i = 0; code == CLI_DONE && i < BETAS; i++) betas[i] = pow(10, -3 + 2. * i / (BETAS - 1)) / norm;
    return code;
}

struct result {
    double *second, *first;
    double norm, second_slope, first_slope;
};

static int find_slopes(const double *betas, int32_t count, struct result *result) {
    int code = cli_status(pcil_log_slope(betas, result->second, count, &result->second_slope));
    return code == CLI_DONE ? cli_status(pcil_log_slope(betas, result->first, count, &result->first_slope)) : code;
}

static void fill(const double *betas, int32_t count, const struct result *result, struct an_table *table) {
    an_column(table, "beta");
    an_column(table, "second order");
    an_column(table, "first order");
    for (int32_t i = 0; i < count; i++) {
        double *row = an_row(table);
        row[0] = betas[i];
        row[1] = result->second[i];
        row[2] = result->first[i];
    }
}

static json_t *explain(const struct result *result) {
    json_t *more = cli_json_object();
    cli_json_set(more, "slope_second_order", cli_json_number(result->second_slope));
    cli_json_set(more, "slope_first_order", cli_json_number(result->first_slope));
    cli_json_set(more, "lambda_max", cli_json_number(result->norm));
    return more;
}

static int judge(const struct result *result) {
    if (fabs(result->second_slope - 2) <= .15 && fabs(result->first_slope - 1) <= .15) return CLI_DONE;
    return cli_failed("slopes of %.3g and %.3g, not 2 and 1 within 0.15: beta is not small here, or the loss has no "
                      "second derivative (kinks of relu or max_pool)",
                      result->second_slope, result->first_slope);
}

/* That the assumption does not hold is a failure (1), not a run that diverged (3). */
static int fail_as(pcil_status status) {
    return status == PCIL_ERROR_DIVERGED ? cli_failed("%s", pcil_last_error()) : cli_status(status);
}

static int measure(const struct an_subject *subject, const double *betas, int32_t count, struct result *result) {
    result->second = cli_allocate((size_t)count, sizeof(double));
    result->first = cli_allocate((size_t)count, sizeof(double));
    int code = fail_as(pcil_theorem2(subject->network, subject->inputs, subject->targets, subject->count, betas, count,
                                     result->second, result->first, &result->norm));
    return code == CLI_DONE ? find_slopes(betas, count, result) : code;
}

static int run(const struct cli_arguments *arguments) {
    static const struct an_defaults defaults = {"3x32x32; dense 16; tanh, dense 16; tanh, dense 10; softmax", 1, NULL};
    struct an_table table = {.title = "theorem 2: distance to the implicit step, as a part of it",
                             .x = "beta",
                             .y = "relative error",
                             .log_x = true,
                             .log_y = true};
    struct an_subject subject = {0};
    struct result result = {0};
    double chosen[BETAS], *given = NULL;
    int32_t count = 0;
    bool choose = !cli_has(arguments, "beta");
    int code = an_numbers(arguments, "beta", "1", &given, &count);
    if (code == CLI_DONE && !choose && count < 2)
        code = cli_wrong_use("--beta lists one number; a slope needs two or more");
    if (code == CLI_DONE) code = an_open(&subject, arguments, &defaults);
    if (code == CLI_DONE && choose) code = choose_betas(&subject, chosen);
    const double *betas = choose ? chosen : given;
    count = choose ? BETAS : count;
    if (code == CLI_DONE) code = measure(&subject, betas, count, &result);
    if (code == CLI_DONE) fill(betas, count, &result, &table);
    if (code == CLI_DONE) code = an_report(arguments, &table, explain(&result));
    if (code == CLI_DONE) code = judge(&result);
    an_table_free(&table);
    an_close(&subject);
    free(result.second);
    free(result.first);
    free(given);
    return code;
}

static const struct cli_option options[] = {
    AN_OPTIONS, {"beta", "LIST", "two or more, commas between (nine from .001 to .1 of 1/lambda_max)", 0, 0}, {0}};

const struct cli_command an_theorem2 = {.name = "theorem2",
                                        .help = "errors of both approximations of the implicit step, and their slopes",
                                        .usage = AN_USAGE,
                                        .options = options,
                                        .run = run};
