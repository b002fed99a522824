/* Table 2 of Alonso, Krichmar & Neftci, "Understanding and Improving Optimization in Predictive Coding Networks", AAAI
 * 2024: best test accuracy in per cent, mean and standard deviation over 5 seeds. */
#include "paper.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const char *const algorithms[] = {"bp", "bp-adam", "seqil", "seqil-mq", "seqil-adam"};
enum { ALGORITHMS = sizeof algorithms / sizeof algorithms[0] };

static const struct {
    const char *dataset, *network;
    bool top5;
    struct cli_paper values[ALGORITHMS];
} columns[] = {
    {"svhn", "mlp", false, {{84.40, .12}, {84.08, .13}, {82.19, .70}, {84.51, .17}, {84.13, .15}}},
    {"svhn", "conv", false, {{87.82, .67}, {89.02, .19}, {81.55, .59}, {88.67, .18}, {82.76, .87}}},
    {"cifar10", "mlp", false, {{56.55, .08}, {56.15, .21}, {54.24, .18}, {57.70, .21}, {56.21, .20}}},
    {"cifar10", "conv", false, {{67.76, .43}, {67.51, .45}, {50.67, .76}, {67.50, .19}, {59.72, .48}}},
    {"tiny", "conv-tiny", false, {{23.14, .42}, {25.61, .22}, {13.88, .73}, {23.91, .31}, {18.22, .29}}},
    {"tiny", "conv-tiny", true, {{47.05, .46}, {50.04, .41}, {33.42, .16}, {47.53, .48}, {39.58, .46}}},
};

struct cli_paper cli_paper_table2(const char *dataset, const char *network, const char *algorithm, bool top5) {
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++)
        for (size_t a = 0; a < ALGORITHMS; a++)
            if (strcmp(columns[c].dataset, dataset) == 0 && strcmp(columns[c].network, network) == 0 &&
                columns[c].top5 == top5 && strcmp(algorithms[a], algorithm) == 0)
                return columns[c].values[a];
    return (struct cli_paper){NAN, NAN};
}
