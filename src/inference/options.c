/* The options of inference, and the registry of schedules. */
#include "inference/inference.h"

const struct pc_option pc_inference_options[PC_INFERENCE_OPTIONS] = {
    [PC_CHECK_NUMBERS] = {.name = "check_numbers",
                          .type = PC_FLAG,
                          .initial = 0,
                          .help = "look through every result and name the first that is not finite; slow"},
    [PC_BACKEND] = {.name = "backend",
                    .type = PC_WORD,
                    .initial = 0,
                    .words = PC_BACKEND_NAMES,
                    .help = "who makes the matrix products; another changes results by rounding only",
                    .refused = "onednn",
                    .why = "measured, its convolutions of a whole step take longer than those of 'own' "
                           "(docs/performance.md); backend=auto takes the fastest"},
    [PC_ITERATIONS] = {.name = "iterations",
                       .type = PC_INTEGER,
                       .initial = 3,
                       .least = 0,
                       .most = 1000000,
                       .words = "auto",
                       .help = "T, inference iterations per batch; auto: until little is left to gain, best with "
                               "step_decay=0 (steps that shrink make many iterations of little use)"},
    [PC_AUTO_TOLERANCE] = {.name = "auto_tolerance",
                           .type = PC_NUMBER,
                           .initial = .1,
                           .least = 0,
                           .most = 1e6,
                           .help = "iterations=auto stops when the energy's predicted further fall is at most this "
                                   "part of its fall so far"},
    [PC_AUTO_MOST] = {.name = "auto_most",
                      .type = PC_INTEGER,
                      .initial = 100,
                      .least = 1,
                      .most = 1000000,
                      .help = "iterations=auto makes no more than so many"},
    [PC_STEP_SIZE] = {.name = "step_size",
                      .type = PC_NUMBER,
                      .initial = .05,
                      .least = 0,
                      .most = 10,
                      .help = "epsilon, step size of the activities"},
    [PC_STEP_DECAY] = {.name = "step_decay",
                       .type = PC_FLAG,
                       .initial = 1,
                       .help = "epsilon_t = epsilon / (1 + t) at iteration t = 0, 1, ..."},
    [PC_TOLERANCE] = {.name = "tolerance",
                      .type = PC_NUMBER,
                      .initial = 0,
                      .least = 0,
                      .most = 1,
                      .help = "stop when the energy's relative change falls below it; 0: never"},
    [PC_CLAMP] = {.name = "clamp",
                  .type = PC_WORD,
                  .initial = 0,
                  .words = "soft hard",
                  .help = "the output node: m prediction + (1-m) y with m = 1/(1+beta), or y itself"},
    [PC_BETA] = {.name = "beta",
                 .type = PC_NUMBER,
                 .initial = 100,
                 .least = 0,
                 .most = 1e12,
                 .help = "strength of the soft clamp"},
    [PC_ERROR] = {.name = "error",
                  .type = PC_WORD,
                  .initial = 0,
                  .words = "carried recomputed",
                  .help = "errors moved along with activities, or subtracted anew (loses digits)"},
    [PC_ENERGY_WEIGHT] = {.name = "energy_weight",
                          .type = PC_NUMBER,
                          .each = true,
                          .initial = 1,
                          .least = 0,
                          .most = 1e6,
                          .help = "gamma_l of node l (energy_weight.l)"},
    [PC_ACTIVITY_DECAY] = {.name = "activity_decay",
                           .type = PC_NUMBER,
                           .each = true,
                           .initial = 0,
                           .least = 0,
                           .most = 1e6,
                           .help = "gamma^decay_l of node l (activity_decay.l)"},
};

static const struct pc_kind *const kinds[] = {&pc_sequential.kind, &pc_simultaneous.kind, &pc_backprop.kind};

const struct pc_family pc_inference_family = {"inference",
                                              "inference kind",
                                              kinds,
                                              (int32_t)(sizeof kinds / sizeof kinds[0]),
                                              {pc_inference_options, PC_COMMON_OPTIONS}};

int32_t pc_inference_planned(const pcil_inference *inference) {
    double iterations = pc_setting(&inference->settings, PC_ITERATIONS);
    return (int32_t)(iterations < 0 ? pc_setting(&inference->settings, PC_AUTO_MOST) : iterations);
}

double pc_inference_step_size(const pcil_inference *inference, int32_t t) {
    double step = pc_setting(&inference->settings, PC_STEP_SIZE);
    return pc_setting(&inference->settings, PC_STEP_DECAY) == 1 ? step / (1 + t) : step;
}

double pc_inference_m(const pcil_inference *inference) {
    if (!inference->schedule->moves || pc_setting(&inference->settings, PC_CLAMP) == 1) return 0;
    return 1 / (1 + pc_setting(&inference->settings, PC_BETA));
}

double pc_inference_weight(const pcil_inference *inference, int32_t node) {
    return inference->schedule->moves ? pc_setting_at(&inference->settings, PC_ENERGY_WEIGHT, node) : 1;
}

double pc_inference_decay(const pcil_inference *inference, int32_t node) {
    return inference->schedule->moves ? pc_setting_at(&inference->settings, PC_ACTIVITY_DECAY, node) : 0;
}

void pc_inference_weigh(pcil_inference *inference, int32_t node, double weight, double decay) {
    pc_put_setting_at(&inference->settings, PC_ENERGY_WEIGHT, node, weight);
    pc_put_setting_at(&inference->settings, PC_ACTIVITY_DECAY, node, decay);
}

bool pc_inference_recomputes(const pcil_inference *inference) {
    return inference->schedule->moves && pc_setting(&inference->settings, PC_ERROR) == 1;
}
