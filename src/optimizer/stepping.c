/* One training iteration as learning drives it: block after block, panel after panel. */
#include "base/finite.h"
#include "optimizer/rule.h"

#include <math.h>
#include <stddef.h>

void pc_optimizer_begin(pcil_optimizer *optimizer) {
    optimizer->decay = pc_rate_decay(&optimizer->settings, optimizer->iterations);
    optimizer->iterations++;
}

double pc_decayed_rate(const pcil_optimizer *optimizer, int32_t block) {
    return optimizer->decay * pc_setting_at(&optimizer->settings, PC_LEARNING_RATE, block);
}

pcil_status pc_optimizer_begin_block(pcil_optimizer *optimizer, int32_t block, double mean_square) {
    double clip = pc_setting(&optimizer->settings, PC_CLIP_VALUE);
    optimizer->step = (struct pc_step){
        .limit = clip > 0 ? (float)clip : INFINITY,
        .scale = 1,
        .rate = (float)pc_decayed_rate(optimizer, block),
        .coupled = (float)pc_setting(&optimizer->settings, PC_WEIGHT_DECAY),
        /* One sum at least, which shows what is not finite. */
        .average = optimizer->rule->end != NULL,
        .measure = optimizer->measuring || !optimizer->rule->end,
    };
    optimizer->sums = (struct pc_step_sums){0};
    double rate = optimizer->rule->begin(optimizer, block, mean_square, &optimizer->step);
    if (!isfinite(rate))
        return pc_fail(&optimizer->error, PCIL_ERROR_DIVERGED,
                       "the rate of block %d is %g in training iteration %lld: the optimizer's state is not finite; go "
                       "back to an earlier model",
                       block, rate, (long long)optimizer->iterations);
    optimizer->block[block].rate = rate;
    optimizer->block[block].stepped = true;
    return PCIL_OK;
}

bool pc_optimizer_needs_mean_square(const pcil_optimizer *optimizer) {
    return optimizer->rule->wants_mean_square;
}

/* Whether the step is linear in G: no clipping, no running means. */
static bool is_linear(const pcil_optimizer *optimizer) {
    const struct pc_settings *settings = &optimizer->settings;
    bool clips = pc_setting(settings, PC_CLIP_VALUE) > 0 || pc_setting(settings, PC_CLIP_NORM) > 0;
    return optimizer->rule->pass == PC_PASS_PLAIN && !clips;
}

bool pc_optimizer_is_rate(const pcil_optimizer *optimizer) {
    return is_linear(optimizer) && pc_setting(&optimizer->settings, PC_WEIGHT_DECAY) == 0;
}

double pc_optimizer_next_rate(const pcil_optimizer *optimizer, int32_t block, double mean_square) {
    pcil_optimizer next = *optimizer; /* its arrays are shared, which beginning a block only reads */
    struct pc_step step = {0};
    pc_optimizer_begin(&next);
    return next.rule->begin(&next, block, mean_square, &step);
}

/* Below this share of the weights what a step has taken of them cannot be told from what it has left. */
static const float least_kept = 1e-3f;

bool pc_optimizer_is_direct(const pcil_optimizer *optimizer, int32_t block, struct pc_direct_step *step) {
    if (!is_linear(optimizer) || optimizer->redirected) return false;
    step->rate = optimizer->step.rate;
    step->keep = (float)(1 - optimizer->block[block].rate * pc_setting(&optimizer->settings, PC_WEIGHT_DECAY));
    step->magnitudes = optimizer->rule->end != NULL;
    return step->keep >= least_kept;
}

void pc_optimizer_add_magnitudes(pcil_optimizer *optimizer, double sum) {
    optimizer->sums.gradient += sum;
}

bool pc_optimizer_measures(const pcil_optimizer *optimizer) {
    return optimizer->measuring;
}

