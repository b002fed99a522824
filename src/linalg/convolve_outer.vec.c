/*
 * What x and e give a convolution's weights, read from images as they stand (see sweep.h). A tile's rows are numbers of
 * a kernel's row, which lie side by side in the image, its columns outputs, its terms windows of a group: a handful of
 * them, whose errors stay in the first cache while all weights pass by.
 */
#include "linalg/convolve.h"

enum { FETCHES = 0 };
#include "linalg/sweep.h"
#include "linalg/tile.h"

enum { HANDFUL = 96 };

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

/* A strip of a group: the group's windows, its columns, and where the strip begins. */
struct strip {
    const struct sweep *sweep;
    struct run down, along;
    int64_t columns;
    const float *x, *e;
    float *out;
    float factor;
    int32_t first_row, end_row; /* of the kernel */
};

/* The weights that the windows meet, row by row of the kernel. */
static void run_handful(const struct strip *strip, const struct handful *windows) {
    const struct sweep *s = strip->sweep;
    const struct taps *down = &strip->down.taps, *along = &strip->along.taps;
    int64_t numbers = (int64_t)along->count * s->terms;
    for (int32_t row = larger(down->first, strip->first_row); row < smaller(down->first + down->count, strip->end_row);
         row++) {
        const float *x = strip->x + (int64_t)(row - down->first) * s->along.left_places * s->terms;
        float *out = strip->out + ((int64_t)row * s->along.kernel + along->first) * s->terms * s->columns;
        for (int64_t i = 0; i < numbers; i += ROWS) {
            struct tile tile = {.out = out + i * s->columns, .out_row = s->columns, .factor = strip->factor, .keep = 1};
            make_outer_tile((int)least(numbers - i, ROWS), strip->columns, windows, x + i, &tile);
        }
    }
}

static void take_window(const struct strip *strip, const struct walk *at, struct handful *windows) {
    int64_t k = windows->count++;
    windows->begin[k] = left_of(strip->sweep, &strip->down, &strip->along, at);
    pack_strip(1, strip->columns, strip->e + out_of(strip->sweep, &strip->down, &strip->along, at), 0,
               windows->e + k * COLUMNS, COLUMNS);
}

static void run_strip(const struct strip *strip, int64_t images) {
    struct handful windows;
    struct walk at = {0};
    while (at.image < images) {
        windows.count = 0;
        for (; windows.count < HANDFUL && at.image < images; walk_on(&strip->down, &strip->along, &at))
            take_window(strip, &at, &windows);
        run_handful(strip, &windows);
    }
}

void PC_VECTOR_NAME(pc_own_convolve_outer)(const struct pc_windows *windows, int32_t first_row, int32_t rows,
                                           int64_t images, float factor, const float *x, const float *e, float *out) {
    struct sweep sweep = sweep_forward(windows);
    struct strip strip = {.sweep = &sweep, .x = x, .factor = factor};
    strip.first_row = first_row, strip.end_row = first_row + rows;
    for (int32_t column = 0; column < sweep.columns; column += COLUMNS)
        for (int32_t y = 0; y < sweep.down.places; y++) {
            if (!run_from(&sweep.down, y, &strip.down)) continue;
            strip.columns = least(sweep.columns - column, COLUMNS);
            strip.e = e + column, strip.out = out + column;
            for (int32_t place = 0; place < sweep.along.places; place++)
                if (run_from(&sweep.along, place, &strip.along)) run_strip(&strip, images);
        }
}
