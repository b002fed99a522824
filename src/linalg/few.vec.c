/*
 * The products of one sample or few, whose time is that of reading W: every row is read once, as a whole.
 *
 * Where a single sample's factor is exactly 0, as an inactive unit's is, its row of W is not touched: what it would add
 * is 0. So a weight that is not finite shows when a factor that is not 0 meets it.
 */
#include "linalg/lanes.h"
#include "linalg/own.h"

#include <math.h>

enum { ADDED = 8, TOGETHER = 4, SAMPLES = 4, WIDE = 16, PARTS = WIDE / LANES };

/* out += the sum of `rows` factors times rows, for one register's worth of columns from c on. */
static inline __attribute__((always_inline)) void add_part(int rows, const float *const row[ADDED],
                                                           const float factor[ADDED], int64_t c, float *out) {
    lanes_t sum = load(out + c);
    for (int k = 0; k < rows; k++) sum = fused(all(factor[k]), load(row[k] + c), sum);
    store(out + c, sum);
}

static inline __attribute__((always_inline)) void add_together(int rows, const float *const row[ADDED],
                                                               const float factor[ADDED], int64_t columns, float *out) {
    int64_t c = 0;
    for (; c + LANES <= columns; c += LANES) add_part(rows, row, factor, c, out);
    for (; c < columns; c++)
        for (int k = 0; k < rows; k++) out[c] = fmaf(factor[k], row[k][c], out[c]);
}

void PC_VECTOR_NAME(pc_own_add_rows)(int64_t inputs, int64_t outputs, float alpha, const float *x, const float *weights,
                                     float *out) {
    const float *row[ADDED];
    float factor[ADDED];
    int rows = 0;
    for (int64_t i = 0; i < inputs; i++) {
        if (x[i] == 0) continue;
        row[rows] = weights + i * outputs;
        factor[rows++] = alpha * x[i];
        if (rows < ADDED) continue;
        add_together(ADDED, row, factor, outputs, out);
        rows = 0;
    }
    add_together(rows, row, factor, outputs, out);
}

/* The part of some rows in all sums of one register's worth of columns; the rows' numbers are read once. */
static inline __attribute__((always_inline)) void add_to_samples(int rows, int64_t batch, int64_t outputs,
                                                                 const float *weights,
                                                                 float factor[PC_OWN_BY_ROWS][ADDED], float *out) {
    lanes_t row[ADDED];
    for (int k = 0; k < rows; k++) row[k] = load(weights + k * outputs);
    for (int64_t s = 0; s < batch; s++) {
        lanes_t sum = load(out + s * outputs);
        for (int k = 0; k < rows; k++) sum = fused(all(factor[s][k]), row[k], sum);
        store(out + s * outputs, sum);
    }
}

static inline __attribute__((always_inline)) void add_rows_to_samples(int rows, int64_t batch, int64_t outputs,
                                                                      const float *weights,
                                                                      float factor[PC_OWN_BY_ROWS][ADDED], float *out) {
    int64_t c = 0;
    for (; c + LANES <= outputs; c += LANES) add_to_samples(rows, batch, outputs, weights + c, factor, out + c);
    for (; c < outputs; c++)
        for (int64_t s = 0; s < batch; s++)
            for (int k = 0; k < rows; k++)
                out[s * outputs + c] = fmaf(factor[s][k], weights[k * outputs + c], out[s * outputs + c]);
}

void PC_VECTOR_NAME(pc_own_add_rows_to_few)(int64_t batch, int64_t inputs, int64_t outputs, float alpha, const float *x,
                                            const float *weights, float *out) {
    for (int64_t i = 0; i < inputs; i += ADDED) {
        float factor[PC_OWN_BY_ROWS][ADDED];
        int rows = (int)least(inputs - i, ADDED);
        for (int64_t s = 0; s < batch; s++)
            for (int k = 0; k < rows; k++) factor[s][k] = alpha * x[s * inputs + i + k];
        if (rows == ADDED)
            add_rows_to_samples(ADDED, batch, outputs, weights + i * outputs, factor, out);
        else
            add_rows_to_samples(rows, batch, outputs, weights + i * outputs, factor, out);
    }
}

struct dots {
    lanes_t sum[TOGETHER][SAMPLES][PARTS];
};

/* Products of WIDE columns. Sums run over WIDE lanes, whatever a register holds. */
static inline __attribute__((always_inline)) void add_products(int samples, struct dots *dots,
                                                               const float *const row[TOGETHER], const float *e,
                                                               int64_t outputs, int64_t c) {
    for (int p = 0; p < PARTS; p++, c += LANES)
        for (int r = 0; r < TOGETHER; r++) {
            lanes_t weights = load(row[r] + c);
            for (int s = 0; s < samples; s++)
                dots->sum[r][s][p] = fused(weights, load(e + s * outputs + c), dots->sum[r][s][p]);
        }
}

