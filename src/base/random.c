#include "base/random.h"

#include <math.h>

static uint64_t splitmix(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* FNV-1a: names are few and short, so that any mixing hash keeps them apart. */
static uint64_t hash_name(const char *name) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return hash;
}

void pc_random_seed(struct pc_random *random, uint64_t seed, const char *stream, uint64_t index) {
    uint64_t mixed = seed;
    mixed = splitmix(&mixed) ^ hash_name(stream);
    mixed = splitmix(&mixed) ^ index;
    for (int i = 0; i < 4; i++) random->state[i] = splitmix(&mixed);
}

static uint64_t rotate(uint64_t x, int bits) {
    return (x << bits) | (x >> (64 - bits));
}

uint64_t pc_random_next(struct pc_random *random) {
    uint64_t *s = random->state;
    uint64_t result = rotate(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double pc_random_uniform(struct pc_random *random) {
    return (double)(pc_random_next(random) >> 11) * 0x1p-53;
}

uint64_t pc_random_below(struct pc_random *random, uint64_t bound) {
    uint64_t reject_below = -bound % bound;
    uint64_t drawn;
    do drawn = pc_random_next(random);
    while (drawn < reject_below);
    return drawn % bound;
}

double pc_random_normal(struct pc_random *random) {
    double radius = sqrt(-2 * log(1 - pc_random_uniform(random)));
    return radius * cos(6.283185307179586477 * pc_random_uniform(random));
}
