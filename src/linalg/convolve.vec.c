/*
 * The products of a convolution, read from images as they stand (see sweep.h). A tile's rows are windows, or pixels, of
 * a group, wherever they begin; its columns outputs, or channels; its terms run through a block: some numbers of some
 * taps. Its packed weights come from the second cache, in the order in which they lie.
 */
#include "linalg/convolve.h"

#define FETCHES FETCHES_NOTHING
#define COPIES  0
#include "linalg/sweep.h"
#include "linalg/tile.h"
#include "linalg/transpose.h"

enum { BLOCK_TERMS = 1024, MOST_SEGMENTS = 16 };

/* Terms that lie side by side: `left` from where a row begins. */
struct segment {
    int64_t left, terms;
    const float *right;
};

struct block {
    struct segment segments[MOST_SEGMENTS];
    int32_t count;
};

/* A strip of columns of a product: its packed weights, and where it begins in out. */
struct strip {
    const struct sweep *sweep;
    int64_t images, columns;
    const float *left, *packed;
    float *out, factor, keep;
};

/* How far a group's taps are worked off. */
struct cursor {
    int32_t down, along;
    int64_t term;
};

/* Taps side by side are as one. */
static int64_t terms_together(const struct sweep *sweep, const struct group *group) {
    bool side_by_side = sweep->tap_step == 1 && sweep->near_step == 1;
    return (side_by_side ? group->along.taps.count : 1) * (int64_t)sweep->terms;
}

static struct segment segment_at(const struct strip *strip, const struct group *group, struct cursor at, int64_t most) {
    const struct sweep *sweep = strip->sweep;
    int64_t tap = (int64_t)(group->down.taps.first + at.down * sweep->tap_step) * sweep->along.kernel +
                  group->along.taps.first + at.along * sweep->tap_step;
    int64_t pixels = sweep->near_step * ((int64_t)at.down * sweep->along.left_places + at.along);
    return (struct segment){
        .left = pixels * sweep->terms + at.term,
        .terms = least(terms_together(sweep, group) - at.term, most),
        .right = strip->packed + (tap * sweep->terms + at.term) * COLUMNS,
    };
}

static void advance(const struct sweep *sweep, const struct group *group, struct cursor *at, int64_t terms) {
    int64_t together = terms_together(sweep, group);
    at->term += terms;
    if (at->term < together) return;
    at->term = 0;
    at->along += (int32_t)(together / sweep->terms);
    if (at->along < group->along.taps.count) return;
    at->along = 0;
    at->down++;
}

static bool is_done(const struct group *group, const struct cursor *at) {
    return group->along.taps.count == 0 || at->down >= group->down.taps.count;
}

static void fill_block(const struct strip *strip, const struct group *group, struct cursor *at, struct block *block) {
    block->count = 0;
    for (int64_t left = BLOCK_TERMS; left > 0 && block->count < MOST_SEGMENTS && !is_done(group, at);) {
        struct segment segment = segment_at(strip, group, *at, left);
        block->segments[block->count++] = segment;
        left -= segment.terms;
        advance(strip->sweep, group, at, segment.terms);
    }
}

/* A tile whose rows begin anywhere. */
struct loose_tile {
    const float *left[ROWS];
    float *out[ROWS];
    const struct block *block;
    float factor, keep;
};

static inline __attribute__((always_inline)) void add_segment(int rows, int vectors, const struct segment *segment,
                                                              const float *const from[ROWS],
                                                              lanes_t sum[ROWS][VECTORS]) {
    const float *left[ROWS], *right = segment->right;
    PC_UNROLL
    for (int r = 0; r < rows; r++) left[r] = from[r] + segment->left;
    for (int64_t k = 0; k < segment->terms; k++) {
        lanes_t row[VECTORS];
        PC_UNROLL
        for (int v = 0; v < vectors; v++) row[v] = load(right + v * LANES);
        PC_UNROLL
        for (int r = 0; r < rows; r++) {
            lanes_t factor = all(left[r][k]);
            PC_UNROLL
            for (int v = 0; v < vectors; v++) sum[r][v] = fused(factor, row[v], sum[r][v]);
        }
        right += COLUMNS;
    }
}

static inline __attribute__((always_inline)) void make_loose(int rows, int vectors, const struct loose_tile *tile) {
    lanes_t sum[ROWS][VECTORS] = {{{0}}};
    const struct tile plain = {.factor = tile->factor, .keep = tile->keep};
    for (int32_t s = 0; s < tile->block->count; s++)
        add_segment(rows, vectors, &tile->block->segments[s], tile->left, sum);
    PC_UNROLL
    for (int r = 0; r < rows; r++) {
        if (tile->keep == 0)
            put_row(vectors, NOTHING, &plain, tile->out[r], sum[r]);
        else if (tile->keep == 1)
            put_row(vectors, ALL, &plain, tile->out[r], sum[r]);
        else
            put_row(vectors, PART, &plain, tile->out[r], sum[r]);
    }
}