/* The columns after the last whole WIDE ones. */
static inline __attribute__((always_inline)) void
add_rest(int samples, struct dots *dots, const float *const row[TOGETHER], const float *e, int64_t outputs, int64_t c) {
    for (int p = 0; p < PARTS && c < outputs; p++, c += LANES)
        for (int s = 0; s < samples; s++) {
            lanes_t errors = load_some(e + s * outputs + c, outputs - c);
            for (int r = 0; r < TOGETHER; r++)
                dots->sum[r][s][p] = fused(load_some(row[r] + c, outputs - c), errors, dots->sum[r][s][p]);
        }
}

/* The sums of WIDE lanes each of TOGETHER rows: halves are added until one lane is left. 0 is added, so that no set
 * gives -0 where another gives 0. */
static inline __attribute__((always_inline)) void put_totals(const struct dots *dots, int sample, float *out) {
    four_t quarter[TOGETHER][WIDE / 4], four[TOGETHER];
    for (int r = 0; r < TOGETHER; r++) {
        memcpy(quarter[r], dots->sum[r][sample], sizeof quarter[r]);
        four[r] = (quarter[r][0] + quarter[r][2]) + (quarter[r][1] + quarter[r][3]);
    }
    four_t low01 = __builtin_shufflevector(four[0], four[1], 0, 1, 4, 5);
    four_t high01 = __builtin_shufflevector(four[0], four[1], 2, 3, 6, 7);
    four_t low23 = __builtin_shufflevector(four[2], four[3], 0, 1, 4, 5);
    four_t high23 = __builtin_shufflevector(four[2], four[3], 2, 3, 6, 7);
    four_t two01 = low01 + high01, two23 = low23 + high23;
    four_t total =
        __builtin_shufflevector(two01, two23, 0, 2, 4, 6) + __builtin_shufflevector(two01, two23, 1, 3, 5, 7);
    total += (four_t){0};
    memcpy(out, &total, sizeof total);
}

/* To out[s][r]. */
static inline __attribute__((always_inline)) void dot_rows(int samples, const float *const row[TOGETHER],
                                                           int64_t outputs, const float *e, float *out) {
    struct dots dots;
    for (int r = 0; r < TOGETHER; r++)
        for (int s = 0; s < samples; s++)
            for (int p = 0; p < PARTS; p++) dots.sum[r][s][p] = all(0);
    int64_t c = 0;
    for (; c + WIDE <= outputs; c += WIDE) add_products(samples, &dots, row, e, outputs, c);
    add_rest(samples, &dots, row, e, outputs, c);
    for (int s = 0; s < samples; s++) put_totals(&dots, s, out + s * TOGETHER);
}

static void dot_samples(int samples, const float *const row[TOGETHER], int64_t outputs, const float *e, float *out) {
    switch (samples) {
    case 1:
        dot_rows(1, row, outputs, e, out);
        break;
    case 2:
        dot_rows(2, row, outputs, e, out);
        break;
    case 3:
        dot_rows(3, row, outputs, e, out);
        break;
    default:
        dot_rows(SAMPLES, row, outputs, e, out);
        break;
    }
}

/* Of TOGETHER rows the first `rows`, the others being any. */
static void dot_some(int64_t rows, int64_t batch, int64_t inputs, const float *const row[TOGETHER], int64_t outputs,
                     const float *e, float *out) {
    for (int64_t s = 0; s < batch; s += SAMPLES) {
        float part[SAMPLES][TOGETHER];
        int64_t samples = least(batch - s, SAMPLES);
        dot_samples((int)samples, row, outputs, e + s * outputs, part[0]);
        for (int64_t k = 0; k < samples; k++) memcpy(out + (s + k) * inputs, part[k], (size_t)rows * sizeof *out);
    }
}

void PC_VECTOR_NAME(pc_own_dots)(int64_t batch, int64_t inputs, int64_t outputs, const float *e, const float *weights,
                                 float *out) {
    for (int64_t i = 0; i < inputs; i += TOGETHER) {
        const float *row[TOGETHER];
        for (int64_t k = 0; k < TOGETHER; k++) row[k] = weights + least(i + k, inputs - 1) * outputs;
        dot_some(least(inputs - i, TOGETHER), batch, inputs, row, outputs, e, out + i);
    }
}

void PC_VECTOR_NAME(pc_own_dots_of)(int64_t count, const int32_t *rows, int64_t outputs, const float *e,
                                    const float *weights, float *out) {
    for (int64_t i = 0; i < count; i += TOGETHER) {
        const float *row[TOGETHER];
        float part[TOGETHER];
        for (int64_t k = 0; k < TOGETHER; k++) row[k] = weights + rows[least(i + k, count - 1)] * outputs;
        dot_rows(1, row, outputs, e, part);
        for (int64_t k = 0; k < TOGETHER && i + k < count; k++) out[rows[i + k]] = part[k];
    }
}

