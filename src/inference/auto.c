/*
 * iterations=auto: a batch is inferred until there is little left to gain. With F_t the energy after t iterations and
 * epsilon_t the step size of iteration t, the fall per step size and its ratio to that of the iteration before are
 *
 *   c_t = (F_{t-1} - F_t) / epsilon_t,   rho_t = c_t / c_{t-1}
 *
 * Descent makes c shrink about geometrically, so the further fall until iteration auto_most is predicted as
 *
 *   P_t = sum over s = t+1 ... auto_most of epsilon_s c_t rho_t^(s-t)
 *
 * and inference stops when P_t <= auto_tolerance (F_0 - F_t), or when the energy does not fall any more. It costs the
 * energy of each iteration, and no product.
 */
#include "inference/inference.h"

/* Whether the predicted further fall stays below what is worth an iteration. */
static bool little_left(const pcil_inference *inference, const struct pc_auto *stop, double slope) {
    double worth = pc_setting(&inference->settings, PC_AUTO_TOLERANCE) * (stop->first - stop->energy);
    double rho = slope / stop->slope, left = 0;
    int32_t most = (int32_t)pc_setting(&inference->settings, PC_AUTO_MOST);
    for (int32_t s = stop->made + 1; s <= most && left <= worth; s++) {
        slope *= rho;
        left += slope * pc_inference_step_size(inference, s - 1);
    }
    return left <= worth;
}

void pc_auto_begin(struct pc_auto *stop, const pcil_inference *inference) {
    double energy = pc_inference_energy(inference);
    *stop = (struct pc_auto){.first = energy, .energy = energy};
}

bool pc_auto_is_enough(struct pc_auto *stop, const pcil_inference *inference) {
    double energy = pc_inference_energy(inference), fall = stop->energy - energy;
    double slope = fall / pc_inference_step_size(inference, inference->iterations - 1);
    stop->energy = energy;
    stop->made++;
    bool enough = !(fall > 0) || (stop->made > 1 && little_left(inference, stop, slope));
    stop->slope = slope;
    return enough;
}
