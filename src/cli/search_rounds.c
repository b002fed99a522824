/* The rounds of a search: the whole grid, or by successive halving ever fewer points for ever more epochs. */
#include "output.h"
#include "plain.h"
#include "search.h"
#include "stop.h"

#include <math.h>
#include <stdlib.h>

/* A point with what its seeds say of it. */
struct standing {
    int point;
    bool diverged;
    double accuracy, loss;
};

static void show_point(const struct cli_search *search, int point) {
    for (int i = 0; i < search->grid.count; i++) {
        printf("%s%s=", i ? " " : "", search->grid.options[i].name);
        cli_put_plain(stdout, cli_grid_value(&search->grid, point, i), SIZE_MAX);
    }
}

static void show_standing(const struct cli_search *search, const struct standing *standing, int epochs) {
    if (cli_has(search->arguments, "json")) return;
    printf("epochs %-4d ", epochs);
    show_point(search, standing->point);
    if (standing->diverged)
        printf("  diverged\n");
    else if (isfinite(standing->accuracy))
        printf("  accuracy %.4f  loss %.4f\n", standing->accuracy, standing->loss);
    else
        printf("  loss %.6g\n", standing->loss);
    fflush(stdout);
}

/* All seeds of a point. */
static int try_point(struct cli_search *search, struct standing *standing, int epochs) {
    standing->accuracy = standing->loss = 0;
    for (int seed = 1; seed <= search->seeds; seed++) {
        struct cli_trial trial = {.point = standing->point, .epochs = epochs, .seed = seed};
        int code = cli_search_trial(search, &trial);
        if (code != CLI_DONE) return code;
        standing->diverged |= trial.diverged;
        standing->accuracy += trial.accuracy / search->seeds;
        standing->loss += trial.loss / search->seeds;
    }
    show_standing(search, standing, epochs);
    return CLI_DONE;
}

/* The better first: accuracy, where there is one, then loss, then the order of the grid. */
static int by_score(const void *a, const void *b) {
    const struct standing *x = a, *y = b;
    if (x->diverged != y->diverged) return x->diverged - y->diverged;
    if (x->accuracy > y->accuracy || x->accuracy < y->accuracy) return x->accuracy > y->accuracy ? -1 : 1;
    if (x->loss > y->loss || x->loss < y->loss) return x->loss < y->loss ? -1 : 1;
    return x->point - y->point;
}

/* Rounds before the last: while there are points to drop and epochs to halve. */
static int halvings(const struct cli_search *search) {
    int rounds = 0;
    for (int left = search->grid.points; search->halving && left > 1 && search->epochs >> (rounds + 1) > 0; rounds++)
        left = (left + 1) / 2;
    return rounds;
}

static int run_rounds(struct cli_search *search, struct standing *standings) {
    int rounds = halvings(search), left = search->grid.points, code = CLI_DONE;
    for (int round = 0; round <= rounds; round++) {
        int epochs = search->epochs >> (rounds - round);
        for (int i = 0; i < left && code == CLI_DONE; i++) {
            standings[i].diverged = false;
            code = try_point(search, &standings[i], epochs);
        }
        if (code != CLI_DONE) return code;
        qsort(standings, (size_t)left, sizeof *standings, by_score);
        left = round < rounds ? (left + 1) / 2 : left;
    }
    return CLI_DONE;
}

static json_t *standing_json(const struct cli_search *search, const struct standing *standing) {
    json_t *object = cli_json_object(), *settings = cli_json_object();
    for (int i = 0; i < search->grid.count; i++)
        cli_json_set(settings, search->grid.options[i].name,
                     json_string(cli_grid_value(&search->grid, standing->point, i)));
    cli_json_set(object, "settings", settings);
    cli_json_set(object, "diverged", json_boolean(standing->diverged));
    cli_json_set(object, "validation_accuracy", cli_json_number(standing->diverged ? NAN : standing->accuracy));
    cli_json_set(object, "validation_loss", cli_json_number(standing->diverged ? NAN : standing->loss));
    return object;
}

/* The points as they came in, the best first; each with the scores of its last round. */
static int print_json(const struct cli_search *search, const struct standing *standings) {
    json_t *object = cli_json_object(), *points = cli_json_array();
    for (int i = 0; i < search->grid.points; i++) cli_json_append(points, standing_json(search, &standings[i]));
    cli_json_set(object, "epochs", json_integer(search->epochs));
    cli_json_set(object, "seeds", json_integer(search->seeds));
    cli_json_set(object, "table", cli_json_name(search->trials.path));
    cli_json_set(object, "points", points);
    return cli_print_json(object);
}

static int show_best(const struct cli_search *search, const struct standing *best) {
    int code = cli_has(search->arguments, "json") ? print_json(search, best) : CLI_DONE;
    if (code == CLI_DONE && best->diverged) {
        cli_message("every setting that was tried to the end diverged; the table is '%s'", search->trials.path);
        return CLI_DIVERGED;
    }
    if (code != CLI_DONE || cli_has(search->arguments, "json")) return code;
    printf("best: ");
    show_point(search, best->point);
    if (isfinite(best->accuracy))
        printf(" (validation accuracy %.4f)", best->accuracy);
    else
        printf(" (validation loss %.6g)", best->loss);
    putchar('\n');
    cli_put_line(stdout, "the table is %s", search->trials.path);
    return CLI_DONE;
}

int cli_search_run(struct cli_search *search) {
    struct standing *standings = cli_allocate((size_t)search->grid.points, sizeof *standings);
    for (int i = 0; i < search->grid.points; i++) standings[i].point = i;
    cli_stop_begin();
    int code = run_rounds(search, standings);
    if (code == CLI_DONE) code = show_best(search, &standings[0]);
    if (code > 128) cli_message("stopped; the same command goes on from '%s'", search->trials.path);
    free(standings);
    return code;
}