static void make_loose_whole(int rows, int vectors, const struct loose_tile *tile) {
    PC_WITH_SIZES(make_loose, rows, vectors, tile)
}

/* Columns that are no whole registers go through a copy. */
static void make_loose_part(int rows, int64_t columns, const struct loose_tile *tile) {
    float copy[ROWS * COLUMNS] = {0};
    struct loose_tile part = *tile;
    for (int r = 0; r < rows; r++)
        part.out[r] = memcpy(copy + r * COLUMNS, tile->out[r], (size_t)columns * sizeof *copy);
    make_loose_whole(rows, (int)((columns + LANES - 1) / LANES), &part);
    for (int r = 0; r < rows; r++) memcpy(tile->out[r], copy + r * COLUMNS, (size_t)columns * sizeof *copy);
}

/* One block, all rows. */
static void run_block(const struct strip *strip, const struct group *group, struct loose_tile *tile) {
    struct walk walk = {.at = group->first};
    for (int64_t rows = group_size(group, strip->images); rows > 0; rows -= ROWS) {
        int some = (int)least(rows, ROWS);
        for (int r = 0; r < some; r++, walk_on(group, &walk)) {
            tile->left[r] = strip->left + walk.at.left;
            tile->out[r] = strip->out + walk.at.out;
        }
        if (strip->columns % LANES == 0)
            make_loose_whole(some, (int)(strip->columns / LANES), tile);
        else
            make_loose_part(some, strip->columns, tile);
    }
}

static void run_group(void *user, const struct group *group) {
    const struct strip *strip = user;
    struct cursor at = {0};
    struct block block;
    struct loose_tile tile = {.block = &block, .factor = strip->factor, .keep = strip->keep};
    do {
        fill_block(strip, group, &at, &block);
        run_block(strip, group, &tile);
        tile.keep = 1;
    } while (!is_done(group, &at));
}

static struct sweep sweep_of(const struct pc_windows *windows, bool back) {
    return back ? sweep_back(windows) : sweep_forward(windows);
}

static int64_t strip_floats(const struct sweep *sweep) {
    return (int64_t)sweep->down.kernel * sweep->along.kernel * sweep->terms * COLUMNS;
}

void PC_VECTOR_NAME(pc_own_convolve)(const struct pc_windows *windows, bool back, int64_t images, float factor,
                                     const float *left, const float *packed, float keep, float *out) {
    struct sweep sweep = sweep_of(windows, back);
    for (int32_t column = 0; column < sweep.columns; column += COLUMNS, packed += strip_floats(&sweep)) {
        struct strip strip = {.sweep = &sweep,
                              .images = images,
                              .columns = least(sweep.columns - column, COLUMNS),
                              .left = left,
                              .packed = packed,
                              .out = out + column,
                              .factor = factor,
                              .keep = keep};
        visit_groups(&sweep, run_group, &strip);
    }
}

int64_t PC_VECTOR_NAME(pc_own_packed)(const struct pc_windows *windows, bool back) {
    struct sweep sweep = sweep_of(windows, back);
    return (sweep.columns + COLUMNS - 1) / COLUMNS * strip_floats(&sweep);
}

/* A tap's weights turned: [outputs][channels]. */
static void pack_turned(int32_t rows, int32_t columns, const float *weights, float *packed) {
    for (int32_t r = 0; columns < COLUMNS && r < rows; r++)
        memset(packed + (int64_t)r * COLUMNS + columns, 0, (size_t)(COLUMNS - columns) * sizeof *packed);
    transpose(columns, rows, weights, rows, packed, COLUMNS);
}

void PC_VECTOR_NAME(pc_own_pack)(const struct pc_windows *windows, bool back, const float *weights, float *packed) {
    struct sweep sweep = sweep_of(windows, back);
    int64_t taps = (int64_t)sweep.down.kernel * sweep.along.kernel;
    for (int32_t column = 0; column < sweep.columns; column += COLUMNS, packed += strip_floats(&sweep)) {
        int32_t columns = smaller(sweep.columns - column, COLUMNS);
        if (!back) pack_strip(taps * sweep.terms, columns, weights + column, sweep.columns, packed, COLUMNS);
        for (int64_t tap = 0; back && tap < taps; tap++)
            pack_turned(sweep.terms, columns, weights + (tap * sweep.columns + column) * sweep.terms,
                        packed + tap * sweep.terms * COLUMNS);
    }
}
