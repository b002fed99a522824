/* pcil analyze theorem2: the errors of both approximations of the implicit step over beta, and their slopes. */
#include "analyze.h"
#include "output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BETAS = 9, GRADIENTS = 300 };

/* What was found, and whether the theorem speaks of it at all: `reason` is a word for programs, `why` a sentence. */
struct result {
    double *betas, *second, *first; /* [count]; NaN: not reached */
    int32_t count;
    double norm, second_slope, first_slope;
    const char *reason; /* NULL: it holds */
    char *why;
};

static void refuse(struct result *result, const char *reason, const char *why) {
    result->reason = reason;
    free(result->why);
    result->why = cli_copy(why);
}

/* Activations with kinks, of which a description tells. */
static bool has_kinks(const struct an_subject *subject) {
    char *text = cli_network_text(subject->network);
    bool has = text && (strstr(text, "relu") || strstr(text, "max_pool"));
    free(text);
    return has;
}

/* --- measuring --- */

/* From 1/1000 to 1/10 of 1/lambda_max, where the theorem's leading terms lead. */
static int choose_betas(struct an_subject *subject, struct result *result) {
    cli_progress_phase(&subject->progress, "lambda_max of %lld weights",
                       (long long)pcil_network_parameters(subject->network));
    int code = cli_status(pcil_hessian_norm(subject->network, subject->samples.inputs, subject->samples.targets,
                                            subject->samples.count, 1e-4, 1000, &result->norm));
    for (int i = 0; i < BETAS; i++) result->betas[i] = pow(10, -3 + 2. * i / (BETAS - 1)) / result->norm;
    if (code == CLI_DONE && result->norm == 0)
        refuse(result, "curvature", "the Hessian is 0 here: there is no curvature to be seen");
    return code;
}

/* That the assumption does not hold is a finding; anything else a failure. */
static int measure(struct an_subject *subject, struct result *result) {
    if (result->reason) return CLI_DONE;
    cli_progress_phase(&subject->progress, "implicit steps of %d betas", result->count);
    pcil_status status =
        pcil_theorem2(subject->network, subject->samples.inputs, subject->samples.targets, subject->samples.count,
                      result->betas, result->count, result->second, result->first, &result->norm);
    if (status != PCIL_ERROR_DIVERGED) return cli_status(status);
    bool large = false;
    for (int32_t i = 0; i < result->count; i++) large = large || result->betas[i] * result->norm >= 1;
    refuse(result, large ? "beta" : has_kinks(subject) ? "kinks" : "step", pcil_last_error());
    return CLI_DONE;
}

/* --- judging --- */

static double extreme(const struct result *result, double sign) {
    double most = -INFINITY;
    for (int32_t i = 0; i < result->count; i++) most = fmax(most, sign * result->betas[i]);
    return sign * most;
}

/* Whether the prediction is as good as central differences can tell, at every beta. */
static bool is_exact(const struct result *result) {
    bool exact = true;
    for (int32_t i = 0; i < result->count; i++) exact = exact && result->second[i] < 1e-5 * result->first[i];
    return exact;
}

struct finding {
    const char *reason, *what;
};

/*
 * Why slopes are wrong. The second-order error goes as (beta lambda_max)^2, and central differences leave some 1e-6 of
 * beta lambda_max: below that there is rounding alone. Towards 1 the terms that the theorem leaves out count. Between
 * them the loss has no second derivative, or those terms are large.
 */
static struct finding find_reason(const struct an_subject *subject, const struct result *result, double least,
                                  double most) {
    if (least < 1e-5)
        return (struct finding){"rounding",
                                "the smallest of these betas leave errors that drown in double precision's rounding"};
    if (is_exact(result))
        return (struct finding){"quadratic", "the loss is quadratic in the weights here, so that the prediction has no "
                                             "error but rounding"};
    if (most > .2) return (struct finding){"beta", "the largest of these betas are not small"};
    if (has_kinks(subject))
        return (struct finding){"kinks", "the loss has no second derivative on the way (kinks of relu or max_pool)"};
    return (struct finding){"terms", "the terms beyond the second are not small here; try smaller betas"};
}

static void judge(const struct an_subject *subject, struct result *result) {
    double least = extreme(result, -1) * result->norm, most = extreme(result, 1) * result->norm;
    if (fabs(result->second_slope - 2) <= .15 && fabs(result->first_slope - 1) <= .15) return;
    struct finding finding = find_reason(subject, result, least, most);
    char *why = cli_format("slopes of %.3g and %.3g, not 2 and 1 within 0.15: %s; beta times lambda_max goes from %.2g "
                           "to %.2g, good are .001 to .1, here betas from %.2g to %.2g",
                           result->second_slope, result->first_slope, finding.what, least, most, 1e-3 / result->norm,
                           .1 / result->norm);
    refuse(result, finding.reason, why);
    free(why);
}

