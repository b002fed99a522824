/* The clock of a handle: which phase of a step the time goes to. */
#include "inference/inference.h"

#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void pc_clock_enter(pcil_inference *inference, enum pc_phase phase) {
    struct pc_clock *clock = &inference->clock;
    if (!clock->runs || clock->phase == phase) return;
    double time = now();
    clock->seconds[clock->phase] += time - clock->since;
    clock->since = time;
    clock->phase = phase;
}

pcil_status pcil_inference_clock(pcil_inference *inference, int32_t on) {
    if (!inference) return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "the inference is NULL");
    struct pc_clock *clock = &inference->clock;
    if (on)
        *clock = (struct pc_clock){.runs = true, .phase = PC_IDLE, .since = now()};
    else
        clock->runs = false;
    return PCIL_OK;
}

double pcil_inference_seconds(const pcil_inference *inference, const char *phase) {
    static const char *const names[PC_IDLE] = {"forward", "inference", "clamp", "gradient", "optimizer"};
    for (int i = 0; inference && phase && i < PC_IDLE; i++)
        if (strcmp(names[i], phase) == 0) return inference->clock.seconds[i];
    return -1;
}
