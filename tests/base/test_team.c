/* Teams: every piece once, whatever the team; after a fork too. */
#include "test.h"

#include "base/team.h"
#include "pcil.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIECES = 1000 };

struct marks {
    _Atomic int32_t runs[PIECES];
};

static void mark(void *task, int64_t index) {
    struct marks *marks = task;
    atomic_fetch_add(&marks->runs[index], 1);
}

/* Whether a round runs pieces 0 ... count - 1 once and no other. */
static bool runs_each_once(struct pc_team *team, int64_t count) {
    static struct marks marks;
    for (int i = 0; i < PIECES; i++) atomic_store(&marks.runs[i], 0);
    pc_team_run(team, count, mark, &marks);
    for (int i = 0; i < PIECES; i++)
        if (atomic_load(&marks.runs[i]) != (i < count)) return false;
    return true;
}

static void test_each_piece_once(void **state) {
    (void)state;
    for (int32_t threads = 1; threads <= 4; threads++) {
        struct pc_team *team;
        check_ok(pc_team_create(&team, threads));
        assert_int_equal(team == NULL, threads == 1);
        for (int round = 0; round < 200; round++) assert_true(runs_each_once(team, round * 5));
        pc_team_free(team);
    }
}

/* The pieces of a round of two that wait for each other end only if two threads run them. */
static void meet(void *task, int64_t index) {
    _Atomic int32_t *arrived = task;
    (void)index;
    atomic_fetch_add(arrived, 1);
    while (atomic_load(arrived) < 2) {
    }
}

static void test_pieces_run_at_once(void **state) {
    (void)state;
    struct pc_team *team;
    _Atomic int32_t arrived = 0;
    check_ok(pc_team_create(&team, 2));
    pc_team_run(team, 2, meet, &arrived);
    assert_int_equal(atomic_load(&arrived), 2);
    pc_team_free(team);
}

static void test_goes_on_after_a_fork(void **state) {
    (void)state;
    skip_where_forks_are_unknown();
    struct pc_team *team;
    check_ok(pc_team_create(&team, 3));
    assert_true(runs_each_once(team, PIECES));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _Atomic int32_t arrived = 0;
        bool good = runs_each_once(team, PIECES) && runs_each_once(team, 7);
        pc_team_run(team, 2, meet, &arrived);
        pc_team_free(team);
        _exit(good ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(runs_each_once(team, PIECES));
    pc_team_free(team);
    check_ok(pc_team_create(&team, 2));
    child = fork();
    if (child == 0) { /* a team that the child never used */
        pc_team_free(team);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    pc_team_free(team);
}

static void test_count_of_threads(void **state) {
    (void)state;
    assert_int_equal(pcil_threads(), 1);
    check_ok(pcil_set_threads(5));
    assert_int_equal(pcil_threads(), 5);
    check_fails(pcil_set_threads(-1), PCIL_ERROR_ARGUMENT, "-1 threads; expected 0 ... 256");
    check_fails(pcil_set_threads(257), PCIL_ERROR_ARGUMENT, "257 threads");
    assert_int_equal(pcil_threads(), 5);
    check_ok(pcil_set_threads(0));
    assert_int_equal(pcil_threads(), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_piece_once),
        cmocka_unit_test(test_pieces_run_at_once),
        cmocka_unit_test(test_goes_on_after_a_fork),
        cmocka_unit_test(test_count_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