/* Errors of 0 have no logarithm, and so no slope: rounding, or nothing to be seen. */
static void find_slopes(const struct an_subject *subject, struct result *result) {
    if (result->reason) return;
    pcil_status status = pcil_log_slope(result->betas, result->second, result->count, &result->second_slope);
    if (status == PCIL_OK) status = pcil_log_slope(result->betas, result->first, result->count, &result->first_slope);
    if (status == PCIL_OK)
        judge(subject, result);
    else
        refuse(result, "rounding",
               "errors of 0 have no slope: betas as small as these leave errors that drown in double precision's "
               "rounding");
}

/* --- telling --- */

static void fill(const struct result *result, struct an_table *table) {
    an_column(table, "beta");
    an_column(table, "second order");
    an_column(table, "first order");
    for (int32_t i = 0; i < result->count; i++) {
        double *row = an_row(table);
        row[0] = result->betas[i];
        row[1] = result->second[i];
        row[2] = result->first[i];
    }
}

/* For people the reason is the message on stderr. */
static json_t *explain(const struct result *result, bool json) {
    json_t *more = cli_json_object();
    if (json) {
        cli_json_set(more, "holds", json_boolean(!result->reason));
        cli_json_set(more, "reason", result->reason ? json_string(result->reason) : json_null());
        cli_json_set(more, "why", result->why ? json_string(result->why) : json_null());
    }
    cli_json_set(more, "slope_second_order", cli_json_number(result->second_slope));
    cli_json_set(more, "slope_first_order", cli_json_number(result->first_slope));
    cli_json_set(more, "lambda_max", cli_json_number(result->norm));
    return more;
}

static int tell(const struct cli_arguments *arguments, const struct result *result) {
    struct an_table table = {.title = "theorem 2: distance to the implicit step, as a part of it",
                             .x = "beta",
                             .y = "relative error",
                             .log_x = true,
                             .log_y = true};
    bool measured = isfinite(result->second[0]), json = cli_has(arguments, "json");
    int code = CLI_DONE;
    fill(result, &table);
    if (measured)
        code = an_report(arguments, &table, explain(result, json));
    else if (json)
        code = an_print_json(&table, explain(result, json));
    an_table_free(&table);
    return code == CLI_DONE && result->reason ? cli_failed("%s", result->why) : code;
}

static void reserve(struct result *result) {
    size_t count = (size_t)result->count;
    result->second = cli_allocate(count, sizeof(double));
    result->first = cli_allocate(count, sizeof(double));
    for (size_t i = 0; i < count; i++) result->second[i] = result->first[i] = NAN;
    result->norm = result->second_slope = result->first_slope = NAN;
}

static int take_betas(const struct cli_arguments *arguments, struct result *result) {
    if (!cli_has(arguments, "beta")) {
        result->count = BETAS;
        result->betas = cli_allocate(BETAS, sizeof(double));
        return CLI_DONE;
    }
    int code = an_numbers(arguments, "beta", "", &result->betas, &result->count);
    return code == CLI_DONE && result->count < 2 ? cli_wrong_use("--beta lists one number; a slope needs two or more")
                                                 : code;
}

static int run(const struct cli_arguments *arguments) {
    static const struct an_defaults defaults = {"3x32x32; dense 16; tanh, dense 16; tanh, dense 10; softmax", NULL, 0,
                                                1};
    struct an_subject subject = {0};
    struct result result = {0};
    int code = take_betas(arguments, &result);
    reserve(&result);
    if (code == CLI_DONE) code = an_open(&subject, arguments, &defaults);
    if (code == CLI_DONE) code = an_warn_of_size(&subject, GRADIENTS);
    if (code == CLI_DONE && !cli_has(arguments, "beta")) code = choose_betas(&subject, &result);
    if (code == CLI_DONE) code = measure(&subject, &result);
    cli_progress_end(&subject.progress);
    if (code == CLI_DONE) find_slopes(&subject, &result);
    if (code == CLI_DONE) code = tell(arguments, &result);
    an_close(&subject);
    free(result.betas);
    free(result.second);
    free(result.first);
    free(result.why);
    return code;
}

static const struct cli_option options[] = {
    AN_OPTIONS, {"beta", "LIST", "two or more, commas between (nine from .001 to .1 of 1/lambda_max)", 0, 0}, {0}};

const struct cli_command an_theorem2 = {.name = "theorem2",
                                        .help = "errors of both approximations of the implicit step, and their slopes",
                                        .usage = AN_USAGE,
                                        .options = options,
                                        .run = run};
