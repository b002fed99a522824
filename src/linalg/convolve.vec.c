/*
 * The products of a convolution, read from images as they stand (see sweep.h). A tile's rows are windows, or pixels, of
 * a group, wherever they begin; its columns outputs, or channels; its terms run through a block: some numbers of some
 * taps, whose packed weights stay in the first cache for all rows of the group.
 */
#include "linalg/convolve.h"

enum { FETCHES = 0 };
#include "linalg/sweep.h"
#include "linalg/tile.h"
#include "linalg/transpose.h"

enum { BLOCK_TERMS = 128, MOST_SEGMENTS = 16 };

/* Terms that lie side by side: `left` from where a row begins. */
struct segment {
    int64_t left, terms;
    const float *right;
};

struct block {
    struct segment segments[MOST_SEGMENTS];
    int32_t count;
    int64_t terms;
};

/* Rows that meet the same weights, and those weights: of one strip of columns. */
struct group {
    const struct sweep *sweep;
    struct run down, along;
    const float *right;
};

/* How far a group's taps are worked off. */
struct cursor {
    int32_t down, along;
    int64_t term;
};

/* Taps side by side are as one. */
static int64_t terms_together(const struct group *group) {
    const struct sweep *sweep = group->sweep;
    bool side_by_side = sweep->tap_step == 1 && sweep->near_step == 1;
    return (side_by_side ? group->along.taps.count : 1) * (int64_t)sweep->terms;
}

static struct segment segment_at(const struct group *group, struct cursor at, int64_t most) {
    const struct sweep *sweep = group->sweep;
    int64_t tap = (int64_t)(group->down.taps.first + at.down * sweep->tap_step) * sweep->along.kernel +
                  group->along.taps.first + at.along * sweep->tap_step;
    int64_t pixels = (int64_t)sweep->near_step * (at.down * (int64_t)sweep->along.left_places + at.along);
    return (struct segment){
        .left = pixels * sweep->terms + at.term,
        .terms = least(terms_together(group) - at.term, most),
        .right = group->right + (tap * sweep->terms + at.term) * COLUMNS,
    };
}

static void advance(const struct group *group, struct cursor *at, int64_t terms) {
    int64_t together = terms_together(group);
    at->term += terms;
    if (at->term < together) return;
    at->term = 0;
    at->along += (int32_t)(together / group->sweep->terms);
    if (at->along < group->along.taps.count) return;
    at->along = 0;
    at->down++;
}

static bool is_done(const struct group *group, const struct cursor *at) {
    return group->along.taps.count == 0 || at->down >= group->down.taps.count;
}

static void fill_block(const struct group *group, struct cursor *at, struct block *block) {
    block->count = 0;
    for (int64_t left = BLOCK_TERMS; left > 0 && block->count < MOST_SEGMENTS && !is_done(group, at);) {
        struct segment segment = segment_at(group, *at, left);
        block->segments[block->count++] = segment;
        left -= segment.terms;
        advance(group, at, segment.terms);
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

/* One block, all rows of some images. */
static void run_block(const struct group *group, int64_t images, int64_t columns, const float *left, float *out,
                      struct loose_tile *tile) {
    int64_t rows = images * group->down.count * group->along.count;
    struct walk at = {0};
    for (; rows > 0; rows -= ROWS) {
        int some = (int)least(rows, ROWS);
        for (int r = 0; r < some; r++, walk_on(&group->down, &group->along, &at)) {
            tile->left[r] = left + left_of(group->sweep, &group->down, &group->along, &at);
            tile->out[r] = out + out_of(group->sweep, &group->down, &group->along, &at);
        }
        if (columns % LANES == 0)
            make_loose_whole(some, (int)(columns / LANES), tile);
        else
            make_loose_part(some, columns, tile);
    }
}

static void run_group(const struct group *group, int64_t images, int64_t columns, float factor, const float *left,
                      float keep, float *out) {
    struct cursor at = {0};
    struct block block;
    struct loose_tile tile = {.block = &block, .factor = factor, .keep = keep};
    do {
        fill_block(group, &at, &block);
        run_block(group, images, columns, left, out, &tile);
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
    for (int32_t column = 0; column < sweep.columns; column += COLUMNS, packed += strip_floats(&sweep))
        for (int32_t y = 0; y < sweep.down.places; y++) {
            struct group group = {.sweep = &sweep, .right = packed};
            if (!run_from(&sweep.down, y, &group.down)) continue;
            for (int32_t x = 0; x < sweep.along.places; x++)
                if (run_from(&sweep.along, x, &group.along))
                    run_group(&group, images, least(sweep.columns - column, COLUMNS), factor, left, keep, out + column);
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