/* W' = keep W - rate G, so W - W' = ((1 - keep) W' + rate G) / keep: the weights have moved already. */
void pc_optimizer_measure_direct(pcil_optimizer *optimizer, int32_t block, int64_t offset, int64_t count,
                                 const float *gradient) {
    const float *weights = optimizer->block[block].weights + offset;
    double rate = (double)optimizer->step.rate, decay = rate * (double)optimizer->step.coupled, sum = 0;
    for (int64_t i = 0; i < count; i++) sum += fabs(decay * (double)weights[i] + rate * (double)gradient[i]);
    optimizer->sums.moved += sum / (1 - decay);
}

float *pc_optimizer_whole(const pcil_optimizer *optimizer) {
    return pc_setting(&optimizer->settings, PC_CLIP_NORM) > 0 ? optimizer->whole : NULL;
}

/* Works out clip_norm's factor; false if the norm is not finite, which the sums then tell. */
static bool limit_norm(pcil_optimizer *optimizer, int64_t count, const float *gradient) {
    double most = pc_setting(&optimizer->settings, PC_CLIP_NORM);
    if (most <= 0 || !gradient) return true;
    double norm = sqrt(optimizer->kernels->squares(gradient, count, optimizer->step.limit));
    optimizer->step.scale = norm > most ? (float)(most / norm) : 1;
    if (isfinite(norm)) return true;
    optimizer->sums.gradient = norm;
    return false;
}

void pc_optimizer_apply(pcil_optimizer *optimizer, int32_t block, int64_t offset, int64_t count, float *gradient) {
    const struct pc_optimizer_block *at = &optimizer->block[block];
    const struct pc_rule *rule = optimizer->rule;
    if (count == 0) return; /* a block without parameters has no weights to point into */
    if (!gradient && rule->pass == PC_PASS_PLAIN && optimizer->step.coupled == 0) return; /* nothing moves */
    if (!limit_norm(optimizer, count, gradient)) return;
    float *first = rule->arrays[0] ? optimizer->state + at->offset + offset : NULL;
    float *second = rule->arrays[1] ? optimizer->state + optimizer->parameters + at->offset + offset : NULL;
    optimizer->kernels->pass[rule->pass](&optimizer->step, at->weights + offset, gradient, first, second, count,
                                         &optimizer->sums);
}

/* Says which of the block's state, or else its gradient, is to blame. */
static pcil_status fail_step(pcil_optimizer *optimizer, int32_t block) {
    const struct pc_optimizer_block *at = &optimizer->block[block];
    for (int32_t a = 0; a < pc_rule_arrays(optimizer->rule); a++) {
        const float *state = optimizer->state + a * optimizer->parameters + at->offset;
        int64_t bad = isfinite(optimizer->sums.gradient) ? pc_first_not_finite(state, at->count) : -1;
        if (bad < 0) continue;
        return pc_fail(&optimizer->error, PCIL_ERROR_DIVERGED,
                       "the step of block %d is not finite in training iteration %lld: number %lld of the optimizer's "
                       "'%s' is %g; go back to an earlier model, with a lower learning_rate or clip_norm",
                       block, (long long)optimizer->iterations, (long long)bad, optimizer->rule->arrays[a],
                       (double)state[bad]);
    }
    return pc_fail(&optimizer->error, PCIL_ERROR_DIVERGED,
                   "the gradient of block %d is not finite in training iteration %lld: try a lower learning_rate "
                   "or inference step, or set clip_norm",
                   block, (long long)optimizer->iterations);
}

pcil_status pc_optimizer_end_block(pcil_optimizer *optimizer, int32_t block) {
    struct pc_optimizer_block *at = &optimizer->block[block];
    if (at->count == 0) return PCIL_OK;
    if (!isfinite(optimizer->sums.gradient) || !isfinite(optimizer->sums.moved)) return fail_step(optimizer, block);
    if (optimizer->rule->end) optimizer->rule->end(optimizer, block, optimizer->sums.gradient / (double)at->count);
    if (optimizer->measuring) {
        at->magnitude = optimizer->sums.moved / (double)at->count;
        at->measured = true;
    }
    return PCIL_OK;
}
