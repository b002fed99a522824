/* Uses the installed library as anybody would: one object of it, one failure. Prints the version. */
#include <pcil.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    pcil_network *network = NULL;
    if (pcil_network_parse(&network, "4; dense 3; relu, dense 2; softmax") != PCIL_OK) {
        fprintf(stderr, "%s\n", pcil_last_error());
        return 1;
    }
    int64_t parameters = pcil_network_parameters(network);
    pcil_network_free(network);
    if (parameters != 4 * 3 + 3 + 3 * 2 + 2) return 2;
    if (pcil_network_parse(&network, "4; dens 3") != PCIL_ERROR_FORMAT || !strstr(pcil_last_error(), "dense")) return 3;
    puts(pcil_version());
    return 0;
}
