/* The handle of inference and the interface of its schedules. */
#ifndef PC_INFERENCE_INFERENCE_H
#define PC_INFERENCE_INFERENCE_H

#include "base/settings.h"
#include "energy/energy.h"

extern const struct pc_family pc_inference_family;

/* The options of all schedules, then those of the schedules that move activities, in the order of their table. */
enum pc_inference_option {
    PC_CHECK_NUMBERS,
    PC_BACKEND,
    PC_ITERATIONS,
    PC_AUTO_TOLERANCE,
    PC_AUTO_MOST,
    PC_STEP_SIZE,
    PC_STEP_DECAY,
    PC_TOLERANCE,
    PC_CLAMP,
    PC_BETA,
    PC_ERROR,
    PC_ENERGY_WEIGHT,
    PC_ACTIVITY_DECAY,
    PC_INFERENCE_OPTIONS,
    PC_COMMON_OPTIONS = 2
};

extern const struct pc_option pc_inference_options[PC_INFERENCE_OPTIONS];

/* The table of schedules that move activities. */
#define PC_MOVING_OPTIONS                                                                                              \
    { pc_inference_options + PC_COMMON_OPTIONS, PC_INFERENCE_OPTIONS - PC_COMMON_OPTIONS }

struct pc_schedule {
    struct pc_kind kind;
    bool moves;   /* whether it moves activities, and so has the options above */
    bool at_once; /* whether all drives of an iteration come from old errors: each node then has a drive of its own */
    /* One iteration with step size `step`, without the output node's clamp. */
    void (*iterate)(pcil_inference *inference, double step);
};

extern const struct pc_schedule pc_sequential, pc_simultaneous, pc_backprop;

/* What a step does, for its clock. */
enum pc_phase { PC_FORWARD, PC_INFERENCE, PC_CLAMPING, PC_GRADIENT, PC_OPTIMIZER, PC_IDLE, PC_PHASES };

struct pc_clock {
    bool runs;
    enum pc_phase phase;
    double since, seconds[PC_PHASES];
};

/* Sums of squares of the pulls on activities, and of what is left of them: the energy's gradient. */
struct pc_balance {
    double gradient, drive, error, decay;
};

struct pcil_inference {
    struct pc_error error;
    pcil_network *network;
    const struct pc_schedule *schedule;
    struct pc_settings settings;
    struct pc_state state;
    bool clamped;
    int32_t iterations;          /* since the batch was clamped */
    double *magnitudes;          /* [nodes], for traces */
    double *squares;             /* [nodes]: sum of e^2 of each node, of the input's numbers at node 0 */
    bool summed;                 /* whether squares are those of the present errors, and all finite */
    struct pc_balance *balances; /* [largest batch] */
    bool *moving;                /* [nodes], the nodes that the present iteration moves */
    void (*observe)(void *user); /* called where `trace` is, for the library itself; NULL: not */
    void *observe_user;
    struct pc_clock clock;
    pcil_trace_callback trace;
    void *trace_user;
};

/* The most iterations that a batch gets, and the step size of iteration t = 0, 1, ...; of schedules that move. */
int32_t pc_inference_planned(const pcil_inference *inference);
double pc_inference_step_size(const pcil_inference *inference, int32_t t);

/* Option values; those of a schedule without options are the paper's hard clamp, unit weights, no decay. */
double pc_inference_m(const pcil_inference *inference);
double pc_inference_weight(const pcil_inference *inference, int32_t node);
double pc_inference_decay(const pcil_inference *inference, int32_t node);
/* Sets the two of a node of a schedule that moves, beyond the options' ranges too: theorem 1's decay may be negative.
 */
void pc_inference_weigh(pcil_inference *inference, int32_t node, double weight, double decay);
bool pc_inference_recomputes(const pcil_inference *inference);

/* Whether an iteration moves a node, given which errors are exactly 0. */
bool pc_inference_moves(const pcil_inference *inference, const bool *zero, int32_t node);

/* What a node's drive, error and decay count in its step; the drives of several blocks have their weights already. */
struct pc_node_weights {
    double drive, error, decay;
};
struct pc_node_weights pc_node_weights(const pcil_inference *inference, int32_t node);

/* The two halves of a node's step: its drive from the error above; the move, and what it changes above. */
void pc_node_drive(pcil_inference *inference, int32_t node);
void pc_node_move(pcil_inference *inference, int32_t node, double step);

/* Both, one after the other or, where that is cheaper, together. */
void pc_node_step(pcil_inference *inference, int32_t node, double step);

/* iterations=auto (auto.c). */
struct pc_auto {
    double first, energy; /* F before the first iteration, and now */
    double slope;         /* the latest fall per step size */
    int32_t made;
};
void pc_auto_begin(struct pc_auto *stop, const pcil_inference *inference);

/* After an iteration: whether it was the last that is worth its cost. */
bool pc_auto_is_enough(struct pc_auto *stop, const pcil_inference *inference);

/* mean |e| of a node. */
double pc_inference_mean_error(const pcil_inference *inference, int32_t node);

double pc_inference_energy(const pcil_inference *inference);

/* With check_numbers, PCIL_ERROR_DIVERGED if a result was not finite; the batch is no longer clamped then. */
pcil_status pc_inference_check_numbers(pcil_inference *inference);

/* What begins now; PC_IDLE when a call returns. */
void pc_clock_enter(pcil_inference *inference, enum pc_phase phase);

/* Whether a batch is clamped; PCIL_ERROR_STATE with a message if not. */
pcil_status pc_inference_check_clamped(const pcil_inference *inference, struct pc_error *own);

/*
 * Every error finite, and its square: one pass over the errors, kept in `squares`, and none if nothing moved since.
 * PCIL_ERROR_DIVERGED names the node, and the batch is no longer clamped.
 */
pcil_status pc_inference_check_errors(pcil_inference *inference);

#endif
