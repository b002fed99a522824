/* The option check_numbers: every result is looked through, and the first that is not finite is noted with its maker.
 */
#include "base/finite.h"
#include "network/state.h"

#include <stdio.h>

/* Whether these are to be noted: asked for, the first so, and not finite at *place. */
static bool is_bad(const struct pc_state *state, const float *values, int64_t count, int64_t *place) {
    if (!state->check_numbers || *state->bad) return false;
    *place = pc_first_not_finite(values, count);
    return *place >= 0;
}

void pc_state_look(struct pc_state *state, const char *what, int32_t b, int32_t k, const float *values, int64_t units) {
    int64_t place;
    if (!is_bad(state, values, state->call.batch * units, &place)) return;
    snprintf(state->bad, sizeof state->bad, "%s of block %d, operation %d (%s): sample %lld, unit %lld is %g", what, b,
             k, state->network->blocks[b].operations[k].kind->kind.name, (long long)(place / units),
             (long long)(place % units), (double)values[place]);
}

void pc_state_look_at_node(struct pc_state *state, const char *what, int32_t node, const float *values) {
    int64_t place, units = pc_state_node_size(state, node);
    if (!is_bad(state, values, state->call.batch * units, &place)) return;
    snprintf(state->bad, sizeof state->bad, "%s of node %d: sample %lld, unit %lld is %g", what, node,
             (long long)(place / units), (long long)(place % units), (double)values[place]);
}

void pc_state_look_at_numbers(struct pc_state *state, const char *what, int32_t b, int64_t offset, const float *values,
                              int64_t count) {
    int64_t place;
    if (!is_bad(state, values, count, &place)) return;
    snprintf(state->bad, sizeof state->bad, "%s of block %d: number %lld is %g", what, b, (long long)(offset + place),
             (double)values[place]);
}
