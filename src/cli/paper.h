/* What the paper reports, to stand beside what was measured. */
#ifndef CLI_PAPER_H
#define CLI_PAPER_H

#include <stdbool.h>

struct cli_paper {
    double mean, deviation; /* best test accuracy in per cent over 5 seeds; NaN: not reported */
};

/* Table 2 of Alonso, Krichmar & Neftci (AAAI 2024). */
struct cli_paper cli_paper_table2(const char *dataset, const char *network, const char *algorithm, bool top5);

#endif
