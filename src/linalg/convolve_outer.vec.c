/*
 * What x and e give a convolution's weights, read from images as they stand (see sweep.h). A tile's rows are numbers of
 * a kernel's row, which lie side by side in the image, its columns outputs, its terms windows of a group: a handful of
 * them, whose errors stay in the first cache while all weights pass by.
 */
#include "linalg/convolve.h"

#define FETCHES FETCHES_NOTHING
#define COPIES  0
#include "linalg/sweep.h"
#include "linalg/tile.h"

enum { HANDFUL = 128 };

/* Some windows of a group: where each begins in x, and a strip of their errors. */
struct handful {
    int64_t count;
    int64_t begin[HANDFUL];
    float e[HANDFUL * COLUMNS];
};

static inline __attribute__((always_inline)) void make_outer(int rows, int vectors, const struct handful *windows,
                                                             const float *x, const struct tile *tile) {
    lanes_t sum[ROWS][VECTORS] = {{{0}}};
    const float *e = windows->e;
    for (int64_t k = 0; k < windows->count; k++, e += COLUMNS) {
        const float *left = x + windows->begin[k];
        lanes_t row[VECTORS];
        PC_UNROLL
        for (int v = 0; v < vectors; v++) row[v] = load(e + v * LANES);
        PC_UNROLL
        for (int r = 0; r < rows; r++) {
            lanes_t factor = all(left[r]);
            PC_UNROLL
            for (int v = 0; v < vectors; v++) sum[r][v] = fused(factor, row[v], sum[r][v]);
        }
    }
    put(rows, vectors, ALL, tile, sum);
}

static void make_outer_whole(int rows, int vectors, const struct handful *windows, const float *x,
                             const struct tile *tile) {
    PC_WITH_SIZES(make_outer, rows, vectors, windows, x, tile)
}

static void make_outer_tile(int rows, int64_t columns, const struct handful *windows, const float *x,
                            struct tile *tile) {
    float copy[ROWS * COLUMNS] = {0}, *out = tile->out;
    int64_t out_row = tile->out_row;
    bool part = columns % LANES != 0;
    for (int r = 0; part && r < rows; r++)
        memcpy(copy + r * COLUMNS, out + r * out_row, (size_t)columns * sizeof *copy);
    if (part) tile->out = copy, tile->out_row = COLUMNS;
    make_outer_whole(rows, (int)((columns + LANES - 1) / LANES), windows, x, tile);
    for (int r = 0; part && r < rows; r++)
        memcpy(out + r * out_row, copy + r * COLUMNS, (size_t)columns * sizeof *copy);
}

/* A strip of columns, and where it begins in e and out. */
struct strip {
    const struct sweep *sweep;
    int64_t images, columns;
    const float *x, *e;
    float *out, factor;
    int32_t first_row, end_row; /* of the kernel */
};

/* The weights that the windows meet, row by row of the kernel. */
static void run_handful(const struct strip *strip, const struct group *group, const struct handful *windows) {
    const struct sweep *s = strip->sweep;
    const struct taps *down = &group->down.taps, *along = &group->along.taps;
    int64_t numbers = (int64_t)along->count * s->terms;
    int32_t row = larger(down->first, strip->first_row), end = smaller(down->first + down->count, strip->end_row);
    for (; row < end; row++) {
        const float *x = strip->x + (int64_t)(row - down->first) * s->along.left_places * s->terms;
        float *out = strip->out + ((int64_t)row * s->along.kernel + along->first) * s->terms * s->columns;
        for (int64_t i = 0; i < numbers; i += ROWS) {
            struct tile tile = {.out = out + i * s->columns, .out_row = s->columns, .factor = strip->factor, .keep = 1};
            make_outer_tile((int)least(numbers - i, ROWS), strip->columns, windows, x + i, &tile);
        }
    }
}

static void run_group(void *user, const struct group *group) {
    const struct strip *strip = user;
    struct handful windows;
    struct walk walk = {.at = group->first};
    for (int64_t rest = group_size(group, strip->images); rest > 0; rest -= windows.count) {
        windows.count = least(rest, HANDFUL);
        for (int64_t k = 0; k < windows.count; k++, walk_on(group, &walk)) {
            windows.begin[k] = walk.at.left;
            pack_strip(1, strip->columns, strip->e + walk.at.out, 0, windows.e + k * COLUMNS, COLUMNS);
        }
        run_handful(strip, group, &windows);
    }
}

void PC_VECTOR_NAME(pc_own_convolve_outer)(const struct pc_windows *windows, int32_t first_row, int32_t rows,
                                           int64_t images, float factor, const float *x, const float *e, float *out) {
    struct sweep sweep = sweep_forward(windows);
    for (int32_t column = 0; column < sweep.columns; column += COLUMNS) {
        struct strip strip = {.sweep = &sweep,
                              .images = images,
                              .columns = least(sweep.columns - column, COLUMNS),
                              .x = x,
                              .e = e + column,
                              .out = out + column,
                              .factor = factor,
                              .first_row = first_row,
                              .end_row = first_row + rows};
        visit_groups(&sweep, run_group, &strip);
    }
}
