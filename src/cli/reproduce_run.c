/* Runs what is not done, several side by side. */
#include "children.h"
#include "reading.h"
#include "reproduce.h"
#include "run_folder.h"
#include "stop.h"
#include "textfile.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TRAINING, SCORING };

/* A run at work. */
struct slot {
    const struct rp_group *group;
    int seed, stage;
    bool goes_on; /* from its last checkpoint */
    char *folder;
    pid_t child;
    struct cli_scratch output, messages; /* what the child prints, and complains about */
};

struct work {
    const struct rp_plan *plan;
    struct slot *slots; /* [jobs]; free where folder is NULL */
    int busy, ended, total, code;
    int group, seed; /* the next to look at */
};

/* --- one run --- */

void rp_add_settings(struct cli_line *line, const struct rp_plan *plan, const struct rp_group *group) {
    const struct cli_arguments *arguments = plan->options.arguments;
    char *list = cli_copy(group->settings ? group->settings : ""), *rest = NULL;
    for (char *setting = strtok_r(list, " ", &rest); setting; setting = strtok_r(NULL, " ", &rest))
        cli_line_add_pair(line, "--set", setting);
    for (int i = 0; i < arguments->givens; i++)
        if (strcmp(arguments->given[i].option->name, "set") == 0)
            cli_line_add_pair(line, "--set", arguments->given[i].value);
    free(list);
}

/* The group's settings stand over the recipe's, the command's options over both. */
static void set_new_training(struct cli_line *line, const struct rp_plan *plan, const struct slot *slot) {
    const struct rp_options *options = &plan->options;
    char *seed = cli_format("%d", slot->seed);
    cli_line_add_pair(line, "--recipe", slot->group->recipe);
    cli_line_add_pair(line, "--out", slot->folder);
    cli_line_add_pair(line, "--seed", seed);
    rp_add_settings(line, plan, slot->group);
    cli_line_add_pair(line, "--epochs", options->epochs);
    cli_line_add_pair(line, "--limit-train", options->limit_train);
    cli_line_add_pair(line, "--limit-test", options->limit_test);
    cli_line_add_pair(line, "--set", options->strict ? "validation=0.1" : NULL);
    cli_line_add_pair(line, "--set", options->strict ? "rate_decay=none" : NULL);
    free(seed);
}

static void set_training(struct cli_line *line, const struct rp_plan *plan, const struct slot *slot) {
    cli_line_add(line, "train");
    if (slot->goes_on)
        cli_line_add_pair(line, "--resume", slot->folder);
    else
        set_new_training(line, plan, slot);
    cli_line_add_pair(line, "--data", plan->options.data);
    cli_line_add_pair(line, "--measure", slot->group->measure);
}

/* The epoch that the validation part chose, on the test set, once. */
static void set_scoring(struct cli_line *line, const struct rp_plan *plan, const struct slot *slot) {
    const struct rp_options *options = &plan->options;
    char *model = cli_join(slot->folder, "best.safetensors");
    cli_line_add(line, "eval");
    cli_line_add(line, model);
    cli_line_add_pair(line, "--data", options->data);
    cli_line_add_pair(line, "--limit", options->limit_test);
    cli_line_add(line, "--json");
    free(model);
}

static int start(const struct work *work, struct slot *slot) {
    struct cli_line line = {0};
    int code = cli_scratch_open(&slot->output);
    if (code == CLI_DONE) code = cli_scratch_open(&slot->messages);
    if (code != CLI_DONE) return code;
    (slot->stage == TRAINING ? set_training : set_scoring)(&line, work->plan, slot);
    code = cli_child_start(&slot->child, &line, slot->output.path, slot->messages.path);
    cli_line_free(&line);
    return code;
}

static void forget_texts(struct slot *slot) {
    cli_scratch_close(&slot->output);
    cli_scratch_close(&slot->messages);
}

static void release(struct work *work, struct slot *slot) {
    forget_texts(slot);
    free(slot->folder);
    slot->folder = NULL;
    work->busy--;
}

/* The first failure is the command's; what runs beside it may end, nothing more begins. */
static void fail(struct work *work, const struct slot *slot, int ended, const char *messages) {
    if (WIFSIGNALED(ended))
        cli_message("%s seed %d: ended by signal %d", slot->group->name, slot->seed, WTERMSIG(ended));
    else
        cli_message("%s seed %d failed: %.2000s", slot->group->name, slot->seed, *messages ? messages : "(no message)");
    if (slot->goes_on) cli_message("if it cannot be gone on with, remove '%s': it is then begun anew", slot->folder);
    work->code = CLI_FAILED;
}

/* A file of the run's folder; complains if it cannot be written. */
static int note(const struct slot *slot, const char *name, const char *text) {
    char *path = cli_join(slot->folder, name);
    int code = cli_write_file(path, text);
    free(path);
    return code;
}

