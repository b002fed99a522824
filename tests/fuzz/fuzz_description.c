/* A network's description: what parses prints back to a text that parses to the same. */
#include "fuzz.h"
#include "network/network.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_PARAMETERS = 1 << 20 };

static char *describe(const pcil_network *network) {
    int64_t length = -1;
    must(pcil_network_describe(network, NULL, 0, &length) == PCIL_OK && length > 0);
    char *text = malloc((size_t)length + 1);
    must(text && pcil_network_describe(network, text, length + 1, &length) == PCIL_OK);
    return text;
}

void fuzz(const uint8_t *bytes, size_t size) {
    pcil_network *network = NULL, *again = NULL;
    char *text = fuzz_text((struct fuzz_input){bytes, size});
    if (fuzz_good(pc_network_parse_bounded(&network, text, MOST_PARAMETERS))) {
        char *first = describe(network);
        must(fuzz_good(pc_network_parse_bounded(&again, first, MOST_PARAMETERS)));
        char *second = describe(again);
        must(strcmp(first, second) == 0);
        free(first);
        free(second);
    } else {
        must(!network);
    }
    pcil_network_free(network);
    pcil_network_free(again);
    free(text);
}