static void add_row(int64_t columns, float factor, const float *e, float beta, float *row) {
    int64_t c = 0;
    for (; c + LANES <= columns; c += LANES)
        store(row + c, fused(all(factor), load(e + c), beta == 1 ? load(row + c) : beta * load(row + c)));
    for (; c < columns; c++) row[c] = fmaf(factor, e[c], beta * row[c]);
}

static void set_row(int64_t columns, float factor, const float *e, float *row) {
    for (int64_t c = 0; c < columns; c++) row[c] = factor * e[c];
}

void PC_VECTOR_NAME(pc_own_rank_one)(int64_t inputs, int64_t outputs, float alpha, const float *x, const float *e,
                                     float beta, float *out) {
    for (int64_t i = 0; i < inputs; i++) {
        if (beta == 0)
            set_row(outputs, alpha * x[i], e, out + i * outputs);
        else if (beta != 1 || x[i] != 0)
            add_row(outputs, alpha * x[i], e, beta, out + i * outputs);
    }
}

/* A row's update and what it then adds to the sums. */
static void add_and_use_row(int64_t columns, float change, const float *e, float *row, float factor, float *out) {
    int64_t c = 0;
    for (; c + LANES <= columns; c += LANES) {
        lanes_t changed = fused(all(change), load(e + c), load(row + c));
        store(row + c, changed);
        store(out + c, fused(all(factor), changed, load(out + c)));
    }
    for (; c < columns; c++) {
        row[c] = fmaf(change, e[c], row[c]);
        out[c] = fmaf(factor, row[c], out[c]);
    }
}

void PC_VECTOR_NAME(pc_own_update_forward)(int64_t inputs, int64_t outputs, float factor, const float *old_x,
                                           const float *old_e, float *weights, const float *x, float *out) {
    for (int64_t i = 0; i < inputs; i++, weights += outputs) {
        if (old_x[i] != 0 && x[i] != 0)
            add_and_use_row(outputs, factor * old_x[i], old_e, weights, x[i], out);
        else if (old_x[i] != 0)
            add_row(outputs, factor * old_x[i], old_e, 1, weights);
        else if (x[i] != 0)
            add_row(outputs, x[i], weights, 1, out);
    }
}

/* WIDE numbers of a row of x^T e: what they change, and their magnitudes. x is a column of [samples][inputs]. */
static inline __attribute__((always_inline)) void change_part(int samples, int64_t outputs, const float *x,
                                                              int64_t inputs, const float *e, float alpha, float beta,
                                                              float *row, lanes_t sums[PARTS]) {
    for (int p = 0; p < PARTS; p++, e += LANES, row += LANES) {
        lanes_t g = all(0);
        for (int s = 0; s < samples; s++) g = fused(all(x[s * inputs]), load(e + s * outputs), g);
        sums[p] += magnitudes(g);
        if (beta == 0)
            store(row, alpha * g);
        else
            store(row, fused(all(alpha), g, beta == 1 ? load(row) : beta * load(row)));
    }
}

static inline __attribute__((always_inline)) double change_row(int samples, int64_t outputs, const float *x,
                                                               int64_t inputs, const float *e, float alpha, float beta,
                                                               float *row) {
    lanes_t sums[PARTS];
    float lane[WIDE];
    double total = 0;
    int64_t c = 0;
    for (int p = 0; p < PARTS; p++) sums[p] = all(0);
    for (; c + WIDE <= outputs; c += WIDE) change_part(samples, outputs, x, inputs, e + c, alpha, beta, row + c, sums);
    memcpy(lane, sums, sizeof lane);
    for (int k = 0; c < outputs; c++, k++) {
        float g = 0;
        for (int s = 0; s < samples; s++) g = fmaf(x[s * inputs], e[s * outputs + c], g);
        lane[k] += fabsf(g);
        row[c] = beta == 0 ? alpha * g : fmaf(alpha, g, beta * row[c]);
    }
    for (int k = 0; k < WIDE; k++) total += (double)lane[k];
    return total;
}

double PC_VECTOR_NAME(pc_own_outer_by_rows)(int64_t batch, int64_t inputs, int64_t rows, int64_t outputs, float alpha,
                                            const float *x, const float *e, float beta, float *out) {
    double total = 0;
    for (int64_t i = 0; i < rows; i++, x++, out += outputs) {
        if (batch == 2)
            total += change_row(2, outputs, x, inputs, e, alpha, beta, out);
        else if (batch == 3)
            total += change_row(3, outputs, x, inputs, e, alpha, beta, out);
        else
            total += change_row(PC_OWN_BY_ROWS, outputs, x, inputs, e, alpha, beta, out);
    }
    return total;
}