/* Written only now, as a whole: what a scoring prints is a result. */
static int keep_output(const struct slot *slot) {
    char *text;
    int code = cli_read_file(slot->output.path, CLI_TABLE_MOST, &text);
    if (code == CLI_DONE) code = note(slot, slot->stage == TRAINING ? "output.txt" : "test.json", text);
    free(text);
    return code;
}

static void finish(struct work *work, const struct slot *slot, bool diverged, const char *messages) {
    int code = *messages ? note(slot, "messages.txt", messages) : CLI_DONE;
    if (code == CLI_DONE && diverged) code = note(slot, "diverged.txt", messages);
    if (code == CLI_DONE) code = cli_run_finish(slot->folder);
    work->ended++;
    if (code == CLI_DONE)
        fprintf(work->plan->options.talk, "[%d/%d] %s seed %d %s\n", work->ended, work->total, slot->group->name,
                slot->seed, diverged ? "diverged" : "done");
    else
        work->code = code;
    fflush(work->plan->options.talk);
}

/* A child has ended: the run's next stage, or its end. That numbers diverge is a result too. */
static void end_child(struct work *work, struct slot *slot, int ended) {
    char *messages;
    int exited = WIFEXITED(ended) ? WEXITSTATUS(ended) : CLI_FAILED;
    int code = cli_read_file(slot->messages.path, CLI_TABLE_MOST, &messages);
    bool failed = exited != CLI_DONE && exited != CLI_DIVERGED;
    if (failed && !cli_stop_signal()) fail(work, slot, ended, messages ? messages : "");
    if (code == CLI_DONE && !(failed && slot->stage == SCORING)) code = keep_output(slot);
    bool more = code == CLI_DONE && exited == CLI_DONE && slot->stage == TRAINING && work->plan->options.strict;
    if (more) {
        forget_texts(slot);
        slot->stage = SCORING;
        code = start(work, slot);
    } else if (code == CLI_DONE && !failed) {
        finish(work, slot, exited == CLI_DIVERGED, messages);
    }
    if (code != CLI_DONE) work->code = code;
    if (!more || code != CLI_DONE) release(work, slot);
    free(messages);
}

/* --- all runs --- */

/* The folder of the next run that is not done, or NULL. */
static char *next_run(struct work *work, const struct rp_group **group, int *seed) {
    const struct rp_plan *plan = work->plan;
    for (; work->group < plan->count; work->group++, work->seed = 1) {
        *group = &plan->groups[work->group];
        while ((*group)->available && work->seed <= plan->options.seeds) {
            *seed = work->seed++;
            char *folder = rp_folder(plan, *group, *seed);
            if (!cli_run_finished(folder)) return folder;
            free(folder);
        }
    }
    return NULL;
}

static int count_left(const struct rp_plan *plan) {
    struct work look = {.plan = plan, .seed = 1};
    const struct rp_group *group;
    int left = 0, seed;
    for (char *folder; (folder = next_run(&look, &group, &seed)); left++) free(folder);
    return left;
}

/* Fills the free slots. */
static void begin_runs(struct work *work) {
    for (int i = 0; i < work->plan->options.jobs; i++) {
        struct slot *slot = &work->slots[i];
        if (slot->folder) continue;
        if (work->code != CLI_DONE || cli_stop_signal()) return;
        slot->folder = next_run(work, &slot->group, &slot->seed);
        if (!slot->folder) return;
        slot->stage = TRAINING;
        work->busy++;
        work->code = cli_run_begin(slot->folder, "a run of pcil reproduce\n", &slot->goes_on);
        if (work->code == CLI_DONE) work->code = start(work, slot);
        if (work->code != CLI_DONE) release(work, slot);
    }
}

static void stop_children(const struct work *work) {
    for (int i = 0; i < work->plan->options.jobs; i++)
        if (work->slots[i].folder) kill(work->slots[i].child, SIGTERM);
}

/* Looks after the children; a signal is handed on to them once. */
static void look_after(struct work *work, bool *stopped) {
    if (cli_stop_signal() && !*stopped) {
        *stopped = true;
        stop_children(work);
    }
    for (int i = 0; i < work->plan->options.jobs; i++) {
        int ended;
        struct slot *slot = &work->slots[i];
        if (slot->folder && waitpid(slot->child, &ended, WNOHANG) == slot->child) end_child(work, slot, ended);
    }
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

int rp_run(const struct rp_plan *plan) {
    struct work work = {.plan = plan, .seed = 1, .total = count_left(plan)};
    bool stopped = false;
    work.slots = cli_allocate((size_t)plan->options.jobs, sizeof *work.slots);
    cli_stop_begin();
    begin_runs(&work);
    while (work.busy > 0) {
        look_after(&work, &stopped);
        begin_runs(&work);
    }
    free(work.slots);
    cli_stop_end();
    if (cli_stop_signal()) {
        cli_message("stopped; finished runs are kept, the same command goes on");
        return 128 + cli_stop_signal();
    }
    if (work.code != CLI_DONE) cli_message("finished runs are kept; the same command goes on with the others");
    return work.code;
}
